"""Entries into automations as rows: the runs that they make, and the count of those that were refused.

Everything is written in the transaction of what caused it, keyed so that doing it again changes nothing.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never
from uuid import UUID

import orjson
from sqlalchemy.orm import Session

from app.database import fetch
from app.domain.effects import StopRuns
from app.domain.engine import Enrol, Refuse
from app.domain.facts import ContactCreated, Fact, MessageReceived, Occurred
from app.domain.triggers import EventKind
from app.services import journal, notices, runs
from app.services.effects import Live, carry_out


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """An enrolment with the thread in which it happens."""

    enrol: Enrol
    contact_id: int
    conversation_id: UUID | None
    channel_id: int | None
    trace: str | None


def start(session: Session, entered: Sequence[Entered], *, now: datetime) -> list[Refuse]:
    """Make the runs; returns those that the database knows to have been entered already."""
    if not entered:
        return []
    for one in entered:
        for effect in one.enrol.effects:
            if isinstance(effect, StopRuns):
                runs.stop(session, effect, contact_id=one.contact_id, now=now)
    rows = [
        {
            "automation_id": one.enrol.definition.automation_id,
            "version_id": one.enrol.definition.version_id,
            "contact_id": one.contact_id,
            "conversation_id": one.conversation_id,
            "channel_id": one.channel_id,
            "entry_key": one.enrol.entry_key,
            "active_key": one.enrol.entry_key if one.enrol.is_parallel else "",
            "event": _event_of(one.enrol.fact),
            "event_key": one.enrol.fact.key,
            "cursor": one.enrol.run.cursor,
            "state": one.enrol.run.state,
            "wake_at": one.enrol.run.wake_at,
            "vars": one.enrol.run.to_json(),
            "ended_at": now if one.enrol.run.state == "done" else None,
            "trace": one.trace,
        }
        for one in entered
    ]
    made = fetch(
        session,
        """
            INSERT INTO automation_runs (automation_id, version_id, contact_id, conversation_id, channel_id, entry_key,
                active_key, event, event_key, cursor, state, wake_at, vars, started_at, ended_at, trace)
            SELECT automation_id, version_id, contact_id, conversation_id, channel_id, entry_key,
                active_key, event, event_key, cursor, state, wake_at, vars, :now, ended_at, trace
            FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS v (
                automation_id bigint, version_id bigint, contact_id bigint, conversation_id uuid, channel_id bigint,
                entry_key text, active_key text, event text, event_key text, cursor text, state text,
                wake_at timestamptz, vars jsonb, ended_at timestamptz, trace text)
            ON CONFLICT DO NOTHING RETURNING automation_id, contact_id, entry_key, id
        """,
        {"rows": orjson.dumps(rows).decode(), "now": now},
    )
    ids = {(automation, contact, key): id for automation, contact, key, id in made}
    started, refused = [], []
    for one in entered:
        enrol = one.enrol
        run_id = ids.pop((enrol.definition.automation_id, one.contact_id, enrol.entry_key), None)
        if run_id is None:
            refused.append(
                Refuse(automation_id=enrol.definition.automation_id, fact=enrol.fact, reason="already_entered")
            )
            continue
        live = Live(
            id=run_id,
            run=enrol.run,
            contact_id=one.contact_id,
            conversation_id=one.conversation_id,
            channel_id=one.channel_id,
            event=_event_of(enrol.fact),
            event_key=enrol.fact.key,
            entry_key=enrol.entry_key,
            started_at=now,
            trace=one.trace,
            version=enrol.definition.version,
        )
        started.append((live, enrol.effects, enrol.definition.settings.delivery))
    journal.started(session, [_told(live) for live, _, _ in started])
    carry_out(session, started, now=now)
    return refused


def refuse(session: Session, refused: Sequence[Refuse], *, now: datetime) -> None:
    """Count refused entries: one log row per automation, reason and day."""
    if not refused:
        return
    notices.changed(session, "automation_log")
    counts: defaultdict[tuple[int, str], int] = defaultdict(int)
    for one in refused:
        counts[(one.automation_id, one.reason)] += 1
    fetch(
        session,
        """
            INSERT INTO automation_logs (automation_id, execution_status, contacts_affected, error_message,
                refused_reason, refused_on, executed_at, execution_details)
            SELECT automation_id, 'skipped', count, reason, reason, CAST(:now AS timestamptz)::date, :now,
                jsonb_build_object('v', 1, 'outcome', 'refused', 'reason', reason)
            FROM unnest(CAST(:automations AS bigint[]), CAST(:reasons AS text[]), CAST(:counts AS int[]))
                 AS v (automation_id, reason, count)
            ORDER BY automation_id, reason
            ON CONFLICT (automation_id, refused_reason, refused_on) WHERE refused_reason IS NOT NULL
            DO UPDATE SET contacts_affected = automation_logs.contacts_affected + EXCLUDED.contacts_affected,
                executed_at = EXCLUDED.executed_at
        """,
        {
            "automations": [automation_id for automation_id, _ in counts],
            "reasons": [reason for _, reason in counts],
            "counts": list(counts.values()),
            "now": now,
        },
    )


def _told(live: Live) -> dict[str, str | int | None]:
    return {
        "trace": live.trace,
        "run_id": live.id,
        "automation_id": live.run.automation_id,
        "contact_id": live.contact_id,
    }


def _event_of(fact: Fact) -> str:
    match fact:
        case MessageReceived():
            return EventKind.MESSAGE_RECEIVED
        case ContactCreated():
            return EventKind.NEW_CONTACT
        case Occurred(event=event):
            return event
        case _:
            assert_never(fact)
