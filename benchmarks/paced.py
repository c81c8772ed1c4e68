"""Webhooks at an offered rate, open loop: `python -m benchmarks.paced`, with its orders as JSON on standard input.

A request is due at its own moment whether or not earlier ones were answered, and its latency counts from that moment:
a server that stalls is charged for everybody who had to wait. Rate 0 means: as fast as they are answered.
"""

import asyncio
import gc
import sys
from array import array
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic
from typing import cast

import orjson
import uvloop

from benchmarks.bodies import read_requests
from benchmarks.figures import percentile

TICK_SECONDS = 0.001
PATIENCE_SECONDS = 15.0  # for the last answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    port: int
    requests: str  # a file of them
    rate: float
    connections: int
    began: str  # where to write the moments at which they were due


@dataclass(frozen=True, slots=True, kw_only=True)
class Paced:
    """What came of it."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    errors: int
    unanswered: int


class Lane(asyncio.Protocol):
    """One connection: one request under way at a time."""

    def __init__(self, run: "Run") -> None:
        self._run = run
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but name
        self._run.is_ready(self)

    def connection_lost(self, _error: Exception | None) -> None:
        self._run.lost(self)

    def begin(self, request: bytes, due: float) -> None:
        assert self._transport is not None
        self._due = due
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._buffer[:end].lower()
        size = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        if len(self._buffer) < end + 4 + size:
            return
        self._buffer = b""
        self._run.answered(self, head[9:12] == b"200", monotonic() - self._due)


class Run:
    def __init__(self, source: Iterator[bytes], *, port: int, rate: float) -> None:
        self._free: deque[Lane] = deque()  # whoever waited longest is next: a server closes what is idle
        self._connecting: set[asyncio.Task[object]] = set()
        self._source = source
        self._port = port
        self._rate = rate
        self._waiting: deque[tuple[bytes, float]] = deque()
        self._latencies = array("d")
        self.began = array("d")
        self._offered = 0
        self._errors = 0
        self._is_over = False

    async def connect(self) -> None:
        await asyncio.get_running_loop().create_connection(lambda: Lane(self), "127.0.0.1", self._port)

    def is_ready(self, lane: Lane) -> None:
        if self._waiting:
            lane.begin(*self._waiting.popleft())
        else:
            self._free.append(lane)

    def lost(self, lane: Lane) -> None:
        """Another takes its place. A request that was under way on it stays unanswered."""
        with suppress(ValueError):
            self._free.remove(lane)
        if not self._is_over:
            task: asyncio.Task[object] = asyncio.create_task(self.connect())
            self._connecting.add(task)
            task.add_done_callback(self._connecting.discard)

    def answered(self, lane: Lane, is_ok: bool, seconds: float) -> None:
        self._latencies.append(seconds)
        self._errors += not is_ok
        self.is_ready(lane)
        if not self._rate and self._free:
            self._offer(monotonic())

    async def go(self) -> Paced:
        start = monotonic()
        if not self._rate:
            for _ in range(len(self._free)):
                self._offer(monotonic())
        while not self._is_over:
            if self._rate:
                while not self._is_over and start + self._offered / self._rate <= monotonic():
                    self._offer(start + self._offered / self._rate)
            await asyncio.sleep(TICK_SECONDS)
        patience = monotonic() + PATIENCE_SECONDS
        while len(self._latencies) < self._offered and monotonic() < patience:  # noqa: ASYNC110 - it may never come
            await asyncio.sleep(TICK_SECONDS)
        in_order = sorted(self._latencies)
        return Paced(
            requests=self._offered,
            seconds=monotonic() - start,
            p50_ms=percentile(in_order, 50) * 1000,
            p99_ms=percentile(in_order, 99) * 1000,
            errors=self._errors,
            unanswered=self._offered - len(in_order),
        )

    def _offer(self, due: float) -> None:
        request = next(self._source, None)
        if request is None:
            self._is_over = True
            return
        self._offered += 1
        self.began.append(due)
        if self._free:
            self._free.popleft().begin(request, due)
        else:
            self._waiting.append((request, due))


async def offer(source: Iterator[bytes], *, port: int, rate: float, connections: int) -> tuple[Paced, "array[float]"]:
    """What came of offering all that the source gives, and the moments at which each request was due."""
    run = Run(source, port=port, rate=rate)
    for _ in range(connections):
        await run.connect()
    gc.disable()  # a pause of ours would look like one of theirs
    return await run.go(), run.began


def main() -> None:
    orders = Orders(**orjson.loads(sys.stdin.buffer.read()))
    source = iter(read_requests(Path(orders.requests)))
    paced, began = uvloop.run(offer(source, port=orders.port, rate=orders.rate, connections=orders.connections))
    with Path(orders.began).open("wb") as file:
        began.tofile(file)
    sys.stdout.buffer.write(orjson.dumps(asdict(paced)))


if __name__ == "__main__":
    main()
