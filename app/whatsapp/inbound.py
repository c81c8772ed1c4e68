"""Webhook bodies, taken apart into items.

Meta may put several entries, changes, messages and statuses into one body, leave any phone number out, and add what
nobody has seen before. So every item is read on its own: one that cannot be read becomes `Unreadable` and harms no
other; what is not known is kept as it came.
"""

import hashlib
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

import orjson

from app.domain.phones import canonical

Json: TypeAlias = dict[str, Any]

# What of a message object is its envelope; the rest is its content.
ENVELOPE = {"from", "from_user_id", "from_parent_user_id", "id", "timestamp"}
ITEM_FIELDS = {"messages", "user_preferences"}  # values of these fields hold what customers did, and statuses
HISTORY_FIELD = "history"
LONGEST_ERROR = 300


class UnreadableBody(ValueError):
    """The body is no webhook; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who an item is about. Any of these may be missing, but never all of them."""

    wa_id: str | None
    phone: str | None  # canonical form of wa_id
    bsuid: str | None
    parent_bsuid: str | None
    profile: Json | None  # {"name", "username"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """The business number that an item came to."""

    phone_number_id: str
    waba_id: str | None
    display_number: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberChange:
    """A customer took another number or another business-scoped id."""

    new_phone: str | None
    new_bsuid: str | None
    old_bsuid: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageItem:
    number: Number
    sender: Sender
    wamid: str
    at: datetime
    type: str
    content: Json
    text: str | None
    payload: str | None
    context_id: str | None
    amends: str | None
    change: NumberChange | None
    digest: str
    trace: str | None = None  # of its body: what everything that follows from it is known by


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusItem:
    number: Number
    wamid: str
    status: str
    at: datetime
    participant: str
    errors: list[Json] | None
    pricing: Json | None
    echo: str | None
    report: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferenceItem:
    """A customer stopped or resumed marketing messages in WhatsApp itself."""

    number: Number
    sender: Sender
    category: str
    value: str
    at: datetime
    detail: str | None
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeItem:
    """About the account, a number, a template, or something new: kept in the body, shown where it needs a person."""

    field: str
    waba_id: str | None
    value: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    error: str
    phone_number_id: str | None


Item: TypeAlias = MessageItem | StatusItem | PreferenceItem | NoticeItem | Unreadable


@dataclass(frozen=True, slots=True)
class Body:
    items: list[Item]
    is_history: bool


def parse(raw: bytes, *, trace: str | None = None) -> Body:
    """Every item of a body, messages before statuses within a change; raises UnreadableBody."""
    document = _loads(raw)
    entries = document.get("entry") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise UnreadableBody("not a webhook: no list named entry")
    changes = [(entry, change) for entry in entries for change in _changes(entry)]
    return Body(
        items=[item for entry, change in changes for item in _items(entry, change, trace)],
        is_history=any(change.get("field") == HISTORY_FIELD for _, change in changes),
    )


def _loads(raw: bytes) -> Any:
    try:
        try:
            document = orjson.loads(raw)
        except orjson.JSONDecodeError:  # half a surrogate pair: orjson is stricter than Meta is careful
            return _storable(json.loads(raw.decode("utf-8", "replace")))
        return document if b"\\u0000" not in raw else _storable(document)
    except (ValueError, RecursionError) as error:
        raise UnreadableBody(f"not JSON: {type(error).__name__}") from None


def _storable(value: Any) -> Any:
    """The same value without what cannot be stored: NUL, half surrogate pairs, NaN, integers of more than 64 bits."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_storable(key): _storable(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_storable(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return str(value)
    return value


def _changes(entry: Any) -> Iterator[Json]:
    changes = entry.get("changes") if isinstance(entry, dict) else None
    if not isinstance(changes, list):
        raise UnreadableBody("not a webhook: an entry without a list named changes")
    for change in changes:
        if not isinstance(change, dict) or not isinstance(change.get("value"), dict):
            raise UnreadableBody("not a webhook: a change without a value")
        yield change


def _items(entry: Json, change: Json, trace: str | None) -> Iterator[Item]:
    value: Json = change["value"]
    # Some of Meta's own examples have `field` beside `changes`.
    field = _text(change.get("field")) or _text(entry.get("field")) or ""
    waba_id = _text(entry.get("id"))
    items = [(key, read, item) for key, read in READERS for item in _list(value, key)] if field in ITEM_FIELDS else []
    if not items:
        yield NoticeItem(field=field, waba_id=waba_id, value=value)
        return
    number = _number(value, waba_id)
    contacts = [block for block in _list(value, "contacts") if isinstance(block, dict)]
    for key, read, item in items:
        try:
            if number is None:
                raise ValueError("no phone_number_id says which number this came to")
            yield read(number, contacts, item, trace)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
            yield Unreadable(
                error=f"{key}: {type(error).__name__}: {error}"[:LONGEST_ERROR],
                phone_number_id=number.phone_number_id if number else None,
            )


def _number(value: Json, waba_id: str | None) -> Number | None:
    found = value.get("metadata")
    metadata: Json = found if isinstance(found, dict) else {}
    phone_number_id = _text(metadata.get("phone_number_id"))
    if phone_number_id is None:
        return None
    display_number = _text(metadata.get("display_phone_number"))
    return Number(phone_number_id=phone_number_id, waba_id=waba_id, display_number=display_number)


def _message(number: Number, contacts: list[Json], item: Json, trace: str | None) -> Item:
    kind = _text(item.get("type")) or "unknown"
    content = {key: inner for key, inner in item.items() if key not in ENVELOPE}
    inner = content.get(kind)
    inner = inner if isinstance(inner, dict) else {}
    context = content.get("context")
    sender = _sender(
        number,
        contacts,
        wa_id=_text(item.get("from")),
        bsuid=_text(item.get("from_user_id")),
        parent_bsuid=_text(item.get("from_parent_user_id")),
    )
    return MessageItem(
        number=number,
        sender=sender,
        wamid=_required(item, "id"),
        at=_moment(item["timestamp"]),
        type=kind,
        content=content,
        text=_readable(kind, content),
        payload=_payload(kind, inner),
        context_id=_text(context.get("id")) if isinstance(context, dict) else None,
        amends=_text(inner.get("original_message_id")) if kind in ("edit", "revoke") else None,
        change=change_of(kind, content),
        digest=_digest(item, sender),
        trace=trace,
    )


def _digest(item: Json, sender: Sender) -> str:
    """Orders bodies that claim one wamid at one moment: the one that tells most of its sender comes first."""
    shown = [sender.wa_id, sender.bsuid, sender.parent_bsuid, sender.profile]
    hashed = hashlib.sha256(orjson.dumps([item, *shown], option=orjson.OPT_SORT_KEYS)).hexdigest()
    return f"{shown.count(None)}{hashed[:16]}"


def change_of(kind: str, content: Json) -> NumberChange | None:
    """The change that a system message announces."""
    system = content.get(kind) if kind == "system" else None
    if not isinstance(system, dict) or system.get("type") not in ("user_changed_number", "user_changed_user_id"):
        return None
    # Older webhooks call the new number new_wa_id.
    new_wa_id = _text(system.get("wa_id")) or _text(system.get("new_wa_id"))
    return NumberChange(
        new_phone=canonical(new_wa_id) if new_wa_id and system["type"] == "user_changed_number" else None,
        new_bsuid=_text(system.get("user_id")),
        old_bsuid=_text(system.get("previous_user_id")),
    )


def _status(number: Number, _contacts: list[Json], item: Json, _trace: str | None) -> Item:
    errors, pricing = item.get("errors"), item.get("pricing")
    return StatusItem(
        number=number,
        wamid=_required(item, "id"),
        status=_required(item, "status"),
        at=_moment(item["timestamp"]),
        participant=_text(item.get("recipient_participant_id")) or "",
        errors=[error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else None,
        pricing=pricing if isinstance(pricing, dict) else None,
        echo=_text(item.get("biz_opaque_callback_data")),
        report=item,
    )


def _preference(number: Number, contacts: list[Json], item: Json, _trace: str | None) -> Item:
    wa_id, bsuid = _text(item.get("wa_id")), _text(item.get("user_id"))
    category, value, at = _required(item, "category"), _required(item, "value"), _moment(item["timestamp"])
    sender = _sender(number, contacts, wa_id=wa_id, bsuid=bsuid)
    detail = _text(item.get("detail"))
    # The ledger keeps one line for each key: whatever else differs makes another.
    shown = hashlib.sha256(orjson.dumps([sender.bsuid, sender.phone, category, value, detail])).hexdigest()
    return PreferenceItem(
        number=number,
        sender=sender,
        category="marketing" if category == "marketing_messages" else category,
        value=value,
        at=at,
        detail=detail,
        key=f"{number.phone_number_id}:{int(at.timestamp())}:{shown[:16]}",
    )


def _sender(
    number: Number, contacts: list[Json], *, wa_id: str | None, bsuid: str | None, parent_bsuid: str | None = None
) -> Sender:
    ours = {number.phone_number_id, number.display_number}
    if wa_id in ours and len(contacts) == 1:
        wa_id = None  # written in the name of the business: the person is the one the body speaks of
    block = _block(contacts, wa_id, bsuid)
    wa_id = wa_id or _text(block.get("wa_id"))
    bsuid = bsuid or _text(block.get("user_id"))
    phone = canonical(wa_id) if wa_id else None
    if phone is None and bsuid is None:
        raise ValueError("neither a number nor a user id says who this is about")
    profile = block.get("profile")
    return Sender(
        wa_id=wa_id if phone else None,
        phone=phone,
        bsuid=bsuid,
        parent_bsuid=parent_bsuid or _text(block.get("parent_user_id")),
        profile=_profile(profile) if isinstance(profile, dict) else None,
    )


def _block(contacts: list[Json], wa_id: str | None, bsuid: str | None) -> Json:
    """What the body tells of this person besides; nothing where it may speak of several."""
    if wa_id is None and bsuid is None:
        return contacts[0] if len(contacts) == 1 else {}
    named = [block for block in contacts if bsuid and _text(block.get("user_id")) == bsuid]
    numbered = [
        block
        for block in contacts
        if wa_id and _text(block.get("wa_id")) == wa_id and not (bsuid and _text(block.get("user_id")))
    ]
    fitting = named or numbered
    return fitting[0] if len({_text(block.get("user_id")) for block in fitting}) == 1 else {}


def _profile(profile: Json) -> Json | None:
    known = {key: text for key in ("name", "username") if (text := _text(profile.get(key)))}
    return known or None


def _readable(kind: str, content: Json) -> str | None:
    """What a person would read and search for."""
    inner = content.get(kind)
    if kind == "contacts" and isinstance(inner, list):
        names = [card.get("name", {}).get("formatted_name") for card in inner if isinstance(card, dict)]
        return ", ".join(name for name in names if isinstance(name, str)) or None
    if not isinstance(inner, dict):
        return None
    if kind == "interactive":
        reply = inner.get(str(inner.get("type")))
        return _first(reply, "title", "body") if isinstance(reply, dict) else None
    if kind == "edit":
        message = inner.get("message")
        return _readable(str(message.get("type")), message) if isinstance(message, dict) else None
    return _first(inner, "body", "caption", "text", "emoji", "name", "address", "filename")


def _payload(kind: str, inner: Json) -> str | None:
    """What the tapped button or row carries."""
    if kind == "interactive":
        reply = inner.get(str(inner.get("type")))
        return _text(reply.get("id")) if isinstance(reply, dict) else None
    return _text(inner.get("payload")) if kind == "button" else None


def _first(source: Json, *keys: str) -> str | None:
    return next((text for key in keys if (text := _text(source.get(key)))), None)


def _text(value: Any) -> str | None:
    """A string that is not empty: Meta writes an absent number as null, as "" or not at all."""
    if isinstance(value, str):
        return value or None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _required(item: Json, key: str) -> str:
    if (text := _text(item[key])) is None:
        raise ValueError(f"{key} is empty")
    return text


def _moment(seconds: Any) -> datetime:
    moment = datetime.fromtimestamp(int(seconds), UTC)
    if not 2000 <= moment.year <= 2200:
        raise ValueError("timestamp is out of range")
    return moment


def _list(value: Json, key: str) -> list[Any]:
    found = value.get(key)
    return found if isinstance(found, list) else []


# Messages before the statuses of the same change.
READERS: tuple[tuple[str, Callable[[Number, list[Json], Json, str | None], Item]], ...] = (
    ("messages", _message),
    ("user_preferences", _preference),
    ("statuses", _status),
)
