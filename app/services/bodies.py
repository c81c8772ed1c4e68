"""Webhook bodies on their way through the drain: which are due, which of their items, and how far each is."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import thread_time

import orjson
from sqlalchemy.orm import Session

from app.core.config import get_settings
from app.database import after_commit, fetch, fetch_value, fetch_values
from app.services.journal import trace_of
from app.whatsapp.inbound import Body, Item, NoticeItem, Unreadable, UnreadableBody, parse

DEADLY_BATCHES = 2  # that never ended: then the bodies of such a batch are handled one at a time
BEGUN_SECONDS = 1.0  # so long after it began, a batch whose transaction holds no lock is taken for dead
WHOLE = "*"  # in `parked`: not an item but the body


@dataclass(slots=True)
class Pending:
    """A body and which of its items are still to be done."""

    id: int
    received_at: datetime
    items_done: int
    attempts: int
    parked: dict[str, str]
    body: Body | None
    error: str | None
    items: list[tuple[int, Item]] = field(default_factory=list)  # (item number, item)
    is_finished: bool = True

    @property
    def is_replay(self) -> bool:
        """All was done once, and only what was parked is done again."""
        is_whole = WHOLE in self.parked or self.body is None
        return bool(self.parked) and not is_whole and self.body is not None and self.items_done >= len(self.body.items)


def claim(session: Session, lane: str, batch_items: int, *, only: int | None = None) -> list[Pending]:
    """Bodies that are not done, oldest first, cut to a batch of items. By state, never by an id that was reached: ids
    commit out of order.
    """
    settings = get_settings()
    rows = fetch(
        session,
        """
            WITH due AS (
                SELECT id, received_at, octet_length(body) AS size FROM webhook_events
                WHERE processed_at IS NULL AND lane = :lane AND (CAST(:only AS bigint) IS NULL OR id = :only)
                ORDER BY id LIMIT :limit
            ), measured AS (
                SELECT id, received_at, sum(size) OVER (ORDER BY id) - size AS size_before FROM due
            )
            SELECT e.id, e.received_at, e.body, e.items_done, e.attempts, NULLIF(e.parked, '{}') AS parked
            FROM measured d JOIN webhook_events e ON e.id = d.id AND e.received_at = d.received_at
            WHERE d.size_before < :bytes ORDER BY e.id
        """,
        {"lane": lane, "limit": batch_items, "only": only, "bytes": settings.drain_batch_bytes},
    )
    ends = thread_time() + settings.drain_batch_seconds  # at work: a busy machine shall not make its batches small
    pending: list[Pending] = []
    items = 0
    for id, received_at, raw, items_done, attempts, parked in rows:
        if pending and (items >= batch_items or thread_time() > ends):
            break
        one = _read(Pending(id, received_at, items_done, attempts, parked or {}, None, None), raw)
        _cut(one, batch_items - items)
        items += len(one.items)
        pending.append(one)
    return pending


def _read(pending: Pending, raw: bytes) -> Pending:
    try:
        pending.body = parse(raw, trace=trace_of(pending.id))
    except UnreadableBody as error:
        pending.error = str(error)
    return pending


def _cut(pending: Pending, room: int) -> None:
    """Choose the items of this batch; a body with more is gone on with next time."""
    if pending.body is None:
        return
    numbered = list(enumerate(pending.body.items))
    if pending.is_replay:
        pending.items = [(number, item) for number, item in numbered if str(number) in pending.parked]
        return
    pending.items = numbered[pending.items_done : pending.items_done + max(room, 1)]
    pending.is_finished = pending.items_done + len(pending.items) >= len(numbered)


def parked_after(pending: Pending) -> dict[str, str]:
    if pending.error is not None:
        return {WHOLE: pending.error}
    unreadable = {str(number): item.error for number, item in pending.items if isinstance(item, Unreadable)}
    if pending.is_replay:
        return unreadable
    return {number: error for number, error in pending.parked.items() if number != WHOLE} | unreadable


def send_to_history(session: Session, bodies: Sequence[Pending]) -> None:
    if bodies:
        fetch(
            session, "UPDATE webhook_events SET lane = 'history' WHERE id = ANY(:ids)", {"ids": [b.id for b in bodies]}
        )
        after_commit(session, "webhooks.drain", lane="history")


def mark(session: Session, bodies: Sequence[Pending]) -> None:
    """Say how far each body is, in the transaction that did it."""
    plain = [one for one in bodies if one.is_finished and not one.parked]
    for one in bodies:
        if one.parked:
            _mark_parked(session, one)
        if not one.is_finished or one.parked:
            _mark_one(session, one)
    if not plain:
        return
    # The whole key: each is looked up in the partition of its day. By a span of moments the planner would read the span
    # and go through all of these for each of its bodies.
    fetch(
        session,
        """
            UPDATE webhook_events e SET items_done = v.items_done, processed_at = clock_timestamp(), parked = '{}',
                error = NULL
            FROM unnest(CAST(:ids AS bigint[]), CAST(:moments AS timestamptz[]), CAST(:done AS int[]))
                AS v (id, received_at, items_done)
            WHERE e.id = v.id AND e.received_at = v.received_at
        """,
        {
            "ids": [one.id for one in plain],
            "moments": [one.received_at for one in plain],
            "done": [_done(one) for one in plain],
        },
    )


def _mark_one(session: Session, one: Pending) -> None:
    fetch(
        session,
        """
            UPDATE webhook_events SET items_done = :done,
                attempts = CASE WHEN :is_finished THEN attempts ELSE 0 END,
                processed_at = CASE WHEN :is_finished THEN clock_timestamp() END,
                parked = CASE WHEN :is_parked THEN parked ELSE '{}' END,
                error = CASE WHEN :is_parked THEN error END
            WHERE id = :id AND received_at = :received_at
        """,
        {
            "done": _done(one),
            "is_finished": one.is_finished,
            "is_parked": bool(one.parked),
            "id": one.id,
            "received_at": one.received_at,
        },
    )


def _done(one: Pending) -> int:
    return one.items_done if one.is_replay else one.items_done + len(one.items)


def _mark_parked(session: Session, one: Pending) -> None:
    """Whose reports the parked items may be is noted: until then nothing of those channels is proved not sent."""
    items = one.body.items if one.body is not None else []
    numbers = {_number_of(item) for number, item in enumerate(items) if str(number) in one.parked}
    known = one.body is not None and WHOLE not in one.parked and None not in numbers
    fetch(
        session,
        """
            UPDATE webhook_events SET parked = CAST(:parked AS jsonb), error = :error, channel_ids = COALESCE(
                (SELECT array_agg(id) FROM channels WHERE :known AND phone_number_id = ANY(:numbers)), '{}')
            WHERE id = :id AND received_at = :received_at
        """,
        {
            "parked": orjson.dumps(one.parked).decode(),
            "error": next(iter(one.parked.values()))[:500],
            "known": known,
            "numbers": sorted(number for number in numbers if number is not None),
            "id": one.id,
            "received_at": one.received_at,
        },
    )


def _number_of(item: Item) -> str | None:
    match item:
        case Unreadable():
            return item.phone_number_id
        case NoticeItem():
            return None
        case _:
            return item.number.phone_number_id


def begin(session: Session, lane: str, holder: str, *, batch_items: int) -> int | None:
    """Note that a batch begins; how many bodies are to be handled alone first. None: somebody is at work, or nothing
    waits.

    To be committed before the batch, so that a batch which kills its process leaves a trace. The lane's epoch counts
    the batches that never ended; above DEADLY_BATCHES, it counts down the bodies that were in the last of them. Who has
    begun is left alone for BEGUN_SECONDS, or several who begin at once would count each other among the dead.
    """
    epoch: int | None = fetch_value(
        session,
        """
            UPDATE lanes SET holder = :holder, beat_at = clock_timestamp(), epoch = CASE
                WHEN epoch < :deadly THEN epoch + 1
                WHEN epoch = :deadly THEN epoch + (
                    SELECT count(*) FROM (
                        SELECT FROM webhook_events WHERE processed_at IS NULL AND lane = :lane LIMIT :batch) AS waiting)
                ELSE epoch END
            FROM set_config('synchronous_commit', 'off', true) AS quick
            WHERE name = (
                SELECT name FROM lanes
                WHERE name = :lane AND (holder IS NULL OR beat_at < clock_timestamp() - make_interval(secs => :begun))
                FOR UPDATE SKIP LOCKED)
              AND EXISTS (SELECT FROM webhook_events WHERE processed_at IS NULL AND lane = :lane)
            RETURNING epoch
        """,
        {"lane": lane, "holder": holder, "deadly": DEADLY_BATCHES, "batch": batch_items, "begun": BEGUN_SECONDS},
    )
    return None if epoch is None else max(0, epoch - DEADLY_BATCHES)


def hold(session: Session, lane: str, holder: str) -> bool:
    """Whether who began has the lane to itself until this transaction ends.

    It waits: who looks whether to begin locks the row for an instant, and giving way to that would leave the lane to
    nobody until it counts as dead.
    """
    held = "SELECT true FROM lanes WHERE name = :lane AND holder = :holder FOR UPDATE"
    return fetch_value(session, held, {"lane": lane, "holder": holder}) or False


def end(session: Session, lane: str, holder: str) -> None:
    """The batch has ended, whichever way: its process lives."""
    ended = "UPDATE lanes SET epoch = 0, holder = NULL WHERE name = :lane AND holder = :holder"
    fetch(session, ended, {"lane": lane, "holder": holder})


def end_one(session: Session, lane: str) -> None:
    """A body that was handled alone has not killed its process."""
    fetch(
        session,
        """
            UPDATE lanes SET beat_at = clock_timestamp(),
                epoch = CASE WHEN epoch > :deadly + 1 THEN epoch - 1 ELSE 0 END
            WHERE name = :lane
        """,
        {"lane": lane, "deadly": DEADLY_BATCHES},
    )


def let_go(session: Session, lane: str, holder: str) -> None:
    """Leave the lane to others, with what is still to be handled alone."""
    fetch(
        session,
        "UPDATE lanes SET holder = NULL WHERE name = :lane AND holder = :holder",
        {"lane": lane, "holder": holder},
    )


def due(session: Session, lane: str, limit: int) -> list[int]:
    return list(
        fetch_values(
            session,
            "SELECT id FROM webhook_events WHERE processed_at IS NULL AND lane = :lane ORDER BY id LIMIT :limit",
            {"lane": lane, "limit": limit},
        )
    )


def count_attempt(session: Session, body_id: int, lane: str, holder: str) -> int | None:
    """How often this body was begun alone, this time included; None where the lane is not ours any more."""
    attempts: int | None = fetch_value(
        session,
        """
            UPDATE webhook_events SET attempts = attempts + 1
            WHERE id = :id AND EXISTS (SELECT FROM lanes WHERE name = :lane AND holder = :holder)
            RETURNING attempts
        """,
        {"id": body_id, "lane": lane, "holder": holder},
    )
    return attempts


def discount_attempt(session: Session, body_id: int) -> None:
    """It was not the body's fault."""
    fetch(session, "UPDATE webhook_events SET attempts = greatest(attempts - 1, 0) WHERE id = :id", {"id": body_id})
