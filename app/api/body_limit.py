"""No request body is read beyond a limit. Whoever reads on gets the refusal, which is answered like any other."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 4 * 1024 * 1024


class BodyLimit:
    def __init__(self, app: ASGIApp, *, largest: int = LARGEST_BODY) -> None:
        self._app = app
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        size = 0
        announced = _announced(scope)

        async def receive_some() -> Message:
            nonlocal size
            if announced <= self._largest:
                message = await receive()
                size += len(message.get("body", b""))
            if max(announced, size) > self._largest:
                # FastAPI hands on an HTTPException from reading the body, and would turn any other into a 400.
                raise HTTPException(413, f"A request body may have {self._largest // 1024**2} MiB at most.")
            return message

        await self._app(scope, receive_some, send)


def _announced(scope: Scope) -> int:
    length = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    return int(length) if length.isdigit() else 0
