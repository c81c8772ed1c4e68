"""What automations did, and what they refused to do."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import AutomationLog
from app.services import contacts, pages
from app.services.pages import Page


def list_automation_logs(
    session: Session,
    *,
    automation_id: int | None,
    contact_id: int | None,
    execution_status: str | None,
    limit: int,
    cursor: str | None,
) -> Page[AutomationLog]:
    statement = select(AutomationLog)
    if automation_id is not None:
        statement = statement.where(AutomationLog.automation_id == automation_id)
    if contact_id is not None:
        statement = statement.where(AutomationLog.contact_id == contacts.current_id(session, contact_id))
    if execution_status is not None:
        statement = statement.where(AutomationLog.execution_status == execution_status)
    return pages.by_id(session, statement, AutomationLog.id, limit=limit, cursor=cursor)
