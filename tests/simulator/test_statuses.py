"""What becomes of an accepted send, as webhooks, the phone and the message history tell it."""

from typing import Any

import pytest

from tests.simulator.machine import ALICE, BOB, PHONE, Business, Simulator
from tests.waiting import eventually

DAY = 24 * 3600


def _statuses(business: Business, wamid: str, count: int) -> list[dict[str, Any]]:
    eventually(lambda: len(business.statuses(wamid)) >= count)
    order = ["sent", "delivered", "read", "failed"]
    found = [item for item in business.items("statuses") if item["id"] == wamid]
    return sorted(found, key=lambda item: order.index(item["status"]))


def _history(simulator: Simulator, wamid: str) -> list[dict[str, Any]]:
    fields = "message_id,events{delivery_status,webhook_update_state,timestamp,webhook_uri,error_description}"
    answer = simulator.graph("GET", f"/{PHONE}/message_history?message_id={wamid}&fields={fields}")
    assert answer.status == 200, answer.text
    events: list[dict[str, Any]] = answer.json["data"][0]["events"]["data"]
    return events


def test_a_reply_is_sent_delivered_and_read_within_a_second_by_default(
    simulator: Simulator, business: Business
) -> None:
    faults = simulator.sim("PUT", "/faults", {})
    simulator.write(ALICE)

    wamid = simulator.send(ALICE)

    eventually(lambda: sorted(business.statuses(wamid)) == ["delivered", "read", "sent"])
    assert simulator.thread(ALICE)[-1]["status"] == "read"
    assert max(faults["status_delay_seconds"].values()) < 1


def test_each_status_names_the_person_echoes_our_mark_and_tells_the_price_twice(
    simulator: Simulator, business: Business
) -> None:
    simulator.write(ALICE)
    user = simulator.sim("PATCH", f"/users/{ALICE}", {"username": "ali.ce"})

    wamid = simulator.send(ALICE, biz_opaque_callback_data="job-42")

    sent, delivered, read = _statuses(business, wamid, 3)
    for status in (sent, delivered, read):
        assert status["recipient_id"] == ALICE
        assert status["recipient_user_id"] == user["user_id"]
        assert status["biz_opaque_callback_data"] == "job-42"
        assert status["timestamp"].isdigit()
        assert "conversation" not in status
    expected = {"billable": False, "pricing_model": "PMP", "type": "free_customer_service", "category": "service"}
    assert sent["pricing"] == delivered["pricing"] == expected
    assert "pricing" not in read
    profiles = {
        value["statuses"][0]["status"]: value["contacts"][0]["profile"]
        for webhook in business.webhooks
        for value in webhook.values
        if "statuses" in value
    }
    assert "username" not in profiles["sent"]
    assert profiles["delivered"]["username"] == profiles["read"]["username"] == "ali.ce"


def test_outside_the_window_a_message_is_accepted_and_then_fails(simulator: Simulator, business: Business) -> None:
    wamid = simulator.send(ALICE, biz_opaque_callback_data="job-1")

    (failed,) = _statuses(business, wamid, 1)
    assert failed["status"] == "failed"
    assert failed["errors"][0]["code"] == 131047
    assert failed["errors"][0].keys() == {"code", "title", "message", "error_data", "href"}
    assert failed["biz_opaque_callback_data"] == "job-1"
    assert "pricing" not in failed
    assert not any("contacts" in value for webhook in business.webhooks for value in webhook.values)
    assert simulator.thread(ALICE) == []


def test_the_window_closes_24_hours_after_the_last_message(simulator: Simulator, business: Business) -> None:
    simulator.sim("PUT", "/clock", {"freeze": True})
    simulator.write(ALICE)

    simulator.sim("PUT", "/clock", {"advance_seconds": DAY - 1})
    inside = simulator.send(ALICE)
    simulator.sim("PUT", "/clock", {"advance_seconds": 1})
    outside = simulator.send(ALICE)

    assert {status["status"] for status in _statuses(business, inside, 3)} == {"sent", "delivered", "read"}
    assert [status["status"] for status in _statuses(business, outside, 1)] == ["failed"]


@pytest.mark.parametrize(("change", "code"), [({"blocked": True}, 131026), ({"opted_out": True}, 131050)])
def test_who_blocked_us_or_opted_out_is_told_by_a_failed_status(
    simulator: Simulator, business: Business, change: dict[str, bool], code: int
) -> None:
    simulator.write(ALICE)
    simulator.sim("PATCH", f"/users/{ALICE}", change)

    wamid = simulator.send(ALICE)

    assert _statuses(business, wamid, 1)[0]["errors"][0]["code"] == code


def test_a_business_scoped_id_of_nobody_is_undeliverable(simulator: Simulator, business: Business) -> None:
    wamid = simulator.send(ALICE, to=None, recipient="US.404")

    (failed,) = _statuses(business, wamid, 1)
    assert failed["errors"][0]["code"] == 131026
    assert failed["recipient_user_id"] == "US.404"
    assert "recipient_id" not in failed


def test_a_phone_that_is_off_gets_its_messages_when_it_comes_back(simulator: Simulator, business: Business) -> None:
    simulator.write(ALICE)
    simulator.sim("PATCH", f"/users/{ALICE}", {"online": False})
    wamid = simulator.send(ALICE)
    simulator.settle()
    assert business.statuses(wamid) == ["sent"]
    assert [item["direction"] for item in simulator.thread(ALICE)] == ["inbound"]

    simulator.sim("PATCH", f"/users/{ALICE}", {"online": True})

    assert [status["status"] for status in _statuses(business, wamid, 3)] == ["sent", "delivered", "read"]
    assert simulator.thread(ALICE)[-1]["id"] == wamid


def test_without_read_receipts_nothing_is_ever_read(simulator: Simulator, business: Business) -> None:
    simulator.sim("PATCH", f"/users/{ALICE}", {"read_receipts": False})
    simulator.write(ALICE)

    wamid = simulator.send(ALICE)

    simulator.settle()
    assert sorted(business.statuses(wamid)) == ["delivered", "sent"]
    assert simulator.sim("GET", "/users")["items"][0]["unread"] == 1


def test_a_message_that_waited_thirty_days_is_dropped_without_a_word(simulator: Simulator, business: Business) -> None:
    simulator.write(ALICE)
    simulator.sim("PATCH", f"/users/{ALICE}", {"online": False})
    wamid = simulator.send(ALICE)
    simulator.settle()

    simulator.sim("PUT", "/clock", {"advance_seconds": 30 * DAY + 1})
    simulator.sim("PATCH", f"/users/{ALICE}", {"online": True})

    simulator.settle()
    assert business.statuses(wamid) == ["sent"]


def test_history_tells_every_status_and_how_its_webhook_fared(simulator: Simulator, business: Business) -> None:
    simulator.write(ALICE)
    wamid = simulator.send(ALICE)
    simulator.settle()

    events = _history(simulator, wamid)

    assert [event["delivery_status"] for event in events] == ["SENT", "DELIVERED", "READ"]
    assert {event["webhook_update_state"] for event in events} == {"DELIVERED"}
    assert {event["webhook_uri"] for event in events} == {business.url}
    assert all(isinstance(event["timestamp"], int) for event in events)


def test_history_knows_the_statuses_that_were_dropped(simulator: Simulator, business: Business) -> None:
    simulator.faults(webhook_drop_statuses=1)
    simulator.write(ALICE)
    read, failed = simulator.send(ALICE), simulator.send(BOB)
    simulator.settle()

    assert business.statuses(read) == business.statuses(failed) == []
    assert [event["delivery_status"] for event in _history(simulator, read)] == ["SENT", "DELIVERED", "READ"]
    assert _history(simulator, read)[0]["webhook_update_state"] == "FAILED"
    (event,) = _history(simulator, failed)
    assert (event["delivery_status"], event["error_description"]) == ("FAILED", "(#131047) Re-engagement message")


def test_history_comes_in_pages_newest_first(simulator: Simulator) -> None:
    wamids = [simulator.send(ALICE) for _ in range(5)]

    first = simulator.graph("GET", f"/{PHONE}/message_history?limit=2").json
    after = first["paging"]["cursors"]["after"]
    second = simulator.graph("GET", f"/{PHONE}/message_history?limit=2&after={after}").json
    last = simulator.graph("GET", f"/{PHONE}/message_history?limit=2&after={second['paging']['cursors']['after']}").json
    before = simulator.graph(
        "GET", f"/{PHONE}/message_history?limit=2&before={second['paging']['cursors']['before']}"
    ).json

    pages = [[entry["message_id"] for entry in page["data"]] for page in (first, second, last, before)]
    assert pages == [wamids[4:2:-1], wamids[2:0:-1], wamids[:1], wamids[4:2:-1]]
    assert "next" in first["paging"]
    assert "next" not in last["paging"]


def test_an_entry_of_history_lists_its_events(simulator: Simulator) -> None:
    simulator.write(ALICE)
    simulator.send(ALICE)
    simulator.settle()
    entry = simulator.graph("GET", f"/{PHONE}/message_history").json["data"][0]

    everything = simulator.graph("GET", f"/{entry['id']}/events").json["data"]
    read = simulator.graph("GET", f"/{entry['id']}/events?status_filter=READ").json["data"]

    assert [event["node"]["delivery_status"] for event in everything] == ["SENT", "DELIVERED", "READ"]
    assert [event["node"]["delivery_status"] for event in read] == ["READ"]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("message_id=wamid.X", 422, 100),
        ("after=%21", 400, 131059),
        ("limit=101", 400, 100),
        ("fields=content", 400, 100),
    ],
)
def test_history_refuses_what_it_cannot_answer(simulator: Simulator, query: str, status: int, code: int) -> None:
    answer = simulator.graph("GET", f"/{PHONE}/message_history?{query}")

    assert (answer.status, answer.code) == (status, code)
