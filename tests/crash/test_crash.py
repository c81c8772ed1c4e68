"""The short form of `make crash`, for every change."""

import pytest

from tests.crash import report
from tests.crash.plans import Scenario, short
from tests.crash.run import run

SIZE = short(messages=150, people=150, seconds=20, kills=10)


@pytest.mark.crash
@pytest.mark.timeout(240)
@pytest.mark.parametrize("scenario", list(Scenario))
def test_whatever_is_killed_nothing_is_lost_or_sent_twice(scenario: Scenario) -> None:
    outcome = run(SIZE, scenario, seed=1, say=lambda line: None)

    assert not outcome.troubles, report.text(outcome)
