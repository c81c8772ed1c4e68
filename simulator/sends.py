"""Reading `POST /{phone}/messages`: what the business may send, and what Meta would answer to the rest.

{"messaging_product": "whatsapp", "to": "+16505551234", "type": "text", "text": {"body": "Hello"},
 "context": {"message_id": "wamid.…"}, "biz_opaque_callback_data": "job-42"}
"""

import re
from dataclasses import dataclass

import phonenumbers

from simulator.errors import GraphError
from simulator.wire import JsonObject

MAX_TEXT = 4096
MAX_OPAQUE = 512
_BSUID = re.compile(r"[A-Z]{2}(\.ENT)?\.[A-Za-z0-9]{1,128}")
_NUMBER = re.compile(r"\+?[0-9+\-() ]+")
_TYPES = (
    "audio", "contacts", "document", "image", "interactive", "location", "pin", "reaction", "sticker", "template",
    "text", "video",
)  # fmt: skip


@dataclass(frozen=True)
class Recipient:
    """Whom a call names: a number, or a BSUID. `given` is what the caller wrote."""

    given: str
    digits: str | None
    user_id: str | None


@dataclass(frozen=True)
class TextSend:
    body: str
    preview_url: bool
    replies_to: str | None
    opaque: str | None


def read_recipient(payload: JsonObject, *, business_number: str) -> Recipient:
    """`to` wins over `recipient`. A BSUID in `to` is taken too, as early drafts had it."""
    field = "to" if payload.get("to") not in (None, "") else "recipient"
    given = payload.get(field)
    if given is None or given == "":
        raise GraphError(131008, "The parameter to is required.")
    if isinstance(given, int) and not isinstance(given, bool):
        given = str(given)
    if not isinstance(given, str):
        raise GraphError(100, f"Param {field} must be a string.")
    if _BSUID.fullmatch(given):
        return Recipient(given=given, digits=None, user_id=given)
    if field == "recipient":
        raise GraphError(131009, "Param recipient must be a business-scoped user id.")
    digits = re.sub(r"\D", "", given)
    if not _NUMBER.fullmatch(given) or not given.isascii() or not 7 <= len(digits) <= 15:
        raise GraphError(131009, "Param to must be a phone number.")
    if not given.strip().startswith("+"):
        digits = _international(digits, business_number=business_number)
    return Recipient(given=given, digits=digits, user_id=None)


def _international(digits: str, *, business_number: str) -> str:
    """Bare digits that can be an international number are one; shorter ones get the business's country code."""
    if len(digits) >= 11:
        return digits
    try:
        if phonenumbers.is_possible_number(phonenumbers.parse(f"+{digits}")):
            return digits
        country = phonenumbers.parse(f"+{business_number}").country_code
    except phonenumbers.NumberParseException:
        return digits
    return f"{country}{digits}"


def read_envelope(payload: JsonObject) -> None:
    product = payload.get("messaging_product")
    if product is None:
        raise GraphError(100, "The parameter messaging_product is required.")
    if product != "whatsapp":
        raise GraphError(100, "Param messaging_product must be whatsapp.")


def read_text(payload: JsonObject) -> TextSend:
    """Everything but the recipient. Types that Meta has and this simulator has not are refused as unsupported."""
    recipient_type = payload.get("recipient_type", "individual")
    if recipient_type == "group":
        raise GraphError(131041, "The group is unknown: this simulator has no groups.")
    if recipient_type != "individual":
        raise GraphError(100, "Param recipient_type must be one of {individual, group}.")
    kind = payload.get("type", "text")
    kind = kind.lower() if isinstance(kind, str) else kind
    if kind not in _TYPES:
        raise GraphError(100, f"Param type must be one of {{{', '.join(_TYPES)}}}.")
    if kind != "text":
        raise GraphError(131051, f"This simulator sends text only; it does not do type {kind}.")
    body, preview_url = _read_text_object(payload.get("text"))
    return TextSend(
        body=body,
        preview_url=preview_url,
        replies_to=_read_context(payload.get("context")),
        opaque=_read_opaque(payload),
    )


def _read_text_object(text: object) -> tuple[str, bool]:
    if text is None:
        raise GraphError(131008, "The parameter text is required for type text.")
    if not isinstance(text, dict):
        raise GraphError(100, "Param text must be an object.")
    body = text.get("body")
    if body is None:
        raise GraphError(131008, "The parameter text['body'] is required.")
    if not isinstance(body, str):
        raise GraphError(100, "Param text['body'] must be a string.")
    if not body.strip():
        raise GraphError(131009, "Param text['body'] must not be empty.")
    if len(body) > MAX_TEXT:
        raise GraphError(131009, f"Param text['body'] must be at most {MAX_TEXT} characters long.")
    preview_url = text.get("preview_url", False)
    if preview_url in ("true", "false"):
        preview_url = preview_url == "true"
    if not isinstance(preview_url, bool):
        raise GraphError(100, "Param text['preview_url'] must be a boolean.")
    return body, preview_url


def _read_context(context: object) -> str | None:
    if context is None:
        return None
    message_id = context.get("message_id") if isinstance(context, dict) else None
    if not isinstance(message_id, str) or not message_id:
        raise GraphError(131008, "The parameter context['message_id'] is required.")
    return message_id


def _read_opaque(payload: JsonObject) -> str | None:
    opaque = payload.get("biz_opaque_callback_data")
    if opaque is None:
        return None
    if not isinstance(opaque, str):
        raise GraphError(100, "Param biz_opaque_callback_data must be a string.")
    if len(opaque) > MAX_OPAQUE:
        raise GraphError(131009, f"Param biz_opaque_callback_data must be at most {MAX_OPAQUE} characters long.")
    return opaque
