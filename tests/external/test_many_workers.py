"""Two web servers, two workers of each queue, two beats, on one database: over each kind of broker, directly and behind
PgBouncer in transaction mode. Each message gets exactly one reply, also while processes are being stopped.
"""

import secrets
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from app.database import conninfo_of
from app.embedded.valkey import Valkey
from tests.embedded.scratch import scratch_folder
from tests.external.balancer import Balancer, balancer
from tests.external.machine import BEAT, Machine, address_of, in_database, machine, made_database
from tests.waiting import eventually

pytestmark = pytest.mark.services

PEOPLE = 150
STOP_SECONDS = 8
START_SECONDS = 180  # of eleven processes, on two cores
QUEUES = {"intake": ["threads", "-c", "2"], "send": ["threads", "-c", "4"], "sweep": ["solo"]}
REPLIES = "SELECT contact_id, status, attempt, dispatch FROM messages WHERE direction = 'outbound'"


@dataclass
class Installation:
    machine: Machine
    database: str
    balancer: Balancer
    processes: "dict[str, subprocess.Popen[bytes]]"

    def write(self, people: range) -> None:
        """Each of them says hola."""

        def say(person: int) -> None:
            body = {"type": "text", "text": {"body": "hola"}}
            self.machine.simulator("POST", f"/users/52155{person:08}/messages", json=body)

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(say, people))

    def told(self) -> Counter[str]:
        """How many messages reached each phone, by the far end's own book."""
        count = self.machine.simulator("GET", "/ledger")["count"]
        items = self.machine.simulator("GET", f"/ledger?limit={count + 1}")["items"]
        return Counter(item["to"] for item in items)

    def ask(self, statement: str) -> list[tuple[object, ...]]:
        with psycopg.connect(conninfo_of(self.database)) as connection:
            return connection.execute(statement).fetchall()

    def all_is_read(self, count: int) -> bool:
        return [status for _, status, _, _ in self.ask(REPLIES)] == ["read"] * count


@pytest.fixture
def folder() -> Iterator[Path]:
    with scratch_folder() as made:
        yield made


@pytest.fixture
def broker(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    if request.param != "valkey":
        yield address_of({"redis": "TEST_BROKER_URL", "rabbitmq": "TEST_AMQP_URL"}[request.param])
        return
    server = Valkey(folder=folder / "valkey", password=secrets.token_hex(16))
    server.start()
    yield server.url
    server.stop()


@pytest.fixture
def installation(request: pytest.FixtureRequest, folder: Path, broker: str) -> Iterator[Installation]:
    with made_database() as database, balancer() as spread:
        settings = {"DATABASE_URL": database, "BROKER_URL": broker, "STOP_SECONDS": str(STOP_SECONDS)}
        if request.param == "behind PgBouncer":
            pooled = in_database(address_of("TEST_POOLER_URL"), urlsplit(database).path.strip("/"))
            settings |= {"DATABASE_URL": pooled, "DATABASE_ADMIN_URL": database, "DB_PREPARE_THRESHOLD": "-1"}
        with machine(folder, settings, webhook_port=spread.port) as running:
            running.simulator("PUT", "/faults", json={"messages_per_second": 100_000})
            yield Installation(running, database, spread, dict(started(running, spread)))


def started(running: Machine, spread: Balancer) -> "Iterator[tuple[str, subprocess.Popen[bytes]]]":
    for number in (1, 2):
        yield f"web-{number}", running.start_web("--timeout-graceful-shutdown", str(STOP_SECONDS))
        for queue, pool in QUEUES.items():
            name = f"{queue}-{number}"
            options = ["-Q", queue, "-n", f"{name}@%h", "--without-gossip", "--without-mingle", "--pool", *pool]
            yield name, running.start(name, "celery", "-A", "app.core.celery", "worker", *options)
        yield f"beat-{number}", running.start(f"beat-{number}", *BEAT)
    spread.behind = list(running.webs)
    eventually(running.is_well, seconds=START_SECONDS)
    answer = {
        "name": "Greeting",
        "trigger_type": "keyword",
        "trigger_conditions": {"keyword": "hola"},
        "action_type": "send_message",
        "action_payload": {"message_template": "¡Hola!"},
    }
    running.api("POST", "/api/v1/automations", json=answer, headers=running.bearer())


# Redis, without PgBouncer, is what those below stand on.
@pytest.mark.parametrize(
    ("broker", "installation"),
    [("valkey", "behind PgBouncer"), ("rabbitmq", "behind PgBouncer")],
    indirect=True,
)
def test_each_message_gets_exactly_one_reply(installation: Installation) -> None:
    installation.write(range(PEOPLE))

    eventually(lambda: installation.all_is_read(PEOPLE), seconds=START_SECONDS)
    assert set(installation.told().values()) == {1}
    assert len(installation.told()) == PEOPLE
    assert len({contact for contact, *_ in installation.ask(REPLIES)}) == PEOPLE
    assert set(installation.balancer.answers) == set(installation.machine.webs)
    # What is read may still be said to be sent, by the far end or by who sent it.
    outcomes = "SELECT outcome, count(*) FROM send_attempts GROUP BY outcome"
    eventually(lambda: installation.ask(outcomes) == [("accepted", PEOPLE)], told=lambda: installation.ask(outcomes))
    eventually(lambda: installation.ask("SELECT FROM webhook_events WHERE processed_at IS NULL LIMIT 1") == [])
    assert installation.ask("SELECT FROM webhook_events WHERE parked <> '{}'") == []


@pytest.mark.parametrize(("broker", "installation"), [("redis", "directly")], indirect=True)
def test_processes_that_are_stopped_under_load_finish_what_is_under_way(installation: Installation) -> None:
    installation.machine.simulator(
        "PUT", "/faults", json={"messages_per_second": 100_000, "send_latency_seconds": [0.3, 0.5]}
    )
    leaving = ["web-1", "intake-1", "send-1", "send-2", "sweep-1", "beat-1"]

    with ThreadPoolExecutor(1) as thread:
        writing = thread.submit(installation.write, range(PEOPLE))
        eventually(lambda: installation.ask("SELECT count(*) FROM messages WHERE dispatch = 'sending'") != [(0,)])
        installation.balancer.behind = installation.machine.webs[1:]  # as a balancer takes out who is about to go
        began = time.monotonic()
        for name in leaving:
            installation.processes[name].send_signal(signal.SIGTERM)
        codes = {name: installation.processes[name].wait(STOP_SECONDS + 10) for name in leaving}
        took = time.monotonic() - began
        writing.result()

    # uvicorn ends by the signal that it was sent, once it has drained.
    assert codes == dict.fromkeys(leaving, 0) | {"web-1": -signal.SIGTERM}
    assert took < STOP_SECONDS + 5
    # Nothing was cut off: what had been posted was answered and written down, what was claimed in the instant of the
    # signal was given back unposted, and nobody holds a lane.
    ends = set(installation.ask("SELECT DISTINCT outcome, error_message FROM send_attempts"))
    assert ends - {("not_sent", "not_started")} == {("accepted", None)}
    assert installation.ask("SELECT count(*) FROM lanes WHERE name LIKE 'send:%' AND holder IS NOT NULL") == [(0,)]
    options = ["-Q", "send", "-n", "send-3@%h", "--without-gossip", "--without-mingle", "--pool", *QUEUES["send"]]
    installation.machine.start("send-3", "celery", "-A", "app.core.celery", "worker", *options)
    eventually(lambda: installation.all_is_read(PEOPLE), seconds=START_SECONDS)
    assert set(installation.told().values()) == {1}
