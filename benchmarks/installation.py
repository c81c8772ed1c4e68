"""A whole Hilo of its own, as a user runs it: `python -m app.main` in a folder of its own, in production's settings.

PostgreSQL and Valkey are the embedded ones. Only processes that this module started are ever signalled.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psycopg
from dotenv import dotenv_values

from app.core.config import CHECKOUT, Settings
from app.core.secrets import load_or_make
from app.database import conninfo_of
from app.embedded.ports import free_port
from app.embedded.processes import Process, last_words, spawn
from benchmarks import bodies
from benchmarks.machine import Memory, Role, children_of, memory_of, read_processes, role_of_command

START_SECONDS = 120.0
STOP_SECONDS = 30.0
SETTINGS = {name.upper() for name in Settings.model_fields}

Row = tuple[object, ...]


class NotUsable(Exception):
    """The run cannot begin, or cannot go on; the text is a sentence for whoever asked for it."""


class Installation:
    def __init__(self, folder: Path, *, far_side_port: int) -> None:
        self.data_dir = folder / "data"
        self.port = free_port()
        self._log = folder / "supervisor.log"
        self._env = environment(self.data_dir) | {
            "PORT": str(self.port),
            "WHATSAPP_API_URL": f"http://127.0.0.1:{far_side_port}/v26.0",
        }
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._conninfo: str | None = None

    @property
    def pid(self) -> int:
        assert self._supervisor is not None, "it has been started"
        return self._supervisor.pid

    def start(self) -> None:
        self._supervisor = spawn(
            Process(
                name="supervisor",
                command=[sys.executable, "-m", "app.main"],
                folder=CHECKOUT,
                env=self._env,
                log=self._log,
                orphan_signal=signal.SIGINT,  # it shall end its children in order
            )
        )
        try:
            self._await_health()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        if self._supervisor is None:
            return
        for pid in self.processes():  # a stopped process would not hear that it shall end
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        self._supervisor.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            self._supervisor.wait(STOP_SECONDS)
        self._supervisor.kill()
        self._supervisor.wait()
        self._supervisor = None

    def processes(self) -> dict[int, Role]:
        """pid → role of the supervisor and its children."""
        if self._supervisor is None:
            return {}
        roles = {pid: role_of_command(command) for pid, command in children_of(self.pid).items()}
        return {self.pid: Role.SUPERVISOR} | {pid: role for pid, role in roles.items() if role is not None}

    def memory(self) -> dict[Role, Memory]:
        found = read_processes()
        pids = {role: pid for pid, role in self.processes().items() if role is not Role.SUPERVISOR}
        memory = {role: memory_of(pid, found) for role, pid in pids.items()}
        alone = {self.pid: found[self.pid]} if self.pid in found else {}
        return memory | {Role.SUPERVISOR: memory_of(self.pid, alone)}

    @contextmanager
    def paused(self, *roles: Role) -> Iterator[None]:
        """Hold these processes still, so that what the others do can be measured alone."""
        pids = [pid for pid, role in self.processes().items() if role in roles]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def connect(self) -> psycopg.Connection[Row]:
        """To its database, for bodies to be put in and states to be looked at."""
        if self._conninfo is None:
            web = next(pid for pid, role in self.processes().items() if role is Role.WEB)
            variables = Path(f"/proc/{web}/environ").read_bytes().split(b"\0")
            url = next(v.removeprefix(b"DATABASE_URL=") for v in variables if v.startswith(b"DATABASE_URL="))
            self._conninfo = conninfo_of(url.decode())
        # What is asked meanwhile is counted as the database's work: it shall not read millions of rows for it.
        settings = "-c enable_seqscan=off -c jit=off"
        return psycopg.connect(self._conninfo, autocommit=True, connect_timeout=5, options=settings)

    def health(self) -> dict[str, object] | None:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/health")
            answer = connection.getresponse()
            said = json.loads(answer.read())
            return said if answer.status == 200 else None
        except (OSError, HTTPException, ValueError):
            return None
        finally:
            connection.close()

    def _await_health(self) -> None:
        assert self._supervisor is not None
        deadline = time.monotonic() + START_SECONDS
        while self.health() is None:
            if self._supervisor.poll() is not None or time.monotonic() > deadline:
                raise NotUsable(f"Hilo is not well: {last_words(self._log)}; its logs are in {self.data_dir / 'logs'}")
            time.sleep(0.2)


def environment(data_dir: Path) -> dict[str, str]:
    """What a program of ours runs with: production's settings, and nothing of whoever started the benchmark."""
    _refuse_strange_settings()
    kept = load_or_make(data_dir)
    return {name: value for name, value in os.environ.items() if name.upper() not in SETTINGS} | {
        "DATA_DIR": str(data_dir),
        "HOST": "127.0.0.1",
        "WHATSAPP_TOKEN": "the-token-of-the-benchmark",
        "WHATSAPP_APP_SECRET": bodies.APP_SECRET,
        "WEBHOOK_VERIFY_TOKEN": kept.webhook_verify_token,
        "SECRET_KEY": kept.secret_key,
        "ALLOWED_ORIGINS": "http://localhost",
        "PHONE_NUMBER_ID": bodies.phone_number_id(1),
        "BUSINESS_ID": bodies.WABA_ID,
        "ADMIN_PASSWORD": kept.admin_password,
        # What is loaded was accepted long ago and never reported on. Nobody shall ask about it while we measure.
        "STATUS_OVERDUE_SECONDS": str(7 * 86_400),
    }


def _refuse_strange_settings() -> None:
    """A .env of the checkout would reach the programs, and might name somebody's real database."""
    known: Mapping[str, str | None] = dotenv_values(CHECKOUT / ".env")
    strange = {name.upper() for name in known} & SETTINGS
    if strange:
        raise NotUsable(f".env sets {min(strange)}: move it away while the benchmark runs.")
