"""Roll up what changed, and drop what is old.

In a thread beside the sweep, whose other tasks wait for nothing: a piece of a very busy day may take seconds.
"""

import threading
from datetime import timedelta
from functools import partial
from itertools import cycle
from math import inf
from time import monotonic

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.core.celery import app
from app.core.config import get_settings
from app.database import in_transaction
from app.services import notices, rollups
from app.services.deltas import Weight
from app.tasks.clock import clock

log = structlog.get_logger()

# Of every ten seconds a twentieth, however much there is to do: numbers may be late, messages may not. What takes
# longer at once is paid for by a longer rest.
SLICE_SECONDS = 0.5
WORK_OF_TIME = 0.05
HEAVY_WORK_OF_TIME = 0.01  # whole days are read, again and again while they last: the more there is of one, the rarer

_is_busy = threading.Lock()
_newest_first = cycle((True, False))  # goes on from slice to slice: a piece that fails holds up one end only
_heavy_after = _light_after = -inf  # when this process has rested enough, by the monotonic clock


@app.task(name="sweep.roll_up")
def roll_up() -> None:
    """Every ten seconds. One that meets the last one still at work leaves it alone."""
    if _is_busy.acquire(blocking=False):
        threading.Thread(target=_work, name="rollups", daemon=True).start()


@app.task(name="sweep.forget_rollups")
def forget() -> None:
    """Once a minute: a batch, and more while there is more."""
    settings, now = get_settings(), clock().now()
    minutes, hours = timedelta(days=settings.analytics_minutes_days), timedelta(days=settings.analytics_hours_days)
    ends = monotonic() + SLICE_SECONDS
    while monotonic() < ends and in_transaction(
        lambda session: rollups.forget(session, now=now, minutes_kept=minutes, hours_kept=hours), by_index=True
    ):
        continue


def fold_some() -> None:
    """Fold for a slice, the newest and the oldest in turns; then one heavy piece, where that is due again."""
    global _light_after, _heavy_after
    if monotonic() < _light_after:
        return
    began = monotonic()
    while monotonic() < began + SLICE_SECONDS and _fold_one(Weight.LIGHT):
        continue
    if monotonic() > began + SLICE_SECONDS:
        _light_after = _rested(began, WORK_OF_TIME)
    if monotonic() >= _heavy_after:
        began = monotonic()
        _fold_one(Weight.HEAVY)
        _heavy_after = _rested(began, HEAVY_WORK_OF_TIME)


def _rested(began: float, share: float) -> float:
    """When that work is so much of the time since it began."""
    return began + (monotonic() - began) / share


def _fold_one(weight: Weight) -> bool:
    fold = partial(_fold, is_newest_first=next(_newest_first), weight=weight)
    return in_transaction(fold, by_index=True)


def _fold(session: Session, *, is_newest_first: bool, weight: Weight) -> bool:
    is_folded = rollups.fold(session, is_newest_first=is_newest_first, weight=weight)
    if is_folded:
        notices.changed(session, "analytics")
    return is_folded


def _work() -> None:
    try:
        fold_some()
    except SQLAlchemyError as error:  # most often the database is away: the next look finds everything as it was
        log.warning("task_failed", task="sweep.roll_up", error=type(error).__name__)
    finally:
        _is_busy.release()
