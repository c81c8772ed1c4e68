"""What automations did, one row per finished run, and what they refused, one row per reason and day."""

from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter, Depends
from pydantic import Field

from app.api.fields import Answer, Cursor, Limit, PageAnswer, QueryId
from app.api.refusals import OF_PAGES
from app.dependencies import Db, requires
from app.services import automation_logs
from app.services.automation_logs import Told

router = APIRouter(prefix="/api/v1/automation-logs", tags=["automation-logs"])


class AutomationLogAnswer(Answer):
    id: int
    automation_id: int
    run_id: int | None
    contact_id: int | None
    execution_status: str
    execution_time: float
    contacts_affected: int
    error_message: str | None
    execution_details: dict[str, Any] = Field(
        description="Of a run its path, what each gate said, and its effects, each message with its `wamid` and its"
        " status as it stands now. `cost` counts those that WhatsApp bills, by category; null until it has told."
    )
    executed_at: datetime
    executed_by: str


def answer_of(told: Told) -> AutomationLogAnswer:
    answer = AutomationLogAnswer.model_validate(told.log)
    return answer.model_copy(update={"execution_details": dict(told.details)})


@router.get(
    "",
    summary="List what automations did, newest first",
    dependencies=[Depends(requires("automations:read"))],
    responses=OF_PAGES,
)
def list_automation_logs(
    session: Db,
    automation_id: QueryId = None,
    contact_id: QueryId = None,
    execution_status: Literal["success", "failed", "partial", "skipped"] | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> PageAnswer[AutomationLogAnswer]:
    page = automation_logs.list_automation_logs(
        session,
        automation_id=automation_id,
        contact_id=contact_id,
        execution_status=execution_status,
        limit=limit,
        cursor=cursor,
    )
    return PageAnswer(items=[answer_of(one) for one in page.items], next=page.next)
