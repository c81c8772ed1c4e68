"""Hilo on one machine to be hurt: the supervisor with all its children, one more sender, and the simulator outside.

Only processes that this harness started are ever signalled: its own children, and what it finds below its own
supervisor, looked up anew before each signal.
"""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from random import Random
from signal import SIGKILL, SIGTERM

import psutil
import psycopg
from dotenv import dotenv_values

from app.core.config import (
    CHECKOUT,
    SIMULATED_BUSINESS_ID,
    SIMULATED_DISPLAY_NUMBER,
    SIMULATED_PHONE_NUMBER_ID,
    Settings,
)
from app.core.secrets import load_or_make
from app.database import conninfo_of
from app.embedded.processes import last_words
from tests.crash.disk import Disk
from tests.crash.parts import is_alive, plays, process_of
from tests.crash.plans import Target
from tests.crash.sizes import Scenario, Size
from tests.ports import free_port

STOP_SECONDS = 15.0
EMAIL = "crash@hilo.example"
SETTINGS = {name.upper() for name in Settings.model_fields}


class NotUsable(Exception):
    """The run cannot begin; the text is a sentence for whoever asked for it."""


class Machine:
    def __init__(self, size: Size, scenario: Scenario, disk: Disk | None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="hilo-crash-"))
        self.folder.chmod(0o711)  # as root, PostgreSQL's user passes through
        self.logs = self.folder / "logs"
        self.logs.mkdir()
        self.disk = disk
        self.data_dir = (disk.folder if disk else self.folder) / f"data-{scenario}"
        self.port, self.simulator_port = free_port(), free_port()
        self.password = secrets.token_urlsafe(16)
        self._secrets = load_or_make(self.data_dir)
        self._env = _surroundings() | self._settings(size, scenario)
        _refuse_strange_settings(self._env)
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._simulator: subprocess.Popen[bytes] | None = None
        self._other_sender: subprocess.Popen[bytes] | None = None
        self._seen: list[psutil.Process] = []  # everything that was ever found below a supervisor of ours
        self._worker_env: dict[str, str] | None = None
        self.supervisor_starts = 0
        self.refusals: list[str] = []  # the last words of supervisors that ended without being killed

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def app_secret(self) -> str:
        return self._secrets.whatsapp_app_secret

    @property
    def simulator_url(self) -> str:
        return f"http://127.0.0.1:{self.simulator_port}"

    def start_simulator(self) -> None:
        env = _surroundings() | {
            "SIMULATOR_PORT": str(self.simulator_port),
            "SIMULATOR_STATE": str(self.folder / "simulator"),
            "SIMULATOR_TOKEN": self._secrets.simulator_token,
            "SIMULATOR_APP_SECRET": self._secrets.whatsapp_app_secret,
            "SIMULATOR_VERIFY_TOKEN": self._secrets.webhook_verify_token,
            "SIMULATOR_WEBHOOK_URL": f"{self.url}/webhooks/whatsapp",
            "SIMULATOR_PHONE_NUMBER_ID": SIMULATED_PHONE_NUMBER_ID,
            "SIMULATOR_WABA_ID": SIMULATED_BUSINESS_ID,
            "SIMULATOR_DISPLAY_NUMBER": SIMULATED_DISPLAY_NUMBER,
            "SIMULATOR_CLOCK_FILE": str(self.data_dir / "clock.json"),
        }
        self._simulator = self._spawn("simulator", ["simulator"], env)

    def keep_up(self) -> None:
        """Start the supervisor and the other sender where they are not running: they are ours to restart."""
        if self._supervisor is None or self._supervisor.poll() is not None:
            if self._supervisor is not None and self._supervisor.returncode != -SIGKILL:
                # It was not us: it gave up by itself, with a sentence.
                self.refusals.append(last_words(self.logs / "supervisor.log"))
            self._supervisor = self._spawn("supervisor", ["app.main"], self._env)
            self.supervisor_starts += 1
        if self._other_sender is None or self._other_sender.poll() is not None:
            self._start_other_sender()

    def is_simulator_alive(self) -> bool:
        return self._simulator is not None and self._simulator.poll() is None

    def find(self, target: Target, dice: Random) -> psutil.Process | None:
        """The process that plays this part now; None while nobody does."""
        if target is Target.SUPERVISOR:
            return process_of(self._supervisor)
        if target is Target.OTHER_SEND:
            return process_of(self._other_sender)
        found = [process for process in self._children() if plays(process) is target]
        return dice.choice(found) if found else None

    def find_lane_holder(self, dice: Random) -> tuple[psutil.Process, int] | None:
        """The sender that has the lane at this moment, and its epoch; None while nobody has it."""
        with suppress(psycopg.Error, psutil.Error):
            with self.connect() as connection:
                row = connection.execute(
                    "SELECT split_part(holder, ':', 2)::int, epoch FROM lanes"
                    " WHERE name LIKE 'send:%' AND holder IS NOT NULL ORDER BY beat_at DESC"
                ).fetchone()
            for candidate in (self.find(Target.SEND, dice), self.find(Target.OTHER_SEND, dice)):
                if row is not None and candidate is not None and candidate.pid == row[0]:
                    return candidate, int(str(row[1]))
        return None

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        """To the database behind everything, for figures and diagnosis."""
        return psycopg.connect(conninfo_of(self.address_of("DATABASE_URL")), autocommit=True, connect_timeout=5)

    def address_of(self, server: str) -> str:
        """DATABASE_URL or BROKER_URL, as a worker has it; it stays for as long as the data folder does."""
        env = self._environment_of_a_worker() or self._worker_env
        if env is None:
            raise psycopg.OperationalError("no worker runs that could say where the database is")
        return env[server]

    def stop(self) -> None:
        """End everything that we started, in order, and make sure of it."""
        self._children()
        for child in (self._supervisor, self._other_sender, self._simulator):
            if child is not None and child.poll() is None:
                with suppress(psutil.Error):
                    psutil.Process(child.pid).resume()
                child.send_signal(SIGTERM)
                with suppress(subprocess.TimeoutExpired):
                    child.wait(STOP_SECONDS)
                child.kill()
                child.wait()
        for process in self._seen:
            with suppress(psutil.Error):
                if process.is_running():
                    process.resume()
                    process.kill()
        psutil.wait_procs(self._seen, timeout=STOP_SECONDS)

    def clear(self, *, keep: bool) -> None:
        """After `stop`. What is on a disk of ours goes with it: only its logs are kept."""
        if keep and self.disk is not None:
            with suppress(OSError):
                shutil.copytree(self.data_dir / "logs", self.logs / "hilo")
        if self.disk is not None:
            self.disk.free()
            shutil.rmtree(self.data_dir, ignore_errors=True)
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    def processes(self) -> list[psutil.Process]:
        """All of Hilo's, at this moment."""
        other = process_of(self._other_sender)
        supervisor = process_of(self._supervisor)
        return [*([supervisor] if supervisor else []), *self._children(), *([other] if other else [])]

    def leftovers(self) -> list[psutil.Process]:
        """Those below a supervisor that has gone, which still run."""
        current = {process.pid for process in self._children()}
        return [process for process in self._seen if process.pid not in current and is_alive(process)]

    def _settings(self, size: Size, scenario: Scenario) -> dict[str, str]:
        settings = {
            "DATA_DIR": str(self.data_dir),
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            # Not the port of the simulator: the supervisor shall not take it for its own.
            "SIMULATOR_PORT": str(free_port()),
            "WHATSAPP_API_URL": f"{self.simulator_url}/v26.0",
            "PHONE_NUMBER_ID": SIMULATED_PHONE_NUMBER_ID,
            "BUSINESS_ID": SIMULATED_BUSINESS_ID,
            "ADMIN_EMAIL": EMAIL,
            "ADMIN_PASSWORD": self.password,
            "START_WITHIN_SECONDS": str(size.start_within),
            "SEND_TIMEOUT_SECONDS": str(size.send_timeout),
            "SETTLE_SILENCE_SECONDS": str(size.silence),
        }
        if scenario is Scenario.SILENCE:
            settings |= {
                "PUBLIC_URL": f"http://127.0.0.1:{free_port()}",  # nobody listens there
                "SETTLE_GIVE_UP_SECONDS": str(size.give_up),
                "STATUS_OVERDUE_SECONDS": str(size.overdue),
            }
        return settings

    def _start_other_sender(self) -> None:
        """As another machine would run it: a worker that knows the database and the broker, and nothing else."""
        env = self._environment_of_a_worker()
        if env is None:
            return
        command = ["celery", "-A", "app.core.celery", "worker", "--without-gossip", "--without-mingle"]
        command += ["-Q", "send", "-n", "send2@%h", "--pool", "threads", "-c", "4"]
        self._other_sender = self._spawn("worker-send-2", command, env)

    def _environment_of_a_worker(self) -> dict[str, str] | None:
        for process in self._children():
            with suppress(psutil.Error):
                if plays(process) in (Target.INTAKE, Target.SEND, Target.SWEEP):
                    env = process.environ()
                    if "DATABASE_URL" in env and "BROKER_URL" in env:
                        self._worker_env = env
                        return env
        return None

    def _children(self) -> list[psutil.Process]:
        supervisor = process_of(self._supervisor)
        if supervisor is None:
            return []
        with suppress(psutil.Error):
            children = supervisor.children(recursive=True)
            known = {process.pid: process for process in self._seen if is_alive(process)}
            self._seen = list((known | {process.pid: process for process in children}).values())
            return children
        return []

    def _spawn(self, name: str, arguments: list[str], env: Mapping[str, str]) -> subprocess.Popen[bytes]:
        with (self.logs / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", *arguments],
                cwd=CHECKOUT,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the harness, which stops them in order
            )


def _surroundings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.upper() not in SETTINGS}


def _refuse_strange_settings(env: Mapping[str, str]) -> None:
    """A .env of the checkout would reach the children, and might name somebody's real database."""
    strange = {name.upper() for name in dotenv_values(CHECKOUT / ".env")} & SETTINGS - env.keys()
    if strange:
        raise NotUsable(f".env sets {min(strange)}: move it away while the crash test runs.")
