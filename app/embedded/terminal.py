"""What the person at the terminal sees: a line per stage, then where everything is. Details go to the logs."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

BOLD, DIM, PLAIN = "\033[1m", "\033[2m", "\033[0m"


class Terminal:
    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._is_coloured = self._stream.isatty() and "NO_COLOR" not in os.environ

    def say(self, line: str = "") -> None:
        # A terminal that was closed, or a pipe that nobody reads, is no reason to stop.
        with suppress(OSError, ValueError):
            encoding = self._stream.encoding or "ascii"
            self._stream.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
            self._stream.flush()

    @contextmanager
    def stage(self, title: str) -> Iterator[None]:
        began_at = time.monotonic()
        yield
        self.say(f"  {title:<42}{self.dim(f'{time.monotonic() - began_at:.1f} s')}")

    def bold(self, text: str) -> str:
        return f"{BOLD}{text}{PLAIN}" if self._is_coloured else text

    def dim(self, text: str) -> str:
        return f"{DIM}{text}{PLAIN}" if self._is_coloured else text
