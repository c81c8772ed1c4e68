"""From raw bodies to rows: parse what intake stored, and apply it in sets, each batch in one transaction.

What a message caused commits with it or not at all. A batch that fails on its data is tried again body by body and then
item by item; the item at fault is parked with its error, and harms no other. Faults of the connection, of locks or of
resources count against nobody.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from time import monotonic
from uuid import uuid4

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.core import measures
from app.database import in_transaction, is_operational
from app.services import arrivals, bodies, journal
from app.services.identities import LostRace

log = structlog.get_logger()

SLICE_SECONDS = 1.0
LOST_RACE_TRIES = 5
# A body whose process died so often while it was handled alone is parked whole.
DEADLY_ATTEMPTS = 3

# Turns of this process whose batch was cut off while the database was away, and whose end is still to be told.
_untold: set[tuple[str, str]] = set()


class Drained(Enum):
    NOTHING = "nothing"
    SOME = "some"
    BUSY = "busy"  # somebody else has the lane


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Somebody's work in a lane."""

    lane: str
    batch_items: int
    now: datetime
    bind: Engine | None = None
    holder: str = field(default_factory=lambda: uuid4().hex)


def drain(*, lane: str, batch_items: int, now: datetime, bind: Engine | None = None) -> bool:
    """Work for at most a slice; returns whether there may be more to do."""
    ends = monotonic() + SLICE_SECONDS
    for untold in [one for one in _untold if one[0] == lane]:
        _tell_of_end(*untold, bind=bind)
    turn = Turn(lane=lane, batch_items=batch_items, now=now, bind=bind)
    while monotonic() < ends:
        suspects = in_transaction(
            lambda session: bodies.begin(session, lane, turn.holder, batch_items=batch_items), bind, by_index=True
        )
        if suspects is None or _work(turn, suspects) is Drained.BUSY:
            return False
    return True


def _work(turn: Turn, suspects: int) -> Drained:
    try:
        return _drain_singly(turn, suspects) if suspects else _drain_batch(turn)
    except Exception:
        # Only a dead process shall count: a fault that came up to here killed nobody.
        with suppress(SQLAlchemyError):
            if suspects:
                in_transaction(lambda session: bodies.let_go(session, turn.lane, turn.holder), turn.bind)
            else:
                _tell_of_end(turn.lane, turn.holder, bind=turn.bind)
        raise


def _tell_of_end(lane: str, holder: str, *, bind: Engine | None) -> None:
    """A database that restarts cuts batches off: without this, their bodies would be handled one at a time."""
    _untold.add((lane, holder))
    in_transaction(lambda session: bodies.end(session, lane, holder), bind)
    _untold.discard((lane, holder))


def _drain_batch(turn: Turn) -> Drained:
    for _ in range(LOST_RACE_TRIES):
        try:
            return in_transaction(lambda session: _batch(session, turn), turn.bind, by_index=True)
        except LostRace:
            continue
        except Exception as error:
            if is_operational(error):
                raise
            measures.BATCHES_FAILED.add()
            log.warning("drain_batch_failed", lane=turn.lane, error=type(error).__name__)
            return _drain_singly(turn, turn.batch_items)
    raise LostRace


def _batch(session: Session, turn: Turn) -> Drained:
    if not bodies.hold(session, turn.lane, turn.holder):
        return Drained.BUSY
    pending = bodies.claim(session, turn.lane, turn.batch_items)
    if pending:
        _apply(session, turn.lane, pending, now=turn.now)
    bodies.end(session, turn.lane, turn.holder)
    return Drained.SOME if pending else Drained.NOTHING


def _apply(session: Session, lane: str, pending: Sequence[bodies.Pending], *, now: datetime) -> None:
    began = monotonic()
    here: list[bodies.Pending] = []
    elsewhere: list[bodies.Pending] = []
    for one in pending:
        is_history = one.body is not None and one.body.is_history
        (elsewhere if is_history and lane == "intake" else here).append(one)
    bodies.send_to_history(session, elsewhere)
    arrivals.apply(session, [item for one in here for _, item in one.items], now=now)
    for one in here:
        one.parked = bodies.parked_after(one)
    bodies.mark(session, here)
    items = [item for one in here for _, item in one.items]
    parked = sum(1 for one in here if one.parked)
    journal.applied(session, lane, [one.id for one in here], items, parked=parked, began=began)


def _drain_singly(turn: Turn, suspects: int) -> Drained:
    """Do the bodies of a batch that failed one at a time, so that the one at fault is found."""
    ends = monotonic() + SLICE_SECONDS
    for body_id in in_transaction(lambda session: bodies.due(session, turn.lane, suspects), turn.bind, by_index=True):
        if monotonic() > ends:
            in_transaction(lambda session: bodies.let_go(session, turn.lane, turn.holder), turn.bind)
            break
        if not _drain_one(turn, body_id):
            return Drained.BUSY
    else:
        in_transaction(lambda session: bodies.end(session, turn.lane, turn.holder), turn.bind)
    return Drained.SOME


def _drain_one(turn: Turn, body_id: int) -> bool:
    """Whether the lane was ours. The attempt is committed first: a body that kills the process is counted too."""
    attempts = in_transaction(lambda session: bodies.count_attempt(session, body_id, turn.lane, turn.holder), turn.bind)
    if attempts is None:
        return False
    is_blameless = True
    try:
        if attempts > DEADLY_ATTEMPTS:
            is_ours = in_transaction(lambda session: _park_deadly(session, turn, body_id), turn.bind, by_index=True)
        else:
            is_ours = _try_alone(turn, body_id)
        is_blameless = not is_ours
        return is_ours
    except Exception as error:
        is_blameless = _is_blameless(error)
        raise
    finally:
        if is_blameless:
            in_transaction(lambda session: bodies.discount_attempt(session, body_id), turn.bind)


def _try_alone(turn: Turn, body_id: int) -> bool:
    try:
        return in_transaction(lambda session: _alone(session, turn, body_id), turn.bind, by_index=True)
    except Exception as error:
        if _is_blameless(error):
            raise
    return in_transaction(lambda session: _item_by_item(session, turn, body_id), turn.bind, by_index=True)


def _is_blameless(error: Exception) -> bool:
    """Whether the fault is not the body's."""
    return is_operational(error) or isinstance(error, LostRace)


def _alone(session: Session, turn: Turn, body_id: int) -> bool:
    if not bodies.hold(session, turn.lane, turn.holder):
        return False
    _apply(session, turn.lane, bodies.claim(session, turn.lane, turn.batch_items, only=body_id), now=turn.now)
    bodies.end_one(session, turn.lane)
    return True


def _item_by_item(session: Session, turn: Turn, body_id: int) -> bool:
    if not bodies.hold(session, turn.lane, turn.holder):
        return False
    for pending in bodies.claim(session, turn.lane, turn.batch_items, only=body_id):
        failed = {}
        for number, item in pending.items:
            try:
                with session.begin_nested():
                    arrivals.apply(session, [item], now=turn.now)
            except Exception as error:
                if _is_blameless(error):
                    raise
                failed[str(number)] = f"{type(error).__name__}: {_first_line(error)}"
                log.warning("webhook_item_parked", webhook_event_id=body_id, item=number, error=type(error).__name__)
        pending.parked = bodies.parked_after(pending) | failed
        bodies.mark(session, [pending])
    bodies.end_one(session, turn.lane)
    return True


def _park_deadly(session: Session, turn: Turn, body_id: int) -> bool:
    if not bodies.hold(session, turn.lane, turn.holder):
        return False
    for pending in bodies.claim(session, turn.lane, 1, only=body_id):
        pending.items, pending.is_finished = [], True
        pending.parked |= {bodies.WHOLE: "the process died while this body was handled"}
        bodies.mark(session, [pending])
        log.error("webhook_body_parked", webhook_event_id=body_id, reason="deadly")
    bodies.end_one(session, turn.lane)
    return True


def _first_line(error: Exception) -> str:
    """The database's own sentence, without the statement and its values: those may hold a message's text."""
    cause = getattr(error, "orig", None) or error
    return (str(cause).splitlines() or [""])[0][:200]
