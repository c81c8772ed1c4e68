"""The short form of `make crash`, for every change: each kind of fault at least once."""

import subprocess
import sys
from signal import SIGTERM

import pytest

from app.core.config import CHECKOUT
from tests.crash.sizes import Scenario

# A process of its own, because only that can have a disk of its own.
COMMAND = [sys.executable, "-m", "tests.crash", "--short", "--messages=150", "--seconds=30", "--kills=30", "--seed=1"]
LIMIT_SECONDS = 600  # it takes little more than a minute where nobody else wants the processors


@pytest.mark.crash
@pytest.mark.timeout(LIMIT_SECONDS + 20)
@pytest.mark.parametrize("scenario", list(Scenario))
def test_whatever_is_killed_nothing_is_lost_or_sent_twice(scenario: Scenario) -> None:
    command = [*COMMAND, "--scenario", scenario]
    run = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        said, _ = run.communicate(timeout=LIMIT_SECONDS)
    finally:
        if run.poll() is None:
            run.send_signal(SIGTERM)  # it ends what it has started
            run.communicate()

    assert run.returncode == 0, said
