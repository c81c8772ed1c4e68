"""What cases work with: installations with their data, the far side, and the meter over all of them."""

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType
from typing import Any

import psycopg

from app.core.config import CHECKOUT
from app.embedded.ports import free_port
from app.embedded.processes import Process, last_words, spawn
from benchmarks import bodies, data
from benchmarks.data import Size
from benchmarks.installation import Installation, NotUsable, Row
from benchmarks.machine import Meter, Role

POLL_SECONDS = 0.1
START_SECONDS = 20.0
WARM_BODIES = 300


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that the far side accepted."""

    at: float  # on the machine's monotonic clock
    to: str
    wamid: str
    number: str
    text: str


class FarSide:
    def __init__(self, log: Path) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", "benchmarks.far_side", str(self.port)]
        self._child = spawn(Process(name="far side", command=command, folder=CHECKOUT, env=os.environ, log=log))
        deadline = time.monotonic() + START_SECONDS
        while not self._is_up():
            if time.monotonic() > deadline:
                self.stop()
                raise NotUsable(f"The far side did not start: {last_words(log)}")
            time.sleep(POLL_SECONDS)

    @property
    def pid(self) -> int:
        return self._child.pid

    def answer_after(self, seconds: float) -> None:
        self._ask(f"/_bench/delay?seconds={seconds}")

    def forget(self) -> None:
        self._ask("/_bench/forget")

    def count(self) -> int:
        return int(self._ask("/_bench/count")["count"])

    def sent(self, *, after: int = 0) -> list[Sent]:
        found: list[Sent] = []
        while page := self._ask(f"/_bench/sent?after={after + len(found)}"):
            found += [Sent(*row) for row in page]
        return found

    def stop(self) -> None:
        self._child.terminate()
        self._child.wait()

    def _is_up(self) -> bool:
        try:
            return self.count() >= 0
        except (OSError, HTTPException):
            return False

    def _ask(self, target: str) -> Any:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", target)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()


class Bench:
    """`size` is that of the installation which most cases use; the other one has a tenth of its messages."""

    def __init__(self, size: Size, *, keep: Path | None, is_short: bool, say: Callable[[str], None]) -> None:
        self.size = size
        self.young_size = replace(size, messages=size.messages // 10)
        self.is_short = is_short
        self.say = say
        self.folder = Path(tempfile.mkdtemp(prefix="hilo-bench-"))
        self.folder.chmod(0o711)  # as root, PostgreSQL's user passes through
        self._kept = keep
        self._installations: dict[str, Installation] = {}

    def __enter__(self) -> "Bench":
        self.far_side = FarSide(self.folder / "far-side.log")
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        for name in list(self._installations):
            self.stop(name)
        self.far_side.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def main(self) -> Installation:
        return self._installation("main", self.size)

    def young(self) -> Installation:
        """With as many people, and a tenth of the messages."""
        return self._installation("young", self.young_size)

    def stop(self, name: str) -> None:
        if installation := self._installations.pop(name, None):
            with installation.connect() as connection:
                connection.execute("CHECKPOINT")  # the supervisor gives the database a second to end
            installation.stop()

    def meter(self, subject: Installation, **roots: int) -> Meter:
        """`roots` are further roots by the name of their role."""
        aside = [other.pid for other in self._installations.values() if other is not subject]
        return Meter(
            dict.fromkeys(aside, Role.ASIDE)
            | subject.processes()
            | {self.far_side.pid: Role.FAR_SIDE}
            | {pid: Role[name.upper()] for name, pid in roots.items()}
        )

    def requests(self, made: Iterable[bytes], installation: Installation) -> tuple[Path, int]:
        """A file of requests with these bodies, and how many they are."""
        path = self.folder / f"requests-{time.monotonic_ns()}"
        return path, bodies.write_requests(path, made, host=f"127.0.0.1:{installation.port}")

    def _installation(self, name: str, size: Size) -> Installation:
        if name not in self._installations:
            folder = (self._kept or self.folder) / name
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o711)
            data.make(folder, size, self.say)
            installation = Installation(folder, far_side_port=self.far_side.port)
            installation.start()
            self._installations[name] = installation
            clear(installation)  # where it was kept, of what the run before left under way
            self._warm_up(installation, size)
        return self._installations[name]

    def _warm_up(self, installation: Installation, size: Size) -> None:
        """Every path once, so that no case pays for imports, plans and the first reading of the automations."""
        warm = [
            bodies.text_body(
                person=size.contacts - place,
                channel=channel_of(size.contacts - place, size),
                text=bodies.keyword(1) if place % 10 == 0 else None,
            )
            for place in range(WARM_BODIES)
        ]
        put(installation, warm)
        wait_until_settled(installation)
        self.far_side.forget()


def channel_of(person: int, size: Size) -> int:
    """The number that this person's thread is with."""
    return 1 + person % size.channels


def put(installation: Installation, made: Iterable[bytes]) -> float:
    """Put bodies where intake puts them, at once and without a nudge; returns the database's clock afterwards."""
    with installation.connect() as connection:
        with (
            connection.cursor() as cursor,
            cursor.copy("COPY webhook_events (body) FROM STDIN (FORMAT binary)") as copy,
        ):
            copy.set_types(["bytea"])
            for body in made:
                copy.write_row([body])
        return _clock(connection)


def knock(installation: Installation, body: bytes) -> None:
    """One body by the front door: its nudge wakes the drain at once instead of within a second."""
    connection = HTTPConnection("127.0.0.1", installation.port, timeout=30)
    try:
        raw = bodies.request(body, host=f"127.0.0.1:{installation.port}")
        head = dict(line.split(": ", 1) for line in raw.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:])
        connection.request("POST", bodies.PATH, body=body, headers=head)
        if (status := connection.getresponse().status) != 200:
            raise NotUsable(f"A webhook was answered {status}.")
    finally:
        connection.close()


def wait_until_drained(connection: psycopg.Connection[Row], *, seconds: float) -> bool:
    return _wait(connection, "SELECT EXISTS (SELECT FROM webhook_events WHERE processed_at IS NULL)", seconds)


def wait_until_sent(connection: psycopg.Connection[Row], *, seconds: float) -> bool:
    return _wait(connection, "SELECT EXISTS (SELECT FROM messages WHERE dispatch IN ('queued', 'sending'))", seconds)


def wait_until_settled(installation: Installation, *, seconds: float = 120.0) -> None:
    """No body is pending, and no message is on its way."""
    with installation.connect() as connection:
        if not (wait_until_drained(connection, seconds=seconds) and wait_until_sent(connection, seconds=seconds)):
            raise NotUsable(f"Hilo did not come to rest within {seconds:.0f} s.")


def scalar(connection: psycopg.Connection[Row], query: str, *values: object) -> Any:
    row = connection.execute(query.encode(), values).fetchone()
    return row[0] if row else None


def _wait(connection: psycopg.Connection[Row], is_open: str, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while scalar(connection, is_open):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _clock(connection: psycopg.Connection[Row]) -> float:
    return float(scalar(connection, "SELECT EXTRACT(epoch FROM clock_timestamp())"))


def clear(installation: Installation) -> None:
    """Throw away what waits: bodies unread, messages unsent."""
    with installation.connect() as connection:
        connection.execute("TRUNCATE webhook_events")
        connection.execute("UPDATE messages SET dispatch = 'done', status = 'failed' WHERE dispatch <> 'done'")
