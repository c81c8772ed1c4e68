"""How fast a number may send: Meta's rate for the number, and its rate towards one person.

Time is the `now` argument, in monotonic seconds. Buckets live in the memory of one sender and are rebuilt from rows by
`replay`, so that a new holder of the lane does not begin with a full burst.
"""

import math
from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)

NUMBER_RATE = 80.0  # messages a second, both directions together
PAIR_CAPACITY = 45  # messages at once to one person, borrowed from the time that follows
PAIR_SECONDS = 6.0  # what one of them costs

AVERAGE_SECONDS = 1.0  # what a throughput remembers

_SLACK = 1e-6  # seconds of floating point error
_PRUNE_ABOVE = 1024


class Bucket:
    """A token bucket that starts full."""

    def __init__(self, *, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = float(burst)
        self._filled_at = now

    @classmethod
    def replay(cls, events: Iterable[tuple[float, int]], *, rate: float, burst: float, now: float) -> "Bucket":
        """The bucket as it stands after (seconds ago, messages) of what was sent and received."""
        history = sorted(events, reverse=True)
        bucket = cls(rate=rate, burst=burst, now=now - history[0][0] if history else now)
        for seconds_ago, count in history:
            bucket.spend(count, now=now - seconds_ago)
        return bucket

    def take(self, wanted: int, *, now: float) -> int:
        """How many of the wanted messages may leave now; they are taken."""
        self._fill(now)
        granted = max(0, min(wanted, int(self._tokens + self._rate * _SLACK)))
        self._tokens -= granted
        return granted

    def spend(self, count: int, *, now: float) -> None:
        """Count what nobody asked us about, such as inbound messages; the bucket may go into debt.

        The debt ends at one burst: what came in before that says nothing about the seconds to come, and must not
        silence a number for minutes.
        """
        self._fill(now)
        self._tokens = max(self._tokens - count, -self._burst)

    def give_back(self, count: int, *, now: float) -> None:
        """Return what was taken and not sent."""
        self._fill(now)
        self._tokens = min(self._tokens + count, self._burst)

    def ready_at(self, *, now: float, count: int = 1) -> float:
        """When so many messages may leave; `now` when they may at once."""
        self._fill(now)
        return now + max(0.0, count - self._tokens) / self._rate

    def _fill(self, now: float) -> None:
        elapsed = max(0.0, now - self._filled_at)
        self._tokens = min(self._tokens + elapsed * self._rate, self._burst)
        self._filled_at = max(now, self._filled_at)


class Throughput:
    """How many messages a second there were lately, as an average that forgets."""

    def __init__(self) -> None:
        self._rate = 0.0
        self._at = float("-inf")

    def add(self, count: int, *, now: float) -> None:
        self._rate = self.rate(now=now) + count / AVERAGE_SECONDS
        self._at = now

    def rate(self, *, now: float) -> float:
        return self._rate * math.exp(min(0.0, self._at - now) / AVERAGE_SECONDS)


class PairBuckets(Generic[Key]):
    """A leaky bucket for each person, kept as the moment at which it will be empty: one number, and none when idle."""

    def __init__(self, *, capacity: int = PAIR_CAPACITY, seconds: float = PAIR_SECONDS) -> None:
        self._seconds = seconds
        self._depth = capacity * seconds
        self._empty_at: dict[Key, float] = {}
        self._prune_above = _PRUNE_ABOVE

    def __len__(self) -> int:
        return len(self._empty_at)

    @classmethod
    def replay(
        cls,
        events: Iterable[tuple[Key, float]],
        *,
        now: float,
        capacity: int = PAIR_CAPACITY,
        seconds: float = PAIR_SECONDS,
    ) -> "PairBuckets[Key]":
        """The buckets as they stand after messages to (person, seconds ago)."""
        buckets = cls(capacity=capacity, seconds=seconds)
        for key, seconds_ago in sorted(events, key=lambda event: -event[1]):
            buckets.spend(key, now=now - seconds_ago)
        buckets._prune(now)
        return buckets

    def take(self, key: Key, *, now: float) -> bool:
        """Whether a message to this person may leave now; if so, it is counted."""
        if self.ready_at(key, now=now) > now:
            return False
        self.spend(key, now=now)
        return True

    def spend(self, key: Key, *, now: float) -> None:
        """Count a message that left."""
        self._empty_at[key] = max(self._empty_at.get(key, now), now) + self._seconds
        if len(self._empty_at) > self._prune_above:
            self._prune(now)

    def ready_at(self, key: Key, *, now: float) -> float:
        """When the next message to this person may leave; `now` when it may at once."""
        ready = self._empty_at.get(key, now) + self._seconds - self._depth
        return ready if ready > now + _SLACK else now

    def _prune(self, now: float) -> None:
        """Forget the idle. Doing it at twice what was left keeps the cost of a message constant."""
        self._empty_at = {key: empty_at for key, empty_at in self._empty_at.items() if empty_at > now}
        self._prune_above = max(_PRUNE_ABOVE, 2 * len(self._empty_at))
