"""Roll everything up anew, as `python -m app analytics rebuild` does.

Everything is noted as changed, and then folded as usual: so it may be interrupted at any moment, and the sweep does
what is left. Whoever looks meanwhile sees old numbers give way to new ones, period by period.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from time import sleep

from sqlalchemy import Engine

from app.database import in_transaction, transaction
from app.domain.rollups import midnight
from app.services import deltas, rollups

MARK_SECONDS = 3600  # every ledger is read from end to end
WAIT_SECONDS = 0.2
TELL_EVERY = 50


def rebuild_days(*, first: date | None, last: date | None, tell: Callable[[int], None]) -> int:
    """Days of the workspace, both included."""
    zone = in_transaction(rollups.time_zone)
    return rebuild(
        since=None if first is None else midnight(first, zone),
        until=None if last is None else midnight(last + timedelta(days=1), zone),
        tell=tell,
    )


def rebuild(
    bind: Engine | None = None,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    tell: Callable[[int], None] = lambda _: None,
) -> int:
    """Returns how many hours of ledgers there were to do; `tell` hears now and then how many are left."""
    with transaction(bind, statement_seconds=MARK_SECONDS) as session:
        deltas.mark_known(session, since=since, until=until)
        deltas.mark_rolled(session, since=since, until=until)
    waiting = in_transaction(deltas.count, bind)
    done = 0
    while not in_transaction(deltas.is_empty, bind):
        if in_transaction(lambda session: rollups.fold(session, is_newest_first=False), bind, by_index=True):
            done += 1
            if done % TELL_EVERY == 0:
                tell(in_transaction(deltas.count, bind))
        else:
            sleep(WAIT_SECONDS)  # the sweep has the lane at this moment
    return waiting
