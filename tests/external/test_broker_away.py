"""A broker that is not there yet, dies under load, and forgets everything: nobody restarts Hilo, and nobody has to.

Web, a worker for all queues and beat run on it as separate processes, by the commands of the README. Whoever writes
meanwhile gets one answer.
"""

import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

import httpx2
import pytest

from tests.embedded.scratch import scratch_folder
from tests.external.brokers import Broker, made_broker
from tests.external.machine import BEAT, Machine, machine, made_database
from tests.ports import free_port
from tests.waiting import eventually

pytestmark = pytest.mark.services

AT_ONCE = 12  # who write while something happens to the broker
WELL_SECONDS = 120
POOLS = {"processes": ["-c", "2"], "threads": ["--pool", "threads", "-c", "4"]}  # they wait for tasks in different ways


@dataclass
class Installation:
    machine: Machine
    broker: Broker
    processes: "list[subprocess.Popen[bytes]]"
    written: int = 0

    def write(self) -> None:
        """Some more people say hola."""

        def say(person: int) -> None:
            body = {"type": "text", "text": {"body": "hola"}}
            self.machine.simulator("POST", f"/users/52155{person:08}/messages", json=body)

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(say, range(self.written, self.written + AT_ONCE)))
        self.written += AT_ONCE

    def has_answered(self) -> bool:
        return len(self.told()) == self.written

    def told(self) -> Counter[str]:
        items = self.machine.simulator("GET", "/ledger?limit=1000")["items"]
        return Counter(item["to"] for item in items)

    def serves(self) -> bool:
        with suppress(httpx2.HTTPError):
            return self._get("/health/live").status_code == 200
        return False

    def is_well(self) -> bool:
        return self._get("/health").status_code == 200

    def health(self) -> dict[str, str]:
        health: dict[str, str] = self._get("/health").json()
        return health

    def waits(self) -> set[float]:
        said = "".join((self.machine.folder / f"{name}.log").read_text() for name in ("worker", "beat"))
        return {float(seconds) for seconds in re.findall(r"Trying again in ([0-9.]+) seconds", said)}

    def add_greeting(self) -> None:
        greeting = {
            "name": "Greeting",
            "trigger_type": "keyword",
            "trigger_conditions": {"keyword": "hola"},
            "action_type": "send_message",
            "action_payload": {"message_template": "¡Hola!"},
        }
        self.machine.api("POST", "/api/v1/automations", json=greeting, headers=self.machine.bearer())

    def _get(self, path: str) -> httpx2.Response:
        return httpx2.get(f"http://127.0.0.1:{self.machine.webs[-1]}{path}", timeout=30)


@pytest.fixture
def installation(request: pytest.FixtureRequest) -> Iterator[Installation]:
    kind, pool = request.param
    port = free_port()
    with scratch_folder() as folder, made_database() as database, made_broker(kind, folder) as broker:
        settings = {"DATABASE_URL": database, "BROKER_URL": broker.url}
        with machine(folder, settings, webhook_port=port) as running:
            running.webs.append(port)
            commands = {
                "web": ["uvicorn", "app.main:app", "--port", str(port), "--no-access-log"],
                "worker": ["celery", "-A", "app.core.celery", "worker", *POOLS[pool]],
                "beat": BEAT,
            }
            processes = [running.start(name, *command) for name, command in commands.items()]
            yield Installation(running, broker, processes)


# Valkey with threads is what the crash test kills.
@pytest.mark.parametrize("installation", [("redis", "processes"), ("rabbitmq", "threads")], indirect=True)
def test_all_go_on_by_themselves_whatever_happens_to_the_broker(installation: Installation) -> None:
    # Not there when all of them start: webhooks are stored, and it is said what is wrong.
    eventually(installation.serves, seconds=WELL_SECONDS)
    installation.add_greeting()
    assert installation.health()["broker"].startswith("The broker does not answer")
    installation.write()
    installation.broker.start()
    eventually(installation.has_answered, seconds=WELL_SECONDS)
    eventually(installation.is_well, seconds=WELL_SECONDS)

    # It dies while they write, and comes back with what it kept.
    with ThreadPoolExecutor(1) as thread:
        writing = thread.submit(installation.write)
        installation.broker.kill()
        writing.result()
    installation.broker.start()
    eventually(installation.has_answered, seconds=WELL_SECONDS)
    eventually(installation.is_well, seconds=WELL_SECONDS)

    # It comes back empty.
    installation.broker.kill()
    installation.broker.wipe()
    installation.write()
    installation.broker.start()
    eventually(installation.has_answered, seconds=WELL_SECONDS)
    eventually(installation.is_well, seconds=WELL_SECONDS)

    assert set(installation.told().values()) == {1}
    assert [process.poll() for process in installation.processes] == [None, None, None]
    assert installation.waits() == {2.0}  # seconds between two looks for the broker, however long it is away
