"""The lines that tell of a body's way to a reply, and what is counted with them: one a batch, once it has committed.

Each names what it tells of by `trace`, the one id from body to reply; whatever has none is left out. Ids alone: no
text, no phone number, and no wamid, which holds one.
"""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, assert_never

import structlog
from sqlalchemy.orm import Session

from app.core import measures
from app.database import afterwards
from app.domain.failures import classify
from app.whatsapp.answers import Accepted, Ambiguous, Answer, NotSent, Rejected
from app.whatsapp.inbound import Item, MessageItem, NoticeItem, PreferenceItem, StatusItem, Unreadable

if TYPE_CHECKING:
    from app.services.messages import Moved

log = structlog.get_logger()

LONGEST_LINE = 1_000  # rows: a batch of the drain, while what was held back may be let go by the hundred thousand

KINDS: dict[type[Item], str] = {
    MessageItem: "message",
    StatusItem: "status",
    PreferenceItem: "preference",
    NoticeItem: "notice",
    Unreadable: "unreadable",
}


def trace_of(body_id: int) -> str:
    """What all that follows from a webhook body is known by."""
    return f"w{body_id}"


def applied(
    session: Session, lane: str, bodies: Sequence[int], items: Sequence[Item], *, parked: int, began: float
) -> None:
    """`began` is a reading of the monotonic clock."""

    def tell() -> None:
        seconds = monotonic() - began
        measures.BATCH_ITEMS.observe(len(items), lane=lane)
        measures.BATCH_SECONDS.observe(seconds, lane=lane)
        for kind, count in Counter(map(type, items)).items():
            measures.ITEMS.add(count, kind=KINDS[kind])
        if parked:
            measures.PARKED.add(parked)
        traces = [trace_of(body) for body in bodies]
        log.info("bodies_applied", lane=lane, items=len(items), seconds=round(seconds, 4), traces=traces)

    afterwards(session, tell)


def started(session: Session, runs: Sequence[dict[str, Any]]) -> None:
    """Each as `trace`, `run_id`, `automation_id`, `contact_id`."""

    def tell() -> None:
        measures.RUNS_STARTED.add(len(runs))
        _tell("runs_started", runs)

    if runs:
        afterwards(session, tell)


def queued(session: Session, messages: Sequence[dict[str, Any]]) -> None:
    """Each as `trace`, `message_id`, `run_id`."""
    afterwards(session, partial(_tell, "messages_queued", messages))


def answered(session: Session, answers: Sequence[Answer]) -> None:
    """What became of tries to send; the lines that tell of them are those of `moved`."""

    def count() -> None:
        for (result, error), number in Counter(map(_labels, answers)).items():
            measures.SENDS.add(number, outcome=result, error=error)

    afterwards(session, count)


def _labels(answer: Answer) -> tuple[str, str]:
    match answer:
        case Accepted():
            return "accepted", ""
        case Rejected(code=code, subcode=subcode):
            return "rejected", classify(code, subcode=subcode).kind
        case NotSent(reason=reason):
            return "not_sent", "not_started" if reason == "not_started" else "no_connection"
        case Ambiguous():
            return "unknown", "ambiguous"
        case _:
            assert_never(answer)


def moved(session: Session, messages: "Sequence[Moved]") -> None:
    """Tries to send, their outcomes, and reports: whatever changes a message."""
    told = [
        {
            "trace": one.trace,
            "message_id": one.id,
            "attempt": one.attempt,
            "dispatch": one.dispatch,
            "status": one.status,
        }
        for one in messages
        if one.trace is not None
    ]
    statuses = Counter(one.status for one in messages)

    def tell() -> None:
        for status, count in statuses.items():
            measures.MOVED.add(count, status=status)
        _tell("messages_moved", told)

    if messages:
        afterwards(session, tell)


def _tell(event: str, rows: Sequence[dict[str, Any]]) -> None:
    told = [row for row in rows if row["trace"] is not None]
    for start in range(0, len(told), LONGEST_LINE):
        log.info(event, rows=told[start : start + LONGEST_LINE])
