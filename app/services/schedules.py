"""The clock of automations: finds what came due, and orders its starts.

Each automation that starts by time has a row that says when to look again, so a look costs what is due. Two who look at
once skip each other's rows, and an occurrence is ordered once whatever happens in between.
"""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.database import afterwards, is_operational
from app.domain.automation import Definition
from app.domain.schedule import (
    AHEAD,
    BEHIND,
    After,
    Due,
    Every,
    Schedule,
    Yearly,
    due,
    next_after,
    next_wall,
)
from app.domain.triggers import EventKind
from app.domain.zone_moves import due_after_move
from app.domain.zones import named
from app.models import Schedule as Row
from app.services import alerts, audience, book, starts, zone_changes
from app.services.book import Workspace
from app.services.starts import NewStart

log = structlog.get_logger()

# Offsets of zones are multiples of this, so whoever looks as often misses nobody's nine o'clock.
QUARTER = timedelta(minutes=15)
# How often moments are looked at ("three days after they wrote").
MINUTE = timedelta(minutes=1)
AFTER_FAILURE = timedelta(minutes=15)

_synced: dict[str, tuple[int, str]] = {}  # by installation: the epoch and zone that the rows were last brought up to


def sync(session: Session, *, now: datetime) -> None:
    """Bring the rows up to the automations: those that are new or changed begin now, those that ended are forgotten."""
    workspace = book.workspace(session)
    state = (workspace.epoch, workspace.zone.key)
    if _synced.get(workspace.installation_id) == state:
        return
    timed = [one for one in workspace.book.definitions if one.schedule is not None]
    session.execute(
        text("DELETE FROM schedules WHERE automation_id <> ALL(:ids)"), {"ids": [one.automation_id for one in timed]}
    )
    # Locked, so that of two who find the workspace in another zone one moves them.
    rows = session.execute(text("SELECT * FROM schedules ORDER BY automation_id FOR UPDATE"))
    held = {row.automation_id: row for row in rows}
    left: set[str] = set()
    for definition in timed:
        row = held.get(definition.automation_id)
        if row is None or row.version_id != definition.version_id:
            _begin(session, definition, workspace, now=now)
        elif row.zone != workspace.zone.key:
            _move(session, definition, workspace, row)
            left |= {row.zone} if definition.schedule and definition.schedule.per_contact else set()
    for zone in sorted(left):
        zone_changes.note_workspace(session, zone, workspace)
    # Not before it is committed, or what failed would never be done.
    afterwards(session, partial(_synced.__setitem__, workspace.installation_id, state))


def _move(session: Session, definition: Definition, workspace: Workspace, row: Any) -> None:
    """Another wall clock: what it shows next is at another moment, and some of it may be over."""
    assert definition.schedule is not None
    if definition.schedule.per_contact:
        # Whom it passed over is noted with the contacts.
        zone, next_at = workspace.zone.key, _next_look(session, definition, workspace, now=row.looked_at)
    else:
        # A look is due, which tells by the zone that was left what was passed over.
        zone, next_at = row.zone, row.looked_at
    session.execute(
        text("UPDATE schedules SET zone = :zone, next_at = :next_at WHERE automation_id = :id"),
        {"zone": zone, "next_at": next_at, "id": definition.automation_id},
    )


def look(session: Session, *, now: datetime) -> bool:
    """Order what came due for one automation; whether there was one. A pause holds it back as an outage does."""
    row = session.execute(
        text("""
            SELECT * FROM schedules WHERE next_at <= :now AND NOT (SELECT is_paused FROM settings WHERE id = 1)
            ORDER BY next_at, automation_id LIMIT 1 FOR UPDATE SKIP LOCKED
        """),
        {"now": now},
    ).one_or_none()
    if row is None:
        return False
    workspace = book.workspace(session)
    definition = workspace.book.find(row.automation_id)
    if definition is None or definition.schedule is None or definition.version_id != row.version_id:
        # It changed since; the next sync begins it anew, where anything of it is left.
        session.execute(text("DELETE FROM schedules WHERE automation_id = :id"), {"id": row.automation_id})
        _synced.pop(workspace.installation_id, None)
        return True
    if row.zone != workspace.zone.key and definition.schedule.per_contact:
        return False  # it moved a moment ago: the next sync comes first
    try:
        with session.begin_nested():
            since = _order(session, definition, definition.schedule, workspace, row, now=now)
            next_at = _next_look(session, definition, workspace, now=now)
    except Exception as error:
        if is_operational(error):
            raise
        # Each second it would fail again, and nobody behind it would be looked at.
        log.exception("schedule_failed", automation_id=row.automation_id)
        _tell_of_failure(session, row.automation_id, type(error).__name__, now=now)
        _set(session, row, next_at=now + AFTER_FAILURE)
    else:
        _set(session, row, zone=workspace.zone.key, next_at=next_at, looked_at=now, since=since)
    return True


def _order(
    session: Session, definition: Definition, schedule: Schedule, workspace: Workspace, row: Any, *, now: datetime
) -> datetime:
    """Returns since when what is due is not settled."""
    since: datetime = row.since
    match schedule.timing:
        case Yearly() | After():
            _order_look(session, definition, since=since, seen_until=row.looked_at, now=now)
            if now - row.looked_at > schedule.grace:
                since = max(since, now - schedule.grace)  # what was missed is not to be found again
        case _:
            _order_occurrences(session, definition, schedule, workspace, row, now=now)
    return since


def _tell_of_failure(session: Session, automation_id: int, error: str, *, now: datetime) -> None:
    alerts.raise_alert(
        session,
        kind="schedule_failed",
        key=str(automation_id),
        severity="warning",
        title="The schedule of an automation could not be followed",
        detail=error,
        context={"automation_id": automation_id},
        now=now,
    )


def _set(session: Session, row: Any, **columns: Any) -> None:
    session.execute(update(Row).where(Row.automation_id == row.automation_id).values(columns))


def _begin(session: Session, definition: Definition, workspace: Workspace, *, now: datetime) -> None:
    """From the moment at which it was saved or switched on, though nobody looked until now."""
    # By the database's clock, which stamped it: ours may be the simulator's, and ahead by days.
    age = session.scalar(
        text("SELECT GREATEST(clock_timestamp() - updated_at, interval '0') FROM automations WHERE id = :id"),
        {"id": definition.automation_id},
    )
    began = now - (age or timedelta())
    values = {
        "automation_id": definition.automation_id,
        "version_id": definition.version_id,
        "zone": workspace.zone.key,
        "since": began,
        "looked_at": began,
        "next_at": _next_look(session, definition, workspace, now=began),
    }
    # Whoever else found it first began it at the same moment, all but.
    new = insert(Row).values(values)
    session.execute(
        new.on_conflict_do_update(
            index_elements=[Row.automation_id], set_=values, where=Row.version_id != definition.version_id
        )
    )


def _order_look(
    session: Session, definition: Definition, *, since: datetime, seen_until: datetime, now: datetime
) -> None:
    """Which contacts it is time for is found when the start is worked off."""
    assert definition.schedule is not None
    event = EventKind.BIRTHDAY if isinstance(definition.schedule.timing, Yearly) else EventKind.TIME_BASED
    new = NewStart(
        automation_id=definition.automation_id,
        event=event,
        occurrence=now.astimezone(UTC).isoformat(),
        since=since,
        seen_until=seen_until,
        due_at=now,
    )
    starts.order(session, [new], now=now)


def _order_occurrences(
    session: Session, definition: Definition, schedule: Schedule, workspace: Workspace, row: Any, *, now: datetime
) -> None:
    names = audience.zones_in_use(session, workspace) if schedule.per_contact else [""]
    new: list[NewStart] = []
    missed: set[str] = set()
    for name in names:
        zone = (named(name) if name else schedule.zone) or workspace.zone
        found = _due(schedule, zone, row, now=now)
        missed |= {one.key for one in found.missed}
        new += [
            NewStart(
                automation_id=definition.automation_id,
                event=EventKind.SCHEDULED,
                occurrence=one.key,
                zone=name,
                due_at=one.at,
            )
            for one in found.fire
        ]
    if missed and not schedule.per_contact:
        missed -= starts.ordered(session, definition.automation_id, missed)  # before the clock was put back
    if missed:
        log.warning("occurrences_missed", automation_id=definition.automation_id, count=len(missed))
        starts.miss(session, definition.automation_id, EventKind.SCHEDULED, len(missed), now=now)
    starts.order(session, new, now=now)


def _due(schedule: Schedule, zone: ZoneInfo, row: Any, *, now: datetime) -> Due:
    was = named(row.zone)
    if schedule.per_contact or schedule.zone is not None or was is None or was.key == zone.key:
        return due(schedule, zone, after=row.looked_at, now=now)
    return due_after_move(schedule, was=was, zone=zone, looked_at=row.looked_at, now=now)


def _next_look(session: Session, definition: Definition, workspace: Workspace, *, now: datetime) -> datetime | None:
    schedule = definition.schedule
    assert schedule is not None
    timing = schedule.timing
    match timing:
        case After():
            return now + MINUTE
        case Yearly(time=time):
            return _next_quarter(now, minute=time.minute)
        case _ if not schedule.per_contact:
            return next_after(timing, schedule.zone or workspace.zone, now)
        case Every():
            zones = {named(name) or workspace.zone for name in audience.zones_in_use(session, workspace)}
            moments = [next_after(timing, zone, now) for zone in zones or {workspace.zone}]
            return min(moment for moment in moments if moment is not None)
        case _:
            return _next_of_all_zones(session, schedule, workspace, now=now)


def _next_of_all_zones(session: Session, schedule: Schedule, workspace: Workspace, *, now: datetime) -> datetime | None:
    """Far from an occurrence anywhere, when the first clock on earth shows it; near it, when the next in use does,
    and each quarter of an hour, as somebody may have come into another zone."""
    timing = schedule.timing
    assert not isinstance(timing, Every | Yearly | After)
    plain = now.astimezone(UTC).replace(tzinfo=None)
    wall = next_wall(timing, plain - BEHIND)
    if wall is None:
        return None
    first = wall.replace(tzinfo=UTC) - AHEAD
    if first > now:
        return first
    zones = {named(name) or workspace.zone for name in audience.zones_in_use(session, workspace)}
    moments = [next_after(timing, zone, now) for zone in zones]
    return min([_next_quarter(now, minute=0), *(moment for moment in moments if moment is not None)])


def _next_quarter(now: datetime, *, minute: int) -> datetime:
    """The next time at which some clock may show these minutes."""
    start = datetime(now.year, now.month, now.day, tzinfo=UTC) + timedelta(minutes=minute % 15) - QUARTER
    return start + ((now - start) // QUARTER + 1) * QUARTER
