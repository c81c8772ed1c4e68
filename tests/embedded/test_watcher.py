"""The watcher, on a machine of its own that may be killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
import redis

from app.embedded.gate import Gate
from app.embedded.leftovers import Register
from app.embedded.processes import ROTATED_LOG_BYTES, Process, spawn
from tests.waiting import PATIENCE_SECONDS, eventually


class Machine:
    def __init__(self, folder: Path, *servers: str, stop_seconds: float) -> None:
        self.folder = folder
        command = [sys.executable, "-m", "tests.embedded.machine", str(folder), str(stop_seconds), *servers]
        self.supervisor = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def events(self) -> list[tuple[str, str]]:
        """(program, what happened to it), in order."""
        file = self.folder / "events"
        lines = file.read_text().splitlines() if file.exists() else []
        return [(line.split()[0], line.split()[1]) for line in lines]

    def pid_of(self, name: str) -> int:
        lines = (self.folder / "events").read_text().splitlines()
        return int(next(line.split()[2] for line in reversed(lines) if line.startswith(f"{name} started")))

    def wait_for(self, count: int, event: tuple[str, str]) -> None:
        eventually(lambda: self.events().count(event) >= count)

    def wait_until_up(self) -> None:
        self.wait_for(1, ("web", "started"))
        self.wait_for(1, ("worker", "started"))

    def processes(self) -> list[psutil.Process]:
        return psutil.Process(self.supervisor.pid).children(recursive=True)

    def servers(self) -> list[psutil.Process]:
        found = []
        for process in psutil.Process(self.supervisor.pid).children():
            with suppress(psutil.NoSuchProcess):
                if process.name().startswith(("postgres", "valkey")):
                    found.append(process)
        return found


@contextmanager
def running(folder: Path, *servers: str, stop_seconds: float = PATIENCE_SECONDS / 2) -> Iterator[Machine]:
    machine = Machine(folder, *servers, stop_seconds=stop_seconds)
    try:
        machine.wait_until_up()
        yield machine
    finally:
        machine.supervisor.kill()
        machine.supervisor.wait()
        assert machine.supervisor.stdout is not None
        machine.supervisor.stdout.close()


def answers_postgres(url: str) -> bool:
    try:
        psycopg.connect(url.replace("postgresql+psycopg", "postgresql")).close()
    except psycopg.OperationalError:
        return False
    return True


def answers_valkey(url: str) -> bool:
    try:
        return bool(redis.Redis.from_url(url, retry=None).ping())
    except redis.ConnectionError:
        return False


def test_a_program_that_dies_is_started_again_while_the_rest_goes_on(folder: Path) -> None:
    with running(folder) as machine:
        worker = machine.pid_of("worker")
        psutil.Process(machine.pid_of("web")).kill()

        machine.wait_for(2, ("web", "started"))

        assert machine.pid_of("worker") == worker
        machine.supervisor.terminate()
        assert machine.supervisor.stdout is not None
        assert machine.supervisor.stdout.read() == "web ended (killed by SIGKILL); starting it again\n"


def test_a_request_to_stop_ends_all_in_order(folder: Path) -> None:
    with running(folder, "postgres", "valkey") as machine:
        programs = machine.processes()

        machine.supervisor.send_signal(signal.SIGINT)

        assert machine.supervisor.wait(PATIENCE_SECONDS) == 0
        assert [name for name, what in machine.events() if what == "stopped"] == ["web", "worker"]
        assert not [program for program in programs if program.is_running()]
        assert "database system is shut down" in (folder / "postgres.log").read_text()


def test_a_killed_supervisor_leaves_no_process(folder: Path) -> None:
    with running(folder, "postgres", "valkey") as machine:
        programs = machine.processes()
        machine.supervisor.kill()

        gone, alive = psutil.wait_procs(programs, timeout=PATIENCE_SECONDS)

        assert not alive
        assert len(gone) >= 4


def test_the_next_start_need_not_wait_for_the_last_one_to_be_gone(folder: Path) -> None:
    with running(folder, "postgres", "valkey") as machine:
        machine.supervisor.kill()
        (folder / "events").unlink()

        with running(folder, "postgres", "valkey") as successor:
            successor.supervisor.terminate()

            assert successor.supervisor.wait(PATIENCE_SECONDS) == 0


def test_servers_that_die_come_back_at_the_same_address(folder: Path) -> None:
    with running(folder, "postgres", "valkey") as machine:
        killed = machine.servers()
        for server in killed:
            server.kill()
        psutil.wait_procs(killed, timeout=PATIENCE_SECONDS)

        database, broker = (folder / "urls").read_text().split()
        eventually(lambda: answers_postgres(database) and answers_valkey(broker))
        assert sorted(machine.events()) == [("web", "started"), ("worker", "started")]
        machine.supervisor.terminate()
        assert machine.supervisor.wait(PATIENCE_SECONDS) == 0


def test_what_does_not_heed_the_request_is_killed(folder: Path) -> None:
    with running(folder, stop_seconds=1) as machine:
        frozen = psutil.Process(machine.pid_of("worker"))
        frozen.suspend()

        machine.supervisor.terminate()

        assert machine.supervisor.wait(PATIENCE_SECONDS) == 0
        assert not frozen.is_running()


def test_the_register_knows_a_leftover_from_a_stranger_with_its_pid(folder: Path) -> None:
    register = Register(folder / "processes.json")
    with psutil.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE) as child:
        register.write([child.pid])
        known = register.alive()
        text = (folder / "processes.json").read_text()
        (folder / "processes.json").write_text(text.replace('"began_at": ', '"began_at": 1'))

        strangers = register.alive()

        child.kill()
    assert [process.pid for process in known] == [child.pid]
    assert strangers == []


def test_a_program_behind_a_gate_waits_until_it_opens_but_not_when_started_again(folder: Path) -> None:
    gate = Gate()
    script = "import sys; sys.stdin.read(); open('passed', 'a').write('x')"
    process = Process(
        name="web",
        command=[sys.executable, "-S", "-c", script],
        env={},
        folder=folder,
        log=folder / "web.log",
        gate=gate,
    )

    first = spawn(process)
    time.sleep(0.2)
    assert first.poll() is None
    gate.open()
    first.wait(PATIENCE_SECONDS)
    spawn(process).wait(PATIENCE_SECONDS)

    assert (folder / "passed").read_text() == "xx"


def test_a_long_log_is_put_aside_at_the_next_start(folder: Path) -> None:
    log = folder / "web.log"
    with log.open("wb") as file:
        file.truncate(ROTATED_LOG_BYTES + 1)
    process = Process(name="web", command=["echo", "new"], env=dict(os.environ), log=log)

    spawn(process).wait(PATIENCE_SECONDS)

    assert log.read_text() == "new\n"
    assert (folder / "web.log.1").stat().st_size > ROTATED_LOG_BYTES
