"""Webhook bodies as Meta writes them. Each call names only what its test is about."""

from collections.abc import Sequence
from itertools import count
from typing import Any

import orjson
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.models import WebhookEvent

Json = dict[str, Any]

PHONE_NUMBER_ID = "106540352242922"  # the one channel of a prepared database
WABA_ID = "102290129340398"
ALICE = "16505551234"
BOB = "5215512345678"
NOON = 1_773_500_400  # 2026-03-14 15:00 UTC

_numbers = count(1)


def message(
    body: str | None = "hola",
    *,
    wa_id: str | None = ALICE,
    bsuid: str | None = None,
    wamid: str | None = None,
    at: int = NOON,
    type: str = "text",
    **content: Any,
) -> Json:
    """A message object; without `content` it is a text."""
    item: Json = {"id": wamid or f"wamid.in{next(_numbers):08}", "timestamp": str(at), "type": type}
    if wa_id is not None:
        item["from"] = wa_id
    if bsuid is not None:
        item["from_user_id"] = bsuid
    return item | (content or {"text": {"body": body}})


def status(kind: str = "delivered", *, wamid: str = "wamid.out1", at: int = NOON, **more: Any) -> Json:
    return {"id": wamid, "status": kind, "timestamp": str(at), "recipient_id": ALICE} | more


def preference(value: str = "stop", *, wa_id: str | None = ALICE, at: int = NOON, **more: Any) -> Json:
    item: Json = {"category": "marketing_messages", "value": value, "detail": "asked for it", "timestamp": at}
    return item | ({"wa_id": wa_id} if wa_id is not None else {}) | more


def block(wa_id: str | None = ALICE, *, bsuid: str | None = None, name: str | None = "Ana", **more: Any) -> Json:
    """An entry of `contacts`."""
    entry: Json = {"profile": {"name": name}} if name is not None else {}
    if wa_id is not None:
        entry["wa_id"] = wa_id
    if bsuid is not None:
        entry["user_id"] = bsuid
    return entry | more


def change(
    *,
    messages: Sequence[Any] = (),
    statuses: Sequence[Any] = (),
    user_preferences: Sequence[Any] = (),
    contacts: Sequence[Any] = (),
    phone_number_id: str = PHONE_NUMBER_ID,
    field: str = "messages",
) -> Json:
    value: Json = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550783881", "phone_number_id": phone_number_id},
    }
    lists = {
        "contacts": contacts,
        "messages": messages,
        "statuses": statuses,
        "user_preferences": user_preferences,
    }
    return {"field": field, "value": value | {name: list(items) for name, items in lists.items() if items}}


def body(*changes: Json, waba_id: str = WABA_ID) -> bytes:
    """All changes in one entry."""
    return orjson.dumps({"object": "whatsapp_business_account", "entry": [{"id": waba_id, "changes": list(changes)}]})


def body_of(*messages: Json, **more: Any) -> bytes:
    return body(change(messages=messages, **more))


def put(session: Session, *bodies: bytes) -> list[int]:
    """Store bodies as the intake does; returns their ids."""
    ids = [session.scalars(insert(WebhookEvent).values(body=one).returning(WebhookEvent.id)).one() for one in bodies]
    session.commit()
    return ids


def the_event(session: Session, event_id: int) -> WebhookEvent:
    return session.scalars(
        select(WebhookEvent).where(WebhookEvent.id == event_id).execution_options(populate_existing=True)
    ).one()
