"""Attempts whose outcome nobody knows: prove that they were not sent, or end them visibly.

Silence proves something only if intake was open for long enough after the last moment at which the attempt can have
been posted, and nothing that came in until then is unread. Durations here are the database's clock throughout.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row, TextClause, text
from sqlalchemy.orm import Session

from app.database import after_commit
from app.domain import retry
from app.domain.evidence import Dispatch, Standing, Status
from app.domain.retry import Delivery
from app.services import alerts, runs
from app.services.evidence import IS_TAKEN
from app.services.messages import Move, move

BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Settings of the same names, in seconds."""

    silence: float | None
    give_up: float


def orphan(session: Session, *, channel_id: int, epoch: int, now: datetime) -> int:
    """A new holder of the lane: what older holders left open is unknown, at once."""
    rows = session.execute(
        text("""
            SELECT m.id, m.attempt FROM messages m JOIN send_attempts a ON a.message_id = m.id AND a.attempt = m.attempt
            WHERE m.channel_id = :channel_id AND m.dispatch = 'sending' AND a.outcome IS NULL AND a.epoch < :epoch
            ORDER BY m.id FOR NO KEY UPDATE OF m
        """),
        {"channel_id": channel_id, "epoch": epoch},
    ).all()
    session.execute(
        text("""
            UPDATE send_attempts SET outcome = 'unknown', error_message = 'holder_gone'
            WHERE channel_id = :channel_id AND outcome IS NULL AND epoch < :epoch
        """),
        {"channel_id": channel_id, "epoch": epoch},
    )
    runs.settle(session, move(session, [Move(message_id=id, dispatch=Dispatch.UNKNOWN) for id, _ in rows]), now=now)
    return len(rows)


# The conditions (a) to (d), in one snapshot. {lock} is empty for a look at what could be decided, and takes the lock on
# the message for the decision itself. Evidence takes that lock too, so what comes while we decide waits for us, and
# then corrects us.
UNKNOWN = """
    WITH span AS (
        SELECT opened_at, stamped_at FROM intake_open ORDER BY id DESC LIMIT 1
    ), open_attempts AS (
        SELECT m.id, m.channel_id, m.delivery, m.expires_at, a.attempt, a.claimed_at, a.dead_at,
            {taken} AS is_taken,
            GREATEST(a.dead_at, s.opened_at) AS listening_since, s.stamped_at,
            COALESCE(CAST(:silence AS double precision), GREATEST(600, 2 * EXTRACT(epoch FROM
                clock_timestamp() - a.claimed_at - COALESCE((
                    SELECT sum(o.stamped_at - GREATEST(o.opened_at, a.claimed_at)) FROM intake_open o
                    WHERE o.stamped_at > a.claimed_at), interval '0')))) * interval '1 second' AS silence
        FROM messages m
        JOIN send_attempts a ON a.message_id = m.id AND a.attempt = m.attempt AND a.outcome = 'unknown'
        LEFT JOIN span s ON true
        WHERE m.dispatch = 'unknown' AND (CAST(:ids AS bigint[]) IS NULL OR m.id = ANY(:ids))
        ORDER BY m.id {lock}
    )
    SELECT u.id, u.channel_id, u.delivery, u.attempt, u.claimed_at, u.dead_at, u.expires_at, u.is_taken,
        clock_timestamp() AS now, COALESCE(
            clock_timestamp() > u.dead_at
            AND u.stamped_at > clock_timestamp() - interval '3 seconds'
            AND u.stamped_at >= u.listening_since + u.silence
            AND NOT EXISTS (
                SELECT FROM webhook_events w
                WHERE w.processed_at IS NULL AND w.received_at < u.listening_since + u.silence)
            AND NOT EXISTS (
                -- what came before the claim cannot speak of it
                SELECT FROM webhook_events w
                WHERE w.parked <> '{{}}' AND w.received_at >= u.claimed_at
                  AND w.received_at < u.listening_since + u.silence
                  AND (w.channel_ids = '{{}}' OR u.channel_id = ANY(w.channel_ids)))
            AND NOT EXISTS (
                SELECT FROM message_events e WHERE e.message_id = u.id AND e.attempt = u.attempt),
            false) AS is_proved
    FROM open_attempts u ORDER BY u.id
"""
LOOK = text(UNKNOWN.format(taken=IS_TAKEN, lock=""))
DECIDE = text(UNKNOWN.format(taken=IS_TAKEN, lock="FOR NO KEY UPDATE OF m SKIP LOCKED"))


def settle(session: Session, rules: Rules, *, now: datetime) -> int:
    """Decide what can be decided of unknown attempts; returns how many it ended or sent back to the queue.

    It looks without locks first, so that any number of attempts which must wait costs little and hides no other.
    """
    ripe = [row.id for row in _unknown(session, LOOK, rules, None) if _verdict(row, rules) is not None][:BATCH]
    if not ripe:
        return 0
    resent, ended, taken = [], [], []
    for row in _unknown(session, DECIDE, rules, ripe):
        match _verdict(row, rules):
            case retry.Resend():
                resent.append(row)
            case retry.GiveUp():
                ended.append(row)
            case Dispatch.DONE:
                taken.append(row)
    _close(session, [(row.id, row.attempt) for row in resent if row.is_proved], outcome="not_sent", by="proof")
    blind = [row for row in resent if not row.is_proved]
    _close(session, [(row.id, row.attempt) for row in [*blind, *ended, *taken]], outcome="unknown", by="policy")
    unknown = Standing(status=Status.FAILED, error_message=retry.OUTCOME_UNKNOWN, is_ours=True)
    moves = [Move(message_id=row.id, dispatch=Dispatch.QUEUED, due_at=now) for row in resent]
    moves += [Move(message_id=row.id, dispatch=Dispatch.DONE, standing=unknown) for row in ended]
    moves += [Move(message_id=row.id, dispatch=Dispatch.DONE) for row in taken]
    runs.settle(session, move(session, moves), now=now)
    for row in ended:
        _alert(session, row.id, row.channel_id, now=now)
    for channel_id in {row.channel_id for row in resent}:
        after_commit(session, "messages.send", channel_id=channel_id)
    return len(moves)


def _unknown(session: Session, statement: TextClause, rules: Rules, ids: Sequence[int] | None) -> Sequence[Row[Any]]:
    return session.execute(statement, {"silence": rules.silence, "ids": ids}).all()


def _verdict(row: Row[Any], rules: Rules) -> retry.Resend | retry.GiveUp | Literal[Dispatch.DONE] | None:
    """None: it has to wait. Done: an earlier try did reach Meta, so that there is nothing left to find out."""
    if row.is_taken:
        return Dispatch.DONE
    settlement = retry.settle(
        Delivery(row.delivery),
        now=row.now,
        claimed_at=row.claimed_at,
        dead_at=row.dead_at,
        proved_not_sent=row.is_proved,
        give_up_seconds=_give_up_seconds(row.claimed_at, row.expires_at, rules.give_up),
        attempt=row.attempt,
    )
    return None if isinstance(settlement, retry.Wait) else settlement


def _give_up_seconds(claimed_at: datetime, expires_at: datetime | None, give_up: float) -> float:
    """A message is not waited for longer than it is worth sending."""
    return give_up if expires_at is None else min(give_up, max(0.0, (expires_at - claimed_at).total_seconds()))


def _close(session: Session, attempts: Sequence[tuple[int, int]], *, outcome: str, by: str) -> None:
    session.execute(
        text("""
            UPDATE send_attempts a SET outcome = :outcome, settled_by = :by, settled_at = clock_timestamp()
            FROM unnest(CAST(:messages AS bigint[]), CAST(:attempts AS int[])) AS v (message_id, attempt)
            WHERE a.message_id = v.message_id AND a.attempt = v.attempt
        """),
        {
            "messages": [message_id for message_id, _ in attempts],
            "attempts": [attempt for _, attempt in attempts],
            "outcome": outcome,
            "by": by,
        },
    )


def _alert(session: Session, message_id: int, channel_id: int, *, now: datetime) -> None:
    alerts.raise_alert(
        session,
        kind=retry.OUTCOME_UNKNOWN,
        key=str(message_id),
        severity="warning",
        title="Nobody knows whether a message was sent",
        detail="WhatsApp never said whether it took it. Look at the conversation, and send it again if it is missing.",
        context={"message_id": message_id, "channel_id": channel_id},
        now=now,
    )
