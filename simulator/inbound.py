"""What a customer may send: every inbound type of Meta's, checked, and filled in where Meta's servers would fill.

`EXAMPLES` holds one of each, in the form that `POST /_sim/users/{wa_id}/messages` takes.
"""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from simulator.wire import JsonObject

EXAMPLES: Mapping[str, JsonObject] = MappingProxyType(
    {
        "text": {"type": "text", "text": {"body": "hola"}, "context": {"id": "wamid.OURS"}},
        "image": {"type": "image", "image": {"caption": "Our table", "mime_type": "image/jpeg"}},
        "audio": {"type": "audio", "audio": {"voice": True}},
        "video": {"type": "video", "video": {"caption": "The sea"}},
        "document": {"type": "document", "document": {"filename": "invoice.pdf", "mime_type": "application/pdf"}},
        "sticker": {"type": "sticker", "sticker": {"animated": False}},
        "location": {
            "type": "location",
            "location": {"latitude": -23.55, "longitude": -46.63, "name": "Shop", "address": "Rua A"},
        },
        "contacts": {
            "type": "contacts",
            "contacts": [
                {"name": {"formatted_name": "Ana Lima", "first_name": "Ana"}, "phones": [{"phone": "+5511999990000"}]}
            ],
        },
        "button": {"type": "button", "button": {"payload": "YES", "text": "Yes"}, "context": {"id": "wamid.OURS"}},
        "interactive": {
            "type": "interactive",
            "interactive": {"type": "button_reply", "button_reply": {"id": "book", "title": "Book"}},
            "context": {"id": "wamid.OURS"},
        },
        "reaction": {"type": "reaction", "reaction": {"message_id": "wamid.OURS", "emoji": "👍"}},
        "order": {
            "type": "order",
            "order": {
                "catalog_id": "1944",
                "text": "",
                "product_items": [
                    {"product_retailer_id": "bread", "quantity": 2, "item_price": 1.5, "currency": "USD"}
                ],
            },
        },
        "system": {
            "type": "system",
            "system": {"type": "customer_identity_changed", "body": "Ana's security code changed"},
        },
        "edit": {
            "type": "edit",
            "edit": {"original_message_id": "wamid.THEIRS", "message": {"type": "text", "text": {"body": "hello"}}},
        },
        "revoke": {"type": "revoke", "revoke": {"original_message_id": "wamid.THEIRS"}},
        "unsupported": {"type": "unsupported", "unsupported": {"type": "poll_creation"}},
    }
)

# Everything that a person does to write to a business. A notice, a correction and a deletion are not writing.
_OPENS_NO_WINDOW = frozenset({"system", "edit", "revoke"})
# What has no bubble of its own on the phone.
_UNLISTED = _OPENS_NO_WINDOW
_EXTRAS = frozenset({"context", "referral", "errors", "identity"})
_NUMBER = (int, float)
_REQUIRED: Mapping[str, Mapping[str, type | tuple[type, ...]]] = {
    "text": {"body": str},
    "location": {"latitude": _NUMBER, "longitude": _NUMBER},
    "button": {"text": str},
    "interactive": {"type": str},
    "reaction": {"message_id": str},
    "order": {"catalog_id": str, "product_items": list},
    "system": {"type": str, "body": str},
    "edit": {"original_message_id": str, "message": dict},
    "revoke": {"original_message_id": str},
}
_MIME = {
    "image": "image/jpeg",
    "audio": "audio/ogg; codecs=opus",
    "video": "video/mp4",
    "document": "application/pdf",
    "sticker": "image/webp",
}
_UNSUPPORTED_ERROR: JsonObject = {
    "code": 131051,
    "title": "Message type unknown",
    "message": "Message type unknown",
    "error_data": {"details": "Message type is currently not supported."},
}


class BadMessage(Exception):
    """The text says what is wrong with it."""


@dataclass(frozen=True)
class Inbound:
    type: str
    # The object named after the type, and what stands beside it: context, referral, errors, identity.
    content: JsonObject

    @property
    def opens_window(self) -> bool:
        return self.type not in _OPENS_NO_WINDOW

    @property
    def is_listed(self) -> bool:
        return self.type not in _UNLISTED


def read(payload: JsonObject) -> Inbound:
    kind = payload.get("type")
    if not isinstance(kind, str) or kind not in EXAMPLES:
        raise BadMessage(f"type must be one of {', '.join(EXAMPLES)}")
    unknown = payload.keys() - _EXTRAS - {"type", kind}
    if unknown:
        raise BadMessage(f"{min(unknown)} is not taken here")
    part = payload.get(kind, {} if kind == "unsupported" else None)
    if kind == "contacts":
        _check_contacts(part)
    elif not isinstance(part, dict):
        raise BadMessage(f"{kind} must be an object")
    else:
        _check_part(kind, part)
        part = _filled(kind, part)
    content: JsonObject = {kind: part}
    for extra in sorted(_EXTRAS & payload.keys()):
        expected = list if extra == "errors" else dict
        if not isinstance(payload[extra], expected):
            raise BadMessage(f"{extra} must be {'a list' if expected is list else 'an object'}")
        content[extra] = payload[extra]
    if kind == "unsupported":
        content.setdefault("errors", [_UNSUPPORTED_ERROR])
    return Inbound(type=kind, content=content)


def _check_part(kind: str, part: JsonObject) -> None:
    for name, expected in _REQUIRED.get(kind, {}).items():
        value = part.get(name)
        if not isinstance(value, expected) or isinstance(value, bool):
            raise BadMessage(f"{kind}.{name} is missing or of the wrong type")
    if kind == "text" and not part["body"]:
        raise BadMessage("text.body must not be empty")
    if kind == "interactive" and not isinstance(part.get(part["type"]), dict):
        raise BadMessage(f"interactive.{part['type']} must be an object")
    if kind == "system" and part["type"] == "user_changed_number":
        raise BadMessage("a change of number is a PATCH of the user, with number")


def _check_contacts(part: object) -> None:
    if not isinstance(part, list) or not part:
        raise BadMessage("contacts must be a list of at least one card")
    for card in part:
        name = card.get("name") if isinstance(card, dict) else None
        if not isinstance(name, dict) or not isinstance(name.get("formatted_name"), str):
            raise BadMessage("every contact needs name.formatted_name")


def _filled(kind: str, part: JsonObject) -> JsonObject:
    if kind in _MIME:
        media_id = str(part.get("id") or secrets.randbelow(9 * 10**15) + 10**15)
        digest = base64.b64encode(hashlib.sha256(media_id.encode()).digest()).decode()
        defaults: JsonObject = {"mime_type": _MIME[kind], "sha256": digest, "id": media_id}
        if kind == "audio":
            defaults["voice"] = False
        if kind == "sticker":
            defaults["animated"] = False
        return defaults | {name: value for name, value in part.items() if name != "id"}
    if kind == "button":
        return {"payload": part["text"]} | part
    return part
