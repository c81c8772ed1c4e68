"""Starts: orders to start an automation for many people, worked off in slices and in turns.

A slice is one transaction: it locks its start, lets the next few hundred contacts in, and puts the start at the back of
the line. Whatever dies in between leaves the start where it stood; the keys of the runs keep anybody from entering
twice.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import orjson
import structlog
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.errors import AppError, Conflict, NotFound
from app.database import after_commit, is_operational
from app.domain.automation import Definition
from app.domain.engine import Refuse
from app.domain.facts import Occurred
from app.domain.schedule import ON_TIME
from app.domain.triggers import EventKind
from app.models import Automation, Start
from app.services import alerts, audience, audit, book, enrolling, entries, pages
from app.services.automations import AutomationNotFound
from app.services.book import Workspace
from app.services.enrolling import Cause
from app.services.pages import Page

log = structlog.get_logger()

SLICE = 500
# Ordered by every look, whoever it is time for: those that found nobody are not worth keeping.
_LOOKS = frozenset({EventKind.BIRTHDAY, EventKind.TIME_BASED})
MOST_CONTACTS = 10_000


class AutomationNotRunning(Conflict):
    code = "automation_not_running"


class WorkspacePaused(Conflict):
    code = "workspace_paused"


class StartNotFound(NotFound):
    code = "start_not_found"


class SegmentsNotSupported(AppError):
    code, status = "segments_not_supported", 422


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStart:
    """An occurrence that is due for everyone whom the conditions fit; see the table."""

    automation_id: int
    event: str
    occurrence: str
    due_at: datetime
    zone: str = ""
    since: datetime | None = None
    seen_until: datetime | None = None


def order(session: Session, new: Sequence[NewStart], *, now: datetime) -> int:
    """Write starts down, each once however often it is ordered; returns how many are new."""
    if not new:
        return 0
    rows = [
        {
            "automation_id": one.automation_id,
            "event": one.event,
            "occurrence": one.occurrence,
            "zone": one.zone,
            "since": one.since,
            "seen_until": one.seen_until,
            "due_at": one.due_at,
            "turn_at": now,
            "created_at": now,
        }
        for one in new
    ]
    made = session.scalars(insert(Start).values(rows).on_conflict_do_nothing().returning(Start.id)).all()
    return len(made)


def ordered(session: Session, automation_id: int, occurrences: Collection[str]) -> set[str]:
    """Which of these it was started for, everyone at once."""
    known = select(Start.occurrence).where(
        Start.automation_id == automation_id, Start.zone == "", Start.occurrence.in_(occurrences)
    )
    return set(session.scalars(known))


def run_by_hand(
    session: Session, automation_id: int, contact_ids: Sequence[int], *, user_id: int, username: str, now: datetime
) -> Start:
    """Start it for these contacts: the first few hundred at once, the rest in the background."""
    workspace = book.workspace(session)
    if workspace.book.find(automation_id) is None:
        if session.get(Automation, automation_id) is None:
            raise AutomationNotFound(f"There is no automation {automation_id}.")
        raise AutomationNotRunning("This automation is switched off, or was never published: nothing of it starts.")
    if workspace.is_paused:
        raise WorkspacePaused("Everything is paused: nothing starts until it is resumed.")
    start = Start(
        automation_id=automation_id,
        event=EventKind.MANUAL,
        occurrence=str(uuid4()),
        due_at=now,
        contact_ids=list(dict.fromkeys(contact_ids)),
        turn_at=now,
        requested_by=user_id,
        created_at=now,
    )
    session.add(start)
    session.flush()
    _slice(session, start.id, workspace, by=username, now=now)
    session.refresh(start)
    told = {"start_id": start.id, "contacts": len(start.contact_ids or ())}
    audit.record(session, "automation.run", subject_id=automation_id, after=told)
    if start.turn_at is not None:
        after_commit(session, "sweep.start")
    return start


def list_starts(session: Session, automation_id: int, *, limit: int, cursor: str | None) -> Page[Start]:
    if session.get(Automation, automation_id) is None:
        raise AutomationNotFound(f"There is no automation {automation_id}.")
    return pages.by_id(
        session, select(Start).where(Start.automation_id == automation_id), Start.id, limit=limit, cursor=cursor
    )


def get_start(session: Session, automation_id: int, start_id: int) -> Start:
    start = session.get(Start, start_id)
    if start is None or start.automation_id != automation_id:
        raise StartNotFound(f"There is no start {start_id} of automation {automation_id}.")
    return start


def work(session: Session, *, now: datetime) -> bool:
    """A slice of the start whose turn it is; whether there was one. Busy ones are somebody else's."""
    start_id = session.scalar(
        text("""
            SELECT s.id FROM starts s JOIN automations a ON a.id = s.automation_id
            WHERE s.turn_at <= :now AND NOT (SELECT is_paused FROM settings WHERE id = 1)
            ORDER BY s.turn_at, s.position, a.priority DESC, s.id LIMIT 1 FOR UPDATE OF s SKIP LOCKED
        """),
        {"now": now},
    )
    if start_id is None:
        return False
    try:
        with session.begin_nested():
            _slice(session, start_id, book.workspace(session), now=now)
    except Exception as error:
        if is_operational(error):
            raise
        _fail(session, start_id, type(error).__name__, now=now)
    return True


def _fail(session: Session, start_id: int, error: str, *, now: datetime) -> None:
    """It would fail again each second, and nobody behind it would have a turn."""
    automation_id = session.scalar(
        text("""
            UPDATE starts SET outcome = 'stopped', turn_at = NULL, ended_at = :now WHERE id = :id
            RETURNING automation_id
        """),
        {"id": start_id, "now": now},
    )
    log.exception("start_failed", start_id=start_id, automation_id=automation_id)
    alerts.raise_alert(
        session,
        kind="start_failed",
        key=str(automation_id),
        severity="warning",
        title="An automation could not be started for everyone",
        detail=error,
        context={"automation_id": automation_id, "start_id": start_id},
        now=now,
    )


def _slice(session: Session, start_id: int, workspace: Workspace, *, by: str | None = None, now: datetime) -> None:
    start = session.execute(
        text("SELECT s.*, u.username FROM starts s LEFT JOIN users u ON u.id = s.requested_by WHERE s.id = :id"),
        {"id": start_id},
    ).one()
    definition = workspace.book.find(start.automation_id)
    if definition is None:
        _save(session, start, outcome="stopped", now=now)
        return
    if _is_too_late(start, definition, now=now):
        miss(session, definition.automation_id, start.event, 1, now=now)
        _save(session, start, outcome="missed", now=now)
        return
    part = audience.next_part(session, start, definition, workspace, size=SLICE, now=now)
    cause = Cause(event=start.event, trace=f"s{start.id}", by=by or start.username)
    outcome = enrolling.enrol(session, definition, part.wishes, workspace, cause, now=now)
    if part.missed:
        miss(session, definition.automation_id, start.event, part.missed, now=now)
    _save(
        session,
        start,
        position=part.position,
        enrolled=len(outcome.enrolled),
        refused=outcome.reasons + Counter(part.refused),
        outcome="done" if part.is_last else None,
        now=now,
    )


def miss(session: Session, automation_id: int, event: str, count: int, *, now: datetime) -> None:
    """What an outage made too late is told in the log, and not made up for at three in the morning."""
    fact = Occurred(event=event, key="", at=now, contact_id=0)
    entries.refuse(session, [Refuse(automation_id=automation_id, fact=fact, reason="missed")] * count, now=now)


def _is_too_late(start: Any, definition: Definition, *, now: datetime) -> bool:
    """Of an order that waited for a worker. Birthdays and moments tell it of each contact."""
    if start.event != EventKind.SCHEDULED or definition.schedule is None:
        return False
    return bool(now - start.due_at > definition.schedule.grace + ON_TIME)


def _save(
    session: Session,
    start: Any,
    *,
    position: int | None = None,
    enrolled: int = 0,
    refused: Counter[str] | None = None,
    outcome: str | None = None,
    now: datetime,
) -> None:
    total = Counter(start.refused) + (refused or Counter())
    if outcome == "done" and start.event in _LOOKS and not (start.enrolled or enrolled or total):
        session.execute(text("DELETE FROM starts WHERE id = :id"), {"id": start.id})
        return
    session.execute(
        text("""
            UPDATE starts SET position = COALESCE(:position, position), enrolled = enrolled + :enrolled,
                refused = CAST(:refused AS jsonb), outcome = :outcome,
                turn_at = CASE WHEN CAST(:outcome AS text) IS NULL THEN CAST(:now AS timestamptz) END,
                ended_at = CASE WHEN CAST(:outcome AS text) IS NOT NULL THEN CAST(:now AS timestamptz) END
            WHERE id = :id
        """),
        {
            "id": start.id,
            "position": position,
            "enrolled": enrolled,
            "refused": orjson.dumps(total).decode(),
            "outcome": outcome,
            "now": now,
        },
    )
