"""Hilo as separate processes, on servers that it did not start, with a simulator in the place of Meta."""

import contextlib
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import psycopg
from psycopg import sql

from app.core.config import CHECKOUT
from app.database import conninfo_of, url_of
from tests.ports import free_port
from tests.waiting import PATIENCE_SECONDS, eventually

PASSWORD = "Correct-Horse-9"
PHONE_NUMBER_ID = "106540352242922"
WABA_ID = "102290129340398"

BEAT = ["celery", "-A", "app.core.celery", "beat"]


def address_of(variable: str) -> str:
    found = os.environ.get(variable)
    assert found, f"the tests marked `services` need {variable}: .ci/run starts all of them"
    return found


@contextlib.contextmanager
def made_database() -> Iterator[str]:
    """A database made by psql from the schema file, as compose makes it; its direct address."""
    server = address_of("TEST_DATABASE_URL")
    name = f"hilo_external_{secrets.token_hex(4)}"
    with psycopg.connect(conninfo_of(server), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        parts = psycopg.conninfo.conninfo_to_dict(conninfo_of(server)) | {"dbname": name}
        address = psycopg.conninfo.make_conninfo("", **parts)
        psql = shutil.which("psql")
        assert psql, "PostgreSQL's own client applies the schema file here"
        subprocess.run([psql, address, "-qv", "ON_ERROR_STOP=1", "-f", CHECKOUT / "database_schema.sql"], check=True)
        yield in_database(server, name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def in_database(server: str, name: str) -> str:
    return str(httpx2.URL(url_of(server)).copy_with(path=f"/{name}"))


@dataclass
class Machine:
    folder: Path
    env: dict[str, str]
    simulator_port: int
    stack: contextlib.ExitStack
    webs: list[int] = field(default_factory=list)  # their ports

    def start(self, name: str, *command: str) -> "subprocess.Popen[bytes]":
        log = self.stack.enter_context((self.folder / f"{name}.log").open("wb"))
        process = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=CHECKOUT, env=self.env, stdout=log, stderr=subprocess.STDOUT
        )
        self.stack.callback(end, process)
        return process

    def start_web(self, *options: str) -> "subprocess.Popen[bytes]":
        self.webs.append(free_port())
        name = f"web-{len(self.webs)}"
        return self.start(name, "uvicorn", "app.main:app", "--port", str(self.webs[-1]), "--no-access-log", *options)

    def is_well(self) -> bool:
        with contextlib.suppress(httpx2.HTTPError):
            return all(
                httpx2.get(f"http://127.0.0.1:{port}/health", timeout=5).status_code == 200 for port in self.webs
            )
        return False

    def api(self, method: str, path: str, **options: Any) -> Any:
        return _json(method, f"http://127.0.0.1:{self.webs[-1]}{path}", **options)

    def simulator(self, method: str, path: str, **options: Any) -> Any:
        return _json(method, f"http://127.0.0.1:{self.simulator_port}/_sim{path}", **options)

    def bearer(self) -> dict[str, str]:
        form = {"username": "admin@example.com", "password": PASSWORD}
        return {"Authorization": "Bearer " + self.api("POST", "/api/v1/auth/login", data=form)["access_token"]}


def _json(method: str, url: str, **options: Any) -> Any:
    answer = httpx2.request(method, url, timeout=PATIENCE_SECONDS, **options)
    assert answer.status_code < 300, (answer.status_code, answer.text)
    return answer.json()


@contextlib.contextmanager
def machine(folder: Path, settings: Mapping[str, str], *, webhook_port: int) -> Iterator[Machine]:
    """Prepared, with the simulator running; whoever asked starts the rest."""
    simulator_port = free_port()
    token = "an-external-token"
    env = {name: value for name, value in os.environ.items() if not name.startswith("TEST_")} | {
        "DATA_DIR": str(folder / "data"),
        "SIMULATOR_PORT": str(simulator_port),
        "WHATSAPP_TOKEN": token,
        "WHATSAPP_API_URL": f"http://127.0.0.1:{simulator_port}/v26.0",
        "WHATSAPP_APP_SECRET": "test_app_secret",
        "WEBHOOK_VERIFY_TOKEN": "verify-me",
        "PHONE_NUMBER_ID": PHONE_NUMBER_ID,
        "BUSINESS_ID": WABA_ID,
        "SECRET_KEY": secrets.token_hex(32),
        "ALLOWED_ORIGINS": "http://127.0.0.1:3000",
        "ADMIN_EMAIL": "admin@example.com",
        "ADMIN_PASSWORD": PASSWORD,
        "SIMULATOR_STATE": str(folder / "simulator"),
        "SIMULATOR_TOKEN": token,
        "SIMULATOR_APP_SECRET": "test_app_secret",
        "SIMULATOR_VERIFY_TOKEN": "verify-me",
        "SIMULATOR_WEBHOOK_URL": f"http://127.0.0.1:{webhook_port}/webhooks/whatsapp",
        "SIMULATOR_PHONE_NUMBER_ID": PHONE_NUMBER_ID,
        "SIMULATOR_WABA_ID": WABA_ID,
    }
    env |= settings
    subprocess.run([sys.executable, "-m", "app", "prepare"], cwd=CHECKOUT, env=env, check=True)
    with contextlib.ExitStack() as stack:
        running = Machine(folder=folder, env=env, simulator_port=simulator_port, stack=stack)
        running.start("simulator", "simulator")
        eventually(lambda: _listens(simulator_port))
        yield running


def _listens(port: int) -> bool:
    with contextlib.suppress(httpx2.HTTPError):
        return httpx2.get(f"http://127.0.0.1:{port}/").status_code == 200
    return False


def end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
