import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.pacing import PAIR_CAPACITY, PAIR_SECONDS, Bucket, PairBuckets, Throughput

steps = st.lists(st.tuples(st.floats(0, 3), st.integers(0, 200)), max_size=30)


def full_bucket(now: float = 0.0) -> Bucket:
    return Bucket(rate=80, burst=80, now=now)


def test_a_full_bucket_gives_one_burst_and_no_more() -> None:
    bucket = full_bucket()

    assert bucket.take(100, now=0) == 80
    assert bucket.take(1, now=0) == 0
    assert bucket.ready_at(now=0) == pytest.approx(1 / 80)
    assert bucket.take(100, now=0.5) == 40


def test_a_bucket_with_room_is_ready_at_once() -> None:
    assert full_bucket().ready_at(now=5) == 5


def test_several_messages_wait_for_as_many_tokens() -> None:
    bucket = full_bucket()
    bucket.take(80, now=0)

    assert bucket.ready_at(now=0, count=8) == pytest.approx(0.1)
    assert bucket.take(8, now=bucket.ready_at(now=0, count=8)) == 8


@pytest.mark.parametrize("rate", [10, 1000])
def test_a_throughput_comes_near_the_rate_and_forgets_it(rate: int) -> None:
    throughput = Throughput()

    for step in range(1000):
        throughput.add(rate // 10, now=step / 10)

    assert throughput.rate(now=99.9) == pytest.approx(rate, rel=0.1)
    assert throughput.rate(now=110) < rate / 1000


def test_a_throughput_begins_with_nothing() -> None:
    assert Throughput().rate(now=0) == 0


def test_inbound_counts_too_and_may_leave_a_debt() -> None:
    bucket = full_bucket()

    bucket.spend(120, now=0)

    assert bucket.take(1, now=0) == 0
    assert bucket.ready_at(now=0) == pytest.approx(41 / 80)
    assert bucket.take(80, now=1) == 40


def test_a_debt_never_outlasts_one_burst() -> None:
    bucket = full_bucket()

    bucket.spend(100_000, now=0)

    assert bucket.ready_at(now=0) == pytest.approx(81 / 80)


def test_what_was_taken_and_not_sent_comes_back() -> None:
    bucket = full_bucket()
    bucket.take(80, now=0)

    bucket.give_back(30, now=0)

    assert bucket.take(80, now=0) == 30


def test_a_clock_that_reads_earlier_gives_nothing_away() -> None:
    bucket = full_bucket(now=100)
    bucket.take(80, now=100)

    assert bucket.take(80, now=50) == 0
    assert bucket.take(80, now=100) == 0


@given(steps)
def test_no_stretch_of_time_sees_more_than_the_rate_and_one_burst(drawn: list[tuple[float, int]]) -> None:
    bucket, now, sent = full_bucket(), 0.0, []

    for pause, wanted in drawn:
        now += pause
        sent.append((now, bucket.take(wanted, now=now)))

    for start in range(len(sent)):
        for end in range(start, len(sent)):
            total = sum(count for _, count in sent[start : end + 1])
            assert total <= 80 + 80 * (sent[end][0] - sent[start][0]) + 1e-3


@given(steps, st.floats(0, 5))
def test_a_bucket_is_rebuilt_from_its_history(drawn: list[tuple[float, int]], rest: float) -> None:
    bucket, now, history = full_bucket(now=1000), 1000.0, []
    for pause, wanted in drawn:
        now += pause
        history.append((now, bucket.take(wanted, now=now)))
    now += rest

    rebuilt = Bucket.replay([(now - at, count) for at, count in reversed(history)], rate=80, burst=80, now=now)

    assert rebuilt.ready_at(now=now) == pytest.approx(bucket.ready_at(now=now), abs=1e-6)
    assert abs(rebuilt.take(80, now=now) - bucket.take(80, now=now)) <= 1  # of two floats that differ in the last bit


def test_a_bucket_without_history_is_full() -> None:
    assert Bucket.replay([], rate=80, burst=80, now=7).take(100, now=7) == 80


def test_one_person_may_get_a_burst_and_then_one_message_every_six_seconds() -> None:
    pairs: PairBuckets[str] = PairBuckets()

    granted = [pairs.take("alice", now=0) for _ in range(PAIR_CAPACITY + 1)]

    assert granted == [True] * PAIR_CAPACITY + [False]
    assert pairs.ready_at("alice", now=0) == pytest.approx(PAIR_SECONDS)
    assert not pairs.take("alice", now=5.9)
    assert pairs.take("alice", now=6)
    assert not pairs.take("alice", now=6)


def test_a_burst_costs_its_length_of_quiet_afterwards() -> None:
    pairs: PairBuckets[str] = PairBuckets()
    for _ in range(20):
        pairs.take("alice", now=0)

    assert sum(pairs.take("alice", now=120) for _ in range(100)) == PAIR_CAPACITY


def test_people_do_not_share_a_bucket() -> None:
    pairs: PairBuckets[str] = PairBuckets()
    for _ in range(PAIR_CAPACITY):
        pairs.take("alice", now=0)

    assert pairs.ready_at("bob", now=0) == 0
    assert pairs.take("bob", now=0)


def test_pairs_are_rebuilt_from_history_in_any_order() -> None:
    history = [("alice", float(ago)) for ago in range(0, 90, 2)] + [("bob", 400.0)]

    pairs = PairBuckets.replay(reversed(history), now=1000)

    # 45 messages in 88 s cost 270 s, of which 88 have passed.
    assert sum(pairs.take("alice", now=1000) for _ in range(100)) == 14
    assert len(pairs) == 1


def test_idle_people_are_forgotten() -> None:
    pairs: PairBuckets[int] = PairBuckets()

    for contact_id in range(20_000):
        pairs.take(contact_id, now=contact_id * 0.01)

    assert len(pairs) <= 2 * 1024


@given(st.lists(st.floats(0, 30), max_size=150))
def test_no_stretch_of_time_sees_more_than_metas_pair_rate(pauses: list[float]) -> None:
    pairs: PairBuckets[str] = PairBuckets()
    now, sent = 0.0, []

    for pause in pauses:
        now += pause / 10
        if pairs.take("alice", now=now):
            sent.append(now)

    for first in range(len(sent)):
        for last in range(first, len(sent)):
            assert last - first + 1 <= PAIR_CAPACITY + (sent[last] - sent[first]) / PAIR_SECONDS + 1e-3


@given(st.lists(st.floats(0, 3), max_size=80), st.floats(0, 10))
def test_whoever_is_told_when_may_send_then(pauses: list[float], start: float) -> None:
    pairs: PairBuckets[str] = PairBuckets()
    now = start
    for pause in pauses:
        now += pause
        pairs.take("alice", now=now)

    ready_at = pairs.ready_at("alice", now=now)

    assert ready_at >= now
    assert pairs.take("alice", now=ready_at)
