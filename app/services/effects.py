"""What the engine ordered, as rows: steps, outbox messages, and the one log row of a run that ended.

All in the transaction of what caused it, and keyed so that doing it again changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.effects import Effect, Finish, RecordStep, SendMessage, StopRuns
from app.domain.engine import Run, idempotency_key
from app.services import messages, notices
from app.services.messages import Outgoing


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """A run as it stands in its row."""

    id: int
    run: Run
    contact_id: int
    conversation_id: UUID | None
    channel_id: int | None
    event: str
    event_key: str
    entry_key: str
    started_at: datetime
    trace: str | None


def carry_out(session: Session, done: Sequence[tuple[Live, tuple[Effect, ...], str]], *, now: datetime) -> None:
    steps: list[dict[str, Any]] = []
    sends: list[Outgoing] = []
    ended: list[dict[str, Any]] = []
    for live, effects, delivery in done:
        for effect in effects:
            match effect:
                case RecordStep():
                    steps.append(_step(live, effect))
                case SendMessage():
                    sends.append(_outgoing(live, effect, delivery))
                case Finish():
                    ended.append(_log(live, effect, now=now))
                case StopRuns():
                    pass  # done before the run was made
                case _:
                    assert_never(effect)
    _write_steps(session, steps, now=now)
    messages.queue(session, sends, now=now)
    _write_logs(session, ended, now=now)


def _step(live: Live, step: RecordStep) -> dict[str, Any]:
    return {
        "run_id": live.id,
        "seq": step.seq,
        "node": step.node,
        "visit": step.visit,
        "kind": step.kind,
        "decision": step.decision,
        "output": step.output,
    }


def _outgoing(live: Live, send: SendMessage, delivery: str) -> Outgoing:
    if live.conversation_id is None or live.channel_id is None:
        raise ValueError(f"run {live.id} has no conversation to send in")
    return Outgoing(
        contact_id=live.contact_id,
        conversation_id=live.conversation_id,
        channel_id=live.channel_id,
        content=send.content,
        text=send.text,
        origin="automation",
        delivery=delivery,
        run_id=live.id,
        node=send.node,
        visit=send.visit,
        idempotency_key=idempotency_key(live.id, send.node, send.visit, send.part),
        trace=live.trace,
    )


def _log(live: Live, finish: Finish, *, now: datetime) -> dict[str, Any]:
    return {
        "automation_id": live.run.automation_id,
        "run_id": live.id,
        "contact_id": live.contact_id,
        "status": finish.status,
        "affected": int(any(send.result == "accepted" for send in live.run.sends)),
        "error": finish.error,
        "started_at": live.started_at,
        "details": {
            "v": 1,
            "run_id": live.id,
            "version_id": live.run.version_id,
            "entry": {"event": live.event, "key": live.entry_key, "item": live.event_key},
            "path": finish.path,
            "sends": [
                {"node": s.node, "visit": s.visit, "result": s.result, "reason": s.reason} for s in live.run.sends
            ],
            "outcome": finish.outcome,
            "started_at": live.started_at,
            "ended_at": now,
        },
    }


def _write_steps(session: Session, steps: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    if not steps:
        return
    session.execute(
        text("""
            INSERT INTO automation_steps (run_id, seq, node, visit, kind, decision, output, started_at, ended_at)
            SELECT run_id, seq, node, visit, kind, decision, output, :now, :now
            FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS v (
                run_id bigint, seq int, node text, visit int, kind text, decision jsonb, output jsonb)
            ON CONFLICT (run_id, seq) DO NOTHING
        """),
        {"rows": orjson.dumps(steps).decode(), "now": now},
    )


def _write_logs(session: Session, logs: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    """One row for each run that ended. Time at work is from start to end, less what the run slept."""
    if not logs:
        return
    notices.changed(session, "automation_log")
    session.execute(
        text("""
            INSERT INTO automation_logs (automation_id, run_id, contact_id, execution_status, execution_time,
                contacts_affected, error_message, execution_details, executed_at)
            SELECT automation_id, run_id, contact_id, status,
                GREATEST(0, EXTRACT(epoch FROM CAST(:now AS timestamptz) - started_at) - (
                    SELECT COALESCE(sum(EXTRACT(
                        epoch FROM LEAST((s.decision ->> 'until')::timestamptz, :now) - s.started_at)), 0)
                    FROM automation_steps s WHERE s.run_id = v.run_id AND s.kind = 'wait')),
                affected, error, details, :now
            FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS v (
                automation_id bigint, run_id bigint, contact_id bigint, status text, affected int, error text,
                details jsonb, started_at timestamptz)
            ON CONFLICT (run_id) DO NOTHING
        """),
        {"rows": orjson.dumps(logs).decode(), "now": now},
    )
