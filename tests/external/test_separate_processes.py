"""Hilo as separate services on servers that it did not start: an external PostgreSQL and an external Redis.

The schema goes in by plain psql, and the web server, one worker with Celery's own pool, and beat are started by the
commands of the README.
"""

import contextlib
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest
from psycopg import sql

from app.database import conninfo_of, url_of
from app.embedded.ports import free_port
from tests.waiting import PATIENCE_SECONDS, eventually

pytestmark = pytest.mark.services

ROOT = Path(__file__).parents[2]
PASSWORD = "Correct-Horse-9"
CUSTOMER = "5215512345678"


@dataclass
class Running:
    port: int
    simulator_port: int
    database: str

    def api(self, method: str, path: str, **options: Any) -> Any:
        answer = httpx2.request(method, f"http://127.0.0.1:{self.port}{path}", timeout=PATIENCE_SECONDS, **options)
        assert answer.status_code < 300, (answer.status_code, answer.text)
        return answer.json()

    def simulator(self, method: str, path: str, **options: Any) -> Any:
        answer = httpx2.request(
            method, f"http://127.0.0.1:{self.simulator_port}/_sim{path}", timeout=PATIENCE_SECONDS, **options
        )
        assert answer.status_code < 300, (answer.status_code, answer.text)
        return answer.json()

    def is_well(self) -> bool:
        with contextlib.suppress(httpx2.HTTPError):
            return httpx2.get(f"http://127.0.0.1:{self.port}/health", timeout=5).status_code == 200
        return False


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """A database made by psql from the schema file, as compose makes it."""
    server = os.environ.get("TEST_DATABASE_URL")
    assert server, "the tests marked `services` need TEST_DATABASE_URL and TEST_BROKER_URL"
    name = f"hilo_external_{secrets.token_hex(4)}"
    with psycopg.connect(conninfo_of(server), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        parts = psycopg.conninfo.conninfo_to_dict(conninfo_of(server)) | {"dbname": name}
        address = psycopg.conninfo.make_conninfo("", **parts)
        psql = shutil.which("psql")
        assert psql, "PostgreSQL's own client applies the schema file here"
        subprocess.run([psql, address, "-qv", "ON_ERROR_STOP=1", "-f", ROOT / "database_schema.sql"], check=True)
        yield str(httpx2.URL(url_of(server)).copy_with(path=f"/{name}"))
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="module")
def hilo(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("external")
    running = Running(port=free_port(), simulator_port=free_port(), database=database)
    env = {name: value for name, value in os.environ.items() if not name.startswith("TEST_")} | {
        "DATABASE_URL": database,
        "BROKER_URL": os.environ["TEST_BROKER_URL"],
        "DATA_DIR": str(folder / "data"),
        "PORT": str(running.port),
        "SIMULATOR_PORT": str(running.simulator_port),
        "WHATSAPP_TOKEN": "an-external-token",
        "WHATSAPP_API_URL": f"http://127.0.0.1:{running.simulator_port}/v26.0",
        "WHATSAPP_APP_SECRET": "test_app_secret",
        "WEBHOOK_VERIFY_TOKEN": "verify-me",
        "PHONE_NUMBER_ID": "106540352242922",
        "BUSINESS_ID": "102290129340398",
        "SECRET_KEY": secrets.token_hex(32),
        "ALLOWED_ORIGINS": "http://127.0.0.1:3000",
        "ADMIN_EMAIL": "admin@example.com",
        "ADMIN_PASSWORD": PASSWORD,
        "SIMULATOR_STATE": str(folder / "simulator"),
        "SIMULATOR_TOKEN": "an-external-token",
        "SIMULATOR_APP_SECRET": "test_app_secret",
        "SIMULATOR_VERIFY_TOKEN": "verify-me",
        "SIMULATOR_WEBHOOK_URL": f"http://127.0.0.1:{running.port}/webhooks/whatsapp",
        "SIMULATOR_PHONE_NUMBER_ID": "106540352242922",
        "SIMULATOR_WABA_ID": "102290129340398",
    }
    subprocess.run([sys.executable, "-m", "app", "prepare"], cwd=ROOT, env=env, check=True)
    with contextlib.ExitStack() as stack:
        for command in (
            ["simulator"],
            ["uvicorn", "app.main:app", "--port", str(running.port)],
            ["celery", "-A", "app.core.celery", "worker", "-c", "2"],
            ["celery", "-A", "app.core.celery", "beat", "--scheduler", "celery.beat:Scheduler", "--pidfile="],
        ):
            log = stack.enter_context((folder / f"{command[0]}-{command[-1].strip('-=')}.log").open("wb"))
            process = subprocess.Popen(
                [sys.executable, "-m", *command], cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT
            )
            stack.callback(_end, process)
        eventually(running.is_well)
        yield running


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def bearer(hilo: Running) -> dict[str, str]:
    form = {"username": "admin@example.com", "password": PASSWORD}
    return {"Authorization": "Bearer " + hilo.api("POST", "/api/v1/auth/login", data=form)["access_token"]}


def test_a_conversation_by_keyword(hilo: Running, bearer: dict[str, str]) -> None:
    automation = {
        "name": "Greeting",
        "trigger_type": "keyword",
        "trigger_conditions": {"keyword": "hola"},
        "action_type": "send_message",
        "action_payload": {"message_template": "¡Hola {first_name}!"},
    }
    hilo.api("POST", "/api/v1/automations", json=automation, headers=bearer)

    hilo.simulator("POST", f"/users/{CUSTOMER}/messages", json={"type": "text", "text": {"body": "hola"}})

    def is_read() -> bool:
        page = hilo.api("GET", "/api/v1/messages?direction=outbound", headers=bearer)
        return [message["status"] for message in page["items"]] == ["read"]

    eventually(is_read)
    assert hilo.simulator("GET", "/ledger")["count"] == 1


def test_a_message_by_the_api(hilo: Running, bearer: dict[str, str]) -> None:
    before = hilo.simulator("GET", "/ledger")["count"]
    body = {"to": f"+{CUSTOMER}", "type": "text", "text": {"body": "Your order is ready."}}

    message = hilo.api("POST", "/api/v1/messages", json=body, headers=bearer | {"Idempotency-Key": "order-17"})
    again = hilo.api("POST", "/api/v1/messages", json=body, headers=bearer | {"Idempotency-Key": "order-17"})

    assert again["id"] == message["id"]
    path = f"/api/v1/messages/{message['id']}"
    eventually(lambda: hilo.api("GET", path, headers=bearer)["status"] == "read")
    assert hilo.simulator("GET", "/ledger")["count"] == before + 1
