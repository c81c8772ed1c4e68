"""The days of `webhook_events`: a partition each, made ahead, so that old bodies can be dropped without a trace."""

from collections.abc import Iterable
from datetime import date, timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.database import sqlstate

log = structlog.get_logger()

# The key of an advisory lock, which ends with its transaction; a number that no other program is likely to choose.
PARTITIONS_LOCK = 0x48494C4F02

DAYS_AHEAD = 7


def make_partitions(session: Session, today: date) -> None:
    """A partition of webhook_events for each UTC day from yesterday to a week ahead.

    Attaching one locks the DEFAULT partition until the transaction ends: give it a short one of its own. A day whose
    bodies already lie in the DEFAULT partition stays there, and a busy table is left for the next call.
    """
    wanted = {f"webhook_events_{day:%Y%m%d}": day for day in _days(today)}
    if not wanted.keys() - present_relations(session, wanted):
        return
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": PARTITIONS_LOCK})
    for name in sorted(wanted.keys() - present_relations(session, wanted)):
        if not _make_partition(session, name, wanted[name]):
            return


def _days(today: date) -> list[date]:
    return [today + timedelta(days=offset) for offset in range(-1, DAYS_AHEAD + 1)]


def _make_partition(session: Session, name: str, day: date) -> bool:
    """False when the table is too busy to go on."""
    span = {"start": f"{day} 00:00+00", "end": f"{day + timedelta(days=1)} 00:00+00"}
    in_default = "SELECT EXISTS (SELECT FROM webhook_events_default WHERE received_at >= :start AND received_at < :end)"
    if session.scalars(text(in_default), span).one():
        return True
    try:
        with session.begin_nested():
            # Made apart and attached, because CREATE TABLE … PARTITION OF would lock the whole table against reading.
            session.execute(text(f"CREATE TABLE {name} (LIKE webhook_events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"))
            session.execute(
                text(
                    f"ALTER TABLE webhook_events ATTACH PARTITION {name}"
                    f" FOR VALUES FROM ('{span['start']}') TO ('{span['end']}')"
                )
            )
    except DBAPIError as error:
        # check_violation: a body of that day came in between. lock_not_available: somebody works on the table.
        if sqlstate(error) not in {"23514", "55P03"}:
            raise
        log.info("partition_postponed", partition=name, sqlstate=sqlstate(error))
        return sqlstate(error) == "23514"
    return True


def present_relations(session: Session, names: Iterable[str]) -> set[str]:
    found = text(
        "SELECT relname FROM pg_class WHERE relname = ANY(:names)"
        " AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())"
    )
    return set(session.scalars(found, {"names": list(names)}))
