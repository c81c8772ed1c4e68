"""Sleep that any signal ends.

Handlers only take note; the interpreter also writes each signal's number to a socket, and that wakes the sleeper. So
there is no polling, and no work is done inside a handler.
"""

import select
import signal
import socket
import time
from signal import SIG_IGN, SIGCHLD, SIGHUP, SIGINT, SIGTERM
from types import FrameType


class Bell:
    """Takes the signals of the main thread while its context lasts."""

    def __init__(self) -> None:
        self.asked_to_stop = False

    def __enter__(self) -> "Bell":
        self._ear, self._tongue = socket.socketpair()
        self._ear.setblocking(False)
        self._tongue.setblocking(False)
        self._wakeup_before = signal.set_wakeup_fd(self._tongue.fileno(), warn_on_full_buffer=False)
        # A SIGHUP that is ignored was ignored on purpose (nohup): the terminal may go, we stay.
        asking = [SIGINT, SIGTERM, *([] if signal.getsignal(SIGHUP) == SIG_IGN else [SIGHUP])]
        self._handlers_before = {number: signal.signal(number, self._ask) for number in asking}
        # A signal without a handler would not wake us.
        self._handlers_before[SIGCHLD] = signal.signal(SIGCHLD, lambda *_: None)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._handlers_before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup_before)
        self._ear.close()
        self._tongue.close()

    def sleep(self, *, until: float | None) -> None:
        """Until a signal, or this reading of the monotonic clock. A signal since the last sleep ends it at once."""
        seconds = None if until is None else max(0.0, until - time.monotonic())
        if select.select([self._ear], [], [], seconds)[0]:
            self._ear.recv(4096)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked_to_stop = True
