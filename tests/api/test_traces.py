"""A reply's whole life can be found by one id, from the body that caused it on, and its lines give nobody away."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.core import measures
from app.core.logging import configure
from app.models import Message
from app.services.drain import drain
from app.services.journal import trace_of
from app.whatsapp.answers import Accepted
from tests.builders import make_automation, make_conversation, the_channel
from tests.conftest import bearer
from tests.services.sending import desk_of
from tests.webhooks import block, body_of, message, put, status

WORDS = "hola, a word that only they said"
CUSTOMER = "16505551234"
WAMID = "wamid.HBgLMTY1MDU1NTEyMzQ"
Lines = Callable[[], list[dict[str, Any]]]
NOW = datetime(2026, 3, 14, 15, 0, tzinfo=UTC)


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """What was logged so far, as it was written."""
    configure("worker-intake")
    said: list[str] = []

    def read() -> list[dict[str, Any]]:
        said.extend(line for line in capsys.readouterr().err.splitlines() if line.startswith("{"))
        return [json.loads(line) for line in said]

    return read


def test_a_replys_whole_life_has_one_id(
    database: Engine, session: Session, admin_token: str, nobody: TestClient, lines: Lines
) -> None:
    make_automation(session, trigger_conditions={"keyword": "hola"}, message_template="¡Hola {first_name}!")
    (body_id,) = put(
        session, body_of(message(WORDS, wa_id=CUSTOMER, at=int(NOW.timestamp())), contacts=[block(CUSTOMER)])
    )
    measures.take()

    drain(lane="intake", batch_items=10, now=NOW)
    desk = desk_of(database, NOW)
    (claimed,) = desk.claim()
    desk.record((claimed, Accepted(wamid=WAMID)))
    for kind in ("delivered", "read"):
        put(session, body_of(statuses=[status(kind, wamid=WAMID, at=int(NOW.timestamp()))]))
        drain(lane="intake", batch_items=10, now=NOW)

    trace = trace_of(body_id)
    told = [line for line in lines() if f'"{trace}"' in json.dumps(line)]
    steps = [(line["event"], step.get("dispatch"), step.get("status")) for line in told for step in _of(line, trace)]
    assert steps == [
        ("runs_started", None, None),
        ("messages_queued", None, None),
        ("bodies_applied", None, None),
        ("messages_moved", "sending", "pending"),
        ("messages_moved", "done", "pending"),
        ("messages_moved", "done", "delivered"),
        ("messages_moved", "done", "read"),
    ]
    for path in (f"/api/v1/messages/{claimed.message_id}", f"/api/v1/webhook-events/{body_id}"):
        assert nobody.get(path, headers=bearer(admin_token)).json()["trace"] == trace
    assert session.scalars(select(Message.trace)).all() == [trace, trace]

    everything = json.dumps(lines(), ensure_ascii=False)
    assert not [secret for secret in (CUSTOMER, WORDS, "Hola", "Ana", WAMID) if secret in everything]
    counted = {name for name, _ in measures.take()}
    assert {"hilo_drain_items_total", "hilo_runs_started_total", "hilo_sends_total"} <= counted


def _of(line: dict[str, Any], trace: str) -> list[dict[str, Any]]:
    """What the line tells of this trace."""
    return [row for row in line.get("rows", [{"trace": trace}]) if row["trace"] == trace]


def test_a_message_from_the_api_has_the_id_of_its_request(
    database: Engine, session: Session, nobody: TestClient, admin_token: str
) -> None:
    conversation = make_conversation(session, channel=the_channel(session), window_from=datetime.now(UTC))
    session.commit()
    body = {"conversation_id": str(conversation.id), "type": "text", "text": {"body": "hello"}}

    answer = nobody.post("/api/v1/messages", json=body, headers=bearer(admin_token) | {"X-Request-Id": "order-17"})

    assert (answer.status_code, answer.json()["trace"]) == (202, "order-17")


def test_what_a_transaction_did_that_failed_is_not_told(database: Engine, session: Session, lines: Lines) -> None:
    put(session, body_of(message()))
    session.execute(text("ALTER TABLE messages ADD CONSTRAINT never CHECK (text <> 'hola') NOT VALID"))
    session.commit()
    try:
        drain(lane="intake", batch_items=10, now=datetime.now(UTC))
    finally:
        session.execute(text("ALTER TABLE messages DROP CONSTRAINT never"))
        session.commit()

    told = [line["event"] for line in lines()]
    assert "drain_batch_failed" in told
    assert "webhook_item_parked" in told
    assert "bodies_applied" not in told
