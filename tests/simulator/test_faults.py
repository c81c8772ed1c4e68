"""Everything that can be made to go wrong, and that a seed makes it go wrong the same way again."""

import time
from typing import Any

import pytest

from simulator.faults import Faults
from tests.simulator.machine import ALICE, Business, Simulator
from tests.waiting import eventually


def test_faults_start_at_their_defaults_and_a_put_replaces_the_document(simulator: Simulator) -> None:
    simulator.sim("PUT", "/faults", {"throttle_status": 429})
    assert simulator.sim("GET", "/faults")["throttle_status"] == 429

    simulator.sim("PUT", "/faults", {"500_after_accepting": 0.5})

    found = simulator.sim("GET", "/faults")
    assert (found["throttle_status"], found["500_after_accepting"]) == (400, 0.5)
    assert found == Faults(server_error_after_accepting=0.5).model_dump(by_alias=True, mode="json")


@pytest.mark.parametrize(
    "body",
    [
        {"typo": 1},
        {"reset_after_accepting": 2},
        {"throttle_status": 418},
        {"webhook_batch_size": 1001},
        {"send_latency_seconds": [2, 1]},
        {"send_errors": [{"code": 1, "probability": 1, "when": "now"}]},
    ],
)
def test_an_unknown_key_or_an_impossible_value_changes_nothing(simulator: Simulator, body: dict[str, Any]) -> None:
    before = simulator.sim("GET", "/faults")

    answer = simulator.call("PUT", "/_sim/faults", body)

    assert (answer.status, answer.json["error"]) == (422, "invalid_body")
    assert simulator.sim("GET", "/faults") == before


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        ({"code": 131000}, 500, 131000),
        ({"code": 131057}, 500, 131057),
        ({"code": 2}, 503, 2),
        ({"code": 368}, 403, 368),
        ({"code": 190}, 401, 190),
        ({"code": 130429, "http_status": 429}, 429, 130429),
        ({"code": 99999}, 400, 99999),
    ],
)
def test_a_forced_error_refuses_the_send_with_its_code(
    simulator: Simulator, error: dict[str, int], status: int, code: int
) -> None:
    simulator.faults(send_errors=[error | {"probability": 1}])

    answer = simulator.try_send(ALICE)

    assert (answer.status, answer.code) == (status, code)
    assert simulator.sim("GET", "/ledger")["count"] == 0


def test_a_forced_error_can_strike_after_acceptance(simulator: Simulator, business: Business) -> None:
    simulator.faults(send_errors=[{"code": 131049, "async": True}])
    simulator.write(ALICE)

    wamid = simulator.send(ALICE)

    simulator.settle()
    assert business.statuses(wamid) == ["failed"]
    assert business.items("statuses")[0]["errors"][0]["code"] == 131049


def test_a_reset_before_accepting_breaks_the_connection_and_nothing_goes_out(simulator: Simulator) -> None:
    simulator.faults(reset_before_accepting=1)

    with pytest.raises(OSError):  # A reset or a broken pipe, as the kernel likes.
        simulator.try_send(ALICE)

    assert simulator.sim("GET", "/ledger")["count"] == 0


def test_a_reset_after_accepting_breaks_the_connection_but_the_message_goes_out(simulator: Simulator) -> None:
    simulator.faults(reset_after_accepting=1)
    simulator.write(ALICE)

    with pytest.raises(OSError):  # A reset or a broken pipe, as the kernel likes.
        simulator.try_send(ALICE, biz_opaque_callback_data="job-1")

    simulator.settle()
    (entry,) = simulator.sim("GET", "/ledger")["items"]
    assert entry["biz_opaque_callback_data"] == "job-1"
    assert simulator.thread(ALICE)[-1]["id"] == entry["id"]


def test_a_500_after_accepting_is_no_graph_error(simulator: Simulator) -> None:
    simulator.faults(**{"500_after_accepting": 1})

    answer = simulator.try_send(ALICE)

    assert answer.status == 500
    assert "error" not in answer.text
    assert simulator.sim("GET", "/ledger")["count"] == 1


def test_an_unreadable_200_after_accepting_was_a_message(simulator: Simulator) -> None:
    simulator.faults(invalid_json_after_accepting=1)

    answer = simulator.try_send(ALICE)

    assert answer.status == 200
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        _ = answer.json
    assert simulator.sim("GET", "/ledger")["count"] == 1


def test_latency_holds_the_answer_back_after_the_message_was_accepted(simulator: Simulator) -> None:
    simulator.faults(send_latency_seconds=[0.2, 0.2])
    began = time.monotonic()

    simulator.send(ALICE)

    assert time.monotonic() - began >= 0.2


def test_webhooks_can_come_twice_with_the_same_bytes(simulator: Simulator, business: Business) -> None:
    simulator.faults(webhook_duplicate=1)

    simulator.write(ALICE)
    simulator.settle()

    assert len(business.webhooks) == 2
    assert business.webhooks[0].raw == business.webhooks[1].raw


def test_webhooks_can_be_late(simulator: Simulator, business: Business) -> None:
    simulator.faults(webhook_delay_seconds=[0.3, 0.3])
    began = time.monotonic()

    simulator.write(ALICE)

    assert eventually(lambda: business.webhooks)[0].at - began >= 0.29


def test_webhooks_can_come_out_of_order(simulator: Simulator, business: Business) -> None:
    simulator.faults(webhook_reorder=0.5, seed=1)

    wamids = [simulator.write(ALICE, str(number)) for number in range(10)]
    simulator.settle()

    arrived = [item["id"] for item in business.items("messages")]
    assert sorted(arrived) == sorted(wamids)
    assert arrived != wamids


def test_messages_can_be_lost_for_ever_while_statuses_arrive(simulator: Simulator, business: Business) -> None:
    simulator.faults(webhook_drop_messages=1)

    simulator.write(ALICE)
    wamid = simulator.send(ALICE)
    simulator.settle()

    assert business.items("messages") == []
    assert sorted(business.statuses(wamid)) == ["delivered", "read", "sent"]


def test_statuses_can_be_lost_for_ever_while_messages_arrive(simulator: Simulator, business: Business) -> None:
    simulator.faults(webhook_drop_statuses=1)

    wamid = simulator.write(ALICE)
    simulator.send(ALICE)
    simulator.settle()

    assert [item["id"] for item in business.items("messages")] == [wamid]
    assert business.items("statuses") == []


def test_delivered_can_be_skipped_when_the_chat_is_open(simulator: Simulator, business: Business) -> None:
    simulator.faults(skip_delivered=1)
    simulator.write(ALICE)

    wamid = simulator.send(ALICE)

    simulator.settle()
    assert sorted(business.statuses(wamid)) == ["read", "sent"]
    assert all("pricing" in status for status in business.items("statuses"))


def test_the_same_seed_strikes_the_same_messages(simulator: Simulator) -> None:
    def strike() -> list[int]:
        simulator.faults(seed=42, send_errors=[{"code": 131000, "probability": 0.5}])
        return [simulator.try_send(ALICE).status for _ in range(12)]

    first, second = strike(), strike()

    assert first == second
    assert set(first) == {200, 500}
