"""Alerts: what needs a person."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query

from app.api.fields import Answer, Cursor, Limit, PageAnswer, PathId
from app.api.refusals import OF_PAGES, refusals
from app.dependencies import CurrentUser, Db, Now, requires
from app.models import Alert
from app.services import alerts
from app.services.alerts import AlertNotFound

router = APIRouter(prefix="/api/v1/alerts", tags=["alerts"])


class AlertAnswer(Answer):
    id: int
    kind: str
    key: str
    severity: str
    title: str
    detail: str | None
    context: dict[str, Any]
    count: int
    first_at: datetime
    last_at: datetime
    resolved_at: datetime | None
    resolved_by: int | None


@router.get(
    "",
    summary="List alerts, newest first",
    dependencies=[Depends(requires("alerts:read"))],
    responses=OF_PAGES,
)
def list_alerts(
    session: Db,
    state: Annotated[Literal["open", "resolved"], Query()] = "open",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> PageAnswer[AlertAnswer]:
    page = alerts.list_alerts(session, is_open=state == "open", limit=limit, cursor=cursor)
    return PageAnswer(items=[AlertAnswer.model_validate(row) for row in page.items], next=page.next)


@router.post(
    "/{alert_id}/resolve",
    summary="Resolve an alert",
    response_model=AlertAnswer,
    dependencies=[Depends(requires("alerts:resolve"))],
    responses=refusals(AlertNotFound),
)
def resolve_alert(alert_id: PathId, session: Db, user: CurrentUser, now: Now) -> Alert:
    """If it happens again, a new alert opens."""
    return alerts.resolve(session, alert_id, user_id=user.id, now=now)
