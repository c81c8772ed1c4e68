"""Health: well when every part is, else 503 and the part's name."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.api.shared import Shared
from app.core.config import get_settings
from app.database import conninfo_of
from app.services import health, probing


def beat(session: Session, *, ago: int = 0, names: tuple[str, ...] = health.PULSES) -> None:
    for name in names:
        session.execute(
            text("""
                INSERT INTO lanes (name, beat_at)
                VALUES ('pulse:' || :name, clock_timestamp() - make_interval(secs => :ago))
            """),
            {"name": name, "ago": ago},
        )
    session.commit()


@contextmanager
def settings_of(client: TestClient, **changes: object) -> Iterator[None]:
    client.app.dependency_overrides[get_settings] = lambda: get_settings().model_copy(update=changes)
    yield
    client.app.dependency_overrides.clear()


def sick_parts(client: TestClient) -> set[str]:
    answer = client.get("/health")
    assert (answer.status_code, answer.json()["error"], answer.json()["status"]) == (503, "unhealthy", "failing")
    return {part for part in health.PARTS if answer.json()[part] != "ok"}


def test_all_is_well(nobody: TestClient, session: Session) -> None:
    beat(session)

    answer = nobody.get("/health")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ok"} | dict.fromkeys(health.PARTS, "ok")


def test_one_silent_worker_is_named(nobody: TestClient, session: Session) -> None:
    beat(session, names=("intake", "sweep"))
    beat(session, names=("send",), ago=16)

    answer = nobody.get("/health")

    assert answer.json()["workers"] == "No sign of life for 15 seconds from: send."
    assert answer.json()["workers"] in answer.json()["detail"]
    assert sick_parts(nobody) == {"workers"}


def test_when_nobody_hears_a_tick_beat_is_named_too(nobody: TestClient) -> None:
    assert sick_parts(nobody) == {"workers", "beat"}


@pytest.mark.parametrize(
    ("seconds", "lane", "sick"), [(31, "intake", {"lag"}), (20, "intake", set()), (3600, "history", set())]
)
def test_a_body_that_waits_too_long_is_a_lag(
    nobody: TestClient, session: Session, seconds: int, lane: str, sick: set[str]
) -> None:
    beat(session)
    session.execute(
        text("""
            INSERT INTO webhook_events (body, lane, received_at, processed_at) VALUES
                ('x', :lane, clock_timestamp() - make_interval(secs => :seconds), NULL),
                ('x', 'intake', clock_timestamp() - interval '1 hour', now())
        """),
        {"seconds": seconds, "lane": lane},
    )
    session.commit()

    assert (sick_parts(nobody) if sick else set()) == sick
    assert nobody.get("/health").status_code == (503 if sick else 200)


def test_a_missing_app_secret_is_named(nobody: TestClient, session: Session) -> None:
    beat(session)

    with settings_of(nobody, whatsapp_app_secret=None):
        assert sick_parts(nobody) == {"signature"}
        assert "app_secret_missing" in nobody.get("/health").json()["detail"]


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "amqp://127.0.0.1:1//"])
def test_a_broker_that_is_away_is_named(nobody: TestClient, session: Session, url: str) -> None:
    beat(session)

    with settings_of(nobody, broker_url=url):
        assert sick_parts(nobody) == {"broker"}


def test_a_database_that_is_away_is_named(nobody: TestClient) -> None:
    with settings_of(nobody, database_url="postgresql://127.0.0.1:1/none"):
        assert sick_parts(nobody) == {"database"}


def test_what_takes_the_call_and_says_nothing_is_named_within_seconds(nobody: TestClient) -> None:
    with dumb_server() as port:
        urls = {"database_url": f"postgresql://127.0.0.1:{port}/none", "broker_url": f"redis://127.0.0.1:{port}/0"}
        with settings_of(nobody, **urls):
            began = monotonic()
            sick = sick_parts(nobody)
            took = monotonic() - began

    assert sick == {"database", "broker"}
    assert took < health.DATABASE_SECONDS + health.BROKER_SECONDS + 20  # by itself, the system would wait for minutes


def test_a_server_that_falls_silent_in_the_middle_is_given_up(database: Engine) -> None:
    async def never(connection: psycopg.AsyncConnection) -> None:
        await connection.execute("SELECT pg_sleep(60)")

    async def ask() -> str:
        try:
            await probing.ask(conninfo_of(get_settings().database_url or ""), never, seconds=0.3)
        except probing.Silent as error:
            return str(error)
        return "it answered"

    began = monotonic()
    found = asyncio.run(ask())

    assert found == "OperationalError"
    assert monotonic() - began < 30  # the statement takes a minute


def test_however_many_ask_it_is_found_out_once_at_a_time() -> None:
    shared: Shared[int] = Shared()
    found = []

    async def find() -> int:
        found.append(1)
        await asyncio.sleep(0.05)
        return len(found)

    async def ask() -> list[int]:
        together = await asyncio.gather(*(shared.ask(find) for _ in range(20)))
        return [*together, await shared.ask(find)]

    assert asyncio.run(ask()) == [1] * 20 + [2]


def test_the_process_answers_whatever_the_parts_say(nobody: TestClient) -> None:
    with dumb_server() as port, settings_of(nobody, database_url=f"postgresql://127.0.0.1:{port}/none"):
        answer = nobody.get("/health/live")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_a_process_that_cannot_take_in_webhooks_any_more_asks_to_be_restarted(client: TestClient) -> None:
    class Stuck:
        is_alive = False

    before = client.get("/health/live").status_code
    gate, client.app.gate = client.app.gate, Stuck()
    try:
        answer = client.get("/health/live")
    finally:
        client.app.gate = gate

    assert before == 200
    assert (answer.status_code, answer.json()["error"]) == (503, "stuck")


@contextmanager
def dumb_server() -> Iterator[int]:
    """The port of a server that takes calls and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as server:
        yield server.getsockname()[1]
