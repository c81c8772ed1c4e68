"""For comparison: the webhook as tutorials write it, FastAPI with ORM rows in the request.

It checks the signature, knows a repeated message, keeps contact, conversation and message, moves statuses, and answers
200 after its commit, so it is as durable as ours. Run by `uvicorn benchmarks.orm_intake:app`, with DATABASE_URL and
APP_SECRET in the environment.
"""

import hashlib
import hmac
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, HTTPException, Request
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, sessionmaker

engine = create_engine(os.environ["DATABASE_URL"], pool_size=20, max_overflow=20)
make_session = sessionmaker(engine)
app = FastAPI()


class Base(DeclarativeBase):
    pass


class Contact(Base):
    __tablename__ = "contacts"

    id: Mapped[int] = mapped_column(primary_key=True)
    phone: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str | None]


class Conversation(Base):
    __tablename__ = "conversations"

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), index=True)
    phone_number_id: Mapped[str]
    last_message_at: Mapped[datetime | None]
    contact: Mapped[Contact] = relationship()


class Message(Base):
    __tablename__ = "messages"

    id: Mapped[int] = mapped_column(primary_key=True)
    wamid: Mapped[str] = mapped_column(unique=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    direction: Mapped[str]
    text: Mapped[str | None]
    status: Mapped[str]
    sent_at: Mapped[datetime]
    conversation: Mapped[Conversation] = relationship()


def get_session() -> Iterator[Session]:
    with make_session() as session:
        yield session


async def signed_body(request: Request, x_hub_signature_256: Annotated[str, Header()] = "") -> dict[str, Any]:
    raw = await request.body()
    expected = "sha256=" + hmac.new(os.environ["APP_SECRET"].encode(), raw, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, x_hub_signature_256):
        raise HTTPException(status_code=401)
    body: dict[str, Any] = await request.json()
    return body


@app.post("/webhooks/whatsapp")
def webhook(
    body: Annotated[dict[str, Any], Depends(signed_body)], session: Annotated[Session, Depends(get_session)]
) -> dict[str, str]:
    for entry in body["entry"]:
        for change in entry["changes"]:
            value = change["value"]
            names = {contact["wa_id"]: contact["profile"]["name"] for contact in value.get("contacts", [])}
            for message in value.get("messages", []):
                receive(session, message, names, value["metadata"]["phone_number_id"])
            for status in value.get("statuses", []):
                move(session, status)
    session.commit()
    return {"status": "ok"}


def receive(session: Session, item: dict[str, Any], names: dict[str, str], phone_number_id: str) -> None:
    if session.scalar(select(Message).where(Message.wamid == item["id"])) is not None:
        return
    contact = session.scalar(select(Contact).where(Contact.phone == item["from"]))
    if contact is None:
        contact = Contact(phone=item["from"])
        session.add(contact)
    contact.name = names.get(item["from"])
    conversation = session.scalar(
        select(Conversation).where(
            Conversation.contact_id == contact.id, Conversation.phone_number_id == phone_number_id
        )
    )
    if conversation is None:
        conversation = Conversation(contact=contact, phone_number_id=phone_number_id)
        session.add(conversation)
    at = datetime.fromtimestamp(int(item["timestamp"]), UTC).replace(tzinfo=None)
    conversation.last_message_at = at
    session.add(
        Message(
            wamid=item["id"],
            conversation=conversation,
            direction="inbound",
            text=item.get("text", {}).get("body"),
            status="received",
            sent_at=at,
        )
    )


def move(session: Session, item: dict[str, Any]) -> None:
    message = session.scalar(select(Message).where(Message.wamid == item["id"]))
    if message is not None:
        message.status = item["status"]


Base.metadata.create_all(engine)
