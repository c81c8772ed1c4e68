"""The three that hold the conversation: Hilo, pywa and n8n, each as processes with a port, whose costs can be told.

A peer's processes are children of ours, so whoever measures one names the roots of all: what has no role of its own
would count with the load generator.
"""

import os
import secrets
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from app.database import conninfo_of
from app.embedded.ports import free_port
from app.embedded.postgres import Postgres
from app.embedded.processes import Process, last_words, spawn
from app.whatsapp.signature import sign
from benchmarks import bodies
from benchmarks.harness import Bench, wait_until_settled
from benchmarks.installation import NotUsable
from benchmarks.machine import Role, children_of, memory_of, read_processes, role_of_command
from benchmarks.peers.installer import N8n

START_SECONDS = 600.0  # n8n makes its tables at its first start; on a busy machine that takes minutes
STOP_SECONDS = 20.0
REST_SECONDS = 1.0
WORKFLOW = Path(__file__).with_name("n8n_workflow.json")
PYWA_PROGRAM = Path(__file__).with_name("pywa_program.py")

# As the automation that benchmarks/data.py makes has it.
KEYWORD = bodies.keyword(1)
REPLY = "Hola {first_name}, la oferta 1 es tuya."


class Side(ABC):
    name: str
    port: int
    count: int  # conversations in a run at full speed: some seconds of them

    @abstractmethod
    def roots(self) -> Mapping[int, Role]:
        """pid → role."""

    def memory_mib(self) -> float:
        """PostgreSQL's shared buffers aside."""
        found = read_processes()
        return sum(memory_of(pid, found).private for pid in self.roots())

    @abstractmethod
    def settle(self) -> None:
        """Wait for what is done after the last reply: it belongs to it."""


class Hilo(Side):
    name = "Hilo"
    count = 4_000

    def __init__(self, bench: Bench) -> None:
        self._installation = bench.main()
        self.port = self._installation.port

    def roots(self) -> Mapping[int, Role]:
        return self._installation.processes()

    def memory_mib(self) -> float:
        return sum(memory.private for memory in self._installation.memory().values())

    def settle(self) -> None:
        wait_until_settled(self._installation)


class Peer(Side):
    """A program of somebody else's, which this process starts and ends."""

    def __init__(self, log: Path) -> None:
        self.port = free_port()
        self._log = log
        self._child: subprocess.Popen[bytes] | None = None

    def roots(self) -> Mapping[int, Role]:
        return {} if self._child is None else {self._child.pid: Role.RIVAL}

    def settle(self) -> None:
        time.sleep(REST_SECONDS)  # neither of them can be asked

    def stop(self) -> None:
        if self._child is not None:
            self._child.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._child.wait(STOP_SECONDS)
            self._child.kill()
            self._child.wait()
            self._child = None

    def _start(self, command: list[str], *, env: Mapping[str, str], folder: Path) -> None:
        self._child = spawn(Process(name=self.name, command=command, env=env, folder=folder, log=self._log))
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._child.poll() is not None or time.monotonic() > deadline:
                said = last_words(self._log)
                self.stop()
                raise NotUsable(f"{self.name} did not start: {said}")
            time.sleep(0.2)

    def _answers(self) -> bool:
        """A webhook is what tells: n8n says that it is ready before it knows its webhooks."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            body = bodies.text_body(person=0, channel=1)
            head = {"Content-Type": "application/json", "X-Hub-Signature-256": sign(body, bodies.APP_SECRET.encode())}
            connection.request("POST", bodies.PATH, body=body, headers=head)
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()


class Pywa(Peer):
    name = "pywa"
    count = 1_000

    def __init__(self, python: Path, folder: Path, *, far_side: str) -> None:
        super().__init__(folder / "pywa.log")
        env = _surroundings(far_side) | {
            "APP_SECRET": bodies.APP_SECRET,
            "WEBHOOK_PATH": bodies.PATH,
            "KEYWORD": KEYWORD,
            "PYTHONPATH": str(PYWA_PROGRAM.parent),
        }
        command = [str(python), "-m", "uvicorn", f"{PYWA_PROGRAM.stem}:app", "--no-access-log"]
        self._start([*command, "--log-level", "critical", "--port", str(self.port)], env=env, folder=folder)


class N8nSide(Peer):
    """With a database of its own, made anew: the workflow is imported and switched on before n8n starts."""

    name = "n8n"
    count = 100

    def __init__(self, installed: N8n, folder: Path, *, far_side: str) -> None:
        super().__init__(folder / "n8n.log")
        self._postgres = Postgres(
            folder=folder / "n8n-postgres", password=secrets.token_urlsafe(24), log=folder / "n8n-postgres.log"
        )
        before = _databases()
        self._postgres.start()
        self._database = (_databases() - before).pop()
        program = [str(installed.node), str(installed.program)]
        env = _surroundings(far_side) | _n8n_settings(self._postgres.url, folder, port=self.port)
        env["PATH"] = f"{installed.node.parent}{os.pathsep}{os.defpath}"  # its parts look for Node there
        try:
            for order in (["import:workflow", f"--input={WORKFLOW}"], ["publish:workflow", "--id=conversation"]):
                self._order([*program, *order], env)
            self._start([*program, "start"], env=env, folder=folder)
        except BaseException:
            self._postgres.stop()
            raise

    def roots(self) -> Mapping[int, Role]:
        return {**super().roots(), self._database: Role.POSTGRES}

    def stop(self) -> None:
        super().stop()
        self._postgres.stop()

    def _order(self, command: list[str], env: Mapping[str, str]) -> None:
        done = subprocess.run(
            command,
            env=env,
            capture_output=True,
            text=True,
            check=False,
            timeout=START_SECONDS,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode:
            said = (done.stderr or done.stdout).strip()[-300:]
            raise NotUsable(f"n8n {command[-2]} failed: {said}")


def _databases() -> set[int]:
    """The PostgreSQL servers that are children of ours; Hilo's is one of its supervisor's."""
    return {pid for pid, command in children_of(os.getpid()).items() if role_of_command(command) is Role.POSTGRES}


def _surroundings(far_side: str) -> dict[str, str]:
    """Nothing of whoever started the benchmark."""
    return {"PATH": os.defpath, "LANG": "C.UTF-8", "FAR_SIDE": far_side, "REPLY": REPLY}


def _n8n_settings(url: str, folder: Path, *, port: int) -> dict[str, str]:
    database = conninfo_to_dict(conninfo_of(url))
    return {
        "HOME": str(folder),
        "N8N_USER_FOLDER": str(folder),
        "NODE_ENV": "production",
        "DB_TYPE": "postgresdb",
        "DB_POSTGRESDB_HOST": str(database["host"]),
        "DB_POSTGRESDB_PORT": str(database["port"]),
        "DB_POSTGRESDB_DATABASE": str(database["dbname"]),
        "DB_POSTGRESDB_USER": str(database["user"]),
        "DB_POSTGRESDB_PASSWORD": str(database["password"]),
        "N8N_LISTEN_ADDRESS": "127.0.0.1",
        "N8N_PORT": str(port),
        "N8N_RUNNERS_BROKER_PORT": str(free_port()),
        "N8N_ENDPOINT_WEBHOOK": bodies.PATH.split("/")[1],
        "N8N_BLOCK_ENV_ACCESS_IN_NODE": "false",  # the workflow asks where the far side is
        "N8N_DIAGNOSTICS_ENABLED": "false",
        "N8N_VERSION_NOTIFICATIONS_ENABLED": "false",
        "N8N_TEMPLATES_ENABLED": "false",
        "N8N_PERSONALIZATION_ENABLED": "false",
        "N8N_COMMUNITY_PACKAGES_ENABLED": "false",
        "N8N_LOG_LEVEL": "warn",
    }
