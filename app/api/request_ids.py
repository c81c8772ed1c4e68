"""X-Request-Id: on every answer, and on every log line written meanwhile.

It stands outside of everything else, so that the answer to a request that went wrong has it too. Only webhooks pass it
by, thousands a second: their gate does the same without what a log line needs.
"""

import re
import secrets
from itertools import count

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

REQUEST_ID_HEADER = "X-Request-Id"
REQUEST_ID = REQUEST_ID_HEADER.lower().encode()
# What a caller sends ends up in our logs: nothing but plain names.
_SANE = re.compile(rb"[A-Za-z0-9._-]{1,64}")

# Unique without asking the system for randomness each time, which webhooks would feel.
_process = secrets.token_hex(8)
_numbers = count(1)


class RequestIds:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = request_id_of(scope)

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), (REQUEST_ID, request_id)]}
            await send(message)

        name = request_id.decode()
        scope.setdefault("state", {})["request_id"] = name
        with bound_contextvars(request_id=name):
            await self._app(scope, receive, send_with_id)


def request_id_of(scope: Scope) -> bytes:
    """What the caller gave it, or one of ours: ask once for each request."""
    return _given(scope) or f"{_process}{next(_numbers):016x}".encode()


def _given(scope: Scope) -> bytes | None:
    for name, value in scope["headers"]:
        if name == REQUEST_ID:
            return value if _SANE.fullmatch(value) else None
    return None
