"""What a crash run does, and when: how much, which faults, and every kill by the second, all from one seed.

The same seed gives the same schedule and the same messages at the same times. What the machine makes of it differs from
run to run: that is why a run is judged by its figures and not by its course.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Any


class Target(StrEnum):
    """Who may be hurt. A backend is one of PostgreSQL's own processes: without it the server recovers by itself."""

    WEB = "web"
    INTAKE = "worker-intake"
    SEND = "worker-send"
    OTHER_SEND = "worker-send-2"
    SWEEP = "worker-sweep"
    BEAT = "beat"
    POSTGRES = "postgres"
    BACKEND = "postgres-backend"
    VALKEY = "valkey"
    SUPERVISOR = "supervisor"


class Scenario(StrEnum):
    MAIN = "main"
    SILENCE = "silence"  # no status is ever reported, and intake is never proved open


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much of everything. Seconds throughout."""

    messages: int
    people: int
    seconds: float  # of sending and killing
    kills: int
    sender_frozen: float
    web_away: float
    settle_within: float  # after the last kill
    start_within: float
    send_timeout: float
    silence: float
    far_end_delay: float  # the simulator's largest delay of a status and its retry gap together
    give_up: float
    overdue: float

    def __post_init__(self) -> None:
        if self.far_end_delay >= self.silence:
            raise ValueError("silence must last longer than the far end may take to report, or it proves nothing")


def full(*, messages: int, people: int, seconds: float, kills: int) -> Size:
    """The durations of the design's crash test."""
    return Size(
        messages=messages,
        people=people,
        seconds=seconds,
        kills=kills,
        sender_frozen=60,
        web_away=30,
        settle_within=180,
        start_within=5,
        send_timeout=30,
        silence=20,
        far_end_delay=10,
        give_up=60,
        overdue=20,
    )


def short(*, messages: int, people: int, seconds: float, kills: int) -> Size:
    """The same in little, for every change."""
    return Size(
        messages=messages,
        people=people,
        seconds=seconds,
        kills=kills,
        sender_frozen=8,
        web_away=4,
        settle_within=60,
        start_within=2,
        send_timeout=3,
        silence=8,
        far_end_delay=5,
        give_up=15,
        overdue=6,
    )


HELD_BACK_SECONDS = 1.0  # at most, by the simulator, of a body that it reorders


def faults(size: Size, scenario: Scenario, *, seed: int) -> dict[str, Any]:
    """What goes wrong at the far end all along; see the simulator's faults."""
    # Read, delayed, refused and held back are the slowest way of a report; together they take all of the delay.
    part = (size.far_end_delay - HELD_BACK_SECONDS) / 8.5
    document: dict[str, Any] = {
        "seed": seed,
        "send_errors": [{"code": 131000, "probability": 0.01, "http_status": 500}],
        "send_latency_seconds": [0.0, 0.4],
        "reset_before_accepting": 0.02,  # looks like the next one, so only silence can prove that it is not
        "reset_after_accepting": 0.04,
        "500_after_accepting": 0.04,
        "invalid_json_after_accepting": 0.02,
        "status_delay_seconds": {"sent": 0.3 * part, "delivered": 1.0 * part, "read": 2.0 * part},
        "webhook_delay_seconds": [0.0, 1.5 * part],
        "webhook_duplicate": 0.1,
        "webhook_reorder": 0.1,
        "retry_max_gap_seconds": 5.0 * part,
    }
    if scenario is Scenario.SILENCE:
        document["webhook_drop_statuses"] = 1.0
    return document


@dataclass(frozen=True, order=True)
class Kill:
    at: float
    target: Target


@dataclass(frozen=True)
class Freeze:
    """Stopped for a while and continued."""

    target: Target
    at: float
    seconds: float

    def spares(self, target: Target, at: float) -> bool:
        """Whether killing it would end the freeze. Whoever is to freeze must also have come up by then."""
        others = {Target.OTHER_SEND} if self.target is Target.SEND else set()  # either may be the one that is frozen
        is_spared = target in {self.target, Target.SUPERVISOR} | others
        return is_spared and self.at - CALM_SECONDS < at < self.at + self.seconds


@dataclass(frozen=True)
class Schedule:
    kills: tuple[Kill, ...]
    freezes: tuple[Freeze, ...]
    writes: tuple[tuple[float, int], ...]  # when, and which of the people


# A process that was just started takes a few seconds to do anything that could be hurt.
CALM_SECONDS = 6.0
BURSTS = (1, 1, 2, 3, 5, 8, 20)


def schedule(size: Size, *, seed: int) -> Schedule:
    dice = Random(seed)
    freezes = (
        Freeze(Target.SEND, at=size.seconds * dice.uniform(0.12, 0.2), seconds=size.sender_frozen),
        Freeze(Target.WEB, at=size.seconds * dice.uniform(0.6, 0.7), seconds=size.web_away),
    )
    moments = sorted(dice.uniform(0.02, 1.0) * size.seconds for _ in range(size.kills))
    kills = tuple(Kill(at, target) for at, target in zip(moments, _targets(dice, moments, freezes), strict=True))
    return Schedule(kills=kills, freezes=freezes, writes=_writes(dice, size))


def _targets(dice: Random, moments: Sequence[float], freezes: Sequence[Freeze]) -> list[Target]:
    """Each in turn from a shuffled deck, so that nobody is left out; who must be spared goes back into the deck."""
    deck: list[Target] = []
    chosen = []
    for at in moments:
        if not any(not _is_spared(target, at, freezes) for target in deck):
            deck += dice.sample(list(Target), len(Target))
        target = next(target for target in deck if not _is_spared(target, at, freezes))
        deck.remove(target)
        chosen.append(target)
    return chosen


def _is_spared(target: Target, at: float, freezes: Sequence[Freeze]) -> bool:
    return any(freeze.spares(target, at) for freeze in freezes)


def _writes(dice: Random, size: Size) -> tuple[tuple[float, int], ...]:
    """In bursts, so that kills meet many sends under way and not one at a time."""
    people = [number % size.people for number in range(size.messages)]
    dice.shuffle(people)
    bursts = []
    while people:
        length = dice.choice(BURSTS)
        bursts.append(people[:length])
        people = people[length:]
    moments = sorted(dice.uniform(0.0, 0.97) * size.seconds for _ in bursts)
    return tuple((at, person) for at, burst in zip(moments, bursts, strict=True) for person in burst)
