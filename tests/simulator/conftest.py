"""One simulator process for the whole run, emptied before each test; tests that kill or stop one start their own."""

from collections.abc import Iterator

import pytest

from tests.simulator.machine import Business, Simulator, running
from tests.waiting import eventually


@pytest.fixture(scope="session")
def _shared_business() -> Iterator[Business]:
    business = Business()
    business.start()
    yield business
    business.stop()


@pytest.fixture(scope="session")
def _shared_simulator(tmp_path_factory: pytest.TempPathFactory, _shared_business: Business) -> Iterator[Simulator]:
    with running(tmp_path_factory.mktemp("simulator"), _shared_business) as simulator:
        yield simulator


@pytest.fixture
def simulator(_shared_simulator: Simulator, _shared_business: Business) -> Simulator:
    _shared_simulator.sim("PUT", "/clock", {"freeze": False, "rate": 1, "offset_seconds": 0})
    _shared_simulator.sim("POST", "/reset")
    _shared_simulator.faults()
    _shared_business.answer_with = 200
    # A body that was under way during the reset may still land: wait for it, then forget it.
    eventually(lambda: _shared_simulator.sim("GET", "/health")["pending_webhooks"] == 0)
    _shared_business.webhooks.clear()
    return _shared_simulator


@pytest.fixture
def business(simulator: Simulator) -> Business:
    return simulator.business
