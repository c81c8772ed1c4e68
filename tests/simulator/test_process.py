"""The process: what a kill leaves behind, how it stops, and what it says when it cannot start."""

import http.client
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from tests.simulator.machine import ALICE, BOB, CHARLIE, ROOT, Business, Simulator, running
from tests.waiting import PATIENCE_SECONDS, eventually


def _picture(simulator: Simulator) -> list[object]:
    threads = [simulator.sim("GET", f"/users/{wa_id}/thread") for wa_id in (ALICE, BOB, CHARLIE)]
    return [*threads, simulator.sim("GET", "/ledger"), simulator.sim("GET", "/users"), simulator.sim("GET", "/faults")]


def _refusal(simulator: Simulator) -> str:
    """The one line that it says when it does not start."""
    ended = subprocess.run(
        [sys.executable, "-m", "simulator"],
        cwd=ROOT,
        env=simulator.environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    return ended.stderr


def test_a_killed_simulator_comes_back_with_threads_ledger_faults_and_what_was_not_delivered(tmp_path: Path) -> None:
    business = Business()  # Not there yet: nothing can be delivered.
    with running(tmp_path, business) as simulator:
        simulator.faults(retry_max_gap_seconds=0.2, throttle_status=429)
        simulator.sim("PATCH", f"/users/{BOB}", {"name": "Bob", "online": False})
        written = {simulator.write(wa_id) for wa_id in (ALICE, BOB, CHARLIE)}
        sent = [simulator.send(wa_id, biz_opaque_callback_data=wa_id) for wa_id in (ALICE, BOB, CHARLIE)]
        eventually(lambda: simulator.sim("GET", "/health")["pending_steps"] == 0)
        before = _picture(simulator)

        simulator.signal(signal.SIGKILL)
        simulator.start()

        assert _picture(simulator) == before
        business.start()
        simulator.settle()
        simulator.sim("PATCH", f"/users/{BOB}", {"online": True})
        simulator.settle()
        business.stop()
    assert {item["id"] for item in business.items("messages")} == written
    for wamid in sent:
        assert set(business.statuses(wamid)) == {"sent", "delivered", "read"}


def test_what_was_accepted_just_before_a_kill_goes_on_after_it(tmp_path: Path) -> None:
    business = Business()
    business.start()
    with running(tmp_path, business) as simulator:
        simulator.write(ALICE)
        simulator.settle()
        simulator.sim("PUT", "/faults", {"status_delay_seconds": {"sent": 2, "delivered": 2.1, "read": 2.2}})
        wamid = simulator.send(ALICE)

        simulator.signal(signal.SIGKILL)
        assert business.statuses(wamid) == []
        simulator.start()

        simulator.settle()
    business.stop()
    assert set(business.statuses(wamid)) == {"sent", "delivered", "read"}


def test_a_stop_is_clean_and_quick_though_pages_listen_and_a_webhook_hangs(tmp_path: Path) -> None:
    # It accepts connections and never answers.
    silent = socket.create_server(("127.0.0.1", 0))
    business = Business(port=silent.getsockname()[1])
    with running(tmp_path, business) as simulator:
        page = http.client.HTTPConnection("127.0.0.1", simulator.port, timeout=PATIENCE_SECONDS)
        page.request("GET", "/_sim/events")
        page.getresponse().readline()
        simulator.write(ALICE)
        began = time.monotonic()

        code = simulator.signal(signal.SIGTERM)

        assert code == 0
        assert time.monotonic() - began < 8  # the webhook would be waited for ten seconds
        page.close()
    silent.close()


def test_a_taken_port_is_one_friendly_line_and_exit_code_1(tmp_path: Path) -> None:
    taken = socket.create_server(("127.0.0.1", 0))
    simulator = Simulator(state=tmp_path / "state", business=Business(), port=taken.getsockname()[1])

    said = _refusal(simulator)

    taken.close()
    assert f"127.0.0.1:{simulator.port}" in said
    assert "SIMULATOR_PORT" in said


def test_a_second_simulator_on_the_same_file_is_refused(tmp_path: Path) -> None:
    business = Business()
    with running(tmp_path, business) as simulator:
        second = Simulator(state=simulator.state, business=business)

        said = _refusal(second)

    assert "Another simulator" in said


def test_every_send_that_was_answered_is_in_the_ledger_after_a_kill_in_full_flight(tmp_path: Path) -> None:
    answered: list[str] = []

    def send_until_it_breaks(simulator: Simulator, first: int) -> None:
        client = Simulator(state=simulator.state, business=simulator.business, port=simulator.port)
        try:
            for person in range(first, first + 5000):
                answered.append(client.send(f"1202{person:07d}"))  # noqa: PERF401 -- each counts as it comes
        except OSError:
            return

    with running(tmp_path, Business()) as simulator:
        simulator.faults(messages_per_second=1_000_000)
        senders = [
            threading.Thread(target=send_until_it_breaks, args=(simulator, first * 10_000)) for first in range(4)
        ]
        for sender in senders:
            sender.start()
        eventually(lambda: len(answered) > 200)

        simulator.signal(signal.SIGKILL)
        for sender in senders:
            sender.join(PATIENCE_SECONDS)
        simulator.start()

        ledger = [item["id"] for item in simulator.sim("GET", "/ledger?limit=100000")["items"]]
    assert set(answered) <= set(ledger)
    assert len(ledger) == len(set(ledger))
    assert len(ledger) - len(answered) <= len(senders)
