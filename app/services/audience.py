"""Who a start is for: the next few hundred contacts, found by what is due and never by looking at all of them twice."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.automation import Definition
from app.domain.schedule import WORLD, After, Moment, Schedule, Yearly, birthdays_near, days_of_birth
from app.domain.triggers import EventKind
from app.domain.zones import phone_zones, zone_of
from app.services.book import Workspace
from app.services.enrolling import Wish

# A contact's zone in SQL, as `domain.zones` says it: written, else of the phone's country, else the workspace's.
ZONE = """
    COALESCE(c.time_zone, CAST(:zones AS jsonb) ->> left(c.phone, 5), CAST(:zones AS jsonb) ->> left(c.phone, 4),
        CAST(:zones AS jsonb) ->> left(c.phone, 3), CAST(:zones AS jsonb) ->> left(c.phone, 2), :workspace)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """`position` is where the next part begins."""

    wishes: Sequence[Wish]
    position: int
    is_last: bool
    missed: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)


def next_part(
    session: Session, start: Any, definition: Definition, workspace: Workspace, *, size: int, now: datetime
) -> Part:
    schedule = definition.schedule
    match start.event:
        case EventKind.MANUAL:
            return _named(session, start, size=size)
        case EventKind.BIRTHDAY if schedule is not None and isinstance(schedule.timing, Yearly):
            return _birthdays(session, start, schedule, schedule.timing, workspace, size=size, now=now)
        case EventKind.TIME_BASED if schedule is not None and isinstance(schedule.timing, After):
            return _moments(session, start, schedule, schedule.timing, size=size, now=now)
        case EventKind.SCHEDULED if schedule is not None:
            return _everyone(session, start, workspace, size=size)
        case _:  # its trigger changed since
            return Part(wishes=[], position=start.position, is_last=True)


def zone_parameters(workspace: Workspace) -> dict[str, Any]:
    return {"zones": orjson.dumps(dict(phone_zones())).decode(), "workspace": workspace.zone.key}


def zones_in_use(session: Session, workspace: Workspace) -> list[str]:
    """One look at all contacts; asked for when an occurrence is near, not every second."""
    statement = f"SELECT DISTINCT {ZONE} FROM contacts c WHERE c.is_active"  # noqa: S608 - ours
    return list(session.scalars(text(statement), zone_parameters(workspace)))


def _named(session: Session, start: Any, *, size: int) -> Part:
    """Exactly these; an id that was merged leads to whom it became, and one that is nobody is refused."""
    asked: list[int] = start.contact_ids[start.position : start.position + size]
    rows = session.execute(
        text("""
            SELECT v.id, c.id FROM unnest(CAST(:ids AS bigint[])) AS v (id)
            LEFT JOIN contact_merges m ON m.old_contact_id = v.id
            LEFT JOIN contacts c ON c.id = COALESCE(m.contact_id, v.id)
        """),
        {"ids": asked},
    ).all()
    found = dict.fromkeys(row[1] for row in rows if row[1] is not None)
    nobody = sum(1 for row in rows if row[1] is None)
    position = start.position + len(asked)
    return Part(
        wishes=[Wish(contact_id=id, key=f"start:{start.id}", at=start.due_at) for id in found],
        position=position,
        is_last=position >= len(start.contact_ids),
        refused=Counter({"contact_not_found": nobody} if nobody else {}),
    )


def _everyone(session: Session, start: Any, workspace: Workspace, *, size: int) -> Part:
    conditions = ["c.id > :position", "c.is_active"]
    parameters: dict[str, Any] = {"position": start.position, "size": size}
    if start.zone:
        conditions.append(f"{ZONE} = :zone")
        parameters |= zone_parameters(workspace) | {"zone": start.zone}
    ids = session.scalars(
        text(f"SELECT c.id FROM contacts c WHERE {' AND '.join(conditions)} ORDER BY c.id LIMIT :size"),  # noqa: S608 - ours
        parameters,
    ).all()
    return Part(
        wishes=[Wish(contact_id=id, key=start.occurrence, at=start.due_at) for id in ids],
        position=ids[-1] if ids else start.position,
        is_last=len(ids) < size,
    )


def _birthdays(
    session: Session,
    start: Any,
    schedule: Schedule,
    timing: Yearly,
    workspace: Workspace,
    *,
    size: int,
    now: datetime,
) -> Part:
    first = max(start.since, start.due_at - WORLD)
    dates = _dates(first - timedelta(days=1), start.due_at + timedelta(days=1))
    days = days_of_birth(timing, dates)
    rows = session.execute(
        text("""
            SELECT c.id, c.phone, c.time_zone, c.created_at,
                   CAST(EXTRACT(month FROM c.birthday) AS int), CAST(EXTRACT(day FROM c.birthday) AS int)
            FROM contacts c
            WHERE (EXTRACT(month FROM c.birthday), EXTRACT(day FROM c.birthday)) IN (
                    SELECT * FROM unnest(CAST(:months AS numeric[]), CAST(:days AS numeric[])))
              AND c.is_active AND c.id > :position
            ORDER BY c.id LIMIT :size
        """),
        {
            "months": [month for month, _ in days],
            "days": [day for _, day in days],
            "position": start.position,
            "size": size,
        },
    ).all()
    wishes = []
    for id, phone, time_zone, created_at, month, day in rows:
        zone = schedule.zone or (zone_of(time_zone, phone, workspace.zone) if schedule.per_contact else workspace.zone)
        # Whom we did not know yet when it was time is not greeted late; whose zone moved past it since, is.
        begins = max(first, created_at)
        for one in birthdays_near(month, day, timing, zone, after=begins, until=start.due_at):
            is_late = one.at > start.seen_until and now - one.at > schedule.grace
            wishes.append(Wish(contact_id=id, key=one.key, at=one.at, is_late=is_late))
    return Part(wishes=wishes, position=rows[-1][0] if rows else start.position, is_last=len(rows) < size)


def _dates(first: datetime, last: datetime) -> list[date]:
    days = (last.astimezone(UTC).date() - first.astimezone(UTC).date()).days
    return [first.astimezone(UTC).date() + timedelta(days=n) for n in range(days + 1)]


_MOMENTS = {
    Moment.CREATED_AT: """
        SELECT c.id, c.created_at AS at FROM contacts c WHERE c.created_at > :after AND c.created_at <= :until
    """,
    Moment.LAST_CONTACTED: """
        SELECT c.id, c.last_contacted AS at FROM contacts c
        WHERE c.last_contacted > :after AND c.last_contacted <= :until
    """,
    # The latest of all their conversations: whoever wrote to another number since has not been silent.
    Moment.LAST_INBOUND: """
        SELECT c.id, o.last_inbound_at AS at FROM conversations o JOIN contacts c ON c.id = o.contact_id
        WHERE o.last_inbound_at > :after AND o.last_inbound_at <= :until
          AND NOT EXISTS (SELECT FROM conversations l WHERE l.contact_id = o.contact_id
                          AND l.last_inbound_at > o.last_inbound_at)
    """,
}


def _moments(session: Session, start: Any, schedule: Schedule, timing: After, *, size: int, now: datetime) -> Part:
    length = timedelta(days=timing.days)
    rows = session.execute(
        text(f"""
            SELECT DISTINCT ON (m.id) m.id, m.at FROM ({_MOMENTS[timing.moment]}) AS m JOIN contacts p ON p.id = m.id
            WHERE p.is_active AND m.id > :position ORDER BY m.id LIMIT :size
        """),  # noqa: S608 - ours
        {
            "after": start.seen_until - length,
            "until": start.due_at - length,
            "position": start.position,
            "size": size,
        },
    ).all()
    late = [row for row in rows if now - (row.at + length) > schedule.grace]
    return Part(
        wishes=[
            Wish(contact_id=row.id, key=row.at.astimezone(UTC).isoformat(), at=row.at + length)
            for row in rows
            if row not in late
        ],
        position=rows[-1].id if rows else start.position,
        is_last=len(rows) < size,
        missed=len(late),
    )
