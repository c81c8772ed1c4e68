"""What the log of a run says of its messages: what was known when it ended, and what WhatsApp told since."""

from typing import Any

from sqlalchemy.orm import Session

from app.models import AutomationLog
from app.services import automation_logs
from tests.builders import make_automation
from tests.services.sending import Desk, rejected, status
from tests.services.test_runs import AT_ONCE, answer, arrive, make_graph

FREE = {"billable": False, "category": "service", "pricing_model": "PMP", "type": "free_customer_service"}
BILLED = {"billable": True, "category": "service", "pricing_model": "PMP", "type": "regular"}


def told(desk: Desk) -> dict[str, Any]:
    with Session(desk.engine) as session:
        page = automation_logs.list_automation_logs(
            session, automation_id=None, contact_id=None, execution_status=None, limit=5, cursor=None
        )
        [one] = page.items
        return dict(one.details)


def test_a_log_names_the_messages_that_whatsapp_accepted(desk: Desk, session: Session) -> None:
    make_graph(session, AT_ONCE)
    arrive(desk)
    answer(desk)
    answer(desk)

    [log] = session.query(AutomationLog).all()

    wamids = [row.whatsapp_message_id for row in desk.rows("SELECT * FROM messages WHERE run_id IS NOT NULL")]
    assert [effect["wamid"] for effect in log.execution_details["effects"]] == wamids
    assert log.execution_details["goal_reached_at"] is None


def test_status_and_cost_are_what_whatsapp_has_told_by_now(desk: Desk, session: Session) -> None:
    make_graph(session, AT_ONCE)
    arrive(desk)
    answer(desk)
    answer(desk)
    before = told(desk)

    first, second = (effect["wamid"] for effect in before["effects"])
    desk.report(status(first, "delivered", pricing=BILLED), status(second, "sent", pricing=FREE))

    assert ([effect["status"] for effect in before["effects"]], before["cost"]) == (["pending", "pending"], None)
    after = told(desk)
    assert [effect["status"] for effect in after["effects"]] == ["delivered", "sent"]
    assert after["cost"] == {"billable": 1, "free": 1, "categories": {"service": 1}}


def test_a_message_that_was_refused_has_no_id_and_costs_nothing(desk: Desk, session: Session) -> None:
    make_automation(session)
    session.commit()
    arrive(desk)
    [claimed] = desk.claim()

    desk.record((claimed, rejected(131026)))

    [effect] = told(desk)["effects"]
    assert (effect["wamid"], effect["status"], effect["result"], told(desk)["cost"]) == (None, "failed", "failed", None)


def test_a_refused_entry_is_told_as_it_was_written(desk: Desk, session: Session) -> None:
    session.add(
        AutomationLog(
            automation_id=make_automation(session).id,
            execution_status="skipped",
            execution_details={"reason": "paused"},
        )
    )
    session.commit()

    assert told(desk) == {"reason": "paused"}
