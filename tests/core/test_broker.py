"""What beat says while the broker is away."""

import logging

from app.core.broker import Brief


def record(text: str, *arguments: object) -> logging.LogRecord:
    return logging.LogRecord("celery.beat", logging.ERROR, "beat.py", 1, text, arguments, None)


def test_ticks_that_cannot_be_sent_are_told_of_once_and_without_stacks() -> None:
    brief = Brief()
    ticks = [record("Message Error: %s\n%s", ConnectionError("refused"), ["a stack"]) for _ in range(3)]

    heard = [tick.getMessage() for tick in ticks if brief.filter(tick)]

    assert heard == ["No tick can be sent: refused"]


def test_all_else_that_beat_says_is_heard() -> None:
    brief = Brief()
    brief.filter(record("Message Error: %s\n%s", ConnectionError("refused"), ["a stack"]))

    assert brief.filter(record("beat: Connection error: %s", "refused"))
