"""What a crash run does, and when: how much, which faults, and every blow by the second, all from one seed.

The same seed gives the same schedule and the same messages at the same times. What the machine makes of it differs from
run to run: that is why a run is judged by its figures and not by its course.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random

from tests.crash.sizes import Size


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


class Kind(StrEnum):
    """What is done besides the kills, which have a row of their own."""

    PAUSE = "pause"  # SIGSTOP, and SIGCONT some seconds later
    RESTART = "restart"  # PostgreSQL is stopped at once while commits are under way
    WIPE = "wipe"  # the broker forgets everything
    FILL = "full disk"


@dataclass(frozen=True, order=True)
class Kill:
    at: float
    target: Target


@dataclass(frozen=True, kw_only=True)
class Blow:
    """Anything that is no kill. A pause of the sender is one of whichever holds the lane at that moment."""

    kind: Kind
    target: Target | None = None
    at: float
    seconds: float = 0.0

    @property
    def ends(self) -> float:
        return self.at + self.seconds

    def spares(self, target: Target, at: float) -> bool:
        """Whether a kill would spoil it. Whoever is to be hurt must also have come up by then."""
        calm = CALM_SECONDS if self.kind is Kind.FILL else 0.0  # in which it shows that nothing broke for good
        return target in self.needed and self.at - CALM_SECONDS < at < self.ends + calm

    def clashes(self, other: "Blow") -> bool:
        """Whether the two together would be less than each alone."""
        is_apart = self.ends + CALM_SECONDS < other.at or other.ends + CALM_SECONDS < self.at
        return not is_apart and bool(self.needed & other.needed - {Target.SUPERVISOR})

    @property
    def needed(self) -> frozenset[Target]:
        """Who must live meanwhile."""
        match self.kind, self.target:
            case Kind.PAUSE, Target.SEND:  # either may be the one
                return frozenset({Target.SEND, Target.OTHER_SEND, Target.SUPERVISOR})
            case Kind.PAUSE, Target.BACKEND:  # it goes when the server goes
                return frozenset({Target.BACKEND, Target.POSTGRES, Target.SUPERVISOR})
            case Kind.PAUSE, Target():
                return frozenset({self.target, Target.SUPERVISOR})
            case Kind.RESTART, _:
                return frozenset({Target.POSTGRES, Target.BACKEND, Target.WEB, Target.SUPERVISOR})
            case Kind.FILL, _:  # the backend too: whoever is paused there holds the others up
                return frozenset({Target.POSTGRES, Target.BACKEND, Target.WEB, Target.SUPERVISOR})
            case _:
                return frozenset({Target.VALKEY, Target.SUPERVISOR})


@dataclass(frozen=True)
class Schedule:
    kills: tuple[Kill, ...]
    blows: tuple[Blow, ...]
    writes: tuple[tuple[float, int], ...]  # when, and which of the people
    asks: tuple[tuple[float, int], ...]  # the same, for messages to people who have written before


# A process that was just started takes a few seconds to do anything that could be hurt.
CALM_SECONDS = 6.0
BURSTS = (1, 1, 2, 3, 5, 8, 20)
# The second sender is another's machine, and a supervisor that stands still hurts nobody.
PAUSED = tuple(target for target in Target if target not in (Target.OTHER_SEND, Target.SUPERVISOR))
PLACES_TRIED = 200
ARRANGEMENTS_TRIED = 100


def schedule(size: Size, *, seed: int) -> Schedule:
    dice = Random(seed)
    blows = _blows(dice, size)
    moments = sorted(dice.uniform(0.02, 1.0) * size.seconds for _ in range(size.kills))
    kills = tuple(Kill(at, target) for at, target in zip(moments, _targets(dice, moments, blows), strict=True))
    writes = _writes(dice, size)
    return Schedule(kills=kills, blows=blows, writes=writes, asks=_asks(dice, size, writes))


def _blows(dice: Random, size: Size) -> tuple[Blow, ...]:
    wanted = sorted(_wanted(dice, size), key=lambda blow: -blow.seconds)
    for _ in range(ARRANGEMENTS_TRIED):
        if placed := _placed(dice, wanted, size):
            return tuple(sorted(placed, key=lambda blow: blow.at))
    raise ValueError(f"{size.seconds:.0f} s are too short for all that is to happen in them")


def _placed(dice: Random, wanted: Sequence[Blow], size: Size) -> list[Blow] | None:
    """The longest first, as it is the hardest to find a place for; None when one finds none."""
    chosen: list[Blow] = []
    for blow in wanted:
        for _ in range(PLACES_TRIED):
            there = replace(blow, at=dice.uniform(0.05, 0.95) * (size.seconds - blow.seconds))
            if not any(there.clashes(other) for other in chosen):
                break
        else:
            return None
        chosen.append(there)
    return chosen


def _wanted(dice: Random, size: Size) -> Iterator[Blow]:
    chosen = [(Target.SEND, size.sender_paused), (Target.WEB, size.web_paused)]
    chosen += [(target, dice.uniform(*size.paused)) for target in _from_deck(dice, PAUSED, size.pauses - 2)]
    for target, seconds in chosen[: size.pauses]:
        yield Blow(kind=Kind.PAUSE, target=target, at=0, seconds=seconds)
    yield from [Blow(kind=Kind.RESTART, at=0)] * size.restarts
    yield from [Blow(kind=Kind.WIPE, at=0)] * size.wipes
    yield from [Blow(kind=Kind.FILL, at=0, seconds=size.full)] * size.fills


def _from_deck(dice: Random, targets: Sequence[Target], count: int) -> list[Target]:
    drawn: list[Target] = []
    while len(drawn) < count:
        drawn += dice.sample(targets, len(targets))
    return drawn[: max(0, count)]


def _targets(dice: Random, moments: Sequence[float], blows: Sequence[Blow]) -> list[Target]:
    """Each in turn from a shuffled deck, so that nobody is left out; who must be spared goes back into the deck.

    The supervisor is in every second deck: it takes all the others with it, and nothing happens until they are up.
    """
    deck: list[Target] = []
    chosen = []
    decks = 0
    for at in moments:
        if all(_is_spared(target, at, blows) for target in deck):
            decks += 1
            cards = [target for target in Target if target is not Target.SUPERVISOR or decks % 2 == 0]
            deck += dice.sample(cards, len(cards))
        target = next(target for target in deck if not _is_spared(target, at, blows))
        deck.remove(target)
        chosen.append(target)
    return chosen


def _is_spared(target: Target, at: float, blows: Sequence[Blow]) -> bool:
    return any(blow.spares(target, at) for blow in blows)


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


def _asks(dice: Random, size: Size, writes: Sequence[tuple[float, int]]) -> tuple[tuple[float, int], ...]:
    """Sends by the API, only to people who have a window open by then."""
    drawn = dice.sample(writes, min(size.asks, len(writes)))
    return tuple(sorted((dice.uniform(at, 0.97 * size.seconds), person) for at, person in drawn))
