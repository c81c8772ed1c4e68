"""What waits to be rolled up: hours of ledgers, and which of their minutes changed.

Triggers write most of it (`database_schema.sql`). Here it is taken in pieces, and written where everything is to be
rolled up anew: for a rebuild, and when the workspace moves to another time zone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.metrics import Ledger
from app.domain.rollups import Granularity, period_of
from app.services import catalogue
from app.services.ledgers import SOURCES

HOURS_AT_ONCE = 6  # so that a piece of a busy day stays far below the time a statement may take
WHOLE_HOUR = (1 << 60) - 1
# These lead to other deltas before anything is counted.
TURNS, ZONE = "turns", "zone"

HEAVY = " whole"  # after the name of a ledger: what takes a look at all of an hour and its day


class Weight(StrEnum):
    """What a piece reads: the minutes that changed, or whole hours and days around them."""

    LIGHT = "light"
    HEAVY = "heavy"


Hours = Mapping[datetime, int]  # hour → which of its minutes changed


@dataclass(frozen=True, slots=True)
class Piece:
    """What is rolled up at once: some hours of one ledger within a day."""

    ledger: str
    hours: Sequence[datetime]


def choose(session: Session, zone: ZoneInfo, *, is_newest_first: bool, weight: Weight | None = None) -> Piece | None:
    """The newest first, so that today is fresh whatever else waits; or the oldest, so that nothing waits for ever.

    Without a `weight` heavy ones come last: so each day is read once, however many pieces it was made of.
    """
    every = session.execute(text("SELECT DISTINCT ledger, hour FROM analytics_deltas")).all()
    light, heavy = ([row for row in every if row.ledger.endswith(HEAVY) is is_heavy] for is_heavy in (False, True))
    rows = heavy if weight is Weight.HEAVY else light if weight is Weight.LIGHT else light or heavy
    if not rows:
        return None
    # What leads to others goes first: so nothing is rolled up twice.
    first = next((row for row in rows if row.ledger in (ZONE, TURNS)), None)
    if first is None:
        first = (max if is_newest_first else min)(rows, key=lambda row: (row.hour, row.ledger))
    day = period_of(first.hour, Granularity.DAY, zone)
    hours = sorted(row.hour for row in rows if row.ledger == first.ledger and day.start <= row.hour < day.end)
    if heavy_part_of(first.ledger) is not None:
        return Piece(first.ledger, hours)
    return Piece(first.ledger, hours[-HOURS_AT_ONCE:] if is_newest_first else hours[:HOURS_AT_ONCE])


def take(session: Session, piece: Piece) -> Hours:
    rows = session.execute(
        text("DELETE FROM analytics_deltas WHERE ledger = :ledger AND hour = ANY(:hours) RETURNING hour, minutes"),
        {"ledger": piece.ledger, "hours": list(piece.hours)},
    )
    hours: dict[datetime, int] = {}
    for hour, minutes in rows:
        hours[hour] = hours.get(hour, 0) | minutes
    return hours


def note_heavy(session: Session, ledger: Ledger, hours: Hours) -> None:
    """Leave what these hours and their days take a long look for to a piece of its own."""
    session.execute(
        text("""
            INSERT INTO analytics_deltas (ledger, hour, minutes)
            SELECT :ledger, at, 0 FROM unnest(CAST(:hours AS timestamptz[])) AS at
            WHERE NOT EXISTS (SELECT FROM analytics_deltas d WHERE d.ledger = :ledger AND d.hour = at)
        """),
        {"ledger": f"{ledger}{HEAVY}", "hours": list(hours)},
    )


def heavy_part_of(name: str) -> Ledger | None:
    return Ledger(name.removesuffix(HEAVY)) if name.endswith(HEAVY) else None


def is_empty(session: Session) -> bool:
    return not session.scalar(text("SELECT EXISTS (SELECT FROM analytics_deltas)"))


def count(session: Session) -> int:
    """How many hours of ledgers wait."""
    counted = text("SELECT count(*) FROM (SELECT DISTINCT ledger, hour FROM analytics_deltas) AS waiting")
    return int(session.execute(counted).scalar_one())


# What these ledgers hold is dropped by age: hours of which some may be gone stay as they are. Roll-ups from before the
# oldest that is left tell that some are. A body may be done a while after it came, and a day is rolled up whole.
_WHOLE = """
    (SELECT CASE WHEN EXISTS (
         SELECT FROM analytics WHERE metric_name = ANY({names}) AND granularity = 'day' AND period_end <= {at})
         THEN {at} + interval '26 hours' ELSE {at} - interval '1 hour' END
     FROM {table} ORDER BY {oldest} LIMIT 1)
"""


def _is_whole(ledger: str, hour: str) -> str:
    """The condition that nothing of that hour was dropped."""

    def since(of: Ledger, **columns: str) -> str:
        names = ", ".join(f"'{name}'" for name in catalogue.names_of(catalogue.of_ledger(of)))
        return f"({ledger} <> '{of}' OR {hour} > {_WHOLE.format(names=f'ARRAY[{names}]', **columns)})"

    bodies = since(Ledger.BODIES, table="webhook_events", at="received_at", oldest="id")
    return bodies + " AND " + since(Ledger.AUDIT, table="audit_log", at="at", oldest="at")


def mark_rolled(session: Session, *, since: datetime | None = None, until: datetime | None = None) -> None:
    """Have all hours rolled up anew of which there are roll-ups; but not those of which something was dropped."""
    owners = {name: ledger for ledger in Ledger for name in catalogue.names_of(catalogue.of_ledger(ledger))}
    session.execute(
        text(f"""
            INSERT INTO analytics_deltas (ledger, hour, minutes)
            SELECT DISTINCT o.ledger, hour, CAST(:minutes AS bigint)
            FROM unnest(CAST(:names AS text[]), CAST(:ledgers AS text[])) AS o (metric_name, ledger)
            JOIN analytics a ON a.metric_name = o.metric_name AND a.granularity = 'day'
                 AND (CAST(:since AS timestamptz) IS NULL OR a.period_end > :since)
                 AND (CAST(:until AS timestamptz) IS NULL OR a.period_start < :until),
                generate_series(hour_of(a.period_start), a.period_end - interval '1 microsecond', '1 hour') AS hour
            WHERE (CAST(:since AS timestamptz) IS NULL OR hour >= hour_of(:since))
              AND (CAST(:until AS timestamptz) IS NULL OR hour < :until)
              AND {_is_whole("o.ledger", "hour")}
        """),  # noqa: S608 - ours
        {
            "minutes": WHOLE_HOUR,
            "names": list(owners),
            "ledgers": [str(ledger) for ledger in owners.values()],
            "since": since,
            "until": until,
        },
    )


def mark_known(session: Session, *, since: datetime | None, until: datetime | None) -> None:
    """Have all hours rolled up of which a ledger knows anything. It reads every ledger from end to end."""
    for ledger, source in SOURCES.items():
        session.execute(
            text(f"""
                INSERT INTO analytics_deltas (ledger, hour, minutes)
                SELECT DISTINCT CAST(:ledger AS text), hour_of(known.at), CAST(:minutes AS bigint)
                FROM ({source.moments}) AS known
                WHERE (CAST(:since AS timestamptz) IS NULL OR known.at >= hour_of(:since))
                  AND (CAST(:until AS timestamptz) IS NULL OR known.at < :until)
                  AND {_is_whole(":ledger", "hour_of(known.at)")}
            """),  # noqa: S608 - ours
            {"ledger": ledger, "minutes": WHOLE_HOUR, "since": since, "until": until},
        )
