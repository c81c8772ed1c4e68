"""What the engine ordered, as rows: steps, outbox messages, changes of contacts, what is to be done elsewhere, and the
one log row of a run that ended.

All in the transaction of what caused it, and keyed so that doing it again changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, assert_never
from uuid import UUID

import orjson
from sqlalchemy.orm import Session

from app.database import after_commit, fetch
from app.domain.changes import Changes
from app.domain.effects import (
    AddToGroup,
    Effect,
    Finish,
    RecordStep,
    SendEmail,
    SendMessage,
    StartAutomation,
    StopRuns,
    UpdateContact,
)
from app.domain.engine import Run, idempotency_key
from app.domain.runs import ARRIVED
from app.domain.triggers import CLOCK
from app.services import changes, groups, messages, notices
from app.services.messages import Outgoing

EMAIL, START = "email", "start"
# What the clock wanted sent is not sent once the day is over: nobody is wished a happy birthday the day after.
FRESH = timedelta(hours=12)
# The task that does each kind of row.
LOOK = {EMAIL: "messages.email", START: "sweep.start"}


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
    version: int | None = None


def carry_out(session: Session, done: Sequence[tuple[Live, tuple[Effect, ...], str]], *, now: datetime) -> None:
    steps: list[dict[str, Any]] = []
    sends: list[Outgoing] = []
    ended: list[dict[str, Any]] = []
    changed: list[tuple[int, Changes]] = []
    placed: list[tuple[str, int]] = []
    wanted: list[dict[str, Any]] = []
    for live, effects, delivery in done:
        for effect in effects:
            match effect:
                case RecordStep():
                    steps.append(_step(live, effect))
                case SendMessage():
                    sends.append(_outgoing(live, effect, delivery, now=now))
                case SendEmail():
                    letter = {"to": effect.to, "subject": effect.subject, "body": effect.body}
                    wanted.append(_wanted(live, EMAIL, effect, letter))
                case StartAutomation():
                    order = {"automation_id": effect.automation_id, "lineage": effect.lineage}
                    wanted.append(_wanted(live, START, effect, order))
                case UpdateContact():
                    changed.append((live.contact_id, effect.changes))
                case AddToGroup():
                    placed.append((effect.group, live.contact_id))
                case Finish():
                    ended.append(_log(live, effect, now=now))
                case StopRuns():
                    pass  # done before the run was made
                case _:
                    assert_never(effect)
    changes.apply(session, changed)
    groups.add_by_name(session, placed)
    _write_steps(session, steps, now=now)
    messages.queue(session, sends, now=now)
    _write_wanted(session, wanted, now=now)
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


def _outgoing(live: Live, send: SendMessage, delivery: str, *, now: datetime) -> Outgoing:
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
        expires_at=now + FRESH if live.event in CLOCK else None,
        idempotency_key=idempotency_key(live.id, send.node, send.visit, send.part),
        trace=live.trace,
    )


def _log(live: Live, finish: Finish, *, now: datetime) -> dict[str, Any]:
    return {
        "automation_id": live.run.automation_id,
        "run_id": live.id,
        "contact_id": live.contact_id,
        "status": finish.status,
        "by": live.run.by or "system",
        "affected": int(any(effect.result in ARRIVED for effect in live.run.effects)),
        "error": finish.error,
        "started_at": live.started_at,
        "details": {
            "v": 1,
            "run_id": live.id,
            "version": live.version,
            "version_id": live.run.version_id,
            "entry": {"event": live.event, "key": live.entry_key, "item": live.event_key},
            "lineage": live.run.lineage,
            "path": finish.path,
            "effects": [
                {
                    "key": idempotency_key(live.id, one.node, one.visit, one.part),
                    "kind": one.kind,
                    "node": one.node,
                    "visit": one.visit,
                    "result": one.result,
                    "reason": one.reason,
                    "wamid": one.wamid,
                }
                for one in live.run.effects
            ],
            "outcome": finish.outcome,
            "goal_reached_at": None,
            "started_at": live.started_at,
            "ended_at": now,
        },
    }


def _wanted(
    live: Live, kind: str, effect: SendEmail | StartAutomation, payload: Mapping[str, object]
) -> dict[str, Any]:
    return {
        "kind": kind,
        "key": idempotency_key(live.id, effect.node, effect.visit, 0),
        "run_id": live.id,
        "node": effect.node,
        "visit": effect.visit,
        "payload": payload,
    }


def _write_wanted(session: Session, wanted: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    """One row of `effects` each; whoever does them is told to look."""
    if not wanted:
        return
    fetch(
        session,
        """
            INSERT INTO effects (kind, key, run_id, node, visit, payload, due_at, created_at)
            SELECT kind, key, run_id, node, visit, payload, :now, :now
            FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS v (
                kind text, key text, run_id bigint, node text, visit int, payload jsonb)
            ON CONFLICT (key) DO NOTHING
        """,
        {"rows": orjson.dumps(wanted).decode(), "now": now},
    )
    for kind in {one["kind"] for one in wanted}:
        after_commit(session, LOOK[kind])


def _write_steps(session: Session, steps: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    if not steps:
        return
    fetch(
        session,
        """
            INSERT INTO automation_steps (run_id, seq, node, visit, kind, decision, output, started_at, ended_at)
            SELECT run_id, seq, node, visit, kind, decision, output, :now, :now
            FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS v (
                run_id bigint, seq int, node text, visit int, kind text, decision jsonb, output jsonb)
            ON CONFLICT (run_id, seq) DO NOTHING
        """,
        {"rows": orjson.dumps(steps).decode(), "now": now},
    )


def _write_logs(session: Session, logs: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    """One row for each run that ended. Time at work is from start to end, less what the run slept; where not all went
    well, it says what the gates said."""
    if not logs:
        return
    notices.changed(session, "automation_log")
    fetch(
        session,
        """
            INSERT INTO automation_logs (automation_id, run_id, contact_id, execution_status, execution_time,
                contacts_affected, error_message, execution_details, executed_at, executed_by)
            SELECT automation_id, run_id, contact_id, status,
                GREATEST(0, EXTRACT(epoch FROM CAST(:now AS timestamptz) - started_at) - (
                    SELECT COALESCE(sum(EXTRACT(epoch FROM LEAST((s.decision ->> 'until')::timestamptz, :now, (
                        SELECT n.started_at FROM automation_steps n
                        WHERE n.run_id = s.run_id AND n.seq = s.seq + 1)) - s.started_at)), 0)
                    FROM automation_steps s WHERE s.run_id = v.run_id AND s.kind = 'wait')),
                affected, error, details || jsonb_build_object('gates', CASE WHEN status = 'success' THEN '[]' ELSE (
                    SELECT COALESCE(jsonb_agg(jsonb_build_object(
                        'node', m.node, 'visit', m.visit, 'verdicts', m.gates) ORDER BY m.id), '[]')
                    FROM messages m WHERE m.run_id = v.run_id) END), :now, by
            FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS v (
                automation_id bigint, run_id bigint, contact_id bigint, status text, affected int, error text,
                details jsonb, started_at timestamptz, by text)
            ON CONFLICT (run_id) DO NOTHING
        """,
        {"rows": orjson.dumps(logs).decode(), "now": now},
    )
