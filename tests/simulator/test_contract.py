"""Answers and webhooks against Meta's own OpenAPI file, where it lies beside the repository."""

from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from simulator.inbound import EXAMPLES
from tests.simulator.machine import ALICE, PHONE, ROOT, WABA, Answer, Business, Simulator

FILES = sorted((ROOT.parent / "shared" / "contract").glob("*.yaml"))
pytestmark = pytest.mark.skipif(not FILES, reason="no OpenAPI file of Meta's in ../shared/contract")


@cache
def _contract(file: Path) -> dict[str, Any]:
    contract: dict[str, Any] = yaml.load(file.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    # Live numbers are CONNECTED; the file says LINKED.
    del contract["components"]["schemas"]["WhatsAppPhoneNumberStatus"]["enum"]
    return contract


# `unsupported`, edits, deletions and notices are left out: the file has none, or others than its own examples.
# In the file, inbound messages point at the outbound schemas of the same name: a slip of whoever joined the two.
_INBOUND = {
    "text": "TextMessage_2",
    "reaction": "ReactionMessage_1",
    "audio": "AudioMessage_1",
    "document": "DocumentMessage_1",
    "image": "ImageMessage_1",
    "sticker": "StickerMessage_1",
    "video": "VideoMessage_1",
    "location": "LocationMessage_1",
    "contacts": "ContactSharingMessage",
    "button": "ButtonMessage",
    "interactive": "InteractiveMessageReply",
    "order": "OrderMessage",
}


def check_inbound(message: dict[str, Any]) -> None:
    schemas = dict(_contract(FILES[0])["components"]["schemas"])
    schemas["BaseMessageProperties"] = schemas["BaseMessageProperties_1"]
    reference = f"#/components/schemas/{_INBOUND[message['type']]}"
    jsonschema.validate(message, {"$ref": reference, "components": {"schemas": schemas}})


def check(value: object, schema: str) -> None:
    contract = _contract(FILES[0])
    jsonschema.validate(value, {"$ref": f"#/components/schemas/{schema}", "components": contract["components"]})


def _mark(simulator: Simulator, wamid: str) -> Answer:
    body = {"messaging_product": "whatsapp", "status": "read", "message_id": wamid}
    return simulator.graph("POST", f"/{PHONE}/messages", body)


def test_the_answers_to_sends_and_read_marks_are_the_contracts(simulator: Simulator) -> None:
    wamid = simulator.write(ALICE)

    check(simulator.try_send(ALICE).json, "MessageResponsePayload")
    check(_mark(simulator, wamid).json, "MarkMessageResponsePayload")


def test_errors_are_the_contracts(simulator: Simulator) -> None:
    simulator.sim("PUT", "/clock", {"freeze": True})
    for _ in range(45):
        simulator.send(ALICE)

    for answer in (
        simulator.try_send(ALICE),
        simulator.try_send(ALICE, to=None),
        simulator.graph("GET", "/1"),
        simulator.graph("GET", "/who"),
        simulator.graph("GET", f"/{PHONE}", token="wrong"),
        _mark(simulator, "wamid.X"),
    ):
        assert answer.status >= 400
        check(answer.json, "GraphAPIError")


def test_the_histories_are_the_contracts(simulator: Simulator) -> None:
    simulator.write(ALICE)
    simulator.send(ALICE)
    simulator.send("12025550143")
    simulator.settle()
    fields = (
        "id,message_id,events{delivery_status,webhook_update_state,timestamp,application,webhook_uri,error_description}"
    )

    history = simulator.graph("GET", f"/{PHONE}/message_history?fields={fields}&limit=1").json
    events = simulator.graph("GET", f"/{history['data'][0]['id']}/events").json

    check(history, "MessageHistoryResponse")
    assert history["data"][0]["events"]["data"]
    check(events, "MessageHistoryEventsResponse")


def test_the_nodes_are_the_contracts(simulator: Simulator) -> None:
    fields = "id,display_phone_number,verified_name,status,quality_rating,account_mode,host_platform"

    check(simulator.graph("GET", f"/{PHONE}").json, "PhoneNumberInfo")
    check(
        simulator.graph("GET", f"/{WABA}/phone_numbers?fields={fields}").json,
        "WhatsAppBusinessAccountPhoneNumbersConnection",
    )
    check(simulator.graph("GET", f"/{WABA}/subscribed_apps").json, "SubscribedAppsResponse")
    check(simulator.graph("POST", f"/{WABA}/subscribed_apps").json, "SubscriptionResponse")


@pytest.mark.parametrize("kind", sorted(_INBOUND))
def test_inbound_webhooks_are_the_contracts(simulator: Simulator, business: Business, kind: str) -> None:
    # Its text may only answer a product, in which live ones differ.
    given = {key: part for key, part in EXAMPLES[kind].items() if (kind, key) != ("text", "context")}

    simulator.sim("POST", f"/users/{ALICE}/messages", given)
    simulator.settle()

    (value,) = business.webhooks[0].values
    check_inbound(value["messages"][0])
    check(value | {"messages": []}, "IncomingMessageValueGeneral")


def test_a_changed_number_is_the_contracts(simulator: Simulator, business: Business) -> None:
    simulator.sim("PATCH", f"/users/{ALICE}", {"number": "12195555358"})
    simulator.settle()

    (value,) = business.webhooks[0].values
    assert "contacts" not in value
    (message,) = value["messages"]
    check(message["system"], "SystemMessage/allOf/1/properties/system")


def test_statuses_are_the_contracts(simulator: Simulator, business: Business) -> None:
    simulator.write(ALICE)
    simulator.send(ALICE)
    simulator.send("12025550143")
    simulator.settle()

    values = [value for webhook in business.webhooks for value in webhook.values if "statuses" in value]
    assert len(values) == 4
    for value in values:
        check(value, "StatusMessageValue")
