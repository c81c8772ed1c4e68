"""A sender that stands still, as a process does that is stopped or whose machine is: when it goes on, its lane is
somebody else's."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from signal import SIGCONT, SIGSTOP

import pytest
from sqlalchemy import Engine

from app.core.config import CHECKOUT, SIMULATED_PHONE_NUMBER_ID
from tests.services.wire import Wire, wire_of
from tests.simulator.machine import TOKEN, Business, running
from tests.waiting import eventually

PROGRAM = """
import sys, time
from app.core.clock import Clock
from app.core.config import get_settings
from app.database import engine
from app.services.sender import Sender
sender = Sender(get_settings(), Clock(), engine())
while True:
    sender.wake(int(sys.argv[1]))
    time.sleep(0.1)
"""
SOME = 10
PATIENCE_SECONDS = 120.0  # each sender is a new process, on a machine that may have much else to do

Start = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture
def wire(database: Engine, tmp_path: Path) -> Iterator[Wire]:
    business = Business()
    business.start()
    with running(tmp_path, business) as simulator:
        yield wire_of(database, simulator)
    business.stop()


@pytest.fixture
def start(wire: Wire, tmp_path: Path) -> Iterator[Start]:
    """Starts senders, each a process of its own."""
    settings = {
        "DATABASE_URL": wire.engine.url.render_as_string(hide_password=False),
        "DATA_DIR": str(tmp_path),
        "WHATSAPP_TOKEN": TOKEN,
        "WHATSAPP_API_URL": f"{wire.simulator.url}/v26.0",
        "PHONE_NUMBER_ID": SIMULATED_PHONE_NUMBER_ID,
        "SECRET_KEY": "k" * 32,
        "WEBHOOK_VERIFY_TOKEN": "verify",
        "ALLOWED_ORIGINS": "http://127.0.0.1",
    }
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", PROGRAM, str(wire.channel_id)]
        started.append(subprocess.Popen(command, cwd=CHECKOUT, env=os.environ | settings))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.timeout(4 * PATIENCE_SECONDS)
def test_a_sender_that_wakes_up_after_losing_its_lane_claims_and_sends_nothing(wire: Wire, start: Start) -> None:
    wire.run("UPDATE channels SET messages_per_second = 20")  # so that both have enough to do
    ids = wire.queue(people=120)
    first = start()
    eventually(lambda: len(wire.ledger()) > SOME, seconds=PATIENCE_SECONDS)

    first.send_signal(SIGSTOP)
    start()
    eventually(lambda: _epochs(wire) == {1, 2}, seconds=PATIENCE_SECONDS)
    woken_at = time.time()
    first.send_signal(SIGCONT)
    eventually(lambda: sorted({*wire.sent_ids()}) == ids, seconds=PATIENCE_SECONDS)

    assert sorted(wire.sent_ids()) == ids
    assert not _claims_out_of_turn(wire)
    assert 1 not in {_epoch_of(wire, item) for item in wire.ledger() if item["at"] > woken_at}
    # What became of what it had begun, it may still say.
    eventually(lambda: set(wire.values("outcome", "send_attempts")) == {"accepted"})


def _epochs(wire: Wire) -> set[int]:
    return {row.epoch for row in wire.rows("SELECT DISTINCT epoch FROM send_attempts")}


def _claims_out_of_turn(wire: Wire) -> list[object]:
    return wire.rows(
        "SELECT a.id FROM send_attempts a JOIN send_attempts b ON b.epoch > a.epoch AND b.claimed_at < a.claimed_at"
    )


def _epoch_of(wire: Wire, item: dict[str, str]) -> int:
    _, _, message, attempt = item["biz_opaque_callback_data"].split(":")
    [row] = wire.rows(
        "SELECT epoch FROM send_attempts WHERE message_id = :message AND attempt = :attempt",
        message=int(message),
        attempt=int(attempt),
    )
    return int(row.epoch)
