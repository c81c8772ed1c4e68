"""Messages that wait, sent by the one send worker as it runs in production, to a far side at once or after 100 ms."""

import time
from random import Random

from benchmarks.figures import middle
from benchmarks.harness import Bench, clear, wait_until_sent
from benchmarks.installation import Installation
from benchmarks.machine import OURS, Role
from benchmarks.results import Floor, Line, Outcome, Run

ROUNDS = 2
MESSAGES = 15_000
PATIENCE_SECONDS = 40.0
DELAYS = {"far side instant": 0.0, "far side taking 100 ms": 0.1}
RATES = {"far side instant": 3_000, "far side taking 100 ms": 1_000}

# Each to another person, so that no pair limit binds; spread over the channels by whose thread is with which.
QUEUE = """
    INSERT INTO messages (contact_id, conversation_id, channel_id, direction, message_type, content, text, origin)
    SELECT contact_id, id, channel_id, 'outbound', 'text',
        jsonb_build_object('type', 'text', 'text', jsonb_build_object('body', 'Tu pedido va en camino')),
        'Tu pedido va en camino', 'api'
    FROM conversations WHERE contact_id BETWEEN %(first)s AND %(last)s ORDER BY contact_id
"""


def run(bench: Bench) -> list[Outcome]:
    installation = bench.main()
    runs: dict[str, list[Run]] = {side: [] for side in DELAYS}
    dice = Random(3)
    for _ in range(ROUNDS):
        for side, delay in DELAYS.items():
            bench.far_side.answer_after(delay)
            first = dice.randint(1, max(1, bench.size.contacts - MESSAGES))
            runs[side].append(_send(bench, installation, first, min(MESSAGES, bench.size.contacts)))
    bench.far_side.answer_after(0)
    floors = [
        Floor(what=f"messages/s, {side}", figure=middle([run.rate for run in runs[side]]), bound=RATES[side])
        for side in DELAYS
    ]
    floors += [
        Floor(
            what=f"CPU-ms a message, {side}",
            figure=middle([run.cpu_ms(*OURS) for run in runs[side]]),
            bound=0.35,
            is_least=False,
        )
        for side in DELAYS
    ]
    alone = {side: middle([run.cpu_ms(Role.SEND) for run in runs[side]]) for side in DELAYS}
    return [
        Outcome(
            case="sending",
            title="sending",
            lines=[Line(side, runs[side]) for side in DELAYS],
            floors=floors,
            notes=[f"the send process alone: {cpu:.3f} CPU-ms a message, {side}" for side, cpu in alone.items()],
        )
    ]


def _send(bench: Bench, installation: Installation, first: int, count: int) -> Run:
    bench.far_side.forget()
    meter = bench.meter(installation)
    with installation.connect() as connection:
        connection.execute(QUEUE, {"first": first, "last": first + count - 1})
        before = meter.read()
        began = time.monotonic()
        is_all = wait_until_sent(connection, seconds=PATIENCE_SECONDS)
        spent = meter.since(before)
    if not is_all:
        clear(installation)
    sent = bench.far_side.sent()
    # From the first arrival: when the sweep found them is no matter of sending.
    seconds = sent[-1].at - sent[0].at if sent else time.monotonic() - began
    return Run(events=len(sent), seconds=seconds, spent=spent, errors=count - len(sent))
