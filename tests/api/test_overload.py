"""What is too much is shed in the right order: webhooks are stored first, the API waits, nothing grows for ever."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx2
import pytest
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.orm import Session
from starlette.types import Message

from app.api.admission import Overloaded, Places
from app.api.application import Hilo, create_app
from app.api.arriving import Arriving, Gone, TooLarge, TooMany
from app.api.webhooks import PATH, WebhookGate
from app.core.config import ConfigError, get_settings, load
from app.core.nudges import Nudger
from app.database import conninfo_of
from app.models import WebhookEvent
from app.services.intake import Intake
from app.services.reach import Reach
from app.whatsapp.signature import sign
from tests.conftest import bearer

SetSettings = Callable[..., None]


@pytest.fixture
def set_settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[SetSettings]:
    def set_them(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        get_settings.cache_clear()

    yield set_them
    monkeypatch.undo()
    get_settings.cache_clear()


@asynccontextmanager
async def served(application: Hilo) -> AsyncIterator[httpx2.AsyncClient]:
    """As a server runs it: one loop, and the application's life around it."""
    async with application.router.lifespan_context(application):
        transport = httpx2.ASGITransport(app=application)
        async with httpx2.AsyncClient(transport=transport, base_url="http://hilo", timeout=60) as client:
            yield client


def signature(body: bytes) -> dict[str, str]:
    secret = get_settings().whatsapp_app_secret
    assert secret is not None
    return {"X-Hub-Signature-256": sign(body, secret.get_secret_value().encode())}


def test_while_the_api_is_full_webhooks_and_health_are_answered(
    database: Engine, session: Session, set_settings: SetSettings
) -> None:
    set_settings(API_CONCURRENCY="2", API_QUEUE="3", API_WAIT_SECONDS="60")
    application, is_over, began = create_app(), threading.Event(), threading.Semaphore(0)

    @application.get("/slow")
    def slow() -> str:
        began.release()
        is_over.wait(60)
        return "done"

    async def saturate() -> tuple[list[httpx2.Response], list[httpx2.Response], list[httpx2.Response]]:
        async with served(application) as client:
            kept = [asyncio.create_task(client.get("/slow")) for _ in range(5)]
            for _ in range(2):
                await asyncio.to_thread(began.acquire)
            shed = [await client.get("/slow") for _ in range(3)]
            bodies = [b'{"number": %d}' % number for number in range(50)]
            stored = [await client.post(PATH, content=body, headers=signature(body)) for body in bodies]
            stored.append(await client.get("/health/live"))
            is_over.set()
            return stored, shed, await asyncio.gather(*kept)

    stored, shed, kept = asyncio.run(saturate())

    assert {answer.status_code for answer in stored} == {200}
    assert session.scalar(text("SELECT count(*) FROM webhook_events")) == 50
    assert {(answer.status_code, answer.json()["error"], answer.headers["Retry-After"]) for answer in shed} == {
        (503, "overloaded", "1")
    }
    assert [answer.status_code for answer in kept] == [200] * 5


def test_whoever_waits_too_long_is_told_to_come_again(database: Engine, set_settings: SetSettings) -> None:
    set_settings(API_CONCURRENCY="1", API_WAIT_SECONDS="0.1")
    application, is_over, began = create_app(), threading.Event(), threading.Event()

    @application.get("/slow")
    def slow() -> str:
        began.set()
        is_over.wait(60)
        return "done"

    async def wait() -> tuple[int, int, int]:
        async with served(application) as client:
            first = asyncio.create_task(client.get("/slow"))
            await asyncio.to_thread(began.wait)
            late = await client.get("/openapi.json")
            is_over.set()
            done = await first
            return late.status_code, done.status_code, (await client.get("/openapi.json")).status_code

    assert asyncio.run(wait()) == (503, 200, 200)


def test_200_requests_at_once_open_no_more_connections_than_the_settings_say(
    database: Engine, set_settings: SetSettings, admin_token: str
) -> None:
    set_settings(DB_POOL_SIZE="3", DB_POOL_OVERFLOW="2", API_QUEUE="200", API_WAIT_SECONDS="60")
    application = create_app()
    watcher = create_engine(database.url, pool_size=1, max_overflow=0)
    count = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"
        " AND pid <> pg_backend_pid()"
    )

    async def ask() -> tuple[set[int], int]:
        with watcher.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            others = int(connection.scalar(count) or 0)
            most = 0
            async with served(application) as client:
                url, headers = "/api/v1/contacts", bearer(admin_token)
                asked = asyncio.gather(*(client.get(url, headers=headers) for _ in range(200)))
                while not asked.done():
                    most = max(most, int(await asyncio.to_thread(lambda: connection.scalar(count)) or 0))
                    await asyncio.sleep(0)
                return {answer.status_code for answer in await asked}, most - others

    statuses, opened = asyncio.run(ask())
    watcher.dispose()

    assert statuses == {200}
    assert opened <= 3 + 2 + 1 + 1  # and that of intake, and now and then that of who keeps what was counted


def test_a_full_queue_asks_meta_to_repeat_and_stores_nothing_half(database: Engine, session: Session) -> None:
    async def fill() -> list[tuple[int, str | None]]:
        intake = Intake(
            conninfo_of(get_settings().database_url or ""),
            nudger=Nudger(lambda task, arguments: None),
            reach=Reach(None, ""),
            queue_bodies=3,
            queue_bytes=1_000,
            batch_bytes=1_000,
            prepare=None,
        )
        gate = WebhookGate(get_settings(), intake)
        bodies = [b"1", b"2", b"3", b"4", b"x" * 2_000]
        asked = [asyncio.create_task(_post(gate, body)) for body in bodies]  # before anybody takes them out
        for _ in range(10):
            await asyncio.sleep(0)
        await intake.start()
        answers = await asyncio.gather(*asked)
        await intake.stop()
        return answers

    answers = asyncio.run(fill())

    assert answers == [(200, None)] * 3 + [(503, "1")] * 2
    assert sorted(bytes(body) for body in session.scalars(select(WebhookEvent.body))) == [b"1", b"2", b"3"]


async def _post(gate: WebhookGate, body: bytes) -> tuple[int, str | None]:
    sent: list[Any] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    raw = [(name.lower().encode(), value.encode()) for name, value in signature(body).items()]
    await gate({"type": "http", "method": "POST", "path": PATH, "headers": raw}, receive, send)
    retry = dict(sent[0]["headers"]).get(b"retry-after")
    return sent[0]["status"], retry and retry.decode()


def test_places_go_in_the_order_of_asking_and_come_back_from_whoever_gave_up() -> None:
    got: list[int] = []

    async def go() -> tuple[int, int]:
        places = Places(places=1, line=10, seconds=60)
        await places.take()

        async def want(number: int) -> None:
            await places.take()
            got.append(number)
            places.give_back()

        asked = [asyncio.create_task(want(number)) for number in range(5)]
        await asyncio.sleep(0)
        asked[1].cancel()
        await asyncio.sleep(0)
        places.give_back()
        await asyncio.gather(*asked, return_exceptions=True)
        return places.busy, places.waiting

    assert asyncio.run(go()) == (0, 0)
    assert got == [0, 2, 3, 4]


def test_a_place_that_comes_just_as_somebody_gives_up_is_not_lost() -> None:
    async def go() -> int:
        places = Places(places=1, line=10, seconds=60)
        await places.take()
        late = asyncio.create_task(places.take())
        await asyncio.sleep(0)
        places.give_back()  # it is theirs now ...
        late.cancel()  # ... but they have gone
        with suppress(asyncio.CancelledError):
            await late
        return places.busy

    assert asyncio.run(go()) == 0


def test_a_line_is_no_longer_than_it_may_be() -> None:
    async def go() -> None:
        places = Places(places=1, line=0, seconds=60)
        await places.take()
        await places.take()

    with pytest.raises(Overloaded):
        asyncio.run(go())


def parts(*bodies: bytes, ends: bool = True) -> Callable[[], Awaitable[Message]]:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": True} for body in bodies]
    if ends:
        messages[-1]["more_body"] = False
    waiting = iter(messages)

    async def receive() -> Message:
        message = next(waiting, None)
        return {"type": "http.disconnect"} if message is None else message

    return receive


@pytest.mark.parametrize(
    ("headers", "receive", "found"),
    [
        ({}, parts(b"whole"), b"whole"),
        ({}, parts(b"in ", b"parts"), b"in parts"),
        ({b"content-length": b"11"}, parts(b""), TooLarge),
        ({}, parts(b"01234567890"), TooLarge),
        ({}, parts(b"012345", b"67890"), TooLarge),
        ({}, parts(b"half", ends=False), Gone),
    ],
)
def test_a_body_is_read_whole_or_not_at_all(headers: Any, receive: Any, found: Any) -> None:
    arriving = Arriving(largest=10, together=100)

    async def read() -> object:
        try:
            return await arriving.read(headers, receive)
        except (TooLarge, TooMany, Gone) as error:
            return type(error)

    assert asyncio.run(read()) == found


def test_slow_bodies_together_have_a_bound_and_it_comes_back() -> None:
    arriving = Arriving(largest=10, together=12)

    async def read() -> list[object]:
        pause = asyncio.Event()

        def slow(first: bytes) -> Callable[[], Awaitable[Message]]:
            rest = iter([first, b""])

            async def receive() -> Message:
                part = next(rest)
                if not part:
                    await pause.wait()
                return {"type": "http.request", "body": part, "more_body": bool(part)}

            return receive

        held = [asyncio.create_task(arriving.read({}, slow(b"12345"))) for _ in range(2)]
        await asyncio.sleep(0)
        refused = await asyncio.gather(arriving.read({}, slow(b"123")), return_exceptions=True)
        pause.set()
        done = await asyncio.gather(*held)
        return [type(refused[0]), *done, await arriving.read({}, slow(b"1234567890"))]

    assert asyncio.run(read()) == [TooMany, b"12345", b"12345", b"1234567890"]


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"DB_POOL_SIZE": "0"}, "DB_POOL_SIZE is not usable: Input should be greater than or equal to 1."),
        ({"INTAKE_QUEUE_BODIES": "many"}, "INTAKE_QUEUE_BODIES is not usable: .*valid integer"),
        ({"API_CONCURRENCY": "11"}, "API_CONCURRENCY is 11, but DB_POOL_SIZE and DB_POOL_OVERFLOW allow 10"),
        ({"SEND_IN_FLIGHT": "1001"}, "SEND_IN_FLIGHT is not usable"),
        ({"METRICS_TOKEN": "short"}, "METRICS_TOKEN must have 16 characters or more."),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL is not usable"),
    ],
)
def test_a_size_that_cannot_be_is_refused_in_a_sentence(
    set_settings: SetSettings, variables: dict[str, str], sentence: str
) -> None:
    set_settings(**variables)

    with pytest.raises(ConfigError, match=sentence):
        load()
