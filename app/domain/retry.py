"""What happens to a message after an answer, a report, or silence.

A second POST needs proof that the first was not accepted. Any Graph error code is such proof; a `failed` report is not,
because `delivered` may still come from another device; silence is proof only when `settle` says so. All of it is pure:
randomness comes in as `jitter`, from 0 to 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias, assert_never

from app.domain.failures import Advice, Failure, FailureClass, Scope, classify

OUTCOME_UNKNOWN = "outcome_unknown"
RETRIES_EXHAUSTED = "retries_exhausted"

_PAIR_LONGEST_SECONDS = 256.0  # 4^4, the last step that Meta recommends
_UNSENT_FIRST_SECONDS, _UNSENT_LONGEST_SECONDS = 0.5, 60.0
_BLIND_RESEND_AFTER = timedelta(seconds=30)
_BLIND_TRIES = 5
_LEAST_SILENCE_SECONDS = 600.0


class Delivery(StrEnum):
    """What to do with a message whose outcome nobody knows."""

    AT_MOST_ONCE = "at_most_once"
    NEVER_AGAIN = "never_again"
    AT_LEAST_ONCE = "at_least_once"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resend:
    """Back to `queued`, through every gate again, as the next attempt. `is_failure` is false for throttles."""

    after_seconds: float = 0.0
    is_failure: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Fail:
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """Stop the channel or template and hold the message: it was proved not sent, and goes when the cause is mended.

    `after_seconds` is when to try again without anybody's help; `None` waits for a person.
    """

    scope: Scope
    reason: str
    after_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Nothing is decided before `until`, unless a report or a proof comes first."""

    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUp:
    """End visibly, with an alert and a one-click resend."""

    reason: str = OUTCOME_UNKNOWN


Verdict: TypeAlias = Resend | Fail | Halt
Settlement: TypeAlias = Wait | Resend | GiveUp


def default_delivery(category: str) -> Delivery:
    """Marketing may be held by Meta for hours without a word, so silence proves nothing there."""
    return Delivery.NEVER_AGAIN if category == "marketing" else Delivery.AT_MOST_ONCE


def attempt_of(codes: Sequence[int]) -> int:
    """The `attempt` of the rules below: how many answers of the last one's class this message has had.

    Throttles in between are no failures, so they do not use up the tries of something else.
    """
    return sum(classify(code).kind is classify(codes[-1]).kind for code in codes) if codes else 1


def after_answer(code: int, *, attempt: int, jitter: float, subcode: int | None = None) -> Verdict:
    """Meta refused the message with a Graph error code."""
    failure = classify(code, subcode=subcode)
    reason = failure.kind.value
    if failure.halts is not None:
        return _halt(failure, scope=failure.halts, attempt=attempt)
    match failure.kind:
        case FailureClass.THROTTLED | FailureClass.MAINTENANCE:
            return Resend(after_seconds=failure.wait_seconds * (1 + jitter), is_failure=False)
        case FailureClass.PAIR:
            return Resend(after_seconds=_pair_seconds(attempt) * (1 + jitter / 4), is_failure=False)
        case FailureClass.TRANSIENT if attempt < failure.tries:
            return Resend(after_seconds=_transient_seconds(attempt, jitter))
        case FailureClass.ECOSYSTEM if attempt < failure.tries:
            return Resend(after_seconds=failure.wait_seconds * (1 + jitter / 4))
        case FailureClass.TRANSIENT | FailureClass.ECOSYSTEM:
            return Fail(reason=RETRIES_EXHAUSTED)
        case (
            FailureClass.RECIPIENT
            | FailureClass.OPT_OUT
            | FailureClass.QUALITY
            | FailureClass.WINDOW
            | FailureClass.CONFIGURATION
            | FailureClass.UNKNOWN
            | FailureClass.ACCOUNT
            | FailureClass.PAUSED_TEMPLATE
            | FailureClass.AMBIGUOUS
        ):
            return Fail(reason=reason)
        case _:
            assert_never(failure.kind)


def after_report(
    code: int | None,
    *,
    attempt: int,
    policy: Delivery = Delivery.AT_MOST_ONCE,
    is_delivered: bool = False,
) -> Resend | None:
    """Meta accepted the message and later reported `failed`; `None` leaves it failed.

    `is_delivered` says that any report at all told of delivery or reading; ask again when the wait is over.
    """
    failure = classify(code)
    if failure.advice is not Advice.WAIT or attempt >= failure.tries:
        return None
    if is_delivered or policy is Delivery.NEVER_AGAIN:
        return None
    if failure.kind is FailureClass.PAIR:
        return Resend(after_seconds=_pair_seconds(attempt))
    if failure.kind is FailureClass.PAUSED_TEMPLATE:
        return Resend(after_seconds=failure.wait_seconds * attempt)
    return Resend(after_seconds=failure.wait_seconds)


def not_sent(*, attempt: int, jitter: float) -> Resend:
    """No connection ever stood. There is no limit on tries: the message's own expiry ends them."""
    longest = min(_UNSENT_FIRST_SECONDS * 2.0 ** min(attempt - 1, 16), _UNSENT_LONGEST_SECONDS)
    return Resend(after_seconds=longest * (1 + jitter) / 2, is_failure=False)


def settle(
    policy: Delivery,
    *,
    now: datetime,
    claimed_at: datetime,
    dead_at: datetime,
    proved_not_sent: bool,
    give_up_seconds: float,
    attempt: int = 1,
) -> Settlement:
    """An attempt whose outcome nobody knows. `proved_not_sent` is the proof by silence of open intake."""
    if now <= dead_at:
        return Wait(until=dead_at)
    give_up_at = claimed_at + timedelta(seconds=give_up_seconds)
    match policy:
        case Delivery.AT_MOST_ONCE:
            may_resend = proved_not_sent
        case Delivery.NEVER_AGAIN:
            may_resend = False
        case Delivery.AT_LEAST_ONCE:
            # Without a bound, a far end that accepts and never answers would get the same code for ever.
            is_blind = attempt < _BLIND_TRIES
            blind_at = dead_at + _BLIND_RESEND_AFTER
            if is_blind and not proved_not_sent and now < blind_at:
                return Wait(until=blind_at)
            may_resend = proved_not_sent or is_blind
        case _:
            assert_never(policy)
    if may_resend:
        return Resend()
    return GiveUp() if now >= give_up_at else Wait(until=give_up_at)


def silence_seconds(setting: float | None, *, closed_seconds: float) -> float:
    """How long open intake must stay silent before silence proves anything: Meta repeats what it could not deliver."""
    return setting if setting is not None else max(_LEAST_SILENCE_SECONDS, 2 * closed_seconds)


def _halt(failure: Failure, *, scope: Scope, attempt: int) -> Verdict:
    if failure.kind is not FailureClass.PAUSED_TEMPLATE:
        return Halt(scope=scope, reason=failure.kind.value)
    # Meta pauses for 3 hours, then for 6, then disables the template.
    if attempt >= failure.tries:
        return Halt(scope=scope, reason=failure.kind.value)
    return Halt(scope=scope, reason=failure.kind.value, after_seconds=failure.wait_seconds * attempt)


def _transient_seconds(attempt: int, jitter: float) -> float:
    """5, 20, 80 and 320 s, halved to one and a half times: five tries within a quarter of an hour."""
    return 5.0 * 4.0 ** (attempt - 1) * (0.5 + jitter)


def _pair_seconds(attempt: int) -> float:
    return min(4.0 ** min(attempt - 1, 8), _PAIR_LONGEST_SECONDS)
