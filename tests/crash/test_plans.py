"""The schedule of a crash run."""

import pytest

from tests.crash.plans import HELD_BACK_SECONDS, Scenario, Target, faults, full, schedule, short

SIZE = full(messages=300, people=100, seconds=300, kills=60)


def test_a_seed_repeats_the_schedule() -> None:
    assert schedule(SIZE, seed=4) == schedule(SIZE, seed=4) != schedule(SIZE, seed=5)


def test_everybody_is_killed_and_everybody_writes() -> None:
    plan = schedule(SIZE, seed=4)

    assert len(plan.kills) == 60
    assert {kill.target for kill in plan.kills} == set(Target)
    assert len(plan.writes) == 300
    assert {person for _, person in plan.writes} == set(range(100))


@pytest.mark.parametrize("seed", range(50))
def test_nobody_is_killed_while_it_is_stopped(seed: int) -> None:
    plan = schedule(SIZE, seed=seed)

    for freeze in plan.freezes:
        meanwhile = {kill.target for kill in plan.kills if freeze.at < kill.at < freeze.at + freeze.seconds}
        assert freeze.target not in meanwhile
        assert Target.SUPERVISOR not in meanwhile


def test_the_far_end_reports_before_silence_could_prove_anything() -> None:
    for size in (SIZE, short(messages=1, people=1, seconds=1, kills=1)):
        chosen = faults(size, Scenario.MAIN, seed=1)
        slowest = (
            chosen["status_delay_seconds"]["read"]
            + chosen["webhook_delay_seconds"][1]
            + chosen["retry_max_gap_seconds"]
            + HELD_BACK_SECONDS
        )
        assert slowest == pytest.approx(size.far_end_delay)
        assert size.far_end_delay < size.silence
