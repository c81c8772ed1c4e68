"""Webhooks that follow what we send: `python -m benchmarks.traffic`, with its orders as JSON on standard input.

Every message that the far side accepts is reported sent, delivered and read, a second apart, as far as the offered rate
allows. While nothing is due to be reported, reports of older messages fill the rate. SIGTERM ends it, with its result.
"""

import asyncio
import signal
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from time import monotonic

import aiohttp
import orjson
import uvloop

from benchmarks import bodies
from benchmarks.paced import offer

LOOK_SECONDS = 0.2
APART_SECONDS = 1.0
KINDS = ("sent", "delivered", "read")
MATCHING = 10  # one message in so many holds a keyword


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    port: int
    far_side_port: int
    rate: float
    seconds: float
    statuses_to_a_message: int  # 0: nothing but statuses
    connections: int
    contacts: int
    channels: int
    automations: int
    spare: str  # a file of requests: reports of older messages


@dataclass(frozen=True, slots=True)
class Report:
    due_at: float
    wamid: str
    number: str
    recipient: str


class Source:
    """The requests, one by one, each made when it is asked for."""

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic
        self._host = f"127.0.0.1:{traffic.port}"
        self._due: dict[str, deque[Report]] = {kind: deque() for kind in KINDS}
        self._spare = iter(bodies.read_requests(Path(traffic.spare)))
        self._dice = Random(7)
        self._left = int(traffic.rate * traffic.seconds)
        self._given = 0
        self._spoken = 0

    def learn(self, wamid: str, number: str, recipient: str, *, now: float) -> None:
        for place, kind in enumerate(KINDS, start=1):
            self._due[kind].append(Report(now + place * APART_SECONDS, wamid, number, recipient))

    def end(self) -> None:
        self._left = 0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._given >= self._left:
            raise StopIteration
        self._given += 1
        every = self._traffic.statuses_to_a_message
        if every and self._given % (every + 1) == 0:
            return bodies.request(self._message(), host=self._host)
        return self._status()

    def _message(self) -> bytes:
        self._spoken += 1
        person = self._dice.randint(1, self._traffic.contacts)
        word = bodies.keyword(self._dice.randint(1, self._traffic.automations))
        return bodies.text_body(
            person=person,
            channel=1 + person % self._traffic.channels,
            text=f"Hola, quiero la {word} por favor" if self._spoken % MATCHING == 0 else None,
        )

    def _status(self) -> bytes:
        now = monotonic()
        for kind in reversed(KINDS):
            waiting = self._due[kind]
            if waiting and waiting[0].due_at <= now:
                return self._report(kind, waiting.popleft())
        if (spare := next(self._spare, None)) is not None:
            return spare
        # A report of a message that is not ours, as other tools on the account cause them.
        return self._report("sent", Report(now, bodies.new_wamid(), bodies.phone_number_id(1), bodies.wa_id(1)))

    def _report(self, kind: str, report: Report) -> bytes:
        channel = bodies.channel_of_number(report.number)
        body = bodies.status_body(wamid=report.wamid, kind=kind, recipient=report.recipient, channel=channel)
        return bodies.request(body, host=self._host)


async def follow(source: Source, far_side_port: int) -> None:
    """Learn what the far side has accepted."""
    known = 0
    async with aiohttp.ClientSession() as session:
        while True:
            async with session.get(f"http://127.0.0.1:{far_side_port}/_bench/sent?after={known}") as answer:
                fresh = orjson.loads(await answer.read())
            known += len(fresh)
            for _at, to, wamid, number, _text in fresh:
                source.learn(wamid, number, to.lstrip("+"), now=monotonic())
            await asyncio.sleep(LOOK_SECONDS)


async def run(traffic: Traffic) -> bytes:
    source = Source(traffic)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, source.end)
    following = asyncio.create_task(follow(source, traffic.far_side_port))
    paced, _ = await offer(source, port=traffic.port, rate=traffic.rate, connections=traffic.connections)
    following.cancel()
    with suppress(asyncio.CancelledError):
        await following
    return orjson.dumps(asdict(paced))


if __name__ == "__main__":
    sys.stdout.buffer.write(uvloop.run(run(Traffic(**orjson.loads(sys.stdin.buffer.read())))))
