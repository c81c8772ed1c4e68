"""The simulated time: the dial as a rule, and the file that the app reads."""

import json
import time
from pathlib import Path

from simulator.clock import Clock, Dial
from tests.simulator.machine import ALICE, Simulator

REAL = Dial(offset_seconds=0, rate=1, anchor=1000, frozen_at=None)


def test_time_runs_at_its_rate_from_the_anchor() -> None:
    assert REAL.now(real=1010) == 1010
    assert Dial(offset_seconds=5, rate=60, anchor=1000, frozen_at=None).now(real=1010) == 1605


def test_a_new_rate_goes_on_from_the_same_moment() -> None:
    fast = REAL.turned(real=1010, rate=60)

    assert fast.now(real=1010) == 1010
    assert fast.now(real=1011) == 1070


def test_frozen_time_stands_still_can_be_advanced_and_runs_on_from_there() -> None:
    frozen = REAL.turned(real=1010, freeze=True)
    advanced = frozen.turned(real=1020, advance_seconds=3600)
    released = advanced.turned(real=1030, freeze=False)

    assert (frozen.now(real=1020), advanced.now(real=1025)) == (1010, 4610)
    assert released.now(real=1031) == 4611


def test_an_offset_counts_from_real_time() -> None:
    assert REAL.turned(real=1010, advance_seconds=500).turned(real=1020, offset_seconds=7).now(real=1020) == 1027


def test_the_file_says_what_the_clock_says_and_outlives_it(tmp_path: Path) -> None:
    file = tmp_path / "shared" / "clock.json"
    clock = Clock(file)

    clock.turn(advance_seconds=86400, rate=2)

    data = json.loads(file.read_text())
    assert data.keys() == {"offset_seconds", "rate", "anchor", "frozen_at"}
    assert abs(Clock(file).now() - time.time() - 86400) < 5


def test_a_file_that_makes_no_sense_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "clock.json"
    file.write_text('{"rate": "fast"}')

    assert abs(Clock(file).now() - time.time()) < 5
    assert json.loads(file.read_text())["rate"] == 1


def test_messages_bear_the_simulated_time(simulator: Simulator) -> None:
    simulator.sim("PUT", "/clock", {"freeze": True})
    answer = simulator.sim("PUT", "/clock", {"advance_seconds": 1_000_000})

    simulator.write(ALICE)

    assert simulator.thread(ALICE)[0]["timestamp"] == str(int(answer["now"]))
    assert simulator.sim("GET", "/clock")["frozen_at"] == answer["now"]


def test_a_turn_that_makes_no_sense_is_refused(simulator: Simulator) -> None:
    for body in ({"rate": 0}, {"rate": -1}, {"speed": 1}, {"advance_seconds": "NaN"}):
        assert simulator.call("PUT", "/_sim/clock", body).status == 422
