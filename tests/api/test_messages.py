"""Messages over HTTP: reading them, and sending a text."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, delete, func, select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.models import Contact, ContactMerge, Conversation, Message, MessageEvent
from tests.api.answers import error_of
from tests.builders import make_channel, make_contact, make_conversation, make_message, the_channel
from tests.waiting import eventually, is_blocked

MESSAGES = "/api/v1/messages"


@pytest.fixture
def conversation(session: Session) -> Conversation:
    """With Alice, who wrote just now."""
    alice = make_contact(session, phone="+525512345678", name="Alice")
    conversation = make_conversation(session, alice, window_from=datetime.now(UTC))
    session.commit()
    return conversation


def text_to(**whom: object) -> dict[str, Any]:
    return {"type": "text", "text": {"body": "hi"}} | whom


def count(session: Session) -> int:
    return session.scalars(select(func.count()).select_from(Message)).one()


@pytest.mark.parametrize("whom", ["contact_id", "conversation_id", "to", "old writing"])
def test_a_text_is_stored_before_it_is_answered(
    user: TestClient, session: Session, conversation: Conversation, whom: str
) -> None:
    recipient = {
        "contact_id": {"contact_id": conversation.contact_id},
        "conversation_id": {"conversation_id": str(conversation.id)},
        "to": {"to": "+52 55 1234 5678"},
        "old writing": {"to": "5215512345678"},
    }[whom]
    body = {"type": "text", "text": {"body": "¡Hola!\n👋", "preview_url": True}, "delivery": "never_again"} | recipient

    answer = user.post(MESSAGES, json=body)

    assert answer.status_code == 202
    shown = answer.json()
    expected = {
        "contact_id": conversation.contact_id,
        "conversation_id": str(conversation.id),
        "channel_id": conversation.channel_id,
        "direction": "outbound",
        "message_type": "text",
        "content": {"type": "text", "text": {"body": "¡Hola!\n👋", "preview_url": True}},
        "text": "¡Hola!\n👋",
        "status": "pending",
        "dispatch": "queued",
        "origin": "api",
        "delivery": "never_again",
        "attempt": 0,
    }
    assert {key: shown[key] for key in expected} == expected
    assert shown == user.get(f"{MESSAGES}/{shown['id']}").json()
    assert shown["created_by"] == user.get("/api/v1/auth/me").json()["id"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        text_to(),
        text_to(contact_id=1, to="+15550001"),
        text_to(contact_id="1"),
        text_to(contact_id=True),
        text_to(contact_id=1.0),
        text_to(contact_id=0),
        text_to(contact_id=2**63),
        text_to(contact_id=10**30),
        text_to(conversation_id="17"),
        text_to(to=""),
        text_to(to="+1555\x000001"),
        text_to(to=15550001),
        text_to(contact_id=1, channel_id="1"),
        text_to(contact_id=1, colour="red"),
        text_to(contact_id=1, type="image"),
        text_to(contact_id=1, delivery="always"),
        text_to(contact_id=1, text={"body": ""}),
        text_to(contact_id=1, text={"body": "x" * 4097}),
        text_to(contact_id=1, text={"body": "a\x00b"}),
        text_to(contact_id=1, text={"body": "a", "preview_url": 1}),
        text_to(contact_id=1, text={"body": "a", "colour": "red"}),
        text_to(contact_id=1, text="hi"),
    ],
)
def test_a_malformed_body_is_refused(user: TestClient, body: dict[str, Any]) -> None:
    answer = user.post(MESSAGES, json=body)

    assert error_of(answer) == (422, "validation_failed")
    assert answer.json()["fields"]


def test_4096_characters_are_possible(user: TestClient, conversation: Conversation) -> None:
    answer = user.post(MESSAGES, json=text_to(contact_id=conversation.contact_id, text={"body": "👋" * 4096}))

    assert answer.status_code == 202


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (text_to(contact_id=424242), (404, "contact_not_found")),
        (text_to(conversation_id=str(uuid4())), (404, "conversation_not_found")),
        (text_to(to="+15559999999"), (409, "window_closed")),
        (text_to(to="nobody"), (422, "validation_failed")),
        (text_to(to="+525512345678", channel_id=424242), (404, "channel_not_found")),
    ],
)
def test_somebody_unknown_cannot_be_written_to(
    user: TestClient, session: Session, conversation: Conversation, body: dict[str, Any], refusal: tuple[int, str]
) -> None:
    answer = user.post(MESSAGES, json=body)

    assert error_of(answer) == refusal
    assert count(session) == 0


def test_a_shut_window_is_told_at_once(user: TestClient, session: Session, conversation: Conversation) -> None:
    conversation.service_window_expires_at = datetime.now(UTC) - timedelta(seconds=1)
    session.commit()

    answer = user.post(MESSAGES, json=text_to(conversation_id=str(conversation.id)))

    assert error_of(answer) == (409, "window_closed")
    assert count(session) == 0


def test_a_free_entry_window_counts_as_well(user: TestClient, session: Session, conversation: Conversation) -> None:
    conversation.service_window_expires_at = None
    conversation.entry_window_expires_at = datetime.now(UTC) + timedelta(hours=1)
    session.commit()

    assert user.post(MESSAGES, json=text_to(contact_id=conversation.contact_id)).status_code == 202


def test_who_never_wrote_has_no_open_window(user: TestClient, session: Session) -> None:
    contact = make_contact(session)
    session.commit()

    assert error_of(user.post(MESSAGES, json=text_to(contact_id=contact.id))) == (409, "window_closed")


def test_a_deactivated_contact_is_not_written_to(
    user: TestClient, session: Session, conversation: Conversation
) -> None:
    user.delete(f"/api/v1/contacts/{conversation.contact_id}")

    answer = user.post(MESSAGES, json=text_to(contact_id=conversation.contact_id))

    assert error_of(answer) == (409, "contact_inactive")


def test_with_several_numbers_one_must_be_named(user: TestClient, session: Session, conversation: Conversation) -> None:
    make_channel(session)
    session.commit()

    unnamed = user.post(MESSAGES, json=text_to(contact_id=conversation.contact_id))
    named = user.post(MESSAGES, json=text_to(contact_id=conversation.contact_id, channel_id=conversation.channel_id))
    by_conversation = user.post(MESSAGES, json=text_to(conversation_id=str(conversation.id)))

    assert error_of(unnamed) == (409, "channel_required")
    assert (named.status_code, by_conversation.status_code) == (202, 202)


def test_an_unclaimed_number_does_not_send(user: TestClient, session: Session, conversation: Conversation) -> None:
    unclaimed = make_channel(session, state="unclaimed")
    session.commit()

    answer = user.post(MESSAGES, json=text_to(contact_id=conversation.contact_id, channel_id=unclaimed.id))

    assert error_of(answer) == (409, "channel_unclaimed")


def test_the_only_number_may_be_halted_and_its_messages_wait(
    user: TestClient, session: Session, conversation: Conversation
) -> None:
    the_channel(session).state = "halted"
    session.commit()

    answer = user.post(MESSAGES, json=text_to(contact_id=conversation.contact_id))

    assert (answer.status_code, answer.json()["channel_id"]) == (202, conversation.channel_id)


def test_no_number_at_all_is_told(user: TestClient, session: Session, conversation: Conversation) -> None:
    the_channel(session).state = "unclaimed"
    session.commit()

    assert error_of(user.post(MESSAGES, json=text_to(contact_id=conversation.contact_id))) == (409, "channel_required")


def test_a_conversation_belongs_to_one_number(user: TestClient, session: Session, conversation: Conversation) -> None:
    other = make_channel(session)
    session.commit()

    answer = user.post(MESSAGES, json=text_to(conversation_id=str(conversation.id), channel_id=other.id))

    assert error_of(answer) == (409, "channel_mismatch")


def test_messages_are_found_newest_first(user: TestClient, session: Session) -> None:
    first = make_conversation(session)
    second = make_conversation(session)
    make_message(session, first, text="1")
    make_message(session, first, text="2", direction="outbound")
    make_message(session, second, text="3", direction="outbound", status="failed", dispatch="done")
    make_message(session, second, text="4", status="read")
    session.commit()

    def found(**query: object) -> list[str]:
        return [item["text"] for item in user.get(MESSAGES, params=query).json()["items"]]

    assert found() == ["4", "3", "2", "1"]
    assert found(direction="outbound") == ["3", "2"]
    assert found(status="failed") == ["3"]
    assert found(conversation_id=first.id) == ["2", "1"]
    assert found(contact_id=second.contact_id, direction="inbound") == ["4"]
    assert found(contact_id=424242) == []


def test_pages_of_messages_show_each_once(user: TestClient, session: Session) -> None:
    conversation = make_conversation(session)
    ids = [make_message(session, conversation).id for _ in range(5)]
    session.commit()

    first = user.get(MESSAGES, params={"limit": 2}).json()
    second = user.get(MESSAGES, params={"limit": 2, "cursor": first["next"]}).json()
    third = user.get(MESSAGES, params={"limit": 2, "cursor": second["next"]}).json()

    assert [item["id"] for page in (first, second, third) for item in page["items"]] == ids[::-1]
    assert third["next"] is None


@pytest.mark.parametrize(
    "query", [{"status": "seen"}, {"direction": "up"}, {"conversation_id": "1"}, {"contact_id": 2**63}]
)
def test_a_filter_that_means_nothing_is_refused(user: TestClient, query: dict[str, Any]) -> None:
    assert error_of(user.get(MESSAGES, params=query)) == (422, "validation_failed")


def test_the_reports_about_a_message_are_listed_by_their_own_time(user: TestClient, session: Session) -> None:
    message = make_message(session, direction="outbound")
    at = datetime(2026, 3, 14, tzinfo=UTC)
    for second, status in ((0, "sent"), (2, "read"), (1, "delivered")):
        session.add(
            MessageEvent(
                channel_id=message.channel_id,
                message_id=message.id,
                whatsapp_message_id="wamid.1",
                status=status,
                at=at + timedelta(seconds=second),
                report={},
            )
        )
    session.commit()
    path = f"{MESSAGES}/{message.id}/events"

    first = user.get(path, params={"limit": 2}).json()
    rest = user.get(path, params={"limit": 2, "cursor": first["next"]}).json()

    assert [item["status"] for item in first["items"] + rest["items"]] == ["read", "delivered", "sent"]


@pytest.mark.parametrize(("method", "ending"), [("get", ""), ("get", "/events"), ("post", "/resend")])
def test_a_message_that_does_not_exist_is_not_found(user: TestClient, method: str, ending: str) -> None:
    assert error_of(user.request(method, f"{MESSAGES}/424242{ending}")) == (404, "message_not_found")


def test_a_failed_message_is_sent_again_by_one_click(user: TestClient, session: Session) -> None:
    failed = make_message(
        session,
        direction="outbound",
        status="failed",
        dispatch="done",
        error_message="outcome_unknown",
        error_source="ours",
        attempt=1,
    )
    session.commit()

    answer = user.post(f"{MESSAGES}/{failed.id}/resend")

    assert answer.status_code == 202
    assert (answer.json()["id"], answer.json()["status"], answer.json()["dispatch"]) == (failed.id, "pending", "queued")


def test_a_message_that_has_not_failed_is_not_sent_again(user: TestClient, session: Session) -> None:
    queued = make_message(session, direction="outbound")
    inbound = make_message(session)
    session.commit()

    for message in (queued, inbound):
        assert error_of(user.post(f"{MESSAGES}/{message.id}/resend")) == (409, "not_resendable")


def test_the_contact_that_a_merge_left_is_written_to(
    user: TestClient, session: Session, conversation: Conversation
) -> None:
    session.add(ContactMerge(old_contact_id=900_001, contact_id=conversation.contact_id))
    session.commit()

    answer = user.post(MESSAGES, json=text_to(contact_id=900_001))

    assert answer.json()["contact_id"] == conversation.contact_id


def test_a_merge_under_way_does_not_swallow_a_message(
    user: TestClient, session: Session, database: Engine, conversation: Conversation
) -> None:
    merged = make_contact(session, phone="+15550009")
    session.commit()

    with Session(database) as merging, ThreadPoolExecutor(1) as pool:
        lock = select(Contact.id).order_by(Contact.id).with_for_update(key_share=True)
        merging.scalars(lock).all()
        request = pool.submit(user.post, MESSAGES, json=text_to(contact_id=merged.id))
        eventually(lambda: is_blocked(database))
        merging.add(ContactMerge(old_contact_id=merged.id, contact_id=conversation.contact_id))
        merging.execute(delete(Contact).where(Contact.id == merged.id))
        merging.commit()
        answer = request.result()

    assert (answer.status_code, answer.json()["contact_id"]) == (202, conversation.contact_id)
    assert count(session) == 1


def test_a_message_quotes_another_of_its_conversation(user: TestClient, session: Session) -> None:
    conversation = make_conversation(session, window_from=datetime.now(UTC))
    quoted, elsewhere = make_message(session, conversation), make_message(session)
    session.commit()
    body = {"conversation_id": str(conversation.id), "type": "text", "text": {"body": "This one"}}

    sent = user.post(MESSAGES, json=body | {"reply_to": quoted.id})
    refused = user.post(MESSAGES, json=body | {"reply_to": elsewhere.id})

    assert sent.json()["content"]["context"] == {"message_id": quoted.whatsapp_message_id}
    assert error_of(refused) == (409, "not_quotable")


def test_a_message_is_explained_by_its_cause_its_gates_its_tries_and_its_reports(
    user: TestClient, session: Session
) -> None:
    conversation = make_conversation(session)
    by_hand = make_message(session, conversation, direction="outbound", gates=[{"gate": "window", "verdict": "fail"}])
    session.commit()

    found = user.get(f"{MESSAGES}/{by_hand.id}/explain").json()

    assert (found["message"]["id"], found["cause"], found["attempts"], found["events"]) == (by_hand.id, None, [], [])
    assert found["message"]["gates"] == [{"gate": "window", "verdict": "fail"}]
    assert error_of(user.get(f"{MESSAGES}/999999/explain")) == (404, "message_not_found")
