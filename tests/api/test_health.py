"""Health: well when every part is, else 503 and the part's name."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.core.config import Settings, get_settings
from app.services import health


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


def test_a_database_that_is_away_is_named() -> None:
    settings: Settings = get_settings()
    away = create_engine("postgresql+psycopg://127.0.0.1:1/none", connect_args={"connect_timeout": 1})

    found = health.examine(settings, bind=away)

    assert set(found.troubles) == {"database"}


def test_the_process_answers_whatever_the_parts_say(nobody: TestClient) -> None:
    answer = nobody.get("/health/live")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
