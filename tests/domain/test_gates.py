from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.consent import Choice
from app.domain.gates import Case, ChannelState, Gate, Outcome, Recipient, Verdict, address, judge, outcome

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = NOON + timedelta(seconds=6)
GOOD = Case(is_automated=True, wa_id="15550001", window_expires_at=NOON + timedelta(hours=1))

# What is wrong with the case, and which gate says what, in the order of the gates.
WRONGS: list[tuple[dict[str, Any], Gate, Outcome, str, datetime | None]] = [
    ({"workspace_paused": True}, Gate.HALTED, Outcome.DEFER, "workspace_paused", None),
    ({"channel_state": ChannelState.HALTED}, Gate.HALTED, Outcome.DEFER, "channel_halted", None),
    ({"channel_state": ChannelState.UNCLAIMED}, Gate.HALTED, Outcome.SKIP, "channel_unclaimed", None),
    ({"automation_active": False}, Gate.AUTOMATION, Outcome.SKIP, "automation_inactive", None),
    ({"version_killed": True}, Gate.AUTOMATION, Outcome.SKIP, "automation_inactive", None),
    ({"contact_active": False}, Gate.RECIPIENT, Outcome.SKIP, "contact_inactive", None),
    ({"contact_exists": False}, Gate.RECIPIENT, Outcome.FAIL, "no_recipient", None),
    ({"wa_id": None}, Gate.RECIPIENT, Outcome.FAIL, "no_recipient", None),
    ({"wa_id": "", "phone": "", "bsuid": ""}, Gate.RECIPIENT, Outcome.FAIL, "no_recipient", None),
    ({"wa_id": None, "bsuid": "US.1", "category": "authentication", "is_template": True},
     Gate.RECIPIENT, Outcome.FAIL, "no_recipient", None),
    ({"consents": {"all": Choice.OUT}}, Gate.CONSENT, Outcome.SKIP, "opted_out", None),
    ({"consents": {"service": Choice.OUT}}, Gate.CONSENT, Outcome.SKIP, "opted_out", None),
    ({"consents": {"marketing": Choice.OUT}, "category": "marketing"}, Gate.CONSENT, Outcome.SKIP, "opted_out", None),
    ({"window_expires_at": NOON}, Gate.WINDOW, Outcome.SKIP, "window_closed", None),
    ({"window_expires_at": None}, Gate.WINDOW, Outcome.SKIP, "window_closed", None),
    ({"automation_sends_today": 50}, Gate.DAILY_STOP, Outcome.SKIP, "daily_stop", None),
    ({"pair_ready_at": LATER}, Gate.PACING, Outcome.DEFER, "pair_rate", LATER),
    ({"number_ready_at": LATER}, Gate.PACING, Outcome.DEFER, "number_rate", LATER),
]  # fmt: skip


def test_a_good_case_passes_every_gate_in_order() -> None:
    verdicts = judge(GOOD, now=NOON)

    assert [verdict.gate for verdict in verdicts] == list(Gate)
    assert {verdict.verdict for verdict in verdicts} == {Outcome.PASS}
    assert outcome(verdicts).verdict is Outcome.PASS


@pytest.mark.parametrize(("wrong", "gate", "verdict", "reason", "until"), WRONGS)
def test_the_gate_that_refuses_says_why_and_ends_the_list(
    wrong: dict[str, Any], gate: Gate, verdict: Outcome, reason: str, until: datetime | None
) -> None:
    verdicts = judge(replace(GOOD, **wrong), now=NOON)

    assert outcome(verdicts) == Verdict(gate=gate, verdict=verdict, reason=reason, until=until)
    assert [passed.gate for passed in verdicts] == list(Gate)[: list(Gate).index(gate) + 1]
    assert all(passed.verdict is Outcome.PASS for passed in verdicts[:-1])


@pytest.mark.parametrize(
    "harmless",
    [
        {"consents": {"marketing": Choice.OUT}},
        {"consents": {"all": Choice.IN, "service": Choice.IN}},
        {"automation_sends_today": 49},
        {"is_automated": False, "automation_sends_today": 50},
        {"is_automated": False, "automation_active": False, "version_killed": True},
        {"window_expires_at": None, "is_template": True, "category": "utility"},
        {"wa_id": None, "bsuid": "US.1"},
        {"wa_id": None, "phone": "+15550001"},
        {"pair_ready_at": NOON, "number_ready_at": NOON},
    ],
)
def test_what_does_not_concern_the_send_does_not_stop_it(harmless: dict[str, Any]) -> None:
    assert outcome(judge(replace(GOOD, **harmless), now=NOON)).verdict is Outcome.PASS


@given(st.lists(st.sampled_from(WRONGS), min_size=1, max_size=6))
def test_whatever_is_wrong_the_earliest_gate_speaks(wrongs: list[Any]) -> None:
    case = GOOD
    for changes, *_ in wrongs:
        consents = {**case.consents, **changes.get("consents", {})}
        case = replace(case, **(changes | {"consents": consents}))

    first = outcome(judge(case, now=NOON))

    assert first.verdict is not Outcome.PASS
    assert first.gate in {wrong[1] for wrong in wrongs}
    assert all(verdict.verdict is Outcome.PASS for verdict in judge(case, now=NOON)[:-1])


@given(st.booleans(), st.booleans(), st.sampled_from(["service", "marketing", "utility", "authentication"]))
def test_a_hard_opt_out_stops_every_send(is_automated: bool, is_template: bool, category: str) -> None:
    case = replace(
        GOOD,
        is_automated=is_automated,
        is_template=is_template,
        category=category,
        consents={"all": Choice.OUT, category: Choice.IN},
    )

    assert outcome(judge(case, now=NOON)).reason == "opted_out"


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"wa_id": "5491155551234"}, Recipient(to="+5491155551234")),
        ({"wa_id": "5491155551234", "bsuid": "AR.1", "phone": "+541155551234"}, Recipient(to="+5491155551234")),
        ({"wa_id": None, "bsuid": "AR.1", "phone": "+541155551234"}, Recipient(recipient="AR.1")),
        ({"wa_id": None, "bsuid": "AR.1"}, Recipient(recipient="AR.1")),
        ({"wa_id": None, "phone": "+52 1 55 1234 5678"}, Recipient(to="+5215512345678")),
        (
            {"wa_id": None, "bsuid": "AR.1", "phone": "+15550001", "category": "authentication"},
            Recipient(to="+15550001"),
        ),
        ({"wa_id": None, "bsuid": "AR.1", "category": "authentication"}, None),
        ({"wa_id": None}, None),
    ],
)
def test_a_number_goes_into_to_and_a_bsuid_into_recipient(known: dict[str, Any], expected: Recipient | None) -> None:
    assert address(replace(GOOD, **known)) == expected


def test_a_verdict_is_kept_as_plain_json() -> None:
    verdict = judge(replace(GOOD, pair_ready_at=LATER), now=NOON)[-1]

    assert verdict.to_record() == {
        "gate": "pacing",
        "verdict": "defer",
        "reason": "pair_rate",
        "until": "2026-11-22T12:00:06+00:00",
    }
