"""Contacts who came into another time zone: what waits for their clock is set anew.

A trigger of the table notes them, whoever changed them; where the workspace itself moves, those who keep its time are
noted. The sweep works them off before it looks at the clock. What came by their new clock while it had not come by the
old one has passed them over: it starts late or is missed, as after an outage.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.automation import Definition
from app.domain.schedule import Yearly, spread
from app.domain.triggers import EventKind
from app.domain.zone_moves import instant_for, passed_over
from app.domain.zones import zone_of, zone_of_phone
from app.services import audience, book, enrolling, runs
from app.services.book import Workspace
from app.services.enrolling import Cause, Wish

BATCH = 500

# A start that is still being worked off has not reached everybody whom it was for.
LOOKED = """
    SELECT s.*, LEAST(s.looked_at, (
        SELECT min(COALESCE(o.seen_until, o.due_at)) FROM starts o
        WHERE o.automation_id = s.automation_id AND o.turn_at IS NOT NULL
          AND o.event IN ('scheduled', 'birthday'))) AS reached
    FROM schedules s ORDER BY s.automation_id
"""


@dataclass(frozen=True, slots=True)
class _Change:
    contact_id: int
    was: ZoneInfo
    zone: ZoneInfo
    birthday: date | None


def note_workspace(session: Session, was: str, workspace: Workspace) -> None:
    """The workspace has left that zone: whoever has no other of their own has left it too."""
    # Those noted already who followed it when they left: what they followed from is no longer to be read off it.
    noted = session.execute(text("SELECT contact_id, phone FROM zone_changes WHERE time_zone IS NULL")).all()
    followers = [contact_id for contact_id, phone in noted if zone_of_phone(phone) is None]
    session.execute(
        text("UPDATE zone_changes SET time_zone = :was WHERE contact_id = ANY(:ids)"), {"was": was, "ids": followers}
    )
    session.execute(
        text(f"""
            INSERT INTO zone_changes (contact_id, time_zone)
            SELECT c.id, :was FROM contacts c WHERE c.is_active AND {audience.ZONE} = '' ON CONFLICT DO NOTHING
        """),  # noqa: S608 - ours
        audience.zone_parameters(workspace) | {"workspace": "", "was": was},
    )


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
            RETURNING c.id, z.time_zone AS old_zone, z.phone AS old_phone, c.time_zone, c.phone, c.birthday
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
        birthday=row.birthday,
    )


def _make_up(session: Session, changes: Sequence[_Change], workspace: Workspace, *, now: datetime) -> None:
    for looked in session.execute(text(LOOKED)).all():
        definition = workspace.book.find(looked.automation_id)
        if definition is None or definition.schedule is None or definition.version_id != looked.version_id:
            continue
        if definition.schedule.per_contact:
            event = EventKind.BIRTHDAY if isinstance(definition.schedule.timing, Yearly) else EventKind.SCHEDULED
            for wishes in _wishes(definition, changes, looked, now=now):
                cause = Cause(event=event, trace=f"z{int(now.timestamp())}")
                enrolling.enrol(session, definition, wishes, workspace, cause, now=now)


def _wishes(
    definition: Definition, changes: Sequence[_Change], looked: Any, *, now: datetime
) -> Sequence[Sequence[Wish]]:
    """By occurrence, in their order: nobody has two of one."""
    found: defaultdict[str, list[Wish]] = defaultdict(list)
    assert definition.schedule is not None
    for one in changes:
        due = passed_over(
            definition.schedule,
            was=one.was,
            zone=one.zone,
            looked_at=looked.looked_at,
            reached=looked.reached,
            now=now,
            birthday=one.birthday,
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
