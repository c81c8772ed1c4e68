"""The fold and a rebuild, killed for real: whatever instant a process dies at, the numbers come out as if none had."""

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.core.config import get_settings
from app.database import in_transaction, make_engine
from app.services import deltas, rollups
from app.services.rebuild import rebuild
from tests.builders import make_conversation, make_message
from tests.rollups import rolled_up
from tests.waiting import eventually

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
DEATHS = 8


def fold_for_ever(engine: Engine) -> None:
    while True:
        in_transaction(rollups.fold, engine, by_index=True)


def rebuild_for_ever(engine: Engine) -> None:
    while True:
        rebuild(engine)


def die_at_work(work: Callable[[Engine], None], *, after_seconds: float) -> None:
    """A process of its own does this, and is killed."""
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            work(make_engine(get_settings()))
        os._exit(1)  # it never ends by itself
    time.sleep(after_seconds)  # not to wait for something: to be somewhere in the middle
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "it was at work until it was killed"


def fold_the_rest() -> None:
    """The last one that died may hold the lane for a moment longer."""

    def is_done() -> bool:
        return not in_transaction(rollups.fold, by_index=True) and in_transaction(deltas.is_empty)

    eventually(is_done)


@pytest.mark.parametrize("work", [fold_for_ever, rebuild_for_ever])
def test_killed_at_any_instant_the_numbers_are_those_of_a_rebuild(
    database: Engine, session: Session, work: Callable[[Engine], None]
) -> None:
    chance = random.Random(7)
    conversations = [make_conversation(session) for _ in range(5)]
    for _ in range(DEATHS):
        for _ in range(6):
            direction = chance.choice(["inbound", "outbound"])
            moment = NOON + timedelta(minutes=chance.randrange(600))
            make_message(session, chance.choice(conversations), direction=direction, happened_at=moment)
        session.execute(
            text("UPDATE messages SET status = 'delivered', delivered_at = happened_at WHERE id % 7 = :n"),
            {"n": chance.randrange(7)},
        )
        session.execute(text("DELETE FROM messages WHERE id % 41 = :n"), {"n": chance.randrange(41)})
        session.commit()
        die_at_work(work, after_seconds=chance.uniform(0.02, 0.25))
    fold_the_rest()
    incremental = rolled_up(database)
    session.execute(text("TRUNCATE analytics"))
    session.commit()

    rebuild()

    assert incremental == rolled_up(database)
    assert sum(value for key, value in incremental.items() if key[:1] + key[3:4] == ("day", "received")) > 0
