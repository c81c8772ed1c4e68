"""Meta's errors: the body of a refused call, and the other form in which a `failed` status carries them.

Callers branch on `code`; the HTTP status is Meta's usual one and may be forced.
"""

import secrets
from dataclasses import dataclass

from simulator.wire import JsonObject

ERRORS_URL = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"
# The documentation's table says 400 for these, its OpenAPI file 429: a switch decides.
THROTTLES = frozenset({4, 17, 80007, 130429, 131056})


@dataclass(frozen=True)
class _Kind:
    title: str
    status: int = 400


_KINDS: dict[int, _Kind] = {
    0: _Kind("AuthException", 401),
    1: _Kind("API Unknown"),
    2: _Kind("API Service", 503),
    3: _Kind("API Method", 500),
    4: _Kind("API Too Many Calls"),
    10: _Kind("Permission Denied", 403),
    100: _Kind("Invalid parameter"),
    104: _Kind("An access token is required to request this resource", 401),
    190: _Kind("Invalid OAuth access token", 401),
    200: _Kind("API Permission", 403),
    368: _Kind("Temporarily blocked for policies violations", 403),
    803: _Kind("Some of the aliases you requested do not exist", 404),
    2200: _Kind("Callback verification failed"),
    2500: _Kind("Unknown path components"),
    80007: _Kind("Rate limit issues"),
    130403: _Kind("Business has blocked this user"),
    130429: _Kind("Rate limit hit"),
    130472: _Kind("User's number is part of an experiment"),
    130497: _Kind("Business account is restricted from messaging users in this country", 403),
    131000: _Kind("Something went wrong", 500),
    131005: _Kind("Access denied", 403),
    131008: _Kind("Required parameter is missing"),
    131009: _Kind("Parameter value is not valid"),
    131016: _Kind("Service unavailable", 500),
    131021: _Kind("Recipient cannot be sender"),
    131026: _Kind("Message undeliverable"),
    131030: _Kind("Recipient phone number not in allowed list"),
    131031: _Kind("Account has been locked", 403),
    131037: _Kind("Display name approval is needed"),
    131042: _Kind("Business eligibility payment issue"),
    131045: _Kind("Incorrect certificate", 500),
    131047: _Kind("Re-engagement message"),
    131048: _Kind("Spam rate limit hit"),
    131049: _Kind("Message was not sent to maintain healthy ecosystem engagement"),
    131050: _Kind("User has stopped marketing messages from this business"),
    131051: _Kind("Unsupported message type"),
    131052: _Kind("Media download error"),
    131053: _Kind("Media upload error"),
    131056: _Kind("(Business Account, Consumer Account) pair rate limit hit"),
    131057: _Kind("Account in maintenance mode", 500),
    131059: _Kind("Invalid paging cursor"),
    131062: _Kind("Business-scoped user id is not allowed for this message"),
    131064: _Kind("Messaging limit reduced"),
    132001: _Kind("Template does not exist in the translation", 404),
    132015: _Kind("Template is paused"),
    132016: _Kind("Template is disabled"),
    133004: _Kind("Server temporarily unavailable", 503),
    133010: _Kind("Phone number not registered"),
    137000: _Kind("Recipient identity key hash mismatch"),
    2494100: _Kind("Number in maintenance"),
}


class GraphError(Exception):
    def __init__(
        self,
        code: int,
        details: str | None = None,
        *,
        status: int | None = None,
        subcode: int | None = None,
        message: str | None = None,
        kind: str = "OAuthException",
    ) -> None:
        known = _KINDS.get(code, _Kind("Simulated error"))
        super().__init__(f"{code}: {details or known.title}")
        self.code = code
        self.details = details
        self.subcode = subcode
        self.kind = kind
        self.message = message or f"(#{code}) {known.title}"
        self._status = status
        self._usual_status = known.status

    def status(self, *, throttle_status: int) -> int:
        if self._status is not None:
            return self._status
        return throttle_status if self.code in THROTTLES else self._usual_status

    def body(self) -> JsonObject:
        error: JsonObject = {"message": self.message, "type": self.kind, "code": self.code}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if self.code == 2:
            error["is_transient"] = True
        if self.details is not None:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        error["fbtrace_id"] = trace_id()
        return {"error": error}


_ASYNC_DETAILS = {
    131026: "Message undeliverable.",
    131047: "Message failed to send because more than 24 hours have passed since the customer last replied.",
    131050: "The recipient chose to stop receiving marketing messages from this business.",
}


def webhook_error(code: int) -> JsonObject:
    """The form that `statuses[].errors[]` carries."""
    title = _KINDS.get(code, _Kind("Simulated error")).title
    return {
        "code": code,
        "title": title,
        "message": title,
        "error_data": {"details": _ASYNC_DETAILS.get(code, title)},
        "href": ERRORS_URL,
    }


def unknown_object(node: str, *, method: str) -> GraphError:
    return GraphError(
        100,
        subcode=33,
        kind="GraphMethodException",
        message=(
            f"Unsupported {method.lower()} request. Object with ID '{node}' does not exist, cannot be loaded due to "
            "missing permissions, or does not support this operation."
        ),
    )


def trace_id() -> str:
    return "A" + secrets.token_urlsafe(16)
