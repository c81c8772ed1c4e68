"""What every send must pass at the moment it leaves, in this order, and the record of what each gate said.

The list of verdicts is the answer to "why did (n't) she get it": it ends at the first gate that did not let the message
through. A deferral without `until` waits for a person (a pause, a halt), not for a time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from app.domain.consent import Choice, is_opted_out
from app.domain.phones import wa_id_to_send
from app.domain.windows import is_open

# Whatever loops escape the other guards end here.
AUTOMATION_SENDS_PER_DAY = 50


class Gate(StrEnum):
    """In the order in which they are asked."""

    HALTED = "halted"
    AUTOMATION = "automation"
    RECIPIENT = "recipient"
    CONSENT = "consent"
    WINDOW = "window"
    DAILY_STOP = "daily_stop"
    PACING = "pacing"


class Outcome(StrEnum):
    PASS = "pass"  # noqa: S105 - a verdict, not a password
    DEFER = "defer"
    SKIP = "skip"
    FAIL = "fail"


class ChannelState(StrEnum):
    ACTIVE = "active"
    HALTED = "halted"
    UNCLAIMED = "unclaimed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    gate: Gate
    verdict: Outcome = Outcome.PASS
    reason: str | None = None
    until: datetime | None = None

    def to_record(self) -> dict[str, str | None]:
        """As it is kept with the attempt and shown by explain."""
        until = self.until.isoformat() if self.until else None
        return {"gate": self.gate, "verdict": self.verdict, "reason": self.reason, "until": until}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Exactly one of the two: a phone number for Meta's `to`, or a BSUID for its `recipient`."""

    to: str | None = None
    recipient: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything that the gates look at, read in the claiming transaction.

    `phone` is the number as somebody gave it, with its country code; the canonical form is no address. What is said of
    an automation counts only when one wants the send (`is_automated`). `pair_ready_at` and `number_ready_at` are when
    the pacing buckets have room; `None` is now.
    """

    workspace_paused: bool = False
    channel_state: ChannelState = ChannelState.ACTIVE
    is_automated: bool = False
    automation_active: bool = True
    version_killed: bool = False
    contact_exists: bool = True
    contact_active: bool = True
    wa_id: str | None = None
    bsuid: str | None = None
    phone: str | None = None
    category: str = "service"
    is_template: bool = False
    consents: Mapping[str, Choice] = field(default_factory=dict)
    window_expires_at: datetime | None = None
    automation_sends_today: int = 0
    pair_ready_at: datetime | None = None
    number_ready_at: datetime | None = None


# Nearly every message passes every gate, so that answer is made once.
PASSES = {gate: Verdict(gate=gate) for gate in Gate}
ALL_PASSED = tuple(PASSES.values())


def judge(case: Case, *, now: datetime) -> tuple[Verdict, ...]:
    """What each gate says, up to the first that does not let it through; `ALL_PASSED` itself where all do."""
    verdicts = []
    for gate in Gate:
        verdict = _ask(gate, case, now=now)
        verdicts.append(verdict)
        if verdict.verdict is not Outcome.PASS:
            return tuple(verdicts)
    return ALL_PASSED


def outcome(verdicts: Sequence[Verdict]) -> Verdict:
    """What happens to the message: the one verdict that is no pass, or the last pass."""
    return verdicts[-1]


def address(case: Case) -> Recipient | None:
    """Where the message goes; `None` when nothing that we know of this person can be written to.

    Meta's own ids first: a number that an operator typed may be somebody else's by now.
    """
    if case.wa_id:
        return Recipient(to=wa_id_to_send(case.wa_id))
    if case.bsuid and case.category != "authentication":  # Meta refuses those with 131062
        return Recipient(recipient=case.bsuid)
    if case.phone:
        return Recipient(to=wa_id_to_send(case.phone))
    return None


def _ask(gate: Gate, case: Case, *, now: datetime) -> Verdict:
    match gate:
        case Gate.HALTED:
            return _halted(case)
        case Gate.AUTOMATION:
            is_stopped = case.is_automated and (case.version_killed or not case.automation_active)
            return _skip_if(is_stopped, gate, "automation_inactive")
        case Gate.RECIPIENT:
            return _recipient(case)
        case Gate.CONSENT:
            return _skip_if(is_opted_out(case.consents, case.category), gate, "opted_out")
        case Gate.WINDOW:
            is_shut = not case.is_template and not is_open(case.window_expires_at, now)
            return _skip_if(is_shut, gate, "window_closed")
        case Gate.DAILY_STOP:
            is_spent = case.is_automated and case.automation_sends_today >= AUTOMATION_SENDS_PER_DAY
            return _skip_if(is_spent, gate, "daily_stop")
        case Gate.PACING:
            return _pacing(case, now=now)
        case _:
            assert_never(gate)


def _halted(case: Case) -> Verdict:
    if case.workspace_paused:
        return Verdict(gate=Gate.HALTED, verdict=Outcome.DEFER, reason="workspace_paused")
    match case.channel_state:
        case ChannelState.ACTIVE:
            return PASSES[Gate.HALTED]
        case ChannelState.HALTED:
            return Verdict(gate=Gate.HALTED, verdict=Outcome.DEFER, reason="channel_halted")
        case ChannelState.UNCLAIMED:
            # Not deferred: whoever claims the number one day must not send what gathered before it was theirs.
            return Verdict(gate=Gate.HALTED, verdict=Outcome.SKIP, reason="channel_unclaimed")
        case _:
            assert_never(case.channel_state)


def _recipient(case: Case) -> Verdict:
    if case.contact_exists and not case.contact_active:
        return _skip_if(True, Gate.RECIPIENT, "contact_inactive")
    if not case.contact_exists or address(case) is None:
        return Verdict(gate=Gate.RECIPIENT, verdict=Outcome.FAIL, reason="no_recipient")
    return PASSES[Gate.RECIPIENT]


def _pacing(case: Case, *, now: datetime) -> Verdict:
    for ready_at, reason in ((case.pair_ready_at, "pair_rate"), (case.number_ready_at, "number_rate")):
        if ready_at is not None and ready_at > now:
            return Verdict(gate=Gate.PACING, verdict=Outcome.DEFER, reason=reason, until=ready_at)
    return PASSES[Gate.PACING]


def _skip_if(is_refused: bool, gate: Gate, reason: str) -> Verdict:
    return Verdict(gate=gate, verdict=Outcome.SKIP, reason=reason) if is_refused else PASSES[gate]
