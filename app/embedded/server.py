"""What PostgreSQL and Valkey have in common: a folder, an address, and the question whether they answer.

The supervisor watches them as processes among others. `start()` and `stop()` are for whoever wants one server alone,
as tests do.
"""

import subprocess
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path

from app.embedded.errors import StartError
from app.embedded.processes import Process, last_words, spawn

ANSWER_SECONDS = 15.0
POLL_SECONDS = 0.02


class Server(ABC):
    title: str

    def __init__(self, *, folder: Path, password: str, log: Path | None = None) -> None:
        self.folder = folder.resolve()
        self.log = log or self.folder.with_name(f"{self.folder.name}.log")
        self._password = password
        self._child: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """Its address, password included."""

    @abstractmethod
    def prepare(self) -> None:
        """Make the folder what the server needs; raises StartError."""

    @abstractmethod
    def process(self) -> Process: ...

    @abstractmethod
    def is_ready(self) -> bool:
        """Whether it lets us in, at this moment."""

    def start(self) -> None:
        self.prepare()
        deadline = time.monotonic() + ANSWER_SECONDS
        self._child = spawn(self.process())
        while not self.is_ready():
            if time.monotonic() > deadline:
                self.stop()
                raise self.silent()
            if self._child.poll() is not None:  # a predecessor was still on its way out
                time.sleep(10 * POLL_SECONDS)
                self._child = spawn(self.process())
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        if self._child is None:
            return
        self._child.send_signal(self.process().stop_signal)
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(ANSWER_SECONDS)
        self._child.kill()
        self._child.wait()
        self._child = None

    def silent(self) -> StartError:
        said = last_words(self.log).strip() or "it said nothing"
        return StartError(f"{self.title} did not start: {said} (more in {self.log})")
