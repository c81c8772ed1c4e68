"""How long to wait after logins that failed.

Whoever guesses must slow down, and whoever owns the account must get in. So the waits are counted apart: for an account
from one address, for an address, and for an account from everywhere. Only the last one can be filled by strangers, so
it stays short, and a browser that has signed in to the account before is counted by itself and by nothing else.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

FORGOTTEN_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    free: int  # so many may fail before anybody waits
    first: timedelta
    longest: timedelta


PAIR = Rule(free=5, first=timedelta(seconds=5), longest=timedelta(minutes=15))  # one account from one address
DEVICE = PAIR  # one account from a browser that it knows
ADDRESS = Rule(free=30, first=timedelta(seconds=5), longest=timedelta(minutes=5))  # an office may share one
ACCOUNT = Rule(free=50, first=timedelta(seconds=1), longest=timedelta(minutes=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    count: int
    last_at: datetime
    blocked_until: datetime | None


def wait_after(rule: Rule, count: int) -> timedelta:
    """The wait that the last of so many failures brings: twice as long each time."""
    if count < rule.free:
        return timedelta(0)
    doublings: int = min(count - rule.free, 30)  # a week is past every limit
    return min(rule.first * (1 << doublings), rule.longest)


def time_left(failures: Failures, *, now: datetime) -> timedelta:
    return max((failures.blocked_until or now) - now, timedelta(0))


def after_failure(rule: Rule, failures: Failures | None, *, now: datetime) -> Failures:
    """One more; those of long ago count no more."""
    earlier = 0 if failures is None or now - failures.last_at >= FORGOTTEN_AFTER else failures.count
    wait = wait_after(rule, earlier + 1)
    return Failures(count=earlier + 1, last_at=now, blocked_until=now + wait if wait else None)
