"""Which way a message's status may move.

WhatsApp reports late, twice and out of order, so a report is evidence, not an instruction: the status shows the best
evidence there is, and the order in which it came decides nothing (`merge` is commutative, associative and idempotent).

| rank | status | is ours | meaning |
|------|-----------|---------|---------|
| 0 | pending | | nothing is known, or a 200 with a wamid ("accepted") |
| 1 | failed | yes | we gave up: a gate refused, Graph refused, or `outcome_unknown` |
| 2 | sent | | Meta has it |
| 3 | failed | no | Meta reported that it could not deliver |
| 4 | delivered | | beats Meta's failure: it may have arrived on another device |
| 5 | read | | or played |
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import reduce
from typing import assert_never


class Status(StrEnum):
    """`messages.status`: the best evidence."""

    PENDING = "pending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


class Dispatch(StrEnum):
    """`messages.dispatch`: where the work stands; it may cycle."""

    QUEUED = "queued"
    HELD = "held"
    SENDING = "sending"
    UNKNOWN = "unknown"
    DONE = "done"


class ReportKind(StrEnum):
    """What a status webhook says."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    PLAYED = "played"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    kind: ReportKind
    at: datetime
    error_code: int | None = None
    error_message: str | None = None


NO_ERROR = (None, None, False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the message row shows. Times are Meta's, the least reported of each kind.

    The error belongs to the status `failed` and leaves with it.
    """

    status: Status = Status.PENDING
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    read_at: datetime | None = None
    error_code: int | None = None
    error_message: str | None = None
    is_ours: bool = False

    def __post_init__(self) -> None:
        # A row may still carry what its status no longer means; two standings that say the same must be equal.
        if self.status is not Status.FAILED and (self.error_code, self.error_message, self.is_ours) != NO_ERROR:
            for leftover, empty in zip(("error_code", "error_message", "is_ours"), NO_ERROR, strict=True):
                object.__setattr__(self, leftover, empty)


NOTHING = Standing()

_RANKS = {
    (Status.PENDING, False): 0,
    (Status.FAILED, True): 1,
    (Status.SENT, False): 2,
    (Status.FAILED, False): 3,
    (Status.DELIVERED, False): 4,
    (Status.READ, False): 5,
}


def rank(status: Status, *, is_ours: bool) -> int:
    """The number of the module's table. SQL that merges in sets uses the same numbers."""
    return _RANKS[status, is_ours and status is Status.FAILED]


def best(current: Standing, reports: Iterable[Report]) -> Standing:
    return reduce(merge, (standing_of(report) for report in reports), current)


def merge(one: Standing, other: Standing) -> Standing:
    if one is NOTHING:
        return other
    winner = max(one, other, key=_precedence)
    return Standing(
        status=winner.status,
        sent_at=_least(one.sent_at, other.sent_at),
        delivered_at=_least(one.delivered_at, other.delivered_at),
        read_at=_least(one.read_at, other.read_at),
        error_code=winner.error_code,
        error_message=winner.error_message,
        is_ours=winner.is_ours,
    )


def standing_of(report: Report) -> Standing:
    """What one report alone would prove."""
    match report.kind:
        case ReportKind.SENT:
            return Standing(status=Status.SENT, sent_at=report.at)
        case ReportKind.DELIVERED:
            return Standing(status=Status.DELIVERED, delivered_at=report.at)
        case ReportKind.READ | ReportKind.PLAYED:
            return Standing(status=Status.READ, read_at=report.at)
        case ReportKind.FAILED:
            return Standing(
                status=Status.FAILED,
                error_code=report.error_code,
                error_message=report.error_message,
            )
        case _:
            assert_never(report.kind)


def _precedence(standing: Standing) -> tuple[int, float, str]:
    """Rank first; of two failures the smaller code shows, so that no order of arrival can be seen."""
    code = math.inf if standing.error_code is None else standing.error_code
    return rank(standing.status, is_ours=standing.is_ours), -code, standing.error_message or ""


def _least(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return min(one, other)
