"""The customer's side: writing, reading, being someone else, and what the phone page asks for."""

import http.client
import json
from typing import Any

import pytest

from simulator import tap
from simulator.inbound import EXAMPLES
from simulator.threads import Message
from tests.simulator.machine import ALICE, BOB, BUSINESS_NUMBER, PHONE, Business, Simulator
from tests.waiting import PATIENCE_SECONDS, eventually


@pytest.mark.parametrize("kind", EXAMPLES)
def test_every_inbound_type_reaches_the_business_in_metas_shape(
    simulator: Simulator, business: Business, kind: str
) -> None:
    wamid = simulator.sim("POST", f"/users/{ALICE}/messages", EXAMPLES[kind])["id"]

    (message,) = eventually(lambda: business.items("messages"))
    assert (message["id"], message["type"], message["from"]) == (wamid, kind, ALICE)
    given, arrived = EXAMPLES[kind][kind], message[kind]
    assert arrived == given if kind == "contacts" else given.items() <= arrived.items()
    (value,) = business.webhooks[0].values
    assert ("contacts" in value) is (kind != "system")


def test_media_and_unsupported_messages_are_completed_as_metas_servers_would(
    simulator: Simulator, business: Business
) -> None:
    simulator.sim("POST", f"/users/{ALICE}/messages", {"type": "image", "image": {}})
    simulator.sim("POST", f"/users/{ALICE}/messages", {"type": "unsupported"})
    simulator.settle()

    messages = {message["type"]: message for message in business.items("messages")}
    assert messages["image"]["image"].keys() == {"id", "mime_type", "sha256"}
    assert messages["unsupported"]["errors"][0]["code"] == 131051


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"type": "telegram", "telegram": {}},
        {"type": "text"},
        {"type": "text", "text": {"body": ""}},
        {"type": "text", "text": {"body": 1}},
        {"type": "text", "text": {"body": "x"}, "timestamp": "1"},
        {"type": "text", "text": {"body": "x"}, "context": "wamid.X"},
        {"type": "contacts", "contacts": []},
        {"type": "location", "location": {"latitude": "north", "longitude": 1}},
        {"type": "interactive", "interactive": {"type": "button_reply"}},
        {"type": "system", "system": {"type": "user_changed_number", "body": "x"}},
    ],
)
def test_a_message_that_no_phone_could_send_is_refused(simulator: Simulator, body: dict[str, Any]) -> None:
    answer = simulator.call("POST", f"/_sim/users/{ALICE}/messages", body)

    assert (answer.status, answer.json["error"]) == (422, "invalid_message")
    assert answer.json["detail"]
    assert simulator.thread(ALICE) == []


@pytest.mark.parametrize("wa_id", ["me", "123456", "1234567890123456", BUSINESS_NUMBER])
def test_a_phone_needs_a_possible_number_that_is_not_ours(simulator: Simulator, wa_id: str) -> None:
    answer = simulator.call("GET", f"/_sim/users/{wa_id}/thread")

    assert (answer.status, answer.json["error"]) == (422, "invalid_wa_id")


def test_a_new_phone_has_an_empty_thread_and_stays_the_same_person(simulator: Simulator) -> None:
    before = simulator.sim("GET", f"/users/{ALICE}/thread")
    simulator.write(ALICE)
    after = simulator.sim("GET", f"/users/{ALICE}/thread")

    assert (before["items"], before["typing"]) == ([], False)
    assert before["user"] == after["user"]
    assert before["user"]["name"]


def test_the_thread_shows_both_directions_oldest_first_as_the_business_sees_them(simulator: Simulator) -> None:
    question = simulator.write(ALICE, "open?")
    answer = simulator.send(ALICE, context={"message_id": question}, text={"body": "until nine"})
    simulator.settle()

    first, second = simulator.thread(ALICE)

    assert (first["id"], first["direction"], first["status"]) == (question, "inbound", "delivered")
    assert first["text"] == {"body": "open?"}
    assert (second["id"], second["direction"], second["status"]) == (answer, "outbound", "read")
    assert second["context"] == {"id": question}
    assert second["timestamp"].isdigit()


def test_a_reply_to_our_message_names_us(simulator: Simulator, business: Business) -> None:
    simulator.write(ALICE)
    ours = simulator.send(ALICE)
    body = {"type": "text", "text": {"body": "yes"}, "context": {"message_id": ours}}

    simulator.sim("POST", f"/users/{ALICE}/messages", body)
    simulator.settle()

    reply = next(message for message in business.items("messages") if "context" in message)
    assert reply["context"] == {"from": BUSINESS_NUMBER, "id": ours}


def test_marking_one_message_read_turns_it_and_all_before_it_blue(simulator: Simulator) -> None:
    wamids = [simulator.write(ALICE, str(number)) for number in range(3)]
    simulator.settle()

    answer = simulator.graph(
        "POST", f"/{PHONE}/messages", {"messaging_product": "whatsapp", "status": "read", "message_id": wamids[1]}
    )

    assert answer.json == {"success": True}
    assert [item["status"] for item in simulator.thread(ALICE)] == ["read", "read", "delivered"]
    assert simulator.sim("GET", "/ledger")["count"] == 0


@pytest.mark.parametrize(
    "changes",
    [{"message_id": "wamid.X"}, {"message_id": None}, {"status": "seen"}, {"typing_indicator": {"type": "voice"}}],
)
def test_a_read_mark_that_makes_no_sense_is_an_invalid_parameter(simulator: Simulator, changes: dict[str, Any]) -> None:
    body = {"messaging_product": "whatsapp", "status": "read", "message_id": simulator.write(ALICE)} | changes

    answer = simulator.graph("POST", f"/{PHONE}/messages", body)

    assert (answer.status, answer.code) == (400, 100)


def test_our_own_message_and_one_older_than_thirty_days_cannot_be_marked_read(simulator: Simulator) -> None:
    theirs = simulator.write(ALICE)
    ours = simulator.send(ALICE)

    def mark(wamid: str) -> int:
        body = {"messaging_product": "whatsapp", "status": "read", "message_id": wamid}
        return simulator.graph("POST", f"/{PHONE}/messages", body).status

    assert mark(ours) == 400
    assert mark(theirs) == 200
    simulator.sim("PUT", "/clock", {"advance_seconds": 30 * 86400 + 1})
    assert mark(theirs) == 400


def test_typing_shows_until_our_reply_arrives(simulator: Simulator) -> None:
    wamid = simulator.write(ALICE)
    indicator = {"typing_indicator": {"type": "text"}}
    body = {"messaging_product": "whatsapp", "status": "read", "message_id": wamid} | indicator

    simulator.graph("POST", f"/{PHONE}/messages", body)
    assert simulator.sim("GET", f"/users/{ALICE}/thread")["typing"] is True
    simulator.send(ALICE)

    eventually(lambda: simulator.sim("GET", f"/users/{ALICE}/thread")["typing"] is False)


def test_an_edit_changes_the_bubble_and_a_deletion_marks_it(simulator: Simulator, business: Business) -> None:
    first, second = simulator.write(ALICE, "helo"), simulator.write(ALICE, "oops")
    edit = {"original_message_id": first, "message": {"type": "text", "text": {"body": "hello"}}}

    simulator.sim("POST", f"/users/{ALICE}/messages", {"type": "edit", "edit": edit})
    simulator.sim("POST", f"/users/{ALICE}/messages", {"type": "revoke", "revoke": {"original_message_id": second}})

    edited, revoked = simulator.thread(ALICE)
    assert (edited["text"]["body"], edited["edited"]) == ("hello", True)
    assert revoked["revoked"] is True
    simulator.settle()
    assert sorted(item["type"] for item in business.items("messages")) == ["edit", "revoke", "text", "text"]


def test_a_notice_opens_no_window(simulator: Simulator, business: Business) -> None:
    simulator.sim("POST", f"/users/{ALICE}/messages", EXAMPLES["system"])

    wamid = simulator.send(ALICE)

    simulator.settle()
    assert business.statuses(wamid) == ["failed"]


def test_who_blocked_the_business_cannot_write_to_it(simulator: Simulator) -> None:
    simulator.sim("PATCH", f"/users/{ALICE}", {"blocked": True})

    answer = simulator.call("POST", f"/_sim/users/{ALICE}/messages", {"type": "text", "text": {"body": "hola"}})

    assert (answer.status, answer.json["error"]) == (409, "blocked")


def test_a_new_number_keeps_the_thread_and_is_told_from_the_old_one(simulator: Simulator, business: Business) -> None:
    wamid = simulator.write(ALICE)
    simulator.settle()
    old = simulator.sim("GET", f"/users/{ALICE}/thread")["user"]

    new = simulator.sim("PATCH", f"/users/{ALICE}", {"number": "12195555358"})
    reply = simulator.send("12195555358")
    simulator.settle()

    system = next(message for message in business.items("messages") if message["type"] == "system")
    assert (system["from"], system["from_user_id"]) == (ALICE, old["user_id"])
    assert system["system"] == {
        "type": "user_changed_number",
        "body": f"User {old['name']} changed from {ALICE} to 12195555358",
        "wa_id": "12195555358",
        "user_id": new["user_id"],
        "previous_user_id": old["user_id"],
    }
    assert new["user_id"] != old["user_id"]
    assert [item["id"] for item in simulator.thread("12195555358")] == [wamid, reply]
    assert simulator.thread(ALICE) == []


def test_a_number_that_someone_has_cannot_be_taken(simulator: Simulator) -> None:
    simulator.write(ALICE)
    simulator.write(BOB)

    answer = simulator.call("PATCH", f"/_sim/users/{ALICE}", {"number": BOB, "name": "Thief"})

    assert (answer.status, answer.json["error"]) == (409, "number_taken")
    assert simulator.sim("GET", f"/users/{ALICE}/thread")["user"]["name"] != "Thief"


def test_stopping_marketing_is_told_to_the_business(simulator: Simulator, business: Business) -> None:
    simulator.sim("PATCH", f"/users/{ALICE}", {"opted_out": True})
    simulator.settle()
    simulator.sim("PATCH", f"/users/{ALICE}", {"opted_out": False})
    simulator.settle()

    preferences = business.items("user_preferences")
    assert [preference["value"] for preference in preferences] == ["stop", "resume"]
    assert preferences[0]["wa_id"] == ALICE
    assert isinstance(preferences[0]["timestamp"], int)
    fields = {json.loads(webhook.raw)["entry"][0]["changes"][0]["field"] for webhook in business.webhooks}
    assert "user_preferences" in fields


@pytest.mark.parametrize(
    "body", [{"nickname": "x"}, {"online": "yes"}, {"name": ""}, {"name": None}, {"username": "a b"}]
)
def test_a_change_that_means_nothing_is_refused(simulator: Simulator, body: dict[str, Any]) -> None:
    answer = simulator.call("PATCH", f"/_sim/users/{ALICE}", body)

    assert (answer.status, answer.json["error"]) == (422, "invalid_body")


def test_the_list_of_phones_has_the_latest_first_with_its_last_message(simulator: Simulator) -> None:
    simulator.write(ALICE, "first")
    simulator.write(BOB, "second")

    items = simulator.sim("GET", "/users")["items"]

    assert [item["wa_id"] for item in items] == [BOB, ALICE]
    assert items[0]["last_message"]["text"] == "second"
    assert items[0]["unread"] == 0


OFFER: dict[str, Any] = {"reply": {"id": "yes", "title": "Yes"}, "type": "reply"}
MENU: dict[str, Any] = {"title": "Menu", "rows": [{"id": "m1", "title": "Pasta", "description": "with basil"}]}


@pytest.mark.parametrize(
    ("action", "choice", "expected"),
    [
        ({"buttons": [OFFER]}, "yes", {"type": "button_reply", "button_reply": {"id": "yes", "title": "Yes"}}),
        ({"sections": [MENU]}, "m1", {"type": "list_reply", "list_reply": MENU["rows"][0]}),
        ({"buttons": [OFFER]}, "no", None),
        ({}, "yes", None),
    ],
)
def test_a_tap_answers_with_what_was_offered(
    action: dict[str, Any], choice: str, expected: dict[str, Any] | None
) -> None:
    message = Message(
        id="wamid.OURS",
        direction="outbound",
        type="interactive",
        content={"interactive": {"action": action}},
        at=0,
        status="read",
    )

    reply = tap.reply(message, choice=choice)

    assert reply == (expected and {"type": "interactive", "interactive": expected, "context": {"id": "wamid.OURS"}})


def test_a_text_offers_nothing_to_tap_and_an_unknown_message_is_not_there(simulator: Simulator) -> None:
    simulator.write(ALICE)
    wamid = simulator.send(ALICE)
    simulator.settle()

    nothing = simulator.call("POST", f"/_sim/users/{ALICE}/tap", {"message_id": wamid, "id": "yes"})
    unknown = simulator.call("POST", f"/_sim/users/{ALICE}/tap", {"message_id": "wamid.X", "id": "yes"})

    assert (nothing.status, nothing.json["error"]) == (409, "nothing_to_tap")
    assert (unknown.status, unknown.json["error"]) == (404, "message_not_found")


def test_open_pages_hear_of_each_change_of_a_thread(simulator: Simulator) -> None:
    page = http.client.HTTPConnection("127.0.0.1", simulator.port, timeout=PATIENCE_SECONDS)
    page.request("GET", "/_sim/events")
    stream = page.getresponse()
    assert stream.getheader("content-type", "").startswith("text/event-stream")
    assert stream.readline() == b"retry: 1000\n"

    simulator.write(ALICE)

    lines = [stream.readline() for _ in range(3)]
    page.close()
    assert lines == [b"\n", b"event: thread\n", b'data: {"wa_id":"%s"}\n' % ALICE.encode()]


def test_the_ledger_counts_every_accepted_send_once_in_order(simulator: Simulator) -> None:
    wamids = [simulator.send(wa_id, biz_opaque_callback_data=f"job-{wa_id}") for wa_id in (ALICE, BOB, ALICE)]

    everything = simulator.sim("GET", "/ledger")
    rest = simulator.sim("GET", "/ledger?after=1&limit=1")

    assert everything["count"] == rest["count"] == 3
    assert [item["id"] for item in everything["items"]] == wamids
    assert [item["id"] for item in rest["items"]] == wamids[1:2]
    first = everything["items"][0]
    assert first.pop("at") > 1_700_000_000
    assert first == {"id": wamids[0], "to": ALICE, "type": "text", "biz_opaque_callback_data": f"job-{ALICE}"}
    assert simulator.call("GET", "/_sim/ledger?limit=0").status == 422


def test_a_reset_leaves_nobody_and_nothing(simulator: Simulator) -> None:
    simulator.write(ALICE)
    simulator.send(ALICE)
    simulator.faults(throttle_status=429)

    simulator.sim("POST", "/reset")

    assert simulator.sim("GET", "/ledger") == {"count": 0, "items": []}
    assert simulator.sim("GET", "/users") == {"items": []}
    assert simulator.thread(ALICE) == []
    assert simulator.sim("GET", "/faults")["throttle_status"] == 400
    assert simulator.sim("GET", "/health") == {"status": "ok", "pending_steps": 0, "pending_webhooks": 0}


def test_the_page_is_at_the_root_and_never_stale(simulator: Simulator) -> None:
    page = simulator.call("GET", "/")
    script = simulator.call("GET", "/page/phone.js")

    assert (page.status, script.status) == (200, 200)
    assert page.headers["cache-control"] == script.headers["cache-control"] == "no-cache"


def test_the_business_introduces_itself_to_the_page(simulator: Simulator) -> None:
    business = simulator.sim("GET", "/business")

    assert (business["display_phone_number"], business["phone_number_id"]) == (BUSINESS_NUMBER, PHONE)
    assert business["verified_name"]


@pytest.mark.parametrize(("method", "path"), [("GET", "/nothing"), ("POST", "/users"), ("DELETE", "/faults")])
def test_an_unknown_control_call_is_refused_in_words(simulator: Simulator, method: str, path: str) -> None:
    answer = simulator.call(method, f"/_sim{path}")

    assert (answer.status, answer.json["error"]) == (404, "not_found")
