"""What is kept of automations in memory, and when it is read anew."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.services import book
from app.services.versions import publish_missing
from tests.builders import make_automation


def test_a_version_that_a_backup_brought_back_is_read_anew(session: Session) -> None:
    automation = make_automation(session)
    session.flush()
    publish_missing(session)
    version_id = session.scalar(text("SELECT id FROM automation_versions"))
    assert version_id is not None
    before = book.definitions(session, [version_id])[version_id]

    # The same id, name and priority, of another history.
    session.execute(
        text("UPDATE automation_versions SET trigger_conditions = :conditions, checksum = 'another'"),
        {"conditions": '{"keywords": ["adiós"]}'},
    )
    session.expire_all()
    after = book.definitions(session, [version_id])[version_id]

    assert before.automation_id == after.automation_id == automation.id
    assert before.trigger != after.trigger
