"""Holds back programs that were started ahead of time: they load while the database is being made ready.

A program waits by reading its standard input to the end, and the gate keeps that open. So nobody waits for a supervisor
that has died, and a program that is started again later does not wait at all.
"""

from typing import IO


class Gate:
    def __init__(self) -> None:
        self.is_open = False
        self._held: list[IO[bytes]] = []

    def hold(self, standard_input: IO[bytes]) -> None:
        self._held.append(standard_input)

    def open(self) -> None:
        self.is_open = True
        for standard_input in self._held:
            standard_input.close()
        self._held.clear()
