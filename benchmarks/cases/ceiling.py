"""Everything at work at once: what Meta can send us and takes from us, for two minutes; and one number's long queue."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

import psycopg

from benchmarks.cases.drain import reports_of_the_last_day
from benchmarks.figures import middle
from benchmarks.harness import Bench, Sent, clear, scalar, wait_until_settled
from benchmarks.installation import Installation, Row
from benchmarks.load import CONNECTIONS, Generator
from benchmarks.machine import OURS, Role, Spent
from benchmarks.paced import Paced
from benchmarks.results import Floor, Line, Outcome, Run
from benchmarks.traffic import Traffic

RATE = 3_300
SECONDS = 120
OUT_RATE = 1_000
STATUSES_TO_A_MESSAGE = 3
# With the answers of automations to a tenth of what comes in, a little over 1,000 a second want to go out.
QUEUED_A_SECOND = 930
LOOK_SECONDS = 10.0

QUEUE_MESSAGES = 100_000
WAVES = 4  # messages for each person in the queue
STATUS_RATE = 1_000
PATIENCE_SECONDS = 200.0

# As a campaign would: rows, which the sender finds.
QUEUE_SOME = """
    INSERT INTO messages (contact_id, conversation_id, channel_id, direction, message_type, content, text, origin)
    SELECT contact_id, id, channel_id, 'outbound', 'text',
        jsonb_build_object('type', 'text', 'text', jsonb_build_object('body', 'Tu pedido va en camino')),
        'Tu pedido va en camino', 'api'
    FROM conversations WHERE contact_id = ANY(%s) ORDER BY contact_id
"""

QUEUE_LONG = """
    INSERT INTO messages (contact_id, conversation_id, channel_id, direction, message_type, content, text, origin)
    SELECT contact_id, id, channel_id, 'outbound', 'text',
        jsonb_build_object('type', 'text', 'text', jsonb_build_object('body', wave::text)), wave::text, 'api'
    FROM (SELECT * FROM conversations WHERE channel_id = %(channel)s ORDER BY contact_id LIMIT %(people)s) AS c,
         generate_series(1, %(waves)s) AS wave
    ORDER BY wave, contact_id
"""


@dataclass(frozen=True, slots=True)
class Look:
    """How things stand at a moment."""

    at: float
    waiting: int  # bodies and messages
    memory: float  # MiB, shared buffers aside
    shared: float


def ceiling(bench: Bench) -> list[Outcome]:
    installation, dice = bench.main(), Random(8)
    wait_until_settled(installation)
    bench.far_side.forget()

    def feed(connection: psycopg.Connection[Row], seconds: float) -> None:
        count = min(round(QUEUED_A_SECOND * seconds), bench.size.contacts)
        connection.execute(QUEUE_SOME, [dice.sample(range(1, bench.size.contacts + 1), count)])

    paced, spent, looks, _ = _under_traffic(
        bench, installation, rate=RATE, statuses_to_a_message=STATUSES_TO_A_MESSAGE, seconds=SECONDS, each_second=feed
    )
    sent = bench.far_side.sent()
    clear(installation)
    out_rate = len(sent) / paced.seconds
    run = _run_of(paced, spent)
    growth = _growth(looks)
    memory = max(look.memory for look in looks)
    return [
        Outcome(
            case="ceiling",
            title=f"Meta's ceiling, {RATE:,} in and {OUT_RATE:,} out for {SECONDS} s",
            lines=[Line("", [run])],
            floors=[
                Floor(what="webhooks/s taken in", figure=run.rate, bound=RATE * 0.99),
                Floor(what="messages/s out", figure=out_rate, bound=OUT_RATE),
                Floor(what="growth of the backlog, a second", figure=growth, bound=RATE * 0.01, is_least=False),
                Floor(what="intake p99 ms", figure=paced.p99_ms, bound=250, is_least=False),
            ],
            notes=[
                f"cores used: {spent.ours / spent.seconds:.2f} of ours ("
                + ", ".join(f"{role} {spent.of(role) / spent.seconds:.2f}" for role in OURS if spent.of(role))
                + f"), generator {spent.of(Role.GENERATOR) / spent.seconds:.2f}, "
                f"far side {spent.of(Role.FAR_SIDE) / spent.seconds:.2f}, others {spent.others_cores:.2f}",
                f"waiting at the end: {looks[-1].waiting:,} (bodies and messages)",
            ],
        ),
        Outcome(
            case="memory",
            title="memory under that load",
            lines=[],
            floors=[Floor(what="MiB, shared buffers aside", figure=memory, bound=600, is_least=False)],
            notes=[f"shared buffers in use besides: {max(look.shared for look in looks):.0f} MiB"],
        ),
    ]


def long_queue(bench: Bench) -> list[Outcome]:
    """One number with 100,000 messages to send, while reports keep coming."""
    installation = bench.main()
    wait_until_settled(installation)
    bench.far_side.forget()
    with installation.connect() as connection:
        channel = scalar(connection, "SELECT min(id) FROM channels WHERE state = 'active'")
        people = QUEUE_MESSAGES // WAVES
        queued = connection.execute(QUEUE_LONG, {"channel": channel, "people": people, "waves": WAVES}).rowcount

    def is_over() -> bool:
        return bench.far_side.count() >= queued

    paced, spent, _, took = _under_traffic(
        bench, installation, rate=STATUS_RATE, statuses_to_a_message=0, seconds=PATIENCE_SECONDS, is_over=is_over
    )
    sent = bench.far_side.sent()
    clear(installation)
    disordered = _disordered(sent)
    run = Run(events=len(sent), seconds=took, spent=spent, p50_ms=paced.p50_ms, p99_ms=paced.p99_ms)
    return [
        Outcome(
            case="long-queue",
            title=f"{queued:,} pending for one number, {STATUS_RATE:,} statuses/s meanwhile",
            lines=[Line("messages out; latency of intake", [run])],
            floors=[
                Floor(what="intake p99 ms", figure=paced.p99_ms, bound=100, is_least=False),
                Floor(what="people whose messages changed order", figure=disordered, bound=0, is_least=False),
                Floor(what="messages not sent, or twice", figure=abs(queued - len(sent)), bound=0, is_least=False),
            ],
            notes=[f"sent in {took:.0f} s; the number itself may send 1,000 a second", _errors_of(paced)],
        )
    ]


def _under_traffic(
    bench: Bench,
    installation: Installation,
    *,
    rate: float,
    statuses_to_a_message: int,
    seconds: float,
    each_second: Callable[[psycopg.Connection[Row], float], None] | None = None,
    is_over: Callable[[], bool] = lambda: False,
) -> tuple[Paced, Spent, list[Look], float]:
    """Offer webhooks until the time is over or `is_over`; returns also how things stood, and how long it took."""
    traffic = Traffic(
        port=installation.port,
        far_side_port=bench.far_side.port,
        rate=rate,
        seconds=seconds,
        statuses_to_a_message=statuses_to_a_message,
        connections=CONNECTIONS,
        contacts=bench.size.contacts,
        channels=bench.size.channels,
        automations=bench.size.automations,
        spare=str(_spare(bench, installation)),
    )
    looks = []
    meter = bench.meter(installation)
    with installation.connect() as connection, Generator("benchmarks.traffic", asdict(traffic)) as generator:
        before = meter.read()
        began = fed = looked = time.monotonic()
        while not generator.is_over() and not is_over():
            now = time.monotonic()
            if each_second is not None and now - fed >= 1.0:
                each_second(connection, now - fed)
                fed = now
            if now - looked >= LOOK_SECONDS:
                looks.append(_look(installation, connection))
                looked = now
            time.sleep(0.05)
        took = time.monotonic() - began
        spent = meter.since(before)
        generator.ask_to_end()
        looks.append(_look(installation, connection))
        return generator.result(), spent, looks, took


def _spare(bench: Bench, installation: Installation) -> Path:
    """Reports of loaded messages, for the first seconds, in which nothing that was sent is due to be reported."""
    made = reports_of_the_last_day(installation, bench.size, 20_000)
    return bench.requests(made, installation)[0]


def _look(installation: Installation, connection: psycopg.Connection[Row]) -> Look:
    waiting = scalar(
        connection,
        "SELECT (SELECT count(*) FROM webhook_events WHERE processed_at IS NULL)"
        " + (SELECT count(*) FROM messages WHERE dispatch IN ('queued', 'sending'))",
    )
    memory = installation.memory()
    return Look(
        at=time.monotonic(),
        waiting=int(waiting),
        memory=sum(each.private for each in memory.values()),
        shared=sum(each.shared for each in memory.values()),
    )


def _growth(looks: Sequence[Look]) -> float:
    """Of the backlog, from the middle third to the last, a second; what is about level counts as nothing."""
    third = max(1, len(looks) // 3)
    middle_third, last = looks[third : 2 * third] or looks[:1], looks[-third:]
    seconds = middle([look.at for look in last]) - middle([look.at for look in middle_third])
    more = middle([look.waiting for look in last]) - middle([look.waiting for look in middle_third])
    return max(0.0, more / seconds) if seconds else 0.0


def _disordered(sent: Sequence[Sent]) -> int:
    heard: defaultdict[str, list[str]] = defaultdict(list)
    for one in sent:
        heard[one.to].append(one.text)
    return sum(texts != sorted(texts, key=int) for texts in heard.values())


def _run_of(paced: Paced, spent: Spent) -> Run:
    return Run(
        events=paced.requests,
        seconds=paced.seconds,
        spent=spent,
        p50_ms=paced.p50_ms,
        p99_ms=paced.p99_ms,
        errors=paced.errors + paced.unanswered,
    )


def _errors_of(paced: Paced) -> str:
    return f"{paced.requests:,} statuses offered, {paced.errors} refused, {paced.unanswered} unanswered"
