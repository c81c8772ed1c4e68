"""The number's rate and the pair's rate, as rules and over the wire."""

import pytest

from simulator.limits import PairLimits, TokenBucket
from tests.simulator.machine import ALICE, BOB, Simulator


def test_eighty_may_leave_at_once_and_one_more_each_eightieth_of_a_second() -> None:
    bucket = TokenBucket(per_second=80, now=0)

    assert [bucket.take(now=0) for _ in range(81)] == [True] * 80 + [False]
    assert bucket.take(now=1 / 80)
    assert not bucket.take(now=1 / 80)


def test_what_cannot_be_refused_uses_the_rate_up_but_never_owes() -> None:
    bucket = TokenBucket(per_second=80, now=0)

    for _ in range(500):
        bucket.take_if_any(now=0)

    assert not bucket.take(now=0)
    assert bucket.take(now=1 / 80)


def test_a_clock_turned_back_gives_no_tokens() -> None:
    bucket = TokenBucket(per_second=2, now=100)
    bucket.take(now=100)
    bucket.take(now=100)

    assert not bucket.take(now=0)
    assert bucket.take(now=0.5)


def test_forty_five_go_to_one_person_at_once_then_one_in_six_seconds() -> None:
    pairs = PairLimits()

    for _ in range(45):
        assert pairs.has_room("alice", now=0)
        pairs.add("alice", now=0)

    assert not pairs.has_room("alice", now=5.9)
    assert pairs.has_room("bob", now=0)
    assert pairs.has_room("alice", now=6)


def test_a_burst_is_paid_back_with_six_seconds_each() -> None:
    pairs = PairLimits()

    pairs.recall("alice", sent_at=[0.0] * 45, now=264)

    for _ in range(44):
        assert pairs.has_room("alice", now=264)
        pairs.add("alice", now=264)
    assert not pairs.has_room("alice", now=264)


@pytest.mark.parametrize("status", [400, 429])
def test_over_the_numbers_rate_is_130429_with_the_status_that_was_chosen(simulator: Simulator, status: int) -> None:
    simulator.faults(throttle_status=status)
    simulator.sim("PUT", "/clock", {"freeze": True})
    for person in range(80):
        simulator.send(f"1202555{person:04d}")

    refused = simulator.try_send(ALICE)
    simulator.sim("PUT", "/clock", {"advance_seconds": 0.02})
    accepted = simulator.try_send(ALICE)

    assert (refused.status, refused.code) == (status, 130429)
    assert accepted.status == 200
    assert simulator.sim("GET", "/ledger")["count"] == 81


def test_inbound_messages_use_the_same_rate(simulator: Simulator) -> None:
    simulator.sim("PUT", "/clock", {"freeze": True})
    for _ in range(80):
        simulator.write(BOB)

    assert simulator.try_send(ALICE).code == 130429


@pytest.mark.parametrize("status", [400, 429])
def test_too_many_to_one_person_is_131056_and_nobody_else_is_held(simulator: Simulator, status: int) -> None:
    simulator.faults(throttle_status=status)
    simulator.sim("PUT", "/clock", {"freeze": True})
    for _ in range(45):
        simulator.send(ALICE)

    refused, other = simulator.try_send(ALICE), simulator.try_send(BOB)
    simulator.sim("PUT", "/clock", {"advance_seconds": 6})
    accepted, again = simulator.try_send(ALICE), simulator.try_send(ALICE)

    assert (refused.status, refused.code) == (status, 131056)
    assert other.status == accepted.status == 200
    assert again.code == 131056


def test_the_token_comes_before_the_rates_and_the_rates_before_the_body(simulator: Simulator) -> None:
    simulator.sim("PUT", "/clock", {"freeze": True})
    for person in range(35):
        simulator.send(f"1202555{person:04d}")
    for _ in range(45):
        simulator.send(ALICE)

    throttled = simulator.try_send(ALICE, text=None)
    simulator.sim("PUT", "/clock", {"advance_seconds": 0.02})
    paired = simulator.try_send(ALICE, text=None)

    assert throttled.code == 130429
    assert paired.code == 131056


def test_a_faster_number_says_so(simulator: Simulator) -> None:
    simulator.faults(messages_per_second=1000)

    for person in range(200):
        simulator.send(f"1202555{person:04d}")

    assert simulator.graph("GET", "/106540352242922?fields=throughput").json["throughput"] == {"level": "HIGH"}
