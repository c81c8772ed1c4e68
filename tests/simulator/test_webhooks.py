"""What the business receives: signed bytes, Meta's shape, again and again until it answers 200."""

import json
import re
import threading
import time
from itertools import pairwise
from typing import Any

import pytest

from simulator.payloads import signatures
from simulator.webhooks import gap_seconds
from tests.simulator.machine import (
    ALICE,
    APP,
    BOB,
    BUSINESS_NUMBER,
    PHONE,
    WABA,
    Business,
    Simulator,
    signature,
)
from tests.waiting import eventually


def _first(business: Business, kind: str) -> dict[str, Any]:
    eventually(lambda: business.items(kind))
    return next(value for webhook in business.webhooks for value in webhook.values if kind in value)


@pytest.mark.parametrize(
    ("body", "digest"),
    [
        (
            b'{"object":"whatsapp_business_account","entry":[]}',
            "dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756",
        ),
        (
            b'{"object": "whatsapp_business_account", "entry": []}',
            "56cbbaf4961c6cfdae48b7f116c047e5eb513d2c931baae63a2bc1afd26f803a",
        ),
    ],
)
def test_the_signature_is_metas(body: bytes, digest: str) -> None:
    assert signatures(body, secret="test_app_secret")["X-Hub-Signature-256"] == f"sha256={digest}"


def test_a_webhook_is_signed_over_its_bytes_in_both_ways(simulator: Simulator, business: Business) -> None:
    simulator.write(ALICE)

    webhook = eventually(lambda: business.webhooks)[0]
    assert webhook.headers["X-Hub-Signature-256"] == signature(webhook.raw)
    assert webhook.headers["X-Hub-Signature"] == signature(webhook.raw, algorithm="sha1")
    assert webhook.headers["Content-Type"] == "application/json"


def test_what_is_not_ascii_and_every_slash_are_escaped(simulator: Simulator, business: Business) -> None:
    simulator.write(ALICE, "olá 👋 a/b")

    raw = eventually(lambda: business.webhooks)[0].raw
    assert b"ol\\u00e1 \\ud83d\\udc4b a\\/b" in raw
    assert not re.search(rb"[^\\]/", raw)
    assert business.items("messages")[0]["text"]["body"] == "olá 👋 a/b"


def test_an_inbound_message_arrives_in_metas_envelope(simulator: Simulator, business: Business) -> None:
    user = simulator.sim("PATCH", f"/users/{ALICE}", {"name": "Alice", "username": "ali.ce"})
    wamid = simulator.write(ALICE)

    value = _first(business, "messages")
    assert json.loads(business.webhooks[0].raw)["object"] == "whatsapp_business_account"
    assert json.loads(business.webhooks[0].raw)["entry"][0]["id"] == WABA
    assert json.loads(business.webhooks[0].raw)["entry"][0]["changes"][0]["field"] == "messages"
    assert value["metadata"] == {"display_phone_number": BUSINESS_NUMBER, "phone_number_id": PHONE}
    profile = {"name": "Alice", "username": "ali.ce"}
    assert value["contacts"] == [{"profile": profile, "user_id": user["user_id"], "wa_id": ALICE}]
    (message,) = value["messages"]
    assert message.pop("timestamp").isdigit()
    assert message == {
        "from": ALICE,
        "from_user_id": user["user_id"],
        "id": wamid,
        "type": "text",
        "text": {"body": "hola"},
    }


def test_who_hides_the_number_is_known_by_the_business_scoped_id_alone(
    simulator: Simulator, business: Business
) -> None:
    user = simulator.sim("PATCH", f"/users/{ALICE}", {"bsuid_only": True})
    simulator.write(ALICE)
    simulator.send(ALICE, to=None, recipient=user["user_id"])
    simulator.settle()

    assert re.fullmatch(r"US\.\d{20}", user["user_id"])
    assert all(ALICE.encode() not in webhook.raw for webhook in business.webhooks)
    assert business.items("messages")[0]["from_user_id"] == user["user_id"]
    assert {status["recipient_user_id"] for status in business.items("statuses")} == {user["user_id"]}


@pytest.mark.parametrize("refusal", [500, 404, 201, 204, 302])
def test_a_webhook_is_repeated_with_the_same_bytes_until_it_is_answered_200(
    simulator: Simulator, business: Business, refusal: int
) -> None:
    business.answer_with = lambda count: refusal if count < 3 else 200
    simulator.faults(retry_max_gap_seconds=0.05)

    simulator.write(ALICE)

    simulator.settle()
    assert len(business.webhooks) == 3
    assert len({webhook.raw for webhook in business.webhooks}) == 1
    assert simulator.thread(ALICE)[0]["status"] == "delivered"


@pytest.mark.parametrize(
    ("attempts", "largest", "shortest", "longest"),
    [(1, 60, 0, 0), (2, 60, 0.5, 1), (3, 60, 1, 2), (4, 60, 2, 4), (4, 1, 0.5, 1), (1000, 60, 30, 60)],
)
def test_the_first_repeat_is_immediate_and_no_gap_passes_the_largest(
    attempts: int, largest: float, shortest: float, longest: float
) -> None:
    assert all(shortest <= gap_seconds(attempts, largest=largest) <= longest for _ in range(50))


def test_repeats_are_apart(simulator: Simulator, business: Business) -> None:
    business.answer_with = lambda count: 500 if count < 4 else 200
    simulator.faults(retry_max_gap_seconds=1)

    simulator.write(ALICE)

    simulator.settle()
    _, *repeats = [webhook.at for webhook in business.webhooks]
    assert all(later - earlier >= 0.5 for earlier, later in pairwise(repeats))


def test_a_shorter_gap_hurries_what_already_waits(simulator: Simulator, business: Business) -> None:
    business.answer_with = 500
    simulator.faults(retry_max_gap_seconds=0.01)
    simulator.write(ALICE)
    eventually(lambda: len(business.webhooks) >= 10)
    simulator.faults(retry_max_gap_seconds=3600)  # by now a gap is two minutes at least
    eventually(lambda: time.monotonic() - business.webhooks[-1].at > 0.5)

    business.answer_with = 200
    simulator.faults(retry_max_gap_seconds=0.05)

    simulator.settle()


def test_a_message_keeps_one_tick_until_the_business_took_it(simulator: Simulator, business: Business) -> None:
    business.answer_with = 503
    simulator.faults(retry_max_gap_seconds=0.05)
    simulator.write(ALICE)
    eventually(lambda: len(business.webhooks) >= 2)
    assert simulator.thread(ALICE)[0]["status"] == "sent"

    business.answer_with = 200

    eventually(lambda: simulator.thread(ALICE)[0]["status"] == "delivered")


def test_a_batch_holds_messages_of_many_and_statuses_in_one_body(simulator: Simulator, business: Business) -> None:
    simulator.write(ALICE)
    simulator.settle()
    business.webhooks.clear()
    simulator.faults(webhook_batch_size=1000)

    def are_together() -> bool:
        business.webhooks.clear()
        wamids = {simulator.write(wa_id) for wa_id in (ALICE, BOB, ALICE)}
        simulator.send(ALICE)
        simulator.settle()
        assert {item["id"] for item in business.items("messages")} == wamids
        assert len(business.items("statuses")) == 3
        return len(business.webhooks) == 1

    eventually(are_together)  # a batch waits for company a fifth of a second, in which a busy machine may write less

    value = _first(business, "messages")
    assert [contact["wa_id"] for contact in value["contacts"]] == [ALICE, BOB]


def test_a_batch_is_no_longer_than_it_may_be(simulator: Simulator, business: Business) -> None:
    simulator.faults(webhook_batch_size=3)

    def largest() -> int:
        business.webhooks.clear()
        for _ in range(7):
            simulator.write(ALICE)
        simulator.settle()
        sizes = [len(value["messages"]) for webhook in business.webhooks for value in webhook.values]
        assert sum(sizes) == 7
        assert max(sizes) <= 3
        return max(sizes)

    eventually(lambda: largest() == 3)


def test_a_batch_stays_under_three_megabytes(simulator: Simulator, business: Business) -> None:
    simulator.faults(webhook_batch_size=1000)

    for _ in range(8):
        simulator.write(ALICE, "é" * 80_000)
    simulator.settle()

    assert len(business.items("messages")) == 8
    assert len(business.webhooks) > 1
    assert max(len(webhook.raw) for webhook in business.webhooks) <= 3_000_000


def test_the_account_can_send_its_webhooks_elsewhere_after_a_handshake(
    simulator: Simulator, business: Business
) -> None:
    other = Business(verify_token="another")
    other.start()
    override = {"override_callback_uri": other.url, "verify_token": "another"}

    wrong = simulator.graph("POST", f"/{WABA}/subscribed_apps", override | {"verify_token": "guess"})
    right = simulator.graph("POST", f"/{WABA}/subscribed_apps", override)
    listed = simulator.graph("GET", f"/{WABA}/subscribed_apps").json["data"]
    simulator.write(ALICE)
    eventually(lambda: other.webhooks)
    simulator.graph("POST", f"/{WABA}/subscribed_apps")
    simulator.write(BOB)
    eventually(lambda: business.webhooks)
    other.stop()

    assert (wrong.status, wrong.code) == (400, 2200)
    assert right.json == {"success": True}
    assert listed[0]["override_callback_uri"] == other.url
    assert listed[0]["whatsapp_business_api_data"]["id"] == APP
    assert [item["from"] for item in other.items("messages")] == [ALICE]
    assert [item["from"] for item in business.items("messages")] == [BOB]


def test_the_numbers_own_address_comes_before_the_accounts(simulator: Simulator, business: Business) -> None:
    other = Business()
    other.start()
    configuration = {"override_callback_uri": other.url, "verify_token": other.verify_token}

    answer = simulator.graph("POST", f"/{PHONE}", {"webhook_configuration": configuration})
    simulator.write(ALICE)
    eventually(lambda: other.webhooks)
    simulator.graph("POST", f"/{PHONE}", {"webhook_configuration": {"override_callback_uri": ""}})
    simulator.write(BOB)
    eventually(lambda: business.webhooks)
    other.stop()

    assert answer.json == {"success": True}
    assert len(other.webhooks) == 1


def test_the_apps_address_is_set_with_the_apps_token(simulator: Simulator, business: Business) -> None:
    body = {"object": "whatsapp_business_account", "callback_url": business.url, "verify_token": business.verify_token}

    answer = simulator.graph("POST", f"/{APP}/subscriptions", body, token=f"{APP}|test_app_secret")
    listed = simulator.graph("GET", f"/{APP}/subscriptions").json["data"]

    assert answer.json == {"success": True}
    assert listed[0]["callback_url"] == business.url


def test_who_unsubscribed_hears_nothing(simulator: Simulator, business: Business) -> None:
    simulator.graph("DELETE", f"/{WABA}/subscribed_apps")
    assert simulator.graph("GET", f"/{WABA}/subscribed_apps").json == {"data": []}
    simulator.write(ALICE)

    simulator.graph("POST", f"/{WABA}/subscribed_apps")
    simulator.write(BOB)

    simulator.settle()
    assert [item["from"] for item in business.items("messages")] == [BOB]


def test_what_is_under_way_is_pending_although_a_reset_has_forgotten_it(
    simulator: Simulator, business: Business
) -> None:
    may_answer = threading.Event()
    business.answer_with = lambda _: 200 if may_answer.wait(60) else 500
    simulator.write(ALICE)
    eventually(lambda: business.webhooks)

    simulator.sim("POST", "/reset")

    assert simulator.sim("GET", "/health")["pending_webhooks"] == 1
    may_answer.set()
    eventually(lambda: simulator.sim("GET", "/health")["pending_webhooks"] == 0)
