"""Reports about messages, as they arrive: which message they join, and which of them are kept."""

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.models import (
    Message,
    MessageEvent,
)
from tests.builders import make_message
from tests.services.arriving import AT_NOON, arrive, every, the
from tests.webhooks import (
    body,
    body_of,
    change,
    message,
    status,
)


def test_a_status_that_comes_before_its_message_waits_for_it(session: Session) -> None:
    arrive(session, body(change(statuses=[status("read", wamid="wamid.unknown")])))

    event = the(session, MessageEvent)
    assert (event.message_id, event.status, event.at) == (None, "read", AT_NOON)


def test_a_status_joins_the_message_of_its_wamid(session: Session) -> None:
    ours = _accepted(session, "wamid.ours")

    arrive(
        session, body(change(statuses=[status("delivered", wamid="wamid.ours"), status("sent", wamid="wamid.ours")]))
    )

    session.refresh(ours)
    assert (ours.status, ours.delivered_at, ours.sent_at) == ("delivered", AT_NOON, AT_NOON)
    assert {event.message_id for event in every(session, MessageEvent)} == {ours.id}


def test_a_status_that_names_an_inbound_message_moves_nothing(session: Session) -> None:
    arrive(session, body_of(message(wamid="wamid.1"), statuses=[status("failed", wamid="wamid.1")]))

    assert the(session, Message).status == "delivered"
    assert the(session, MessageEvent).message_id is None


def test_the_same_report_is_kept_once(session: Session) -> None:
    report = body(change(statuses=[status("sent"), status("sent"), status("read")]))

    arrive(session, report, report)

    assert sorted(event.status for event in every(session, MessageEvent)) == ["read", "sent"]


@pytest.mark.parametrize("turn", [1, -1])
def test_of_two_reports_of_one_moment_the_fuller_is_kept(session: Session, turn: int) -> None:
    bare, full = status(), status(pricing={"billable": True}, biz_opaque_callback_data="job-42")

    arrive(session, *(body(change(statuses=[one])) for one in [bare, full][::turn]))
    arrive(session, body(change(statuses=[bare, full][::turn])))

    event = the(session, MessageEvent)
    assert (event.echo, event.pricing, event.report) == ("job-42", {"billable": True}, full)


def _accepted(session: Session, wamid: str) -> Message:
    ours = make_message(session, direction="outbound", dispatch="done", whatsapp_message_id=wamid, attempt=1)
    session.execute(
        text("""
            INSERT INTO send_attempts (message_id, attempt, channel_id, contact_id, epoch, claimed_at, dead_at, outcome,
                wamid) VALUES (:message, 1, :channel, :contact, 1, now(), now(), 'accepted', :wamid)
        """),
        {"message": ours.id, "channel": ours.channel_id, "contact": ours.contact_id, "wamid": wamid},
    )
    session.commit()
    return ours
