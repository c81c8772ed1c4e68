"""Contacts who came into another time zone: what waits for their clock is set anew.

A trigger of the table notes them, whoever changed them; the sweep looks before it looks at the clock. What came by
their new clock while it had not come by the old one has passed them over: it starts late or is missed, as after an
outage.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.automation import Definition
from app.domain.schedule import instant_for, passed_over, spread
from app.domain.triggers import EventKind
from app.domain.zones import zone_of
from app.services import book, enrolling, runs
from app.services.book import Workspace
from app.services.enrolling import Cause, Wish

BATCH = 500


@dataclass(frozen=True, slots=True)
class _Change:
    contact_id: int
    was: ZoneInfo
    zone: ZoneInfo


def work(session: Session, *, now: datetime) -> int:
    """Returns how many contacts were looked at, at most a batch; those who are busy come next time."""
    # People first, as everyone locks; nobody notes a change of somebody who is locked.
    ids = session.scalars(
        text("""
            SELECT id FROM contacts WHERE id IN (
                SELECT contact_id FROM zone_changes WHERE NOT (SELECT is_paused FROM settings WHERE id = 1)
                ORDER BY contact_id LIMIT :limit)
            ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
        """),
        {"limit": BATCH},
    ).all()
    if not ids:
        return 0
    rows = session.execute(
        text("""
            DELETE FROM zone_changes z USING contacts c WHERE z.contact_id = c.id AND c.id = ANY(:ids)
            RETURNING c.id, z.time_zone AS old_zone, z.phone AS old_phone, c.time_zone, c.phone
        """),
        {"ids": list(ids)},
    ).all()
    workspace = book.workspace(session)
    changes = [_change(row, workspace) for row in rows]
    changes = [change for change in changes if change.was.key != change.zone.key]
    if changes:
        _make_up(session, changes, workspace, now=now)
        _put_off(session, changes, now=now)
    return len(ids)


def _change(row: Any, workspace: Workspace) -> _Change:
    return _Change(
        row.id,
        was=zone_of(row.old_zone, row.old_phone, workspace.zone),
        zone=zone_of(row.time_zone, row.phone, workspace.zone),
    )


def _make_up(session: Session, changes: Sequence[_Change], workspace: Workspace, *, now: datetime) -> None:
    for looked in session.execute(text("SELECT * FROM schedules ORDER BY automation_id")).all():
        definition = workspace.book.find(looked.automation_id)
        if definition is None or definition.schedule is None or definition.version_id != looked.version_id:
            continue
        if definition.schedule.per_contact:
            for wishes in _wishes(definition, changes, looked, now=now):
                cause = Cause(event=EventKind.SCHEDULED, trace=f"z{int(now.timestamp())}")
                enrolling.enrol(session, definition, wishes, workspace, cause, now=now)


def _wishes(
    definition: Definition, changes: Sequence[_Change], looked: Any, *, now: datetime
) -> Sequence[Sequence[Wish]]:
    """By occurrence, in their order: nobody has two of one."""
    found: defaultdict[str, list[Wish]] = defaultdict(list)
    assert definition.schedule is not None
    for one in changes:
        due = passed_over(
            definition.schedule, was=one.was, zone=one.zone, since=looked.since, looked_at=looked.looked_at, now=now
        )
        for occurrence in (*due.missed, *due.fire):
            is_late = occurrence in due.missed
            wish = Wish(contact_id=one.contact_id, key=occurrence.key, at=occurrence.at, is_late=is_late)
            found[occurrence.key].append(wish)
    return [found[key] for key in sorted(found)]


def _put_off(session: Session, changes: Sequence[_Change], *, now: datetime) -> None:
    """Runs that wait for their turn within a jitter begin by the new clock."""
    zones = {change.contact_id: change.zone for change in changes}
    waiting = session.execute(
        text("""
            SELECT r.id, r.version_id, r.contact_id, r.event_key, c.birthday
            FROM automation_runs r JOIN contacts c ON c.id = r.contact_id
            WHERE r.contact_id = ANY(:ids) AND r.state = 'waiting' AND r.event = ANY(:events)
        """),
        {"ids": list(zones), "events": [EventKind.SCHEDULED, EventKind.BIRTHDAY]},
    ).all()
    definitions = book.definitions(session, {row.version_id for row in waiting})
    until: dict[int, datetime] = {}
    for row in waiting:
        schedule = definitions[row.version_id].schedule if row.version_id in definitions else None
        if schedule is None:
            continue
        at = instant_for(schedule, row.event_key, zones[row.contact_id], birthday=row.birthday)
        moment = None if at is None else spread(schedule, row.event_key, row.contact_id, at=at)
        if moment is not None:
            until[row.id] = moment
    runs.put_off(session, until, now=now)
