"""What changes, told as it happens: `GET /api/v1/events`, as server-sent events.

A stream is no thread, no database connection and no place of the API's: only its caller is looked at, when it begins
and now and then after, in a thread for a moment.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from time import monotonic
from typing import Annotated

import orjson
from anyio import to_thread
from fastapi import APIRouter, Depends, Query, Request
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from app.api.refusals import refusals
from app.api.watchers import TooManyWatchers, Watcher, Watchers
from app.core.errors import AppError
from app.database import in_transaction
from app.dependencies import Config, Token, get_clock, look_up_watcher, read_credentials, signed_in
from app.services.notices import Kind

router = APIRouter(prefix="/api/v1/events", tags=["events"])

ALIVE_SECONDS = 15.0  # a proxy that hears nothing for longer may think us dead
LAST_SECONDS = 0.5  # for the end of a stream; whoever does not read it meanwhile never will
RECHECK_SECONDS = 30.0  # so soon a stream ends whose caller may not look any more

EXAMPLE = 'event: reset\ndata: {}\n\nevent: changed\ndata: {"kind":"message","ids":[17,18]}\n\n'
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # nginx would keep events for itself


class EventStream(StreamingResponse):
    """Ends when the caller goes, may not look any more, or the process is to stop.

    FastAPI's own response for this would keep the caller's database session for as long as it lasts.
    """

    media_type = "text/event-stream"

    def __init__(self, watchers: Watchers, watcher: Watcher, *, may_look: Callable[[], bool]) -> None:
        super().__init__(tell(watcher, may_look), headers=HEADERS)
        self._watchers = watchers
        self._watcher = watcher

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        with self._watchers.joined(self._watcher):
            going = asyncio.create_task(self._close_with(receive))
            streaming = asyncio.create_task(self.stream_response(send))
            closed = asyncio.create_task(self._watcher.closed.wait())
            try:
                await asyncio.wait({streaming, closed}, return_when=asyncio.FIRST_COMPLETED)
                await asyncio.wait({streaming}, timeout=LAST_SECONDS)
                if streaming.done():
                    streaming.result()
            finally:
                for task in (going, streaming, closed):
                    task.cancel()
                await asyncio.gather(going, streaming, closed, return_exceptions=True)

    async def _close_with(self, receive: Receive) -> None:
        """The server says nothing to whoever goes on sending: it must be asked."""
        while (await receive())["type"] != "http.disconnect":
            continue
        self._watcher.close()


@router.get(
    "",
    summary="Watch for changes",
    dependencies=[Depends(signed_in)],
    status_code=200,
    response_class=EventStream,
    responses=refusals(TooManyWatchers)
    | {200: {"description": "A stream of events.", "content": {"text/event-stream": {"example": EXAMPLE}}}},
)
async def watch_events(
    request: Request,
    token: Token,
    settings: Config,
    kinds: Annotated[list[Kind] | None, Query(description="Only these; left out, all.")] = None,
) -> EventStream:
    """`reset` comes first, and whenever something may have been missed: fetch again all that you show. `changed` names
    a kind of thing and the ids of those that changed; `ids` is null where they are too many to name. What changed is
    for you to fetch. Nothing is kept: `Last-Event-ID` changes nothing, as every stream begins with `reset`.

    It ends when your token does; begin another with a new one.
    """
    watchers: Watchers = request.app.watchers
    watchers.refuse_when_full()

    def may_look() -> bool:
        try:
            now = get_clock().now()
            credentials = read_credentials(token, settings, now=now)
            in_transaction(lambda session: look_up_watcher(credentials, session, now=now))
        except AppError:
            return False
        return True

    return EventStream(watchers, Watcher(frozenset(kinds) if kinds else None), may_look=may_look)


async def tell(
    watcher: Watcher,
    may_look: Callable[[], bool],
    *,
    alive_seconds: float = ALIVE_SECONDS,
    recheck_seconds: float = RECHECK_SECONDS,
) -> AsyncIterator[bytes]:
    yield KEEPALIVE_COMMENT  # the headers go with it
    checked_at = monotonic()
    while not watcher.closed.is_set():
        is_reset, notices = await watcher.wait(alive_seconds)
        if monotonic() - checked_at >= recheck_seconds:
            if not await to_thread.run_sync(may_look):
                return
            checked_at = monotonic()
        if is_reset:
            yield format_sse_event(event="reset", data_str="{}")
        elif not notices:
            yield KEEPALIVE_COMMENT
        for kind, ids in notices.plain().items():
            yield format_sse_event(event="changed", data_str=orjson.dumps({"kind": kind, "ids": ids}).decode())
