"""A webhook is answered 200 when its body is on disk, and not otherwise; stamps tell when that was possible."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from typing import Any, TypeVar

import orjson
import psycopg
import pytest
from aiohttp import web
from pydantic import SecretStr
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.api.webhooks import LARGEST_BODY, WebhookGate
from app.core.config import get_settings
from app.core.nudges import Nudger
from app.database import conninfo_of
from app.models import WebhookEvent
from app.services import webhook_events
from app.services.drain import drain
from app.services.intake import Intake, NotStored
from app.services.reach import Reach
from app.whatsapp.signature import sign
from tests.conftest import MakeDatabase
from tests.waiting import PATIENCE_SECONDS
from tests.webhooks import body_of, message

T = TypeVar("T")
PATH = "/webhooks/whatsapp"
OPEN_FOR = "SELECT max(stamped_at - opened_at) > interval '{}' FROM intake_open"


def signed(body: bytes, secret: str | None = None) -> dict[str, str]:
    known = get_settings().whatsapp_app_secret
    assert known is not None
    return {"X-Hub-Signature-256": sign(body, (secret or known.get_secret_value()).encode())}


def bodies(session: Session) -> list[bytes]:
    return [bytes(one) for one in session.scalars(select(WebhookEvent.body).order_by(WebhookEvent.id))]


def test_200_means_that_the_row_is_there(client: TestClient, session: Session) -> None:
    body = body_of(message())

    answer = client.post(PATH, content=body, headers=signed(body))

    assert (answer.status_code, answer.json()) == (200, {"status": "stored"})
    assert bodies(session) == [body]


@pytest.mark.parametrize("headers", [{}, {"X-Hub-Signature-256": "sha256=" + "0" * 64}, {"X-Hub-Signature-256": "é"}])
def test_what_nobody_signed_is_refused(client: TestClient, session: Session, headers: dict[str, str]) -> None:
    raw = {name.encode(): value.encode() for name, value in headers.items()}

    answer = client.post(PATH, content=body_of(message()), headers=raw)

    assert (answer.status_code, answer.json()["error"]) == (401, "bad_signature")
    assert bodies(session) == []


def test_a_signature_is_of_these_very_bytes(client: TestClient) -> None:
    body = body_of(message())

    assert client.post(PATH, content=body + b" ", headers=signed(body)).status_code == 401


def test_what_is_signed_is_never_refused_for_what_it_says(client: TestClient, session: Session) -> None:
    answer = client.post(PATH, content=b"\xffno json", headers=signed(b"\xffno json"))

    assert answer.status_code == 200
    drain(lane="intake", batch_items=10, now=datetime.now(UTC))
    assert webhook_events.state_of(session.scalars(select(WebhookEvent)).one()) == "parked"


def test_a_body_of_more_than_4_mib_is_refused_whether_or_not_it_says_so(client: TestClient, session: Session) -> None:
    large = b"x" * (LARGEST_BODY + 1)

    told = client.post(PATH, content=large, headers=signed(large))
    untold = client.post(PATH, content=iter([large]), headers=signed(large))

    assert {told.status_code, untold.status_code} == {413}
    assert bodies(session) == []


def test_a_body_of_4_mib_is_taken(client: TestClient, session: Session) -> None:
    large = b"x" * LARGEST_BODY

    assert client.post(PATH, content=large, headers=signed(large)).status_code == 200
    assert bodies(session) == [large]


def test_other_methods_are_refused(client: TestClient) -> None:
    assert client.put(PATH, content=b"").status_code == 405


def _handshake(**changed: str) -> dict[str, str]:
    token = get_settings().webhook_verify_token.get_secret_value()
    return {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": "1158201444"} | {
        name.replace("_", ".", 1): value for name, value in changed.items()
    }


def test_the_handshake_is_answered_with_the_bare_challenge(client: TestClient) -> None:
    answer = client.get(PATH, params=_handshake())

    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    "changed", [{"hub_verify_token": "wrong"}, {"hub_verify_token": ""}, {"hub_verify_token": "ñ"}, {"hub_mode": "x"}]
)
def test_the_handshake_needs_the_verify_token(client: TestClient, changed: dict[str, str]) -> None:
    answer = client.get(PATH, params=_handshake(**changed))

    assert (answer.status_code, answer.json()["error"]) == (403, "bad_verify_token")


def test_a_handshake_without_anything_is_refused(client: TestClient) -> None:
    assert client.get(PATH).status_code == 403


def test_without_a_secret_no_webhook_can_be_checked(database: Engine) -> None:
    settings = get_settings().model_copy(update={"whatsapp_app_secret": None})

    answer = asyncio.run(_post(WebhookGate(settings, _intake("")), b"{}", {}))

    assert answer[0] == 503
    assert answer[1]["error"] == "app_secret_missing"


@pytest.mark.parametrize("secret", ["the new one", "the old one"])
def test_while_secrets_are_rotated_both_are_taken(database: Engine, secret: str) -> None:
    settings = get_settings().model_copy(
        update={
            "whatsapp_app_secret": SecretStr("the new one"),
            "whatsapp_app_secret_previous": SecretStr("the old one"),
        }
    )

    async def post() -> tuple[int, Any]:
        async with _running(_url(database)) as intake:
            return await _post(WebhookGate(settings, intake), b"{}", signed(b"{}", secret))

    assert asyncio.run(post())[0] == 200


def test_bodies_that_come_together_are_committed_together(database: Engine, session: Session) -> None:
    async def store() -> None:
        async with _running(_url(database)) as intake:
            await asyncio.gather(*(intake.store(b"%d" % number) for number in range(200)))

    asyncio.run(store())

    commits = session.scalar(text("SELECT count(DISTINCT xmin::text) FROM webhook_events"))
    assert sorted(bodies(session)) == sorted(b"%d" % number for number in range(200))
    assert commits < 20


def test_a_batch_is_cut_by_its_bytes(database: Engine, session: Session) -> None:
    async def store() -> None:
        async with _running(_url(database), batch_bytes=1_000) as intake:
            await asyncio.gather(*(intake.store(b"x" * 400) for _ in range(10)), intake.store(b"y" * 5_000))

    asyncio.run(store())

    largest = session.scalar(
        text("SELECT max(n) FROM (SELECT count(*) n FROM webhook_events GROUP BY xmin::text) AS s")
    )
    assert len(bodies(session)) == 11
    assert largest == 2


def test_every_commit_is_followed_by_a_nudge(database: Engine) -> None:
    published: list[str] = []

    async def store() -> None:
        async with _running(_url(database), publish=lambda task, _: published.append(task)) as intake:
            await intake.store(b"1")
            assert await _until(lambda: _true(bool(published)))

    asyncio.run(store())

    assert published == ["webhooks.drain"]


def test_while_the_database_is_away_meta_is_asked_to_repeat(make_database: MakeDatabase, database_server: str) -> None:
    url = make_database(prepared=True)
    settings = get_settings()

    async def go_through() -> list[int]:
        seen = []
        async with _running(url) as intake:
            gate = WebhookGate(settings, intake)
            seen.append((await _post(gate, b"1", signed(b"1")))[0])
            await asyncio.to_thread(_shut, database_server, url, is_shut=True)
            seen.append((await _post(gate, b"2", signed(b"2")))[0])
            await asyncio.to_thread(_shut, database_server, url, is_shut=False)
            seen.append((await _post(gate, b"3", signed(b"3")))[0])
        return seen

    assert asyncio.run(go_through()) == [200, 503, 200]
    with psycopg.connect(conninfo_of(url)) as connection:
        assert connection.execute("SELECT body FROM webhook_events ORDER BY id").fetchall() == [(b"1",), (b"3",)]


def test_a_database_that_does_not_answer_is_not_waited_for_for_ever(database: Engine) -> None:
    async def wait() -> str:
        intake = _intake("host=127.0.0.1 port=9")  # nobody is there
        await intake.start()
        try:
            await intake.store(b"1")
        except NotStored as reason:
            return str(reason)
        finally:
            await intake.stop()
        return "stored"

    assert asyncio.run(wait()) == "the database did not answer in time"


@pytest.mark.parametrize(("size", "most"), [(1, 3), (30 * 1024 * 1024, 2)])
def test_the_queue_is_bounded_by_bodies_and_by_bytes(size: int, most: int) -> None:
    async def fill() -> list[str]:
        intake = _intake("", queue_bodies=3)  # nobody takes anything out
        waiting = [asyncio.create_task(intake.store(b"x" * size)) for _ in range(most)]
        await asyncio.sleep(0)
        refused = []
        try:
            await intake.store(b"x" * size)
        except NotStored as reason:
            refused.append(str(reason))
        await intake.stop()
        found = await asyncio.gather(*waiting, return_exceptions=True)
        return refused + [str(one) for one in found]

    assert asyncio.run(fill()) == ["the queue is full"] + ["stopping"] * most


def test_being_open_is_stamped_every_second(database: Engine, session: Session) -> None:
    async def stay_open() -> None:
        async with _running(_url(database)):
            assert await _until(lambda: _is(session, OPEN_FOR.format("1.5 seconds")))

    asyncio.run(stay_open())

    # A new span begins only where nobody stamped for three seconds, as on a machine that stood still.
    torn = "SELECT FROM intake_open b JOIN intake_open a ON a.id < b.id WHERE b.opened_at - a.stamped_at < '3 seconds'"
    assert session.execute(text(torn)).all() == []


def test_a_gap_opens_a_new_span(database: Engine, session: Session) -> None:
    session.execute(
        text("""
            INSERT INTO intake_open (opened_at, stamped_at)
            VALUES (clock_timestamp() - interval '1 hour', clock_timestamp() - interval '4 seconds')
        """)
    )
    session.commit()

    async def open_again() -> None:
        async with _running(_url(database)):
            assert await _until(lambda: _is(session, "SELECT count(*) = 2 FROM intake_open"))

    asyncio.run(open_again())

    spans = session.execute(text("SELECT stamped_at - opened_at > interval '1 minute' FROM intake_open ORDER BY id"))
    assert [is_long for (is_long,) in spans] == [True, False]


def test_under_load_that_never_ends_it_is_stamped_all_the_same(database: Engine, session: Session) -> None:
    async def work() -> None:
        async with _running(_url(database)) as intake:
            is_over = asyncio.Event()

            async def keep_on() -> None:
                while not is_over.is_set():
                    await intake.store(b"x")

            workers = [asyncio.create_task(keep_on()) for _ in range(8)]
            assert await _until(lambda: _is(session, OPEN_FOR.format("0.9 seconds")))
            is_over.set()
            await asyncio.gather(*workers)

    asyncio.run(work())


def test_a_webhook_that_the_world_cannot_reach_is_not_stamped(database: Engine, session: Session) -> None:
    async def stay() -> None:
        async with _running(_url(database), reach=Reach("http://127.0.0.1:1", "token")) as intake:
            await intake.store(b"1")
            await asyncio.sleep(1.2)

    asyncio.run(stay())

    assert bodies(session) == [b"1"]
    assert session.scalar(text("SELECT count(*) FROM intake_open")) == 0


@pytest.mark.parametrize(
    ("token", "status", "is_reached"), [("right", 200, True), ("wrong", 200, False), ("right", 302, False)]
)
def test_the_world_is_asked_for_a_handshake(token: str, status: int, is_reached: bool) -> None:
    async def answer(request: web.Request) -> web.Response:
        is_known = request.query["hub.verify_token"] == "right"
        return web.Response(status=status, text=request.query["hub.challenge"] if is_known else "no")

    async def probe() -> bool:
        application = web.Application()
        application.router.add_get(PATH, answer)
        runner = web.AppRunner(application)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        reach = Reach(f"http://127.0.0.1:{port}/", token)
        assert not reach.is_reachable()
        await reach.start()
        try:
            return await _until(lambda: _true(reach.is_reachable()), seconds=PATIENCE_SECONDS if is_reached else 1.0)
        finally:
            await reach.stop()
            await runner.cleanup()

    assert asyncio.run(probe()) == is_reached


def test_without_a_public_address_being_up_is_being_reachable() -> None:
    assert Reach(None, "token").is_reachable()


def _url(database: Engine) -> str:
    return database.url.render_as_string(hide_password=False)


def _intake(
    conninfo: str,
    *,
    queue_bodies: int = 5_000,
    batch_bytes: int = 8 * 1024 * 1024,
    reach: Reach | None = None,
    publish: Callable[[str, dict[str, int | str]], None] = lambda task, arguments: None,
) -> Intake:
    return Intake(
        conninfo,
        nudger=Nudger(publish),
        reach=reach or Reach(None, ""),
        queue_bodies=queue_bodies,
        queue_bytes=64 * 1024 * 1024,
        batch_bytes=batch_bytes,
        prepare=5,
    )


@asynccontextmanager
async def _running(url: str, **options: Any) -> AsyncIterator[Intake]:
    intake = _intake(conninfo_of(url), **options)
    await intake.start()
    try:
        yield intake
    finally:
        await intake.stop()


async def _post(gate: WebhookGate, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
    """As a server would call the gate."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await gate({"type": "http", "method": "POST", "path": PATH, "headers": raw}, receive, send)
    return sent[0]["status"], orjson.loads(sent[1]["body"])


def _shut(server: str, url: str, *, is_shut: bool) -> None:
    name = url.rsplit("/", 1)[1].split("?")[0]
    with closing(psycopg.connect(conninfo_of(server), autocommit=True)) as connection:
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {not is_shut}")
        if is_shut:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])


async def _until(is_so: Callable[[], Awaitable[bool]], *, seconds: float = PATIENCE_SECONDS) -> bool:
    for _ in range(int(seconds / 0.05)):
        if await is_so():
            return True
        await asyncio.sleep(0.05)
    return False


async def _true(value: bool) -> bool:
    return value


async def _is(session: Session, question: str) -> bool:
    def ask() -> bool:
        session.rollback()
        return bool(session.scalar(text(question)))

    return await asyncio.to_thread(ask)
