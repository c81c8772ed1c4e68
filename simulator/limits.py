"""The two rates at which Meta throttles a number: messages per second, and messages to one person.

Both live in memory. A restart refills the first and rebuilds the second from the ledger, which the caller hands over.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

PAIR_CAPACITY = 45
PAIR_DRAIN_SECONDS = 6.0
# After this long without a message a full pair bucket is empty.
PAIR_MEMORY_SECONDS = PAIR_CAPACITY * PAIR_DRAIN_SECONDS


class TokenBucket:
    """`per_second` tokens a second, at most one second's worth saved up."""

    def __init__(self, *, per_second: float, now: float) -> None:
        self._per_second = per_second
        self._tokens = per_second
        self._at = now

    def take(self, *, now: float) -> bool:
        self._refill(now=now)
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def take_if_any(self, *, now: float) -> None:
        """For what cannot be refused, such as a customer's message: it uses the rate up but never owes."""
        self._refill(now=now)
        self._tokens = max(0.0, self._tokens - 1)

    def _refill(self, *, now: float) -> None:
        # A clock that was turned back adds nothing and takes nothing.
        elapsed = max(0.0, now - self._at)
        self._at = now
        self._tokens = min(self._per_second, self._tokens + elapsed * self._per_second)


@dataclass
class _Level:
    full: float
    at: float

    def drain(self, *, now: float) -> None:
        self.full = max(0.0, self.full - max(0.0, now - self.at) / PAIR_DRAIN_SECONDS)
        self.at = now


@dataclass
class PairLimits:
    """A leaky bucket per person: 45 messages fit, one drains every six seconds."""

    _levels: dict[str, _Level] = field(default_factory=dict)

    def knows(self, person: str) -> bool:
        return person in self._levels

    def recall(self, person: str, *, sent_at: Iterable[float], now: float) -> None:
        """Rebuild a person's level from the moments, oldest first, at which messages were accepted."""
        level = _Level(full=0.0, at=now - PAIR_MEMORY_SECONDS)
        for moment in sent_at:
            level.drain(now=moment)
            level.full += 1
        level.drain(now=now)
        self._levels[person] = level

    def has_room(self, person: str, *, now: float) -> bool:
        level = self._levels.setdefault(person, _Level(full=0.0, at=now))
        level.drain(now=now)
        return level.full + 1 <= PAIR_CAPACITY

    def add(self, person: str, *, now: float) -> None:
        level = self._levels.setdefault(person, _Level(full=0.0, at=now))
        level.drain(now=now)
        level.full += 1

    def clear(self) -> None:
        self._levels.clear()
