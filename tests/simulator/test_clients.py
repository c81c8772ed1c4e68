"""A client that others wrote uses the simulator with nothing changed but its base URL."""

from typing import Any

import pytest
from pywa import WhatsApp
from pywa.errors import WhatsAppError
from pywa.types import Message, MessageStatus
from pywa.types.message_status import MessageStatusType

from tests.simulator.machine import ALICE, APP_SECRET, PHONE, TOKEN, WABA, Business, Simulator


@pytest.fixture
def client(simulator: Simulator) -> WhatsApp:
    whatsapp = WhatsApp(phone_id=PHONE, token=TOKEN, waba_id=WABA, app_secret=APP_SECRET, server=None)
    whatsapp.api._session.base_url = f"{simulator.url}/v26.0"
    return whatsapp


def test_pywa_sends_a_text_and_gets_its_wamid(client: WhatsApp, simulator: Simulator) -> None:
    simulator.write(ALICE)

    sent = client.send_message(to=ALICE, text="hello from pywa", tracker="job-1")

    simulator.settle()
    (entry,) = simulator.sim("GET", "/ledger")["items"]
    assert (sent.id, entry["biz_opaque_callback_data"]) == (entry["id"], "job-1")
    assert simulator.thread(ALICE)[-1]["text"] == {"body": "hello from pywa"}


def test_pywa_marks_a_message_as_read_and_shows_that_it_types(client: WhatsApp, simulator: Simulator) -> None:
    wamid = simulator.write(ALICE)

    client.mark_message_as_read(wamid)
    client.indicate_typing(wamid)

    assert simulator.thread(ALICE)[0]["status"] == "read"
    assert simulator.sim("GET", f"/users/{ALICE}/thread")["typing"] is True


def test_pywa_raises_its_own_error_for_ours(client: WhatsApp) -> None:
    with pytest.raises(WhatsAppError) as caught:
        client.send_message(to=ALICE, text="x" * 4097)

    assert caught.value.code == 131009


def test_pywa_reads_the_number(client: WhatsApp) -> None:
    number = client.get_business_phone_number()

    assert (number.id, number.display_phone_number) == (PHONE, "+1 555-078-3881")


def test_pywa_takes_every_webhook_signature_and_all(client: WhatsApp, simulator: Simulator, business: Business) -> None:
    seen: list[Any] = []
    client.on_message(lambda _, message: seen.append(message))
    client.on_message_status(lambda _, status: seen.append(status))
    wamid = simulator.write(ALICE, "olá / 👋")
    reply = simulator.send(ALICE, biz_opaque_callback_data="job-1")
    simulator.settle()

    for webhook in business.webhooks:
        assert client.webhook_update_validator(webhook.raw, webhook.headers["X-Hub-Signature-256"]) is None
        assert client.webhook_update_handler(webhook.raw) == ("ok", 200)

    messages = [update for update in seen if isinstance(update, Message)]
    statuses = {update.status: update for update in seen if isinstance(update, MessageStatus)}
    assert [(message.id, message.text, message.from_user.wa_id) for message in messages] == [(wamid, "olá / 👋", ALICE)]
    assert statuses.keys() == {MessageStatusType.SENT, MessageStatusType.DELIVERED, MessageStatusType.READ}
    assert {(status.id, status.tracker, status.from_user.wa_id) for status in statuses.values()} == {
        (reply, "job-1", ALICE)
    }
    assert all(update.from_user.bsuid for update in seen)
