"""The audit log: who changed what, before and after."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, Field

from app.api.fields import Answer, Cursor, Limit, PageAnswer, QueryId, QueryText
from app.api.refusals import OF_PAGES
from app.dependencies import Db, requires
from app.services import audit

router = APIRouter(prefix="/api/v1/audit-log", tags=["audit-log"])


class AuditEntryAnswer(Answer):
    id: int
    at: datetime
    actor_kind: Literal["user", "command", "start"] = Field(
        description="A user; somebody at the command line; ADMIN_PASSWORD at a start."
    )
    actor_id: int | None
    actor_name: str = Field(description="As it was then.")
    api_key_id: int | None = Field(description="The key by which it was done; null where the user had logged in.")
    action: str
    subject_kind: str
    subject_id: str | None
    before: dict[str, Any] | None = Field(description="Only what changed. What is secret shows as `[hidden]`.")
    after: dict[str, Any] | None
    trace: str | None = Field(description="The id of the request, as in all log lines.")


@router.get(
    "",
    summary="List changes, newest first",
    dependencies=[Depends(requires("audit_log:read"))],
    responses=OF_PAGES,
)
def list_audit_log(
    session: Db,
    actor_id: QueryId = None,
    action: Annotated[QueryText, Query(examples=["contact.updated"])] = None,
    subject_kind: Annotated[QueryText, Query(examples=["contact"])] = None,
    subject_id: QueryText = None,
    since: Annotated[AwareDatetime | None, Query(alias="from", description="At this moment or later.")] = None,
    until: Annotated[AwareDatetime | None, Query(alias="to", description="Before this moment.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> PageAnswer[AuditEntryAnswer]:
    page = audit.list_entries(
        session,
        actor_id=actor_id,
        action=action,
        subject_kind=subject_kind,
        subject_id=subject_id,
        since=since,
        until=until,
        limit=limit,
        cursor=cursor,
    )
    return PageAnswer(items=[AuditEntryAnswer.model_validate(row) for row in page.items], next=page.next)
