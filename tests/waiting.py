"""Waiting in tests: for what must become so, never for a time in which it should.

A bound only says when to give up. It is generous, so that a loaded machine makes a test slower and not red.
"""

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, text

PATIENCE_SECONDS = 120.0


def eventually(
    look: Callable[[], Any], *, seconds: float = PATIENCE_SECONDS, told: Callable[[], object] | None = None
) -> Any:
    """The first true answer of `look`; an AssertionError where none comes, which says what `told` knows of it."""
    end = time.monotonic() + seconds
    while True:
        answer = look()
        if answer:
            return answer
        assert time.monotonic() < end, f"still {answer!r} after {seconds} s: {told() if told else ''}"
        time.sleep(0.01)


def is_blocked(engine: Engine) -> bool:
    """Whether somebody in this database waits for a lock that another transaction holds."""
    waiting = text(
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        " AND backend_type = 'client backend'"
    )
    # A transaction of its own for each look: within one, the activity stays as it was first seen.
    with engine.connect() as connection:
        return connection.execute(waiting).first() is not None
