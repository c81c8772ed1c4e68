"""Each service of the compose files and of render.yaml, run on this machine: its own command, with its own environment,
until its own health check passes.

What lies outside is mapped: servers to one that runs here, ports to free ones, `/data` and `/run/secrets` to folders.
"""

import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest
import redis

from app.core.config import CHECKOUT
from app.database import conninfo_of
from app.embedded.postgres_binaries import find_binaries
from app.embedded.valkey import program as valkey_program
from tests.deployment.files import parsed
from tests.embedded.scratch import scratch_folder
from tests.ports import free_port
from tests.waiting import PATIENCE_SECONDS, eventually

pytestmark = pytest.mark.long

MODULES = {"celery", "uvicorn"}
SURROUNDINGS = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


@pytest.fixture
def folder() -> Iterator[Path]:
    with scratch_folder() as made:
        yield made


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as made:
        yield made


@pytest.fixture
def schema_database(make_database: Any) -> str:
    """Made by psql from the mounted schema file, as the image of PostgreSQL makes it at its first start."""
    url: str = make_database()
    psql = find_binaries(account=None, copies=Path("/")).path("psql")
    schema = CHECKOUT / "database_schema.sql"
    subprocess.run([psql, conninfo_of(url), "-qv", "ON_ERROR_STOP=1", "-f", schema], check=True)
    return url


class Machine:
    """This machine, standing in for the engine: knows where things are that the files name otherwise."""

    def __init__(self, folder: Path, database: str, stack: ExitStack) -> None:
        self.folder = folder
        self.database = database
        self.ports = {"8000": str(free_port()), "8001": str(free_port()), "6379": str(free_port())}
        self._stack = stack
        for name in ("data", "secrets"):
            (folder / name).mkdir()

    def environment(self, service: Mapping[str, Any], **more: str) -> dict[str, str]:
        given = {name: self._here(str(value)) for name, value in service.get("environment", {}).items()}
        if "DATABASE_URL" in given:
            given["DATABASE_URL"] = self.database
        ours = {"SECRETS_DIR": str(self.folder / "secrets"), "PYTHONPATH": str(CHECKOUT)}
        return SURROUNDINGS | ours | given | more

    def run(self, title: str, service: Mapping[str, Any], **more: str) -> "subprocess.Popen[bytes]":
        log = self._stack.enter_context((self.folder / f"{title}.log").open("wb"))
        process = subprocess.Popen(
            self._command(service["command"]),
            cwd=CHECKOUT,
            env=self.environment(service, **more),
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._stack.callback(end, process)
        return process

    def is_healthy(self, service: Mapping[str, Any], **more: str) -> bool:
        how, *command = service["healthcheck"]["test"]
        assert how == "CMD"
        done = subprocess.run(
            self._command(command),
            cwd=CHECKOUT,
            env=self.environment(service, **more),
            capture_output=True,
            check=False,
        )
        return done.returncode == 0

    def said(self, title: str) -> str:
        return (self.folder / f"{title}.log").read_text(errors="replace")

    def _command(self, words: Sequence[str]) -> list[str]:
        program, *arguments = words
        begin = {"python": [sys.executable], "valkey-server": [str(valkey_program()), "--port", self.ports["6379"]]}
        first = begin.get(program, [sys.executable, "-m", program] if program in MODULES else [program])
        return [*first, *(self._here(each) for each in arguments)]

    def _here(self, text: str) -> str:
        text = re.sub(r"//(web|valkey|simulator|postgres):", "//127.0.0.1:", text)
        text = re.sub(r"^/data\b", str(self.folder / "data"), text)
        return re.sub(r"\b(8000|8001|6379)\b", lambda found: self.ports[found[0]], text)


def end(process: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def start_all(machine: Machine, services: dict[str, Any], **more: str) -> None:
    """As the engine does it: the servers, then `prepare` to its end, then all that stands on them."""
    machine.run("valkey", services["valkey"])
    eventually(lambda: answers_ping(int(machine.ports["6379"])))
    how, _, times = str(services["prepare"].get("restart", "")).partition(":")
    for _ in range(1 + (int(times) if how == "on-failure" and times else 0)):
        code = machine.run("prepare", services["prepare"], **more).wait(3 * PATIENCE_SECONDS)
        if code == 0:
            break
    assert code == 0, machine.said("prepare")
    waiting = {name: service for name, service in services.items() if name not in {"postgres", "valkey", "prepare"}}
    for name, service in waiting.items():
        machine.run(name, service, **more)
    deadline = time.monotonic() + 3 * PATIENCE_SECONDS  # all of them begin at once
    # One after the other: to ask costs as much as a part of a start, and takes it from those who start.
    for name, service in waiting.items():
        while not machine.is_healthy(service, **more):
            assert time.monotonic() < deadline, machine.said(name)[-2000:]
            time.sleep(1.5)


def answers_ping(port: int) -> bool:
    with suppress(redis.RedisError), redis.Redis(port=port, retry=None) as client:
        return bool(client.ping())
    return False


def test_the_development_services_answer_hola(folder: Path, schema_database: str, stack: ExitStack) -> None:
    services = parsed("docker-compose.yml")["services"]
    machine = Machine(folder, schema_database, stack)

    start_all(machine, services)

    phone = f"http://127.0.0.1:{machine.ports['8001']}/_sim/users/5215512345678"
    web = httpx2.Client(timeout=PATIENCE_SECONDS)
    eventually(lambda: web.get(f"http://127.0.0.1:{machine.ports['8000']}/health").status_code == 200)
    web.post(f"{phone}/messages", json={"type": "text", "text": {"body": "hola"}}).raise_for_status()
    eventually(lambda: any(item["direction"] == "outbound" for item in web.get(f"{phone}/thread").json()["items"]))


def test_the_production_services_come_up_with_secrets_from_files(
    folder: Path, schema_database: str, stack: ExitStack
) -> None:
    compose = parsed("docker-compose.prod.yml")
    machine = Machine(folder, schema_database, stack)
    values = {"database_url": schema_database, "admin_password": "Correct-Horse-9"}
    for name in compose["secrets"]:
        (folder / "secrets" / name).write_text(values.get(name, secrets.token_hex(32)) + "\n")

    start_all(machine, compose["services"], PHONE_NUMBER_ID="1", ALLOWED_ORIGINS="https://hilo.example")

    assert list((folder / "data" / "backups").glob("hilo-*-backup.dump"))
    with psycopg.connect(conninfo_of(schema_database)) as connection:
        assert connection.execute("SELECT email FROM users").fetchall() == [("admin@hilo.example",)]
        assert connection.execute("SELECT count(*) FROM automations").fetchone() == (0,)


def test_the_service_on_render_answers_with_a_database_alone(
    folder: Path, make_database: Any, stack: ExitStack
) -> None:
    service = parsed("render.yaml")["services"][0]
    given = {each["key"]: each["value"] for each in service["envVars"] if "value" in each}
    made = {each["key"]: secrets.token_urlsafe(32) for each in service["envVars"] if "generateValue" in each}
    port = free_port()
    # The platform's own: an address in its old spelling, and a port.
    address = re.sub(r"^postgresql\+psycopg://", "postgres://", make_database())
    env = SURROUNDINGS | given | made | {"DATABASE_URL": address, "PORT": str(port), "DATA_DIR": str(folder / "data")}
    log = stack.enter_context((folder / "render.log").open("wb"))

    process = subprocess.Popen(
        [sys.executable, *service["startCommand"].split()[1:]],
        cwd=CHECKOUT,
        env=env | {"SIMULATOR_PORT": str(free_port())},
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    stack.callback(end, process)

    def answers(path: str) -> bool:
        with suppress(httpx2.HTTPError):
            return httpx2.get(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE_SECONDS).status_code == 200
        return False

    eventually(lambda: answers(service["healthCheckPath"]))
    eventually(lambda: answers("/health"))
    elsewhere = "127.0.0.2"  # an address of this machine that only who listens on all of them has
    assert httpx2.get(f"http://{elsewhere}:{port}/health/live", timeout=PATIENCE_SECONDS).status_code == 200
    assert (folder / "data" / "valkey").exists()
    assert not (folder / "data" / "postgres").exists()


def test_the_servers_of_the_compose_files_take_their_settings(folder: Path) -> None:
    services = parsed("docker-compose.prod.yml")["services"]
    program, *arguments = services["postgres"]["command"]
    binaries = find_binaries(account=None, copies=folder)

    for setting in arguments[1::2]:
        name, _, value = setting.partition("=")
        shown = subprocess.run(
            [binaries.path(program), "--describe-config"], capture_output=True, text=True, check=True
        ).stdout
        assert value
        assert re.search(rf"^{name}\t", shown, re.MULTILINE), setting
    assert shutil.which(binaries.path("pg_isready"))
