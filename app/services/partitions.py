"""The days of `webhook_events`: a partition each, made ahead, and dropped when its bodies are old and all are done.

A day that holds a body that is not applied yet, or parked, stays whole for as long as it does.
"""

import re
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

# Dropping locks out whoever stores webhooks, and they also wait behind us while we wait for that lock. So we wait for
# next to nothing, and come again a minute later.
DROP_WAITS_FOR = "100ms"
FORGOTTEN_AT_ONCE = 1_000

UNFINISHED = "processed_at IS NULL OR parked <> '{}'"


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


def drop_old(session: Session, today: date, *, days: int) -> int:
    """Drop the days before the last so many, oldest first, until the table is too busy; returns how many went.

    Give it a transaction of its own. DETACH … CONCURRENTLY would lock less, but is refused beside a DEFAULT partition.
    """
    dropped = 0
    for name, day in sorted(_present_days(session).items()):
        if day < today - timedelta(days=days) and not _has_unfinished(session, name):
            if not _drop(session, name):
                break
            dropped += 1
    _forget_strays(session, today - timedelta(days=days))
    return dropped


def _present_days(session: Session) -> dict[str, date]:
    children = """
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'webhook_events'::regclass
    """
    names = session.scalars(text(children))
    found = ((name, re.fullmatch(r"webhook_events_(\d{4})(\d\d)(\d\d)", name)) for name in names)
    return {name: date(int(day[1]), int(day[2]), int(day[3])) for name, day in found if day}


def _has_unfinished(session: Session, name: str) -> bool:
    question = f"SELECT EXISTS (SELECT FROM {name} WHERE {UNFINISHED})"  # noqa: S608 - ours
    return bool(session.scalars(text(question)).one())


def _drop(session: Session, name: str) -> bool:
    """False when the table is too busy. Looked at again under the lock: a body may have been asked to be replayed."""
    try:
        with session.begin_nested():
            session.execute(text(f"SET LOCAL lock_timeout = '{DROP_WAITS_FOR}'"))
            session.execute(text("LOCK TABLE ONLY webhook_events IN ACCESS EXCLUSIVE MODE"))
            session.execute(text(f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE"))
            if not _has_unfinished(session, name):
                session.execute(text(f"DROP TABLE {name}"))
                log.info("partition_dropped", partition=name)
    except DBAPIError as error:
        if sqlstate(error) != "55P03":
            raise
        return False
    return True


def _forget_strays(session: Session, before: date) -> None:
    """Bodies of days that had no partition, a few at a time."""
    session.execute(
        text(f"""
            DELETE FROM webhook_events_default WHERE ctid = ANY(ARRAY(
                SELECT ctid FROM webhook_events_default
                WHERE received_at < :before AND NOT ({UNFINISHED}) LIMIT :few))
        """),  # noqa: S608 - ours
        {"before": f"{before} 00:00+00", "few": FORGOTTEN_AT_ONCE},
    )


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
