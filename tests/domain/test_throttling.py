"""How long to wait after logins that failed."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.throttling import ACCOUNT, ADDRESS, PAIR, Failures, after_failure, time_left, wait_after

NOW = datetime(2026, 3, 14, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rule", "failures", "seconds"),
    [
        (PAIR, 1, 0),
        (PAIR, 4, 0),
        (PAIR, 5, 5),
        (PAIR, 6, 10),
        (PAIR, 7, 20),
        (PAIR, 12, 640),
        (PAIR, 13, 900),
        (PAIR, 1_000_000, 900),
        (ADDRESS, 29, 0),
        (ADDRESS, 30, 5),
        (ADDRESS, 40, 300),
        (ACCOUNT, 49, 0),
        (ACCOUNT, 50, 1),
        (ACCOUNT, 60, 60),
    ],
)
def test_waits_grow_to_a_limit(rule, failures, seconds):
    assert wait_after(rule, failures) == timedelta(seconds=seconds)


def test_strangers_hold_an_account_for_a_minute_at_most():
    assert max(wait_after(ACCOUNT, count) for count in range(10_000)) == timedelta(minutes=1)


def test_a_failure_counts_on_from_the_last_one():
    before = Failures(count=5, last_at=NOW - timedelta(seconds=6), blocked_until=NOW - timedelta(seconds=1))

    after = after_failure(PAIR, before, now=NOW)

    assert after == Failures(count=6, last_at=NOW, blocked_until=NOW + timedelta(seconds=10))


def test_failures_of_long_ago_are_forgotten():
    before = Failures(count=40, last_at=NOW - timedelta(hours=1), blocked_until=None)

    assert after_failure(PAIR, before, now=NOW) == Failures(count=1, last_at=NOW, blocked_until=None)


@pytest.mark.parametrize(("until", "seconds"), [(None, 0), (-1, 0), (0, 0), (7, 7)])
def test_the_time_left_is_never_negative(until, seconds):
    blocked_until = None if until is None else NOW + timedelta(seconds=until)
    failures = Failures(count=9, last_at=NOW, blocked_until=blocked_until)

    assert time_left(failures, now=NOW) == timedelta(seconds=seconds)
