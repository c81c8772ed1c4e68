"""Live updates: what a stream of events tells, to whom, and when it ends. The broker is this process's own memory."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.api import events
from app.api.application import Hilo, create_app
from app.api.watchers import Watcher
from app.core.notices import MOST_IDS, Notices, notifier
from app.database import transaction
from app.services import notices
from tests.api.answers import error_of
from tests.api.test_overload import SetSettings, served, set_settings, signature
from tests.conftest import bearer

__all__ = ["set_settings"]

EVENTS = "/api/v1/events"
PATIENCE_SECONDS = 60


@pytest.fixture(autouse=True)
def nothing_untold_yet() -> None:
    """What earlier tests changed is told a moment later, by a thread of this very process."""
    notifier.flush(PATIENCE_SECONDS)


class Stream:
    """A caller of `GET /api/v1/events`, as a server would run it."""

    def __init__(self, application: Hilo, token: str, query: str = "") -> None:
        self.status = 0
        self._said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._going = asyncio.Event()
        headers = [(b"authorization", f"Bearer {token}".encode()), (b"host", b"hilo")]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": EVENTS,
            "query_string": query.encode(),
            "headers": headers,
        }
        self._rest, self._is_asked = b"", False
        self.task = asyncio.create_task(application(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        if not self._is_asked:
            self._is_asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._going.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            return
        self._rest += message.get("body", b"")
        *whole, self._rest = self._rest.split(b"\n\n")
        for event in whole:
            if not event.startswith(b":"):
                lines = dict(line.split(": ", 1) for line in event.decode().splitlines())
                await self._said.put({"event": lines["event"], **json.loads(lines["data"])})

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self._said.get()

    async def go(self) -> None:
        self._going.set()
        await self.ended()

    async def ended(self) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.task


Watch = Callable[..., Awaitable[Stream]]


def run(work: Callable[[Hilo, httpx2.AsyncClient, Watch], Awaitable[None]]) -> None:
    async def with_application() -> None:
        async with watched() as (application, client, watch):
            await work(application, client, watch)

    asyncio.run(with_application())


@asynccontextmanager
async def watched() -> AsyncIterator[tuple[Hilo, httpx2.AsyncClient, Watch]]:
    application = create_app()

    async def watch(token: str, query: str = "") -> Stream:
        """One that hears already."""
        stream = Stream(application, token, query)
        assert await stream.next() == {"event": "reset"}
        return stream

    async with served(application) as client:
        yield application, client, watch


def test_a_change_is_told_once_it_has_committed(database: Engine, admin_token: str) -> None:
    async def work(application: Hilo, client: httpx2.AsyncClient, watch: Watch) -> None:
        stream = await watch(admin_token)

        answer = await client.post("/api/v1/contacts", json={"name": "Ana"}, headers=bearer(admin_token))

        assert stream.status == 200
        assert await stream.next() == {"event": "changed", "kind": "contact", "ids": [answer.json()["id"]]}
        await stream.go()

    run(work)


def test_what_was_not_committed_is_not_told(database: Engine, admin_token: str) -> None:
    def fail() -> None:
        with transaction() as session:
            notices.changed(session, "message", 1)
            raise ValueError

    def succeed() -> None:
        with transaction() as session:
            notices.changed(session, "message", 2)
            notices.changed(session, "message", 2, 3)

    async def work(application: Hilo, client: httpx2.AsyncClient, watch: Watch) -> None:
        stream = await watch(admin_token)

        with pytest.raises(ValueError):
            await asyncio.to_thread(fail)
        await asyncio.to_thread(succeed)

        assert await stream.next() == {"event": "changed", "kind": "message", "ids": [2, 3]}
        await stream.go()

    run(work)


def test_a_stream_tells_only_of_the_kinds_that_it_was_asked_for(database: Engine, admin_token: str) -> None:
    def change() -> None:
        with transaction() as session:
            notices.changed(session, "contact", 1)
            notices.changed(session, "alert", 2)

    async def work(application: Hilo, client: httpx2.AsyncClient, watch: Watch) -> None:
        stream = await watch(admin_token, "kinds=alert&kinds=settings")

        await asyncio.to_thread(change)

        assert await stream.next() == {"event": "changed", "kind": "alert", "ids": [2]}
        await stream.go()

    run(work)


def test_hundreds_of_streams_are_in_nobodys_way(
    database: Engine, session: Session, set_settings: SetSettings, admin_token: str
) -> None:
    set_settings(API_CONCURRENCY="2", API_QUEUE="200", API_WAIT_SECONDS="60", EVENT_STREAMS="200")

    async def work(application: Hilo, client: httpx2.AsyncClient, watch: Watch) -> None:
        streams = [Stream(application, admin_token) for _ in range(200)]
        for stream in streams:
            assert await stream.next() == {"event": "reset"}

        refused = await client.get(EVENTS, headers=bearer(admin_token))
        body = b'{"number": 1}'
        stored = await client.post("/webhooks/whatsapp", content=body, headers=signature(body))
        listed = await client.get("/api/v1/contacts", headers=bearer(admin_token))
        await streams[0].go()
        again = await watch(admin_token)

        assert (*error_of(refused), refused.headers["Retry-After"]) == (503, "too_many_watchers", "5")
        assert (stored.status_code, listed.status_code, again.status) == (200, 200, 200)
        application.watchers.dismiss()
        await asyncio.gather(*(stream.ended() for stream in [*streams, again]))

    run(work)


def test_streams_end_when_the_process_is_to_stop(database: Engine, admin_token: str) -> None:
    async def work(application: Hilo, client: httpx2.AsyncClient, watch: Watch) -> None:
        stream = await watch(admin_token)

        application.watchers.dismiss()

        await stream.ended()
        assert error_of(await client.get(EVENTS, headers=bearer(admin_token))) == (503, "too_many_watchers")

    run(work)


def test_a_stream_ends_when_its_caller_may_not_look_any_more() -> None:
    async def listen() -> list[bytes]:
        may = iter([True, False])
        stream = events.tell(Watcher(None), lambda: next(may), alive_seconds=0, recheck_seconds=0)
        return [event async for event in stream]

    assert asyncio.run(listen()) == [b": ping\n\n"] * 2


def test_whoever_reads_slowly_is_told_all_at_once_and_never_more_than_fits() -> None:
    async def listen() -> list[tuple[bool, Any]]:
        watcher = Watcher(None)
        for number in range(MOST_IDS + 1):
            watcher.hear(Notices({"message": [number], "contact": [7]}))
        watcher.reset()
        told = await watcher.wait(0)
        return [(told[0], told[1].plain()), ((await watcher.wait(0))[0], (await watcher.wait(0))[1].plain())]

    assert asyncio.run(listen()) == [(True, {"message": None, "contact": [7]}), (False, {})]


@pytest.mark.parametrize("query", ["kinds=weather", "kinds="])
def test_a_kind_that_there_is_not_is_refused(user: TestClient, query: str) -> None:
    answer = user.get(f"{EVENTS}?{query}")

    assert error_of(answer) == (422, "validation_failed")


def test_nobody_watches_without_a_token(nobody: TestClient) -> None:
    assert error_of(nobody.get(EVENTS)) == (401, "not_authenticated")
