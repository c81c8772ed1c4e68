"""Storing webhooks: how many, against the design of the tutorials, and how quickly at the rate that Meta allows.

The drain is held meanwhile, because only storing is measured; the ceiling case has everything at work.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random

from benchmarks import bodies
from benchmarks.figures import middle
from benchmarks.harness import Bench, channel_of, clear
from benchmarks.load import offer, saturate
from benchmarks.machine import Meter, Role
from benchmarks.results import Floor, Line, Outcome, Run
from benchmarks.rival import OrmIntake

ROUNDS = 3
SECONDS = 5
DISTINCT = 100_000  # the generator begins again when it has sent them all

OFFERED_RATE = 3_300
OFFERED_SECONDS = 10


def saturated(bench: Bench) -> list[Outcome]:
    installation = bench.main()
    seconds, rounds = (3, 2) if bench.is_short else (SECONDS, ROUNDS)
    file, _ = bench.requests(islice(_texts(bench), DISTINCT // (4 if bench.is_short else 1)), installation)
    ours, theirs = [], []
    with OrmIntake(installation, bench.folder) as rival, installation.paused(Role.INTAKE):
        meter = bench.meter(installation, rival=rival.pid)
        for _ in range(rounds):
            ours.append(_saturate(meter, installation.port, file, seconds))
            clear(installation)
            theirs.append(_saturate(meter, rival.port, file, seconds))
    times = middle([one.rate / other.rate for one, other in zip(ours, theirs, strict=True)])
    return [
        Outcome(
            case="intake",
            title="durable intake, 64 connections",
            lines=[Line("ours", ours), Line("ORM in the request", theirs)],
            floors=[
                Floor(what="requests/s", figure=middle([run.rate for run in ours]), bound=8_000),
                Floor(what="times the ORM in the request", figure=times, bound=25, is_ratio=True),
            ],
            notes=["latency at saturation is queueing; the next case has the honest one"],
        )
    ]


def offered(bench: Bench) -> list[Outcome]:
    installation = bench.main()
    file, count = bench.requests(islice(_mixed(bench), OFFERED_RATE * OFFERED_SECONDS), installation)
    with installation.paused(Role.INTAKE):
        meter = bench.meter(installation)
        before = meter.read()
        paced = offer(installation.port, file, rate=OFFERED_RATE).paced
        run = Run(
            events=count,
            seconds=paced.seconds,
            spent=meter.since(before),
            p50_ms=paced.p50_ms,
            p99_ms=paced.p99_ms,
            errors=paced.errors + paced.unanswered,
        )
        clear(installation)
    return [
        Outcome(
            case="offered",
            title=f"{OFFERED_RATE:,} webhooks/s offered",
            lines=[Line("", [run])],
            floors=[
                Floor(what="p99 ms", figure=paced.p99_ms, bound=50, is_least=False),
                Floor(
                    what="CPU-ms, web and PostgreSQL",
                    figure=run.cpu_ms(Role.WEB, Role.POSTGRES),
                    bound=0.30,
                    is_least=False,
                ),
            ],
        )
    ]


def _saturate(meter: Meter, port: int, file: Path, seconds: int) -> Run:
    before = meter.read()
    done = saturate(port, file, seconds=seconds)
    return Run(
        events=done.requests,
        seconds=done.seconds,
        spent=meter.since(before),
        p50_ms=done.p50_ms,
        p99_ms=done.p99_ms,
        errors=done.errors,
    )


def _texts(bench: Bench) -> Iterator[bytes]:
    dice = Random(1)
    while True:
        person = dice.randint(1, bench.size.contacts)
        yield bodies.text_body(person=person, channel=channel_of(person, bench.size))


def _mixed(bench: Bench) -> Iterator[bytes]:
    """Three statuses to a message."""
    texts, dice = _texts(bench), Random(2)
    while True:
        yield next(texts)
        person = dice.randint(1, bench.size.contacts)
        for kind in ("sent", "delivered", "read"):
            yield bodies.status_body(
                wamid=bodies.new_wamid(),
                kind=kind,
                recipient=bodies.wa_id(person),
                channel=channel_of(person, bench.size),
            )
