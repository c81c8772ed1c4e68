"""Hilo as separate services on servers that it did not start: an external PostgreSQL and an external Redis.

The schema goes in by plain psql, and the web server, one worker with Celery's own pool, and beat are started by the
commands of the README.
"""

from collections.abc import Iterator

import pytest

from app.core.config import CHECKOUT
from tests.external.machine import BEAT, Machine, address_of, machine, made_database
from tests.ports import free_port
from tests.waiting import eventually

pytestmark = pytest.mark.services

START_SECONDS = 180  # of five processes, on two cores that others use too
CUSTOMER = "5215512345678"


@pytest.fixture(scope="module")
def hilo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    folder = tmp_path_factory.mktemp("external")
    port = free_port()
    with made_database() as database:
        settings = {"DATABASE_URL": database, "BROKER_URL": address_of("TEST_BROKER_URL")}
        with machine(folder, settings, webhook_port=port) as running:
            running.webs.append(port)
            running.start("web", "uvicorn", "app.main:app", "--port", str(port))
            running.start("worker", "celery", "-A", "app.core.celery", "worker", "-c", "2")
            running.start("beat", *BEAT)
            eventually(running.is_well, seconds=START_SECONDS)
            yield running


@pytest.fixture(scope="module")
def bearer(hilo: Machine) -> dict[str, str]:
    return hilo.bearer()


def test_a_conversation_by_keyword(hilo: Machine, bearer: dict[str, str]) -> None:
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
    assert list(CHECKOUT.glob("celerybeat*")) == []


def test_a_message_by_the_api(hilo: Machine, bearer: dict[str, str]) -> None:
    before = hilo.simulator("GET", "/ledger")["count"]
    body = {"to": f"+{CUSTOMER}", "type": "text", "text": {"body": "Your order is ready."}}

    message = hilo.api("POST", "/api/v1/messages", json=body, headers=bearer | {"Idempotency-Key": "order-17"})
    again = hilo.api("POST", "/api/v1/messages", json=body, headers=bearer | {"Idempotency-Key": "order-17"})

    assert again["id"] == message["id"]
    path = f"/api/v1/messages/{message['id']}"
    eventually(lambda: hilo.api("GET", path, headers=bearer)["status"] == "read")
    assert hilo.simulator("GET", "/ledger")["count"] == before + 1
