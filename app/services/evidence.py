"""Evidence that Meta has a message: from an answer, a report or the message history, whichever comes, in any order.

It settles the attempt that it speaks of, ends the dispatching of its message where that is still open, and shows in the
message's status. Evidence is never refused for being late, nor for belonging to a lost lane.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.database import fetch, fetch_values
from app.domain.evidence import NOTHING, Dispatch, Report, Standing, Status, best
from app.domain.retry import OUTCOME_UNKNOWN
from app.services import alerts, runs
from app.services.messages import Move, move

SHOWS_ARRIVAL = {Status.DELIVERED, Status.READ}

# For a message m: Meta took one of its tries and did not report that try as failed. Nothing more may be sent then.
IS_TAKEN = """
    EXISTS (
        SELECT FROM send_attempts t WHERE t.message_id = m.id AND t.outcome = 'accepted' AND NOT EXISTS (
            SELECT FROM message_events e
            WHERE e.message_id = t.message_id AND e.attempt = t.attempt AND e.status = 'failed'))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Meta accepted this attempt under this wamid; `reports` is what it said of it since."""

    message_id: int
    attempt: int
    wamid: str
    by: str
    reports: tuple[Report, ...] = field(default=())
    price: dict[str, Any] | None = None
    is_settled: bool = False  # the attempt is known to be accepted already: that never changes


@dataclass(frozen=True, slots=True)
class _Row:
    id: int
    attempt: int
    dispatch: str
    whatsapp_message_id: str | None
    is_given_up: bool  # it shows a failure of our own making
    is_doubled: bool


def accept(session: Session, proofs: Sequence[Proof], *, now: datetime) -> None:
    if not proofs:
        return
    of_message: defaultdict[int, list[Proof]] = defaultdict(list)
    for proof in proofs:
        of_message[proof.message_id].append(proof)
    rows = {row.id: row for row in lock_messages(session, list(of_message))}
    fresh = _settle_attempts(session, [proof for proof in proofs if not proof.is_settled])
    repeated = [row.id for row in rows.values() if row.attempt > 1]
    doubled = _doubled(session, repeated)
    wamids = _best_wamids(session, repeated)
    moves = [
        _move(rows[id], of, fresh, wamid=wamids.get(id), is_doubled=id in doubled)
        for id, of in of_message.items()
        if id in rows
    ]
    runs.settle(session, move(session, moves), now=now)
    for id in {message_id for message_id, _ in fresh if message_id in rows and rows[message_id].is_given_up}:
        alerts.resolve_by_key(session, kind=OUTCOME_UNKNOWN, key=str(id), now=now)
    for message_id in sorted(id for id in doubled if not rows[id].is_doubled):
        alerts.raise_alert(
            session,
            kind="message_doubled",
            key=str(message_id),
            severity="critical",
            title="A message was sent twice",
            detail="WhatsApp accepted two tries of one message.",
            context={"message_id": message_id},
            now=now,
        )


LOCK = """
    SELECT id, attempt, dispatch, whatsapp_message_id,
           COALESCE(status = 'failed' AND error_source = 'ours', false), is_doubled
    FROM messages WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE
"""


def lock_messages(session: Session, message_ids: Sequence[int]) -> list[_Row]:
    return [_Row(*row) for row in fetch(session, LOCK, {"ids": list(message_ids)})]


ACCEPTED = """
    UPDATE send_attempts a SET outcome = 'accepted', wamid = v.wamid, settled_by = v.by, settled_at = clock_timestamp()
    FROM (
        SELECT DISTINCT ON (message_id, attempt) * FROM unnest(
            CAST(:messages AS bigint[]), CAST(:attempts AS int[]), CAST(:wamids AS text[]), CAST(:by AS text[]))
            AS v (message_id, attempt, wamid, by)
    ) AS v
    WHERE a.message_id = v.message_id AND a.attempt = v.attempt AND a.outcome IS DISTINCT FROM 'accepted'
    RETURNING a.message_id, a.attempt
"""


def _settle_attempts(session: Session, proofs: Sequence[Proof]) -> set[tuple[int, int]]:
    """Mark attempts as accepted; returns those that were not yet."""
    if not proofs:
        return set()
    found = fetch(
        session,
        ACCEPTED,
        {
            "messages": [proof.message_id for proof in proofs],
            "attempts": [proof.attempt for proof in proofs],
            "wamids": [proof.wamid for proof in proofs],
            "by": [proof.by for proof in proofs],
        },
    )
    return {(message_id, attempt) for message_id, attempt in found}


def _doubled(session: Session, message_ids: Sequence[int]) -> set[int]:
    """Messages of which two tries may have reached the person: a try that only failed is not one of them."""
    if not message_ids:
        return set()
    return set(
        fetch_values(
            session,
            """
                SELECT t.message_id FROM send_attempts t
                WHERE t.message_id = ANY(:ids) AND t.outcome = 'accepted' AND (
                    NOT EXISTS (SELECT FROM message_events e WHERE e.message_id = t.message_id
                                AND e.attempt = t.attempt AND e.status = 'failed')
                    OR EXISTS (SELECT FROM message_events e WHERE e.message_id = t.message_id
                               AND e.attempt = t.attempt AND e.status IN ('delivered', 'read', 'played')))
                GROUP BY t.message_id HAVING count(*) > 1
            """,
            {"ids": list(message_ids)},
        )
    )


def _best_wamids(session: Session, message_ids: Sequence[int]) -> dict[int, str]:
    """The wamid of the try that came furthest; of equals the latest."""
    if not message_ids:
        return {}
    rows = fetch(
        session,
        """
            SELECT DISTINCT ON (t.message_id) t.message_id, t.wamid FROM send_attempts t
            WHERE t.message_id = ANY(:ids) AND t.outcome = 'accepted'
            ORDER BY t.message_id, (
                SELECT CASE WHEN bool_or(e.status IN ('delivered', 'read', 'played')) THEN 2
                            WHEN bool_or(e.status = 'failed') THEN 0 ELSE 1 END
                FROM message_events e WHERE e.message_id = t.message_id AND e.attempt = t.attempt) DESC,
                t.attempt DESC
        """,
        {"ids": list(message_ids)},
    )
    return dict(rows)


def _move(
    row: _Row, proofs: Sequence[Proof], fresh: set[tuple[int, int]], *, wamid: str | None, is_doubled: bool
) -> Move:
    standing = best(NOTHING, [report for proof in proofs for report in proof.reports])
    latest = max(proofs, key=lambda proof: proof.attempt)
    is_fresh = any((proof.message_id, proof.attempt) in fresh for proof in proofs)
    return Move(
        message_id=row.id,
        standing=standing,
        dispatch=Dispatch.DONE if _ends(row, latest, standing, is_fresh=is_fresh) else None,
        wamid=wamid or latest.wamid,
        price=next((proof.price for proof in reversed(proofs) if proof.price), None),
        # We had given up, or refused another try, and were wrong: it was sent.
        is_withdrawn=is_fresh and row.is_given_up,
        is_doubled=is_doubled,
    )


def _ends(row: _Row, latest: Proof, standing: Standing, *, is_fresh: bool) -> bool:
    """Whether the message needs no dispatching any more. A try that is under way ends by its own evidence."""
    match row.dispatch:
        case Dispatch.DONE:
            return False
        case Dispatch.SENDING:
            return latest.attempt == row.attempt
        case _:
            # Waiting to be tried again: not if the try before did arrive after all. A report of an older acceptance
            # says nothing new, unless it says that the person has the message.
            return is_fresh or standing.status in SHOWS_ARRIVAL
