"""What the table says of what was measured."""

import json
from pathlib import Path

import pytest

from benchmarks import results
from benchmarks.figures import middle, percentile
from benchmarks.machine import Role, Spent
from benchmarks.results import Floor, Line, Outcome, Run


def make_run(*, events: int = 1_000, seconds: float = 2.0, web: float = 0.1, postgres: float = 0.2) -> Run:
    by_role = {Role.WEB: web, Role.POSTGRES: postgres, Role.GENERATOR: 9.0}
    spent = Spent(seconds=seconds, by_role=by_role, others=1.0, stolen=0.0)
    return Run(events=events, seconds=seconds, spent=spent, p50_ms=1.5, p99_ms=7.0)


def make_outcome(*floors: Floor) -> Outcome:
    return Outcome(case="drain", title="drain", lines=[Line("one", [make_run()])], floors=floors)


@pytest.mark.parametrize(
    ("percent", "value"),
    [(50, 50.0), (99, 99.0), (100, 100.0), (0.5, 1.0)],
)
def test_a_percentile_is_a_value_that_was_seen(percent: float, value: float) -> None:
    assert percentile([float(number) for number in range(1, 101)], percent) == value


def test_nothing_has_no_percentile() -> None:
    assert percentile([], 99) == 0.0
    assert middle([]) == 0.0


def test_processor_time_is_told_an_event_and_without_the_generator() -> None:
    run = make_run()

    assert run.rate == 500
    assert run.cpu_ms(Role.WEB) == pytest.approx(0.1)
    assert run.cpu_ms(Role.WEB, Role.POSTGRES) == pytest.approx(0.3)


def test_a_line_is_the_median_of_its_runs() -> None:
    line = Line("", [make_run(events=100), make_run(events=200), make_run(events=9_000)])

    assert line.rate == 100


@pytest.mark.parametrize(
    ("floor", "is_met", "share"),
    [
        (Floor(what="x", figure=9_000, bound=8_000), True, 1.125),
        (Floor(what="x", figure=4_000, bound=8_000), False, 0.5),
        (Floor(what="x", figure=0.1, bound=0.2, is_least=False), True, 2.0),
        (Floor(what="x", figure=0.4, bound=0.2, is_least=False), False, 0.5),
        (Floor(what="x", figure=0, bound=0, is_least=False), True, 1.0),
    ],
)
def test_a_floor_is_reached_or_not(floor: Floor, is_met: bool, share: float) -> None:
    assert floor.is_met is is_met
    assert floor.share == pytest.approx(share)


def test_results_are_written_for_people_and_for_programs(tmp_path: Path) -> None:
    outcome = make_outcome(Floor(what="events/s", figure=500, bound=8_000))

    path = results.write(tmp_path, "bench", {"machine": "here"}, [outcome], seconds=60.0)

    text = path.read_text()
    assert "| drain: one |      500 |    1.5 |    7.0 |  0.300 |" in text
    assert "at least 8,000 |  **no** |" in text
    record = json.loads((tmp_path / "bench.json").read_text())
    assert record["outcomes"][0]["lines"][0]["runs"][0]["events"] == 1_000
    assert record["outcomes"][0]["floors"][0]["is_met"] is False
