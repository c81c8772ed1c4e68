"""Tell workers to look now, coalesced and from a thread of its own.

Publishing blocks for milliseconds and fails for a second while the broker is away, so it never happens on an event
loop or in front of an answer. A nudge that is lost costs a second: the sweep finds the work.
"""

import os
import threading
from collections.abc import Callable

import structlog

log = structlog.get_logger()

Nudge = tuple[str, tuple[tuple[str, int | str], ...]]
Publish = Callable[[str, dict[str, int | str]], None]


class Nudger:
    """Equal nudges that wait to be published are one nudge."""

    def __init__(self, publish: Publish) -> None:
        self._publish = publish
        self._waiting: dict[Nudge, None] = {}
        self._wake = threading.Condition()
        self._pid = 0

    def nudge(self, task: str, **arguments: int | str) -> None:
        with self._wake:
            self._waiting[(task, tuple(sorted(arguments.items())))] = None
            if self._pid != os.getpid():  # threads do not survive a fork
                self._pid = os.getpid()
                threading.Thread(target=self._run, name="nudges", daemon=True).start()
            self._wake.notify()

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._waiting:
                    self._wake.wait()
                # Taken out before publishing: what comes meanwhile is a nudge of its own.
                task, arguments = next(iter(self._waiting))
                del self._waiting[(task, arguments)]
            try:
                self._publish(task, dict(arguments))
            except Exception as error:  # the broker may fail in any way; no way may stop the thread
                log.warning("nudge_lost", task=task, error=type(error).__name__)


def _publish(task: str, arguments: dict[str, int | str]) -> None:
    from app.core.celery import app  # Celery is heavy, and importing it reads the settings

    app.send_task(task, kwargs=arguments, retry=False, expires=30)


nudger = Nudger(_publish)
