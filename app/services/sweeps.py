"""What the sweep looks for: work that is due, whoever was told of it."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.services import emails, partitions
from app.services.effects import EMAIL, START
from app.services.lanes import LEASE_SECONDS
from app.services.turns import READY, READY_PARAMETERS

# How long the answer to an Idempotency-Key is kept, as the API promises.
KEYS_KEPT = "7 days"
# How long spans of open intake are kept: no attempt waits for proof longer than it may be unknown.
SPANS_KEPT = "30 days"
# How long it can be seen what started an automation. Runs and their logs stay.
STARTS_KEPT = "90 days"
CHANGES_AT_ONCE = 5_000


def channels_with_work(session: Session, *, now: datetime) -> list[int]:
    """Channels with a message that is due or whose sender is gone, but for those at work: who holds a lane looks for
    itself, and once more after letting go.
    """
    return list(
        session.scalars(
            # Values, not EXISTS: that would be asked once for all channels, whose every message in the queue was then
            # looked at to see whether it is its turn.
            text(f"""
                SELECT c.id FROM channels c
                WHERE NOT EXISTS (
                        SELECT FROM lanes l WHERE l.name = 'send:' || c.id AND l.holder IS NOT NULL
                          AND l.beat_at > clock_timestamp() - make_interval(secs => :lease))
                  AND ((SELECT true FROM messages m WHERE m.channel_id = c.id AND m.dispatch = 'sending' LIMIT 1)
                       OR (SELECT true FROM messages m WHERE m.channel_id = c.id AND {READY}
                           ORDER BY m.due_at, m.id LIMIT 1))
            """),  # noqa: S608 - ours
            {"now": now, "lease": LEASE_SECONDS} | READY_PARAMETERS,
        )
    )


def channels_to_release(session: Session) -> list[int]:
    """Channels that hold messages back though nothing halts them any more, such as after a pause of everything."""
    return list(
        session.scalars(
            text("""
                SELECT c.id FROM channels c JOIN settings s ON s.id = 1
                WHERE c.state = 'active' AND NOT s.is_paused
                  AND EXISTS (SELECT FROM messages m WHERE m.channel_id = c.id AND m.dispatch = 'held')
            """)
        )
    )


@dataclass(frozen=True, slots=True)
class Waiting:
    """What of the engine's work is due, besides runs that wake."""

    zones: bool
    looks: bool
    starts: bool
    chains: bool
    emails: bool


def engine_work(session: Session, *, now: datetime) -> Waiting:
    """One question for all of it, as most seconds there is none; none while everything is paused."""
    row = session.execute(
        text("""
            SELECT EXISTS (SELECT FROM zone_changes),
                EXISTS (SELECT FROM schedules WHERE next_at <= :now),
                EXISTS (SELECT FROM starts WHERE turn_at <= :now),
                EXISTS (SELECT FROM effects WHERE kind = :start AND state = 'pending' AND due_at <= :now),
                EXISTS (SELECT FROM effects WHERE kind = :email AND state = 'pending' AND due_at <= :now)
                OR EXISTS (SELECT FROM effects WHERE kind = :email AND state IN ('claimed', 'leaving')
                           AND claimed_at < clock_timestamp() - make_interval(secs => :dead))
            FROM settings WHERE id = 1 AND NOT is_paused
        """),
        {"now": now, "start": START, "email": EMAIL, "dead": emails.DEAD_AFTER_SECONDS},
    ).one_or_none()
    return Waiting(False, False, False, False, False) if row is None else Waiting(*row)


def channels_to_tell(session: Session) -> list[int]:
    return list(
        session.scalars(
            text("""
                SELECT DISTINCT channel_id FROM conversations
                WHERE read_until IS NOT NULL AND read_told_until IS DISTINCT FROM read_until
            """)
        )
    )


def lanes_with_bodies(session: Session) -> list[str]:
    return list(
        session.scalars(
            text("""
                SELECT name FROM unnest(ARRAY['intake', 'history']) AS name
                WHERE EXISTS (SELECT FROM webhook_events WHERE processed_at IS NULL AND lane = name)
            """)
        )
    )


# now() stands still within a transaction, so that the index of accepted_at is of use: clock_timestamp() does not.
OVERDUE = """
    FROM messages WHERE status = 'pending' AND dispatch = 'done'
      AND accepted_at < now() - make_interval(secs => :overdue)
      AND (asked_at IS NULL OR asked_at < now()
           - LEAST(now() - accepted_at, interval '1 hour') / 2 - interval '5 seconds')
"""


def has_overdue(session: Session, overdue_seconds: float) -> bool:
    found = session.scalar(text(f"SELECT true {OVERDUE} LIMIT 1"), {"overdue": overdue_seconds})
    return bool(found)


def forget_old(session: Session) -> None:
    for statement in (
        "DELETE FROM idempotency_keys WHERE created_at < clock_timestamp() - CAST(:keys AS interval)",
        "DELETE FROM refresh_tokens WHERE expires_at < clock_timestamp()",
        "DELETE FROM login_throttles WHERE last_failed_at < clock_timestamp() - interval '1 day'",
        "DELETE FROM intake_open WHERE stamped_at < clock_timestamp() - CAST(:spans AS interval)",
        "DELETE FROM starts WHERE ended_at < clock_timestamp() - CAST(:starts AS interval)",
    ):
        session.execute(text(statement), {"keys": KEYS_KEPT, "spans": SPANS_KEPT, "starts": STARTS_KEPT})


def forget_changes(session: Session, *, before: datetime) -> bool:
    """Drop a batch of lines of the audit log that are older; returns whether there may be more."""
    # The table refuses to lose any line that this does not name.
    session.execute(text("SELECT set_config('hilo.audit_until', :until, true)"), {"until": before.isoformat()})
    gone = session.scalars(
        text("""
            DELETE FROM audit_log WHERE id IN (
                SELECT id FROM audit_log WHERE at < :until ORDER BY at, id LIMIT :limit)
            RETURNING id
        """),
        {"until": before, "limit": CHANGES_AT_ONCE},
    ).all()
    return len(gone) == CHANGES_AT_ONCE


def make_partitions(session: Session) -> None:
    partitions.make_partitions(session, _today(session))


def drop_old_bodies(session: Session, *, days: int) -> None:
    partitions.drop_old(session, _today(session), days=days)


def _today(session: Session) -> date:
    """The database's: it is its clock that stamps bodies."""
    today: date = session.execute(text("SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date")).scalar_one()
    return today


def installation_id(session: Session) -> str:
    return str(session.scalar(text("SELECT installation_id FROM settings WHERE id = 1")))
