"""The crash test's own judgement: a fault that it does not see would be worse than no test."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.crash.audit import View, judge
from tests.crash.course import Asked
from tests.crash.sizes import Scenario

REPLY: Mapping[str, Any] = {
    "id": 7,
    "origin": "run",
    "contact_id": 1,
    "conversation_id": "thread",
    "status": "read",
    "dispatch": "done",
    "error_message": None,
    "attempt": 1,
    "is_doubled": False,
}
SENT = {"id": "wamid.out", "biz_opaque_callback_data": "hilo:installation:7:1"}
SENT_AGAIN = {"id": "wamid.again", "biz_opaque_callback_data": "hilo:installation:7:2"}
BY_API = {**REPLY, "id": 8, "origin": "api"}
SENT_BY_API = {"id": "wamid.by api", "biz_opaque_callback_data": "hilo:installation:8:1"}
LOG = {"run_id": 3, "contact_id": 1, "execution_status": "success"}
ALERT = {"kind": "outcome_unknown", "context": {"message_id": 7}}
UNKNOWN = {**REPLY, "status": "failed", "error_message": "outcome_unknown"}
GOOD = View(
    written=["wamid.in"],
    asked={},
    changed_answers=[],
    padding=[],
    body_sizes=[],
    inbound=[{"whatsapp_message_id": "wamid.in", "conversation_id": "thread", "contact_id": 1}],
    outbound=[REPLY],
    logs=[LOG],
    alerts=[],
    parked=0,
    unprocessed=0,
    ledger=[SENT],
)


def test_one_reply_to_one_message_is_right() -> None:
    assert judge(GOOD, Scenario.MAIN).troubles == ()


def test_a_send_that_was_asked_for_is_right() -> None:
    asked = {"key": Asked(8, "thread")}
    view = replace(GOOD, asked=asked, outbound=[REPLY, BY_API], ledger=[SENT, SENT_BY_API])

    assert judge(view, Scenario.MAIN).troubles == ()


def test_a_trigger_that_was_refused_is_no_execution() -> None:
    refused = {"run_id": None, "contact_id": None, "execution_status": "skipped"}

    assert judge(replace(GOOD, logs=[LOG, refused]), Scenario.MAIN).troubles == ()


def test_an_outcome_that_nobody_knows_is_right_where_nothing_is_reported() -> None:
    view = replace(GOOD, outbound=[UNKNOWN], alerts=[ALERT])

    assert judge(view, Scenario.SILENCE).troubles == ()
    assert judge(view, Scenario.MAIN).troubles == ("outcome unknown: 7",)


@pytest.mark.parametrize(
    ("change", "trouble"),
    [
        ({"ledger": []}, "lost: 7"),
        ({"ledger": [SENT, SENT_AGAIN]}, "doubled: 7"),
        ({"ledger": [SENT, {"id": "wamid.x", "biz_opaque_callback_data": None}]}, "unknown to the API: wamid.x"),
        ({"outbound": [{**REPLY, "dispatch": "unknown", "status": "pending"}]}, "stuck: 7"),
        ({"outbound": [{**REPLY, "dispatch": "sending"}]}, "stuck: 7"),
        ({"outbound": [{**REPLY, "status": "sent"}]}, "stuck: 7"),
        ({"outbound": [{**REPLY, "status": "failed", "error_message": "not_sent"}]}, "stuck: 7"),
        ({"outbound": [{**REPLY, "is_doubled": True}]}, "shown as doubled, and are not: 7"),
        ({"outbound": []}, "1 messages got no reply"),
        ({"outbound": [REPLY, {**REPLY, "id": 8}]}, "1 replies too many"),
        ({"inbound": []}, "inbound messages not stored: wamid.in"),
        ({"inbound": [*GOOD.inbound, *GOOD.inbound]}, "inbound messages stored twice: wamid.in"),
        ({"written": []}, "inbound messages nobody wrote: wamid.in"),
        ({"logs": []}, "0 automation_logs rows for 1 messages"),
        ({"logs": [LOG, LOG]}, "2 automation_logs rows for 1 messages"),
        ({"asked": {"key": Asked(8, "thread")}}, "sends acknowledged and not there: 8"),
        ({"outbound": [REPLY, BY_API]}, "sends that nobody asked for: 8"),
        ({"asked": {"a": Asked(8, "t"), "b": Asked(8, "t")}}, "messages that answer for two keys: 8"),
        ({"changed_answers": ["key"]}, "keys answered in two ways: key"),
        ({"padding": [150_001]}, "bodies acknowledged and not stored: 150001"),
        ({"parked": 1}, "1 webhook bodies are parked"),
        ({"unprocessed": 2}, "2 webhook bodies are not processed"),
        ({"alerts": [{"kind": "message_doubled", "context": {}}]}, "1 alerts of kind message_doubled"),
        ({"outbound": [UNKNOWN]}, "outcome unknown without an alert: 7"),
        ({"alerts": [ALERT]}, "outcome known since, and the alert stands: 7"),
    ],
)
@pytest.mark.parametrize("scenario", list(Scenario))
def test_every_fault_is_seen(scenario: Scenario, change: dict[str, Any], trouble: str) -> None:
    verdict = judge(replace(GOOD, **change), scenario)

    assert any(trouble in each for each in verdict.troubles), verdict.troubles
