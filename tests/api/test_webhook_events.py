"""Webhook bodies over HTTP, and replaying what was parked."""

import base64
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.core.celery import app as celery
from app.models import WebhookEvent
from tests.api.answers import error_of
from tests.waiting import PATIENCE_SECONDS

EVENTS = "/api/v1/webhook-events"
NOW = datetime(2026, 3, 14, 15, 0, tzinfo=UTC)


def make_event(session: Session, body: bytes = b'{"object": "x"}', **columns: Any) -> WebhookEvent:
    event = WebhookEvent(body=body, **columns)
    session.add(event)
    session.commit()
    return event


def test_bodies_are_listed_by_their_state(admin: TestClient, session: Session) -> None:
    done = make_event(session, processed_at=NOW)
    pending = make_event(session)
    parked = make_event(session, processed_at=NOW, parked={"3": "no such type"})
    replayed = make_event(session, parked={"3": "no such type"})

    def found(**query: object) -> list[tuple[int, str]]:
        return [(item["id"], item["state"]) for item in admin.get(EVENTS, params=query).json()["items"]]

    assert found(state="pending") == [(replayed.id, "pending"), (pending.id, "pending")]
    assert found(state="parked") == [(parked.id, "parked")]
    assert found(state="done") == [(done.id, "done")]
    assert len(found()) == 4
    assert admin.get(EVENTS, params={"limit": 1}).json()["items"][0]["size"] == len(b'{"object": "x"}')
    assert error_of(admin.get(EVENTS, params={"state": "lost"})) == (422, "validation_failed")


@pytest.mark.parametrize(
    "body", [b'{"a": [1, 2.50, null]}', b"17", b'{"a":' * 900 + b"1" + b"}" * 900, '{"á": "é"}'.encode()]
)
def test_a_json_body_is_shown_as_it_came(admin: TestClient, session: Session, body: bytes) -> None:
    event = make_event(session, body)

    answer = admin.get(f"{EVENTS}/{event.id}")

    assert answer.status_code == 200
    assert body in answer.content
    assert answer.json()["body_base64"] is None
    assert answer.json()["size"] == len(body)


@pytest.mark.parametrize("body", [b"", b"not json", b"\xff\x00", b'{"a": NaN}', b'"\\ud800"', b"[" * 5000])
def test_any_other_body_is_shown_in_base64(admin: TestClient, session: Session, body: bytes) -> None:
    event = make_event(session, body)

    answer = admin.get(f"{EVENTS}/{event.id}").json()

    assert answer["body"] is None
    assert base64.b64decode(answer["body_base64"]) == body


def test_a_replay_hands_back_the_parked_items_only(admin: TestClient, session: Session) -> None:
    event = make_event(
        session, processed_at=NOW, items_done=5, attempts=3, error="ValueError", parked={"3": "no such type"}
    )
    with celery.connection_for_write() as connection, connection.SimpleQueue("intake") as queue:
        queue.clear()

        answer = admin.post(f"{EVENTS}/{event.id}/replay")

        nudge = queue.get(timeout=PATIENCE_SECONDS)

    assert (answer.status_code, answer.json()["state"]) == (202, "pending")
    assert nudge.headers["task"] == "webhooks.drain"
    session.refresh(event)
    assert (event.processed_at, event.attempts, event.error) == (None, 0, None)
    assert (event.parked, event.items_done) == ({"3": "no such type"}, 5)


@pytest.mark.parametrize("columns", [{}, {"processed_at": NOW}, {"parked": {"*": "x"}}])
def test_what_is_not_parked_is_not_replayed(admin: TestClient, session: Session, columns: dict[str, Any]) -> None:
    event = make_event(session, **columns)

    assert error_of(admin.post(f"{EVENTS}/{event.id}/replay")) == (409, "not_parked")


@pytest.mark.parametrize(("method", "ending"), [("get", ""), ("post", "/replay")])
def test_a_body_that_does_not_exist_is_not_found(admin: TestClient, method: str, ending: str) -> None:
    assert error_of(admin.request(method, f"{EVENTS}/424242{ending}")) == (404, "webhook_event_not_found")
