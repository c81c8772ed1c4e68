"""The schedule of a crash run."""

from dataclasses import replace

import pytest

from tests.crash.plans import Kind, Target, schedule
from tests.crash.sizes import HELD_BACK_SECONDS, Scenario, Size, endurance, faults, full, short

SIZE = full(messages=300, people=100, seconds=300, kills=60)
IN_LITTLE = short(messages=150, people=150, seconds=30, kills=30)


def test_a_seed_repeats_the_schedule() -> None:
    assert schedule(SIZE, seed=4) == schedule(SIZE, seed=4) != schedule(SIZE, seed=5)


def test_everybody_is_killed_and_everybody_writes() -> None:
    plan = schedule(SIZE, seed=4)

    assert len(plan.kills) == 60
    assert {kill.target for kill in plan.kills} == set(Target)
    assert len(plan.writes) == 300
    assert {person for _, person in plan.writes} == set(range(100))


@pytest.mark.parametrize("size", [SIZE, IN_LITTLE], ids=["full", "short"])
def test_every_kind_of_fault_comes(size: Size) -> None:
    plan = schedule(size, seed=1)

    assert {blow.kind for blow in plan.blows} == set(Kind)
    assert {Target.SEND, Target.WEB} <= {blow.target for blow in plan.blows}
    assert {kill.target for kill in plan.kills} == set(Target)


@pytest.mark.parametrize("seed", range(100))
def test_the_short_form_has_room_for_everything(seed: int) -> None:
    assert {blow.kind for blow in schedule(IN_LITTLE, seed=seed).blows} == set(Kind)


def test_a_send_is_asked_for_only_where_somebody_has_written() -> None:
    plan = schedule(SIZE, seed=4)
    first = {person: at for at, person in reversed(plan.writes)}

    assert len(plan.asks) == SIZE.asks
    assert all(at >= first[person] for at, person in plan.asks)


@pytest.mark.parametrize("seed", range(50))
def test_nobody_is_killed_while_it_is_paused(seed: int) -> None:
    plan = schedule(SIZE, seed=seed)

    for pause in (blow for blow in plan.blows if blow.kind is Kind.PAUSE):
        meanwhile = {kill.target for kill in plan.kills if pause.at < kill.at < pause.ends}
        assert pause.target not in meanwhile
        assert Target.SUPERVISOR not in meanwhile


@pytest.mark.parametrize("seed", range(50))
def test_the_database_is_left_alone_while_its_disk_is_full(seed: int) -> None:
    """It has enough to do, and what it does then is the question."""
    plan = schedule(SIZE, seed=seed)

    for fill in (blow for blow in plan.blows if blow.kind is Kind.FILL):
        killed = {kill.target for kill in plan.kills if fill.at < kill.at < fill.ends}
        others = {
            blow.target for blow in plan.blows if blow is not fill and blow.at < fill.ends and fill.at < blow.ends
        }
        assert Target.POSTGRES not in killed | others


def test_too_little_time_is_said() -> None:
    with pytest.raises(ValueError, match="too short"):
        schedule(replace(SIZE, seconds=80), seed=1)


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


@pytest.mark.parametrize("minutes", [1, 30])
def test_a_soak_has_room_for_everything(minutes: int) -> None:
    plan = schedule(endurance(seconds=60 * minutes, rate=10), seed=1)

    assert {blow.kind for blow in plan.blows} == set(Kind)
    assert len(plan.kills) == 10 * minutes
