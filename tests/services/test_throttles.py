"""Failed logins, counted by rows."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.models import LoginThrottle
from app.services import throttles
from app.services.throttles import LoginThrottled, Origin

HERE = Origin(address="203.0.113.1")


def begin(session, *, now, origin=HERE):
    return throttles.begin(session, account="user 1", origin=origin, secret_key="s" * 32, now=now)


def test_an_attempt_that_nobody_looked_at_counts_for_nothing(session, now):
    for _ in range(20):
        throttles.undo(session, begin(session, now=now))

    assert {row.failures for row in session.scalars(select(LoginThrottle))} == {0}


def test_taking_an_attempt_back_leaves_the_wait_that_others_brought(session, now):
    first = begin(session, now=now)
    for _ in range(4):
        begin(session, now=now)

    throttles.undo(session, first)

    with pytest.raises(LoginThrottled):
        begin(session, now=now)


def test_the_wait_goes_with_the_attempt_that_brought_it(session, now):
    last = [begin(session, now=now) for _ in range(5)][-1]

    throttles.undo(session, last)

    begin(session, now=now)


def test_many_guesses_at_once_are_not_one(session, now):
    """Counted before the password is looked at."""
    for _ in range(5):
        begin(session, now=now)

    with pytest.raises(LoginThrottled) as refused:
        begin(session, now=now + timedelta(seconds=1))
    assert refused.value.headers == {"Retry-After": "4"}


def test_a_success_forgets_what_was_its_own_and_keeps_what_others_did(session, now):
    begin(session, now=now, origin=Origin(address="203.0.113.2"))

    throttles.succeed(session, begin(session, now=now))

    failures = sorted(row.failures for row in session.scalars(select(LoginThrottle)))
    assert failures == [0, 1, 1, 1]  # this address; the other one, with the account and without; the account
