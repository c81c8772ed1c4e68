"""Automation logs over HTTP."""

from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.models import AutomationLog
from tests.builders import make_automation, make_contact

LOGS = "/api/v1/automation-logs"


def test_logs_are_found_by_automation_contact_and_outcome(user: TestClient, session: Session) -> None:
    first, second = make_automation(session), make_automation(session)
    contact = make_contact(session)
    for automation, who, status in (
        (first, contact.id, "success"),
        (first, None, "skipped"),
        (second, contact.id, "failed"),
    ):
        session.add(AutomationLog(automation_id=automation.id, contact_id=who, execution_status=status))
        session.flush()
    session.commit()

    def found(**query: object) -> list[str]:
        return [item["execution_status"] for item in user.get(LOGS, params=query).json()["items"]]

    assert found() == ["failed", "skipped", "success"]
    assert found(automation_id=first.id) == ["skipped", "success"]
    assert found(contact_id=contact.id) == ["failed", "success"]
    assert found(execution_status="skipped", automation_id=second.id) == []
    assert user.get(LOGS, params={"execution_status": "odd"}).status_code == 422
