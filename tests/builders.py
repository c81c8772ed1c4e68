"""Rows for tests. Each call names only what its test is about; the rest is plausible and unique.

All flush, so that ids are there; whoever needs others to see the rows commits.
"""

from datetime import datetime, timedelta
from functools import lru_cache
from itertools import count
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.security import hash_password
from app.models import Automation, Base, Channel, Contact, ContactIdentity, Conversation, Message, User

Row = TypeVar("Row", bound=Base)

PASSWORD = "correct horse battery"

_numbers = count(1)


def make_channel(
    session: Session, *, phone_number_id: str | None = None, state: str = "active", **columns: Any
) -> Channel:
    number = next(_numbers)
    return _add(session, Channel(phone_number_id=phone_number_id or f"10000000{number:06}", state=state, **columns))


def the_channel(session: Session) -> Channel:
    """The one that a prepared database has."""
    return session.scalars(select(Channel).order_by(Channel.id).limit(1)).one()


def make_contact(session: Session, *, phone: str | None = "+15550001", **columns: Any) -> Contact:
    """Known by its phone; `phone=None` makes one that nothing identifies."""
    contact = _add(session, Contact(phone=phone, **columns))
    if phone is not None:
        make_identity(session, contact, kind="phone", value=phone)
    return contact


def make_identity(session: Session, contact: Contact, *, kind: str, value: str) -> ContactIdentity:
    return _add(session, ContactIdentity(contact_id=contact.id, kind=kind, value=value))


def make_conversation(
    session: Session,
    contact: Contact | None = None,
    *,
    channel: Channel | None = None,
    window_from: datetime | None = None,
    **columns: Any,
) -> Conversation:
    """`window_from`: when the contact last wrote, which opens the service window for 24 hours."""
    contact = contact or make_contact(session, phone=f"+1555{next(_numbers):07}")
    if window_from is not None:
        columns = {
            "last_inbound_at": window_from,
            "service_window_expires_at": window_from + timedelta(hours=24),
            **columns,
        }
    if contact.phone is not None:
        columns = {"wa_id": contact.phone.lstrip("+"), **columns}
    if (wa_id := columns.get("wa_id")) and not _is_known(session, kind="wa_id", value=wa_id):
        make_identity(session, contact, kind="wa_id", value=wa_id)
    channel = channel or the_channel(session)
    return _add(session, Conversation(contact_id=contact.id, channel_id=channel.id, **columns))


def _is_known(session: Session, *, kind: str, value: str) -> bool:
    known = select(ContactIdentity.id).where(ContactIdentity.kind == kind, ContactIdentity.value == value)
    return session.scalar(known) is not None


def make_message(
    session: Session,
    conversation: Conversation | None = None,
    *,
    direction: str = "inbound",
    text: str = "hola",
    **columns: Any,
) -> Message:
    """Inbound: as the drain leaves it. Outbound: waiting to be sent."""
    conversation = conversation or make_conversation(session)
    defaults: dict[str, Any]
    if direction == "inbound":
        wamid = f"wamid.test{next(_numbers):08}"
        defaults = {"status": "delivered", "dispatch": "done", "origin": "contact", "whatsapp_message_id": wamid}
    else:
        defaults = {"status": "pending", "dispatch": "queued", "origin": "user"}
    defaults |= {"message_type": "text", "content": {"type": "text", "text": {"body": text}}, "text": text} | columns
    return _add(
        session,
        Message(
            contact_id=conversation.contact_id,
            conversation_id=conversation.id,
            channel_id=conversation.channel_id,
            direction=direction,
            **defaults,
        ),
    )


def make_automation(
    session: Session,
    *,
    name: str = "Greeting",
    trigger_type: str = "keyword",
    trigger_conditions: dict[str, Any] | None = None,
    message_template: str = "¡Hola {first_name}!",
    **columns: Any,
) -> Automation:
    """Answers "hola", unless told otherwise."""
    if trigger_conditions is None:
        trigger_conditions = {"keywords": ["hola"]} if trigger_type == "keyword" else {}
    action = {"action_type": "send_message", "action_payload": {"message_template": message_template}}
    return _add(
        session,
        Automation(name=name, trigger_type=trigger_type, trigger_conditions=trigger_conditions, **(action | columns)),
    )


def make_user(session: Session, *, role: str = "user", password: str = PASSWORD, **columns: Any) -> User:
    number = next(_numbers)
    defaults = {"username": f"user{number}", "email": f"user{number}@hilo.example"}
    return _add(session, User(role=role, hashed_password=_hashed(password), **(defaults | columns)))


@lru_cache
def _hashed(password: str) -> str:
    return hash_password(password)


def _add(session: Session, row: Row) -> Row:
    session.add(row)
    session.flush()
    return row
