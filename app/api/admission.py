"""So many requests to the API are worked on at once; some wait their turn, and more are told to come again.

Webhooks do not pass here: however many people look at pages, what Meta sends is stored first. Nor does health, which is
asked most urgently when there is too much of everything.
"""

import asyncio
from collections import deque
from time import monotonic
from typing import TypeAlias

import orjson
import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.arriving import Arriving, Gone, TooLarge, TooMany, TooSlow
from app.core import measures

log = structlog.get_logger()

OPEN_PATHS = frozenset({"/health", "/health/live", "/metrics"})
LARGEST_BODY = 4 * 1024 * 1024
RETRY_SECONDS = 1

Turn: TypeAlias = "asyncio.Future[None]"


class Overloaded(Exception):
    """Says of what there is too much."""


class Places:
    """Places to work at, given in the order of asking. The line is short, and nobody stands in it for long."""

    def __init__(self, *, places: int, line: int, seconds: float) -> None:
        self._places = places
        self._line = line
        self._seconds = seconds
        self._waiting: deque[Turn] = deque()
        self.busy = 0

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    async def take(self) -> None:
        if self.busy < self._places:
            self.busy += 1
            return
        if len(self._waiting) >= self._line:
            raise Overloaded("line")
        turn: Turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(self._seconds):
                await asyncio.shield(turn)  # whoever gives up must not undo what they were just given
        except BaseException as error:
            if turn.done():
                self.give_back()  # it came in the same moment
            else:
                self._waiting.remove(turn)
            if isinstance(error, TimeoutError):
                raise Overloaded("wait") from None
            raise

    def give_back(self) -> None:
        """A place goes straight to whoever is first in the line."""
        if self._waiting:
            self._waiting.popleft().set_result(None)
        else:
            self.busy -= 1


class Admission:
    def __init__(self, app: ASGIApp, *, places: int, line: int, seconds: float, arriving_bytes: int) -> None:
        self._app = app
        self._places = Places(places=places, line=line, seconds=seconds)
        self._arriving = Arriving(largest=LARGEST_BODY, together=arriving_bytes)
        measures.API_BUSY.show(lambda: float(self._places.busy))
        measures.API_WAITING.show(lambda: float(self._places.waiting))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS:
            await self._app(scope, receive, send)
            return
        began, status = monotonic(), 0
        answered = began

        async def send_and_note(message: Message) -> None:
            nonlocal status, answered
            if message["type"] == "http.response.start":
                # Until here it is ours; how long reading the answer takes, a stream of events above all, is theirs.
                status, answered = message["status"], monotonic()
            await send(message)

        try:
            await self._admit(scope, receive, send_and_note)
        finally:
            seconds = (answered if status else monotonic()) - began
            measures.REQUESTS.add(status=str(status))
            measures.REQUEST_SECONDS.observe(seconds)
            # The route, not the address: that may hold what somebody searched for.
            route = getattr(scope.get("route"), "path", None)
            log.info("answered", method=scope["method"], route=route, status=status, seconds=round(seconds, 4))

    async def _admit(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await self._arriving.read(dict(scope["headers"]), receive)
            await self._places.take()
        except Gone:
            return
        except TooLarge:
            await _refuse(
                send, 413, "body_too_large", f"A request body may have {LARGEST_BODY // 1024**2} MiB at most."
            )
            return
        except TooSlow:
            await _refuse(send, 408, "body_too_slow", "The request's body took too long to arrive.")
            return
        except (TooMany, Overloaded) as error:
            measures.SHED.add(of=str(error) or "bodies")
            await _refuse(send, 503, "overloaded", "Too much is asked at this moment. Try again in a second.")
            return
        await self._work(scope, _handing_on(body, receive), send)

    async def _work(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The place is free as soon as there is an answer: whoever reads it slowly takes nobody's."""
        is_held = True

        def leave() -> None:
            nonlocal is_held
            if is_held:
                is_held = False
                self._places.give_back()

        async def send_and_leave(message: Message) -> None:
            leave()
            await send(message)

        try:
            await self._app(scope, receive, send_and_leave)
        finally:
            leave()


def _handing_on(body: bytes, receive: Receive) -> Receive:
    is_read = False

    async def receive_whole() -> Message:
        nonlocal is_read
        if is_read:
            return await receive()  # nothing comes any more but the end of the connection
        is_read = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_whole


async def _refuse(send: Send, status: int, code: str, detail: str) -> None:
    content = orjson.dumps({"error": code, "detail": detail})
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    if status == 503:
        headers.append((b"retry-after", str(RETRY_SECONDS).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
