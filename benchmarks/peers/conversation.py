"""One side's conversations in one run: webhooks offered, replies counted at the far side, and who paid for it."""

import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from benchmarks import bodies
from benchmarks.data import Size
from benchmarks.figures import percentile
from benchmarks.harness import FarSide, Sent, channel_of
from benchmarks.load import Offered, offer
from benchmarks.machine import Meter, Role
from benchmarks.peers.sides import KEYWORD, Side
from benchmarks.results import Run

QUIET_SECONDS = 30.0  # without a reply: the rest is lost
POLL_SECONDS = 0.1


class Talks:
    """Every conversation is with a person who has said nothing yet."""

    def __init__(self, far_side: FarSide, sides: Sequence[Side], *, size: Size, folder: Path) -> None:
        self._far_side = far_side
        self._sides = sides
        self._size = size
        self._folder = folder
        self._people = iter(range(1, size.contacts + 1))

    def run(self, side: Side, count: int, *, connections: int, rate: float = 0) -> Run:
        """`rate` 0 is as fast as webhooks are answered."""
        people = list(islice(self._people, count))
        assert len(people) == count, "nobody writes twice"
        file = self._folder / f"requests-{time.monotonic_ns()}"
        bodies.write_requests(file, self._bodies(people), host=f"127.0.0.1:{side.port}")
        self._far_side.forget()
        meter = self._meter(side)
        before = meter.read()
        offered = offer(side.port, file, rate=rate, connections=connections)
        self._await_replies(count)
        side.settle()
        spent = meter.since(before)
        file.unlink()
        waits, ended, doubled = answers(people, offered, self._far_side.sent())
        return Run(
            events=len(waits),
            seconds=ended - offered.began[0],
            spent=spent,
            p50_ms=percentile(waits, 50) * 1000,
            p99_ms=percentile(waits, 99) * 1000,
            errors=count - len(waits) + doubled,
        )

    def _bodies(self, people: Sequence[int]) -> Iterator[bytes]:
        said = f"Hola, quiero la {KEYWORD} por favor"
        for person in people:
            yield bodies.text_body(person=person, channel=channel_of(person, self._size), text=said)

    def _meter(self, side: Side) -> Meter:
        aside = {pid: Role.ASIDE for other in self._sides if other is not side for pid in other.roots()}
        return Meter(aside | dict(side.roots()) | {self._far_side.pid: Role.FAR_SIDE})

    def _await_replies(self, count: int) -> None:
        seen, since = 0, time.monotonic()
        while seen < count and time.monotonic() - since < QUIET_SECONDS:
            time.sleep(POLL_SECONDS)
            if (now := self._far_side.count()) > seen:
                seen, since = now, time.monotonic()


def answers(people: Sequence[int], offered: Offered, sent: Sequence[Sent]) -> tuple[list[float], float, int]:
    """The waits from the moment a webhook was due to its reply's arrival, in order of length; when the last came; and
    how many replies were one too many."""
    began = {bodies.wa_id(person): at for person, at in zip(people, offered.began, strict=True)}
    first: dict[str, float] = {}
    replies = [(to, one.at) for one in sent if (to := one.to.removeprefix("+")) in began]  # not those of a run before
    for to, at in replies:
        first.setdefault(to, at)
    waits = sorted(at - began[to] for to, at in first.items())
    return waits, max(first.values(), default=offered.began[0]), len(replies) - len(first)
