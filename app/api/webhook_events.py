"""Webhook bodies as WhatsApp sent them, and doing again what could not be understood."""

import base64
from datetime import datetime
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from app.api.fields import Cursor, Limit, PageAnswer, PathId
from app.api.once import OnceDep
from app.api.refusals import OF_PAGES, refusals
from app.dependencies import Db, Now, requires
from app.models import WebhookEvent
from app.services import webhook_events
from app.services.journal import trace_of
from app.services.webhook_events import Listed, NotParked, WebhookEventNotFound

router = APIRouter(prefix="/api/v1/webhook-events", tags=["webhook-events"])
Reading = [Depends(requires("webhook_events:read"))]


class WebhookEventAnswer(BaseModel):
    id: int
    trace: str = Field(description="What all messages and log lines that follow from it carry.")
    received_at: datetime
    state: Literal["pending", "parked", "done"]
    lane: str
    size: int = Field(description="Of the body, in bytes.")
    processed_at: datetime | None
    items_done: int
    attempts: int
    error: str | None
    parked: dict[str, Any] = Field(description="Item number → what went wrong; `*` is the whole body.")
    channel_ids: list[int]


class WebhookBodyAnswer(WebhookEventAnswer):
    """`body` holds what is JSON; anything else is in `body_base64`."""

    body: Any = None
    body_base64: str | None = None


def _answer_of(event: WebhookEvent, *, size: int) -> WebhookEventAnswer:
    return WebhookEventAnswer.model_validate(
        {
            "id": event.id,
            "trace": trace_of(event.id),
            "received_at": event.received_at,
            "state": webhook_events.state_of(event),
            "lane": event.lane,
            "size": size,
            "processed_at": event.processed_at,
            "items_done": event.items_done,
            "attempts": event.attempts,
            "error": event.error,
            "parked": event.parked,
            "channel_ids": event.channel_ids,
        }
    )


def _listed(listed: Listed) -> WebhookEventAnswer:
    return _answer_of(listed.event, size=listed.size)


@router.get("", summary="List webhook bodies, newest first", dependencies=Reading, responses=OF_PAGES)
def list_webhook_events(
    session: Db,
    state: Annotated[Literal["pending", "parked", "done"] | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> PageAnswer[WebhookEventAnswer]:
    page = webhook_events.list_webhook_events(session, state=state, limit=limit, cursor=cursor)
    return PageAnswer(items=[_listed(listed) for listed in page.items], next=page.next)


@router.get(
    "/{event_id}",
    summary="Show a webhook body",
    response_model=WebhookBodyAnswer,
    dependencies=Reading,
    responses=refusals(WebhookEventNotFound),
)
def get_webhook_event(event_id: PathId, session: Db) -> Response:
    event = webhook_events.get_webhook_event(session, event_id)
    answer: dict[str, Any] = _answer_of(event, size=len(event.body)).model_dump(mode="json")
    answer |= {"body": None, "body_base64": None}
    try:
        orjson.loads(event.body)
        # As it came, byte for byte: no depth of nesting and no odd number can go wrong on the way.
        answer["body"] = orjson.Fragment(event.body)
    except orjson.JSONDecodeError:
        answer["body_base64"] = base64.b64encode(event.body).decode()
    return Response(orjson.dumps(answer), media_type="application/json")


@router.post(
    "/{event_id}/replay",
    summary="Do the parked items of a body again",
    status_code=202,
    response_model=WebhookEventAnswer,
    dependencies=[Depends(requires("webhook_events:replay"))],
    responses=refusals(WebhookEventNotFound, NotParked),
)
def replay_webhook_event(event_id: PathId, once: OnceDep, session: Db, now: Now) -> JSONResponse:
    def work() -> WebhookEventAnswer:
        event = webhook_events.replay(session, event_id, now=now)
        return _answer_of(event, size=len(event.body))

    return once.answer(None, status=202, work=work)
