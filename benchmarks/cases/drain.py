"""From stored bodies to rows: as many events as wait, by the worker as it runs in production.

The bodies are put where intake puts them, so that storing is not measured again. What the automations answer is sent
meanwhile by the send worker, as it would be; that is in the figures too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from time import time

from benchmarks import bodies
from benchmarks.data import Size
from benchmarks.figures import middle
from benchmarks.harness import Bench, channel_of, knock, put, scalar, wait_until_drained, wait_until_settled
from benchmarks.installation import Installation, NotUsable
from benchmarks.machine import OURS
from benchmarks.results import Floor, Line, Outcome, Run

ROUNDS = 3
EVENTS = 40_000
PATIENCE_SECONDS = 90.0
SPREAD_SECONDS = 5.0  # between what is reported of one message
RATE = 3_300  # at which they would have come

LAST_DAY_SHARE = 0.9
MATCHING_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Loaded:
    """An outbound message that waits for reports."""

    wamid: str
    person: int


def mixed(bench: Bench) -> list[Outcome]:
    """Three statuses to a message, with all messages loaded and with a tenth of them, in turns."""
    events, rounds = (6_000, 2) if bench.is_short else (_events(bench), ROUNDS)
    sides = {"main": bench.main(), "young": bench.young()}
    sizes = {"main": bench.size, "young": bench.young_size}
    runs: dict[str, list[Run]] = {"main": [], "young": []}
    for _ in range(rounds):
        for name, installation in sides.items():
            made = list(_mix(installation, sizes[name], events, dice=Random()))
            runs[name].append(_drain(bench, installation, made))
    bench.stop("young")
    growth = [large.cpu_ms(*OURS) / small.cpu_ms(*OURS) for large, small in zip(*runs.values(), strict=True)]
    return [
        Outcome(
            case="drain",
            title="drain",
            lines=[
                Line(f"{bench.size.messages:,} messages", runs["main"]),
                Line(f"{bench.young_size.messages:,} messages", runs["young"]),
            ],
            floors=[
                Floor(what="events/s", figure=middle([run.rate for run in runs["main"]]), bound=8_000),
                Floor(
                    what="CPU-ms an event",
                    figure=middle([run.cpu_ms(*OURS) for run in runs["main"]]),
                    bound=0.15,
                    is_least=False,
                ),
                Floor(
                    what="times the CPU with a tenth of the messages",
                    figure=middle(growth),
                    bound=1.5,
                    is_least=False,
                    is_ratio=True,
                ),
            ],
        )
    ]


def old_statuses(bench: Bench) -> list[Outcome]:
    """One report each for messages of any age."""
    installation = bench.main()
    runs = []
    for _ in range(2):
        found = _of_any_age(installation, bench.size, _events(bench), dice=Random())
        made = [_report(one, "read", bench.size, at=time()) for one in found]
        runs.append(_drain(bench, installation, made))
    return [
        Outcome(
            case="old-statuses",
            title=f"statuses on uniformly old messages among {bench.size.messages:,}",
            lines=[Line("", runs)],
            floors=[Floor(what="events/s", figure=middle([run.rate for run in runs]), bound=5_000)],
        )
    ]


def reports_of_the_last_day(installation: Installation, size: Size, count: int) -> Iterator[bytes]:
    """As many bodies, one report each, about what was sent lately."""
    return (_report(one, "sent", size, at=time()) for one in _of_the_last_day(installation, size, count))


def _events(bench: Bench) -> int:
    """Enough for seconds of steady work, and not more than a small database has to report on."""
    return min(EVENTS, bench.size.messages // 10)


def _drain(bench: Bench, installation: Installation, made: Sequence[bytes]) -> Run:
    if not made:
        raise NotUsable("All that was loaded has been reported on: leave --keep out, or give it another folder.")
    meter = bench.meter(installation)
    with installation.connect() as connection:
        began = put(installation, made[:-1])
        before = meter.read()
        knock(installation, made[-1])
        wait_until_drained(connection, seconds=PATIENCE_SECONDS)
        spent = meter.since(before)
        done, ended = connection.execute(
            "SELECT count(*), EXTRACT(epoch FROM max(processed_at)) FROM webhook_events"
            " WHERE processed_at > to_timestamp(%s)",
            [began],
        ).fetchone() or (0, began)
        parked = scalar(connection, "SELECT count(*) FROM webhook_events WHERE parked <> '{}'")
    run = Run(events=int(str(done)), seconds=float(str(ended)) - began, spent=spent, errors=int(parked))
    bench.say(f"  {run.rate:,.0f} events/s, {run.cpu_ms(*OURS):.3f} CPU-ms, others {run.spent.others_cores:.2f} cores")
    wait_until_settled(installation)
    bench.far_side.forget()
    return run


def _mix(installation: Installation, size: Size, events: int, *, dice: Random) -> Iterator[bytes]:
    """In the order in which they come: what is reported of a message comes in order, and mixed with the others."""
    reported = events * 3 // 4 // 3
    recent = round(reported * LAST_DAY_SHARE)
    loaded = _of_the_last_day(installation, size, recent) + _of_any_age(
        installation, size, reported - recent, dice=dice
    )
    now = time()
    events_at: list[tuple[float, bytes]] = []
    for one in loaded:
        at = now - events / RATE + dice.random() * events / RATE
        for kind in ("sent", "delivered", "read"):
            events_at.append((at, _report(one, kind, size, at=at)))
            at += dice.random() * SPREAD_SECONDS
    for place in range(events - len(events_at)):
        at = now - events / RATE + dice.random() * events / RATE
        person = dice.randint(1, size.contacts)
        is_matching = place % round(1 / MATCHING_SHARE) == 0
        said = f"Hola, quiero la {bodies.keyword(dice.randint(1, size.automations))} por favor" if is_matching else None
        body = bodies.text_body(person=person, channel=channel_of(person, size), text=said, at=at)
        events_at.append((at, body))
    events_at.sort(key=lambda event: event[0])
    return (body for _, body in events_at)


def _of_the_last_day(installation: Installation, size: Size, count: int) -> list[Loaded]:
    with installation.connect() as connection:
        rows = connection.execute(
            """
            SELECT whatsapp_message_id, contact_id FROM messages
            WHERE id BETWEEN %s AND %s AND direction = 'outbound' AND status = 'pending' ORDER BY random() LIMIT %s
            """,
            [size.last_day, size.messages, count],
        ).fetchall()
    return [Loaded(str(wamid), int(str(person))) for wamid, person in rows]


def _of_any_age(installation: Installation, size: Size, count: int, *, dice: Random) -> list[Loaded]:
    oldest = size.last_day if size.last_day > 1 else size.messages  # younger than a day: then any will do
    ids = [2 * dice.randint(1, oldest // 2) for _ in range(count + count // 5)]
    with installation.connect() as connection:
        rows = connection.execute(
            """
            SELECT whatsapp_message_id, contact_id FROM messages
            WHERE id = ANY(%s) AND direction = 'outbound' AND status <> 'read' LIMIT %s
            """,
            [ids, count],
        ).fetchall()
    found = [Loaded(str(wamid), int(str(person))) for wamid, person in rows]
    dice.shuffle(found)
    return found


def _report(one: Loaded, kind: str, size: Size, *, at: float) -> bytes:
    return bodies.status_body(
        wamid=one.wamid,
        kind=kind,
        recipient=bodies.wa_id(one.person),
        channel=channel_of(one.person, size),
        at=at,
    )
