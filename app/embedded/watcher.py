"""Keeps processes alive until somebody asks to stop, then ends them in order.

One thread. It sleeps until a child ends, a restart is due or a request to stop comes, and now and then looks whether a
log has grown too long; nothing is polled but the question whether a server answers yet. Times are readings of the
monotonic clock.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from signal import SIGKILL, Signals
from subprocess import Popen

from app.embedded.bell import Bell
from app.embedded.leftovers import Register
from app.embedded.logs import keep_short
from app.embedded.processes import ROTATED_LOG_BYTES, Process, spawn

FIRST_DELAY_SECONDS = 0.2
LONGEST_DELAY_SECONDS = 5.0
HEALTHY_SECONDS = 30.0
TROUBLED_FAILURES = 5  # in a row: then we point at the log, and say nothing more until it has been healthy

KILLED_SECONDS = 0.3  # for the system to take away what was killed
QUESTION_SECONDS = 0.02


class Stopped(Exception):
    """Somebody asked to stop while we were waiting for something else."""


@dataclass
class Child:
    process: Process
    is_kept: bool = True  # started again whenever it ends
    running: Popen[bytes] | None = None
    began_at: float = 0.0
    failures: int = 0  # in a row
    due_at: float = 0.0

    @property
    def is_alive(self) -> bool:
        return self.running is not None and self.running.poll() is None

    def send(self, number: Signals) -> None:
        if self.running is not None:
            self.running.send_signal(number)


class Watcher:
    def __init__(
        self,
        *,
        register: Register,
        say: Callable[[str], None],
        log_bytes: int = ROTATED_LOG_BYTES,
        look_seconds: float = 10.0,
    ) -> None:
        self._register = register
        self._say = say
        self._bell = Bell()
        self._children: list[Child] = []
        self._log_bytes = log_bytes
        self._look_seconds = look_seconds  # between two looks at the logs
        self._logs_due_at = 0.0

    def __enter__(self) -> "Watcher":
        self._bell.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._bell.__exit__()

    def start(self, *processes: Process) -> None:
        children = [Child(process) for process in processes]
        self._children += children
        self._spawn(children)

    def watch(self) -> None:
        """Until somebody asks to stop."""
        while not self._bell.asked_to_stop:
            self._turn(until=None)

    def wait_until(self, question: Callable[[], bool], *, seconds: float) -> bool:
        """Watch until the answer is yes; False when it does not come in time. Raises Stopped."""
        deadline = time.monotonic() + seconds
        while not question():
            if time.monotonic() > deadline:
                return False
            self._turn(until=time.monotonic() + QUESTION_SECONDS)
            self._heed_request()
        return True

    def run(self, process: Process) -> int:
        """Run it to its end and return its exit code, watching the others meanwhile. Raises Stopped."""
        child = Child(process, is_kept=False)
        self._children.append(child)
        self._spawn([child])
        while child.is_alive:
            self._turn(until=None)
            self._heed_request()
        self._children.remove(child)
        return child.running.returncode if child.running is not None else 1

    def is_in_trouble(self, name: str) -> bool:
        """Whether it ends again and again."""
        return any(child.failures >= TROUBLED_FAILURES for child in self._children if child.process.name == name)

    def stop(self) -> None:
        """End all, stage by stage; what one stage leaves of its time, the next ones may use."""
        deadline = time.monotonic()
        in_order = sorted(self._children, key=lambda child: child.process.stage)
        for _, group in groupby(in_order, key=lambda child: child.process.stage):
            stage = list(group)
            deadline += max(child.process.stop_seconds for child in stage)
            for child in stage:
                child.send(child.process.stop_signal)
            while any(child.is_alive for child in stage) and time.monotonic() < deadline:
                self._bell.sleep(until=deadline)
            self._kill(stage)
        self._children.clear()
        self._register.write([])

    def _kill(self, stage: Sequence[Child]) -> None:
        for child in stage:
            child.send(SIGKILL)
        deadline = time.monotonic() + KILLED_SECONDS
        while any(child.is_alive for child in stage) and time.monotonic() < deadline:
            self._bell.sleep(until=deadline)

    def _heed_request(self) -> None:
        if self._bell.asked_to_stop:
            raise Stopped

    def _turn(self, *, until: float | None) -> None:
        """Sleep until something happens; then see who has ended, and start again whoever is due."""
        kept = [child for child in self._children if child.is_kept]
        wanted = [self._logs_due_at, *(child.due_at for child in kept if child.running is None)]
        if until is not None:
            wanted.append(until)
        self._bell.sleep(until=min(wanted))
        for child in kept:
            if child.running is not None and not child.is_alive:
                self._note_end(child, code=child.running.returncode)
        if not self._bell.asked_to_stop:
            now = time.monotonic()
            self._spawn([child for child in kept if child.running is None and child.due_at <= now])
            self._keep_logs_short(now)

    def _keep_logs_short(self, now: float) -> None:
        if now < self._logs_due_at:
            return
        self._logs_due_at = now + self._look_seconds
        for log in {child.process.log for child in self._children}:
            with suppress(OSError):  # the disk is full: the next look may find room
                keep_short(log, most=self._log_bytes)

    def _spawn(self, children: Sequence[Child]) -> None:
        for child in children:
            child.began_at = time.monotonic()
            try:
                child.running = spawn(child.process)
            except OSError as error:
                self._note_failure(child, str(error))
        if children:
            self._register.write([each.running.pid for each in self._children if each.running is not None])

    def _note_end(self, child: Child, *, code: int) -> None:
        child.running = None
        if time.monotonic() - child.began_at >= HEALTHY_SECONDS:
            child.failures = 0
        self._note_failure(child, f"exit code {code}" if code >= 0 else f"killed by {Signals(-code).name}")

    def _note_failure(self, child: Child, why: str) -> None:
        child.failures += 1
        delay = min(FIRST_DELAY_SECONDS * 2 ** (child.failures - 1), LONGEST_DELAY_SECONDS)
        child.due_at = time.monotonic() + delay
        if child.failures == 1:
            self._say(f"{child.process.name} ended ({why}); starting it again")
        if child.failures == TROUBLED_FAILURES:
            self._say(f"{child.process.name} keeps ending ({why}); see {child.process.log}")
