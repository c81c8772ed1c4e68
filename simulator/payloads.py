"""Webhook bodies: their shape, their bytes and their signature.

The bytes are signed as sent, with non-ASCII as \\uXXXX and `/` as `\\/` like Meta's: re-serialising breaks it.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from simulator.errors import webhook_error
from simulator.people import User
from simulator.settings import Settings
from simulator.wire import JsonObject, pack


class Form(StrEnum):
    """Which list of `value` an update belongs in; each value's own name, but for system messages."""

    MESSAGES = "messages"
    SYSTEM = "system"
    STATUSES = "statuses"
    USER_PREFERENCES = "user_preferences"


@dataclass(frozen=True)
class Update:
    """One message, status or preference on its way to the business."""

    form: Form
    item: JsonObject
    contact: JsonObject | None
    # "message:<wamid>" or "event:<id>": what to mark once the business has answered 200.
    origin: str


def contact_of(user: User, *, with_username: bool = True) -> JsonObject:
    profile: JsonObject = {"name": user.name}
    if with_username and user.username:
        profile["username"] = user.username
    contact: JsonObject = {"profile": profile, "user_id": user.user_id}
    if not user.bsuid_only:
        contact["wa_id"] = user.wa_id
    return contact


def message_item(user: User, *, wamid: str, at: float, kind: str, content: JsonObject) -> JsonObject:
    sender: JsonObject = {} if user.bsuid_only else {"from": user.wa_id}
    return sender | {"from_user_id": user.user_id, "id": wamid, "timestamp": str(int(at)), "type": kind} | content


def status_item(
    *,
    wamid: str,
    status: str,
    at: float,
    recipient_id: str | None,
    recipient_user_id: str,
    opaque: str | None,
    price: JsonObject | None,
    error: int | None,
) -> JsonObject:
    item: JsonObject = {"id": wamid, "status": status, "timestamp": str(int(at))}
    if recipient_id is not None:
        item["recipient_id"] = recipient_id
    item["recipient_user_id"] = recipient_user_id
    if opaque is not None:
        item["biz_opaque_callback_data"] = opaque
    if price is not None:
        item["pricing"] = price
    if error is not None:
        item["errors"] = [webhook_error(error)]
    return item


def preference_item(user: User, *, is_stop: bool, at: float) -> JsonObject:
    item: JsonObject = {
        "user_id": user.user_id,
        "detail": "User requested to stop marketing messages" if is_stop else "User agreed to marketing messages",
        "category": "marketing_messages",
        "value": "stop" if is_stop else "resume",
        "timestamp": int(at),
    }
    return item if user.bsuid_only else {"wa_id": user.wa_id} | item


def body(updates: Sequence[Update], *, settings: Settings) -> bytes:
    """One POST. Neighbours of one form share a change, so that a mixed batch has several and keeps its order."""
    changes = [
        {"field": "user_preferences" if form is Form.USER_PREFERENCES else "messages", "value": value}
        for form, value in (
            (form, _value(form, list(group), settings=settings))
            for form, group in groupby(updates, key=lambda update: update.form)
        )
    ]
    entry = {"id": settings.waba_id, "changes": changes}
    return encode({"object": "whatsapp_business_account", "entry": [entry]})


def _value(form: Form, updates: Sequence[Update], *, settings: Settings) -> JsonObject:
    value: JsonObject = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": settings.display_number, "phone_number_id": settings.phone_number_id},
    }
    contacts = _contacts(update.contact for update in updates)
    if contacts:
        value["contacts"] = contacts
    value["messages" if form is Form.SYSTEM else form.value] = [update.item for update in updates]
    return value


def _contacts(contacts: Iterable[JsonObject | None]) -> list[JsonObject]:
    """One block a person; the last one wins, as it has the latest name."""
    by_user = {contact["user_id"]: contact for contact in contacts if contact is not None}
    return list(by_user.values())


def encode(value: JsonObject) -> bytes:
    # A slash can only be inside a string here, so the whole text may be replaced at once.
    return pack(value).replace("/", "\\/").encode("ascii")


def signatures(raw: bytes, *, secret: str) -> dict[str, str]:
    key = secret.encode()
    return {
        "X-Hub-Signature-256": "sha256=" + hmac.new(key, raw, hashlib.sha256).hexdigest(),
        # The legacy one, which Meta still sends.
        "X-Hub-Signature": "sha1=" + hmac.new(key, raw, hashlib.sha1).hexdigest(),
    }
