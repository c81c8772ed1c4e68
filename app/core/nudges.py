"""Tell workers to look now, coalesced and from a thread of its own.

Publishing blocks for milliseconds and fails for a second while the broker is away, so it never happens on an event
loop or in front of an answer. A nudge that is lost costs a second: the sweep finds the work.
"""

import os
import threading
from collections.abc import Callable
from time import monotonic

import structlog

from app.core import measures

log = structlog.get_logger()

Nudge = tuple[str, tuple[tuple[str, int | str], ...]]
Publish = Callable[[str, dict[str, int | str]], None]

# Whoever is nudged looks at everything that is there, so a stream of equal nudges says no more than fifty a second.
APART_SECONDS = 0.02


class Nudger:
    """Equal nudges that wait to be published are one nudge. The first goes at once, the next a little later."""

    def __init__(self, publish: Publish) -> None:
        self._publish = publish
        self._due: dict[Nudge, float] = {}  # what waits, and from when on it may go
        self._rests: dict[Nudge, float] = {}  # what went lately, and until when its equals wait
        self._changed = threading.Condition()
        self._pid = 0

    def nudge(self, task: str, **arguments: int | str) -> None:
        nudge = (task, tuple(sorted(arguments.items())))
        with self._changed:
            if self._pid != os.getpid():  # threads do not survive a fork
                self._pid = os.getpid()
                threading.Thread(target=self._run, name="nudges", daemon=True).start()
            if nudge not in self._due:
                self._due[nudge] = self._rests.get(nudge, 0.0)
                self._changed.notify()

    def _run(self) -> None:
        while True:
            task, arguments = self._next()
            try:
                self._publish(task, dict(arguments))
                measures.NUDGES.add(outcome="sent")
            except Exception as error:  # the broker may fail in any way; no way may stop the thread
                measures.NUDGES.add(outcome="lost")
                log.warning("nudge_lost", task=task, error=type(error).__name__)

    def _next(self) -> Nudge:
        """Wait for what may go first. It is taken out before it is published: what comes meanwhile is another nudge."""
        with self._changed:
            while True:
                now = monotonic()
                first = min(self._due, key=lambda nudge: self._due[nudge], default=None)
                if first is not None and self._due[first] <= now:
                    del self._due[first]
                    self._rests = {nudge: until for nudge, until in self._rests.items() if until > now}
                    self._rests[first] = now + APART_SECONDS
                    return first
                self._changed.wait(None if first is None else self._due[first] - now)


def _publish(task: str, arguments: dict[str, int | str]) -> None:
    from app.core.celery import app  # Celery is heavy, and importing it reads the settings

    app.send_task(task, kwargs=arguments, retry=False, expires=30)


nudger = Nudger(_publish)
