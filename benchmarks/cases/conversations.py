"""The whole way: a person writes a keyword, an automation answers, the far side has the reply. All of it durable."""

from collections.abc import Sequence
from random import Random

from benchmarks import bodies
from benchmarks.figures import percentile
from benchmarks.harness import Bench, Sent, channel_of, wait_until_settled
from benchmarks.load import Offered, offer
from benchmarks.machine import OURS
from benchmarks.results import Floor, Line, Outcome, Run

CONVERSATIONS = 20_000
SLOWLY_RATE = 25
SLOWLY = 600


def as_many_as_possible(bench: Bench) -> list[Outcome]:
    """Offered as fast as they are stored, and counted until the last is answered."""
    count = min(CONVERSATIONS, bench.size.contacts // 2)
    run = _talk(bench, count, rate=0, seed=5)
    return [
        Outcome(
            case="conversations",
            title="conversations",
            lines=[Line("webhook, automation, reply", [run])],
            floors=[Floor(what="answered/s", figure=run.rate, bound=1_500)],
            notes=[
                "64 connections offer all of them at once, so the time to a reply is the time in the queue; "
                f"CPU-ms is for a whole conversation ({run.cpu_ms(*OURS):.2f})"
            ],
        )
    ]


def unloaded(bench: Bench) -> list[Outcome]:
    run = _talk(bench, SLOWLY, rate=SLOWLY_RATE, seed=6)
    return [
        Outcome(
            case="unloaded",
            title=f"webhook to reply, {SLOWLY_RATE} a second",
            lines=[Line("", [run])],
            floors=[
                Floor(what="p50 ms", figure=run.p50_ms or 0.0, bound=15, is_least=False),
                Floor(what="p99 ms", figure=run.p99_ms or 0.0, bound=40, is_least=False),
            ],
        )
    ]


def _talk(bench: Bench, count: int, *, rate: float, seed: int) -> Run:
    installation, dice = bench.main(), Random(seed)
    people = dice.sample(range(1, bench.size.contacts + 1), count)
    file, _ = bench.requests(
        (
            bodies.text_body(
                person=person,
                channel=channel_of(person, bench.size),
                text=f"Hola, quiero la {bodies.keyword(dice.randint(1, bench.size.automations))} por favor",
            )
            for person in people
        ),
        installation,
    )
    wait_until_settled(installation)
    bench.far_side.forget()
    meter = bench.meter(installation)
    before = meter.read()
    offered = offer(installation.port, file, rate=rate)
    wait_until_settled(installation)
    spent = meter.since(before)
    sent = bench.far_side.sent()
    waits = _waits(people, offered, sent)
    ended = max((one.at for one in sent), default=offered.began[0])
    return Run(
        events=len(waits),
        seconds=ended - offered.began[0],
        spent=spent,
        p50_ms=percentile(waits, 50) * 1000,
        p99_ms=percentile(waits, 99) * 1000,
        errors=count - len(waits) + len(sent) - len(waits),
    )


def _waits(people: Sequence[int], offered: Offered, sent: Sequence[Sent]) -> list[float]:
    """From the moment at which a webhook was due to its reply's arrival, in order of length."""
    began = {f"+{bodies.wa_id(person)}": at for person, at in zip(people, offered.began, strict=True)}
    answered = {one.to: one.at for one in reversed(sent)}
    return sorted(at - began[to] for to, at in answered.items() if to in began)
