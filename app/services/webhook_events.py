"""Webhook bodies as they came: what waits, what is done, and what could not be understood.

A replay hands back only the parked items: `parked` keeps their numbers, and the drain does exactly these again.
"""

from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session, defer
from sqlalchemy.sql.expression import literal

from app.core.errors import Conflict, NotFound
from app.database import after_commit
from app.models import WebhookEvent
from app.services import pages
from app.services.pages import Page

log = structlog.get_logger()


class WebhookEventNotFound(NotFound):
    code = "webhook_event_not_found"


class NotParked(Conflict):
    code = "not_parked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A body without its bytes, which may be megabytes."""

    event: WebhookEvent
    size: int


def state_of(event: WebhookEvent) -> str:
    if event.processed_at is None:
        return "pending"
    return "parked" if event.parked else "done"


def list_webhook_events(session: Session, *, state: str | None, limit: int, cursor: str | None) -> Page[Listed]:
    statement = select(WebhookEvent).options(defer(WebhookEvent.body, raiseload=True))
    if state is not None:
        statement = statement.where(_is(state))
    page = pages.by_id(session, statement, WebhookEvent.id, limit=limit, cursor=cursor)
    sizes = _sizes(session, [event.id for event in page.items])
    return Page([Listed(event=event, size=sizes[event.id]) for event in page.items], page.next)


def get_webhook_event(session: Session, event_id: int) -> WebhookEvent:
    event = session.scalar(select(WebhookEvent).where(WebhookEvent.id == event_id))
    if event is None:
        raise WebhookEventNotFound(f"There is no webhook event {event_id}.")
    return event


def replay(session: Session, event_id: int, *, now: datetime) -> WebhookEvent:
    """The body is pending again, for its parked items only."""
    event = session.scalar(select(WebhookEvent).where(WebhookEvent.id == event_id).with_for_update())
    if event is None:
        raise WebhookEventNotFound(f"There is no webhook event {event_id}.")
    if state_of(event) != "parked":
        raise NotParked("Nothing of this body is parked.")
    event.processed_at, event.attempts, event.error = None, 0, None
    session.flush()
    after_commit(session, "webhooks.drain")
    log.info("webhook_event_replayed", webhook_event_id=event.id, items=sorted(event.parked), at=now.isoformat())
    return event


def _is(state: str) -> ColumnElement[bool]:
    is_parked = WebhookEvent.parked != literal({}, JSONB)
    if state == "pending":
        return WebhookEvent.processed_at.is_(None)
    if state == "parked":
        return and_(WebhookEvent.processed_at.is_not(None), is_parked)
    return and_(WebhookEvent.processed_at.is_not(None), ~is_parked)


def _sizes(session: Session, ids: list[int]) -> dict[int, int]:
    size = func.octet_length(WebhookEvent.body).label("size")
    found = session.execute(select(WebhookEvent.id, size).where(WebhookEvent.id.in_(ids)))
    return {row.id: row.size for row in found}
