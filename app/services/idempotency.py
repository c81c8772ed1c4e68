"""A request that carried an Idempotency-Key is done once, and answered the same for seven days.

The key is written first, in the request's own transaction: a twin that comes at the same time waits on the unique
index, and a refusal rolls the key back with everything else, so refusals are not stored.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.core.errors import Conflict
from app.database import sqlstate
from app.models import IdempotencyKey

KEPT = timedelta(days=7)
_LOCK_TIMED_OUT = "55P03"


class IdempotencyMismatch(Conflict):
    code = "idempotency_mismatch"


class RequestInProgress(Conflict):
    code = "request_in_progress"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """Who asked for what under which key."""

    principal: str
    route: str
    key: str
    request_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    body: dict[str, Any]


def hash_request(body: object) -> str:
    """Equal for equal JSON, however it was written."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def claim(session: Session, ticket: Ticket, *, now: datetime) -> Answer | None:
    """The first answer, when there is one; `None` when the work is the caller's, to be ended with `keep`."""
    try:
        is_first = session.scalar(
            insert(IdempotencyKey)
            .values(
                principal=ticket.principal,
                route=ticket.route,
                key=ticket.key,
                request_hash=ticket.request_hash,
                created_at=now,
            )
            .on_conflict_do_nothing()
            .returning(IdempotencyKey.key)
        )
    except OperationalError as error:
        if sqlstate(error) != _LOCK_TIMED_OUT:
            raise
        raise RequestInProgress("The first request with this key is still being done. Try again in a moment.") from None
    if is_first is not None:
        return None
    kept = session.get(
        IdempotencyKey, (ticket.principal, ticket.route, ticket.key), with_for_update=True, populate_existing=True
    )
    if kept is None:  # forgotten between the two statements, after its seven days
        return claim(session, ticket, now=now)
    if kept.created_at <= now - KEPT:
        kept.request_hash, kept.created_at, kept.status, kept.answer = ticket.request_hash, now, None, None
        return None
    if kept.request_hash != ticket.request_hash:
        raise IdempotencyMismatch("This Idempotency-Key was used with another body. Use a new key for a new request.")
    if kept.status is None or kept.answer is None:
        raise AssertionError("a key is committed with its answer")
    return Answer(status=kept.status, body=kept.answer)


def keep(session: Session, ticket: Ticket, answer: Answer) -> None:
    session.execute(
        update(IdempotencyKey)
        .where(
            IdempotencyKey.principal == ticket.principal,
            IdempotencyKey.route == ticket.route,
            IdempotencyKey.key == ticket.key,
        )
        .values(status=answer.status, answer=answer.body)
    )
