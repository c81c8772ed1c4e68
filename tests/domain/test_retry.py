from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.failures import Scope
from app.domain.retry import (
    Delivery,
    Fail,
    GiveUp,
    Halt,
    Resend,
    Settlement,
    Wait,
    after_answer,
    after_report,
    attempt_of,
    default_delivery,
    not_sent,
    settle,
    silence_seconds,
)

HOUR = 3600.0
CLAIMED = datetime(2026, 11, 22, 12, tzinfo=UTC)
DEAD = CLAIMED + timedelta(seconds=40)
GIVEN_UP = CLAIMED + timedelta(hours=24)

jitters = st.floats(0, 1)


def settled(
    policy: Delivery,
    *,
    after_seconds: float,
    is_proved: bool = False,
    give_up_seconds: float = 24 * HOUR,
    attempt: int = 1,
) -> Settlement:
    return settle(
        policy,
        now=CLAIMED + timedelta(seconds=after_seconds),
        claimed_at=CLAIMED,
        dead_at=DEAD,
        proved_not_sent=is_proved,
        give_up_seconds=give_up_seconds,
        attempt=attempt,
    )


@pytest.mark.parametrize(
    ("code", "attempt", "expected"),
    [
        (130429, 1, Resend(after_seconds=1, is_failure=False)),
        (130429, 50, Resend(after_seconds=1, is_failure=False)),
        (80007, 1, Resend(after_seconds=300, is_failure=False)),
        (131057, 1, Resend(after_seconds=60, is_failure=False)),
        (2494100, 9, Resend(after_seconds=60, is_failure=False)),
        (131056, 1, Resend(after_seconds=1, is_failure=False)),
        (131056, 2, Resend(after_seconds=4, is_failure=False)),
        (131056, 3, Resend(after_seconds=16, is_failure=False)),
        (131056, 5, Resend(after_seconds=256, is_failure=False)),
        (131056, 5000, Resend(after_seconds=256, is_failure=False)),
        (2, 1, Resend(after_seconds=2.5)),
        (2, 4, Resend(after_seconds=160)),
        (2, 5, Fail(reason="retries_exhausted")),
        (131000, 2, Resend(after_seconds=10)),
        (131000, 3, Fail(reason="retries_exhausted")),
        (131049, 1, Resend(after_seconds=24 * HOUR)),
        (131049, 3, Fail(reason="retries_exhausted")),
        (131026, 1, Fail(reason="recipient")),
        (131050, 1, Fail(reason="opt_out")),
        (131047, 1, Fail(reason="window")),
        (131048, 1, Fail(reason="quality")),
        (131030, 1, Fail(reason="configuration")),
        (100, 1, Fail(reason="configuration")),
        (999999, 1, Fail(reason="unknown")),
        (190, 1, Halt(scope=Scope.CHANNEL, reason="account")),
        (131042, 7, Halt(scope=Scope.CHANNEL, reason="account")),
        (132016, 1, Halt(scope=Scope.TEMPLATE, reason="configuration")),
        (132015, 1, Halt(scope=Scope.TEMPLATE, reason="paused_template", after_seconds=3 * HOUR)),
        (132015, 2, Halt(scope=Scope.TEMPLATE, reason="paused_template", after_seconds=6 * HOUR)),
        (132015, 3, Halt(scope=Scope.TEMPLATE, reason="paused_template")),
    ],
)
def test_an_answer_with_an_error_code_decides_what_follows(code: int, attempt: int, expected: object) -> None:
    assert after_answer(code, attempt=attempt, jitter=0) == expected


def test_an_unknown_phone_number_id_halts_the_channel() -> None:
    verdict = after_answer(100, subcode=33, attempt=1, jitter=0)

    assert verdict == Halt(scope=Scope.CHANNEL, reason="account")


@given(jitters)
def test_maintenance_waits_one_to_two_minutes(jitter: float) -> None:
    verdict = after_answer(131057, attempt=1, jitter=jitter)

    assert isinstance(verdict, Resend)
    assert 60 <= verdict.after_seconds <= 120


@given(st.lists(jitters, min_size=4, max_size=4))
def test_transient_trouble_is_tried_five_times_within_a_quarter_of_an_hour(drawn: list[float]) -> None:
    waits = [after_answer(2, attempt=attempt, jitter=jitter) for attempt, jitter in enumerate(drawn, start=1)]

    assert all(isinstance(wait, Resend) and wait.is_failure for wait in waits)
    assert sum(wait.after_seconds for wait in waits if isinstance(wait, Resend)) <= 15 * 60
    assert isinstance(after_answer(2, attempt=5, jitter=0.5), Fail)


@pytest.mark.parametrize(
    ("codes", "attempt"),
    [([], 1), ([2], 1), ([2, 131016], 2), ([130429, 130429, 2], 1), ([2, 130429, 2], 2), ([131056, 131056], 2)],
)
def test_only_answers_of_the_same_class_count_as_tries(codes: list[int], attempt: int) -> None:
    assert attempt_of(codes) == attempt


@pytest.mark.parametrize(
    ("code", "attempt", "expected"),
    [
        (131049, 1, Resend(after_seconds=24 * HOUR)),
        (131049, 2, Resend(after_seconds=24 * HOUR)),
        (131049, 3, None),
        (130429, 1, Resend(after_seconds=1)),
        (131056, 3, Resend(after_seconds=16)),
        (132015, 1, Resend(after_seconds=3 * HOUR)),
        (132015, 2, Resend(after_seconds=6 * HOUR)),
        (132015, 3, None),
        (131026, 1, None),
        (131047, 1, None),
        (131048, 1, None),
        (131050, 1, None),
        (131042, 1, None),
        (131000, 1, None),
        (130472, 1, None),
        (999999, 1, None),
        (None, 1, None),
    ],
)
def test_a_failed_report_causes_a_resend_only_where_meta_says_wait(
    code: int | None, attempt: int, expected: Resend | None
) -> None:
    assert after_report(code, attempt=attempt) == expected


def test_a_message_that_arrived_somewhere_is_never_resent() -> None:
    assert after_report(131049, attempt=1, is_delivered=True) is None


def test_a_failed_report_does_not_move_a_message_that_may_never_go_again() -> None:
    assert after_report(131049, attempt=1, policy=Delivery.NEVER_AGAIN) is None


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 0.5), (2, 1), (3, 2), (7, 32), (8, 60), (9, 60), (100_000, 60)])
def test_a_send_without_a_connection_waits_longer_each_time_up_to_a_minute(attempt: int, seconds: float) -> None:
    assert not_sent(attempt=attempt, jitter=1) == Resend(after_seconds=seconds, is_failure=False)
    assert not_sent(attempt=attempt, jitter=0) == Resend(after_seconds=seconds / 2, is_failure=False)


@pytest.mark.parametrize(
    ("policy", "after_seconds", "is_proved", "expected"),
    [
        (Delivery.AT_MOST_ONCE, 10, False, Wait(until=DEAD)),
        (Delivery.AT_MOST_ONCE, 40, True, Wait(until=DEAD)),
        (Delivery.AT_MOST_ONCE, 41, True, Resend()),
        (Delivery.AT_MOST_ONCE, 41, False, Wait(until=GIVEN_UP)),
        (Delivery.AT_MOST_ONCE, 24 * HOUR - 1, False, Wait(until=GIVEN_UP)),
        (Delivery.AT_MOST_ONCE, 24 * HOUR, False, GiveUp(reason="outcome_unknown")),
        (Delivery.AT_MOST_ONCE, 25 * HOUR, True, Resend()),
        (Delivery.NEVER_AGAIN, 41, True, Wait(until=GIVEN_UP)),
        (Delivery.NEVER_AGAIN, 41, False, Wait(until=GIVEN_UP)),
        (Delivery.NEVER_AGAIN, 24 * HOUR, True, GiveUp()),
        (Delivery.AT_LEAST_ONCE, 10, False, Wait(until=DEAD)),
        (Delivery.AT_LEAST_ONCE, 41, False, Wait(until=DEAD + timedelta(seconds=30))),
        (Delivery.AT_LEAST_ONCE, 41, True, Resend()),
        (Delivery.AT_LEAST_ONCE, 70, False, Resend()),
    ],
)
def test_the_policy_settles_what_nobody_knows(
    policy: Delivery, after_seconds: float, is_proved: bool, expected: Settlement
) -> None:
    assert settled(policy, after_seconds=after_seconds, is_proved=is_proved) == expected


def test_a_short_patience_does_not_keep_a_code_from_its_second_try() -> None:
    assert settled(Delivery.AT_LEAST_ONCE, after_seconds=70, give_up_seconds=60) == Resend()


@pytest.mark.parametrize(
    ("after_seconds", "is_proved", "expected"),
    [(70, False, Wait(until=GIVEN_UP)), (24 * HOUR, False, GiveUp()), (70, True, Resend())],
)
def test_a_code_is_resent_blindly_only_a_few_times(after_seconds: float, is_proved: bool, expected: Settlement) -> None:
    settlement = settled(Delivery.AT_LEAST_ONCE, after_seconds=after_seconds, is_proved=is_proved, attempt=5)

    assert settlement == expected


@given(st.sampled_from(Delivery), st.floats(0, 1e6), st.booleans(), st.floats(1, 1e5), st.integers(1, 9))
def test_nothing_waits_for_ever_and_nothing_is_resent_while_it_may_still_leave(
    policy: Delivery, after_seconds: float, is_proved: bool, give_up_seconds: float, attempt: int
) -> None:
    now = CLAIMED + timedelta(seconds=after_seconds)
    settlement = settle(
        policy,
        now=now,
        claimed_at=CLAIMED,
        dead_at=DEAD,
        proved_not_sent=is_proved,
        give_up_seconds=give_up_seconds,
        attempt=attempt,
    )

    match settlement:
        case Wait(until=until):
            assert until >= now
        case Resend():
            assert now > DEAD
            assert is_proved or policy is Delivery.AT_LEAST_ONCE
            assert policy is not Delivery.NEVER_AGAIN
        case GiveUp():
            assert now > DEAD
            assert after_seconds >= give_up_seconds - 1e-3


@pytest.mark.parametrize(
    ("category", "policy"),
    [("marketing", "never_again"), ("utility", "at_most_once"), ("service", "at_most_once"), ("", "at_most_once")],
)
def test_marketing_never_goes_again_by_default(category: str, policy: str) -> None:
    assert default_delivery(category) == policy


@pytest.mark.parametrize(
    ("setting", "closed", "expected"),
    [(None, 0, 600), (None, 300, 600), (None, 301, 602), (20, 9999, 20), (0, 0, 0)],
)
def test_silence_lasts_as_long_as_what_it_must_prove(setting: float | None, closed: float, expected: float) -> None:
    assert silence_seconds(setting, closed_seconds=closed) == expected
