"""Conversations over HTTP."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.models import Conversation
from tests.api.answers import error_of
from tests.builders import make_contact, make_conversation, make_message, make_user

CONVERSATIONS = "/api/v1/conversations"
THEN = datetime(2026, 3, 14, 15, 0, tzinfo=UTC)


def at(minute: int) -> datetime:
    return THEN + timedelta(minutes=minute)


def test_a_conversation_tells_with_whom_and_what_was_said_last(user: TestClient, session: Session) -> None:
    contact = make_contact(session, phone="+15550001", profile_name="Alice")
    conversation = make_conversation(
        session,
        contact,
        last_message_at=at(1),
        last_message_text="hola",
        last_message_direction="inbound",
    )
    session.commit()

    answer = user.get(f"{CONVERSATIONS}/{conversation.id}")

    assert answer.status_code == 200
    shown = answer.json()
    assert shown["contact"] == {"id": contact.id, "name": "Alice", "phone": "+15550001"}
    assert shown["last_message"] == {"at": "2026-03-14T15:01:00Z", "direction": "inbound", "text": "hola"}
    assert shown["state"] == "open"


def test_unread_counts_what_came_after_the_read_mark(user: TestClient, session: Session) -> None:
    conversation = make_conversation(session, read_until=at(1))
    other = make_conversation(session)
    for minute in (0, 1, 2, 3):
        make_message(session, conversation, happened_at=at(minute))
    make_message(session, conversation, happened_at=at(4), direction="outbound")
    make_message(session, conversation, happened_at=at(5), message_type="edit", amends="wamid.original")
    make_message(session, other, happened_at=at(0))
    session.commit()

    items = user.get(CONVERSATIONS).json()["items"]

    assert {item["id"]: item["unread"] for item in items} == {str(conversation.id): 2, str(other.id): 1}


def test_reading_clears_unread_and_turns_the_ticks_blue(user: TestClient, session: Session) -> None:
    conversation = make_conversation(session)
    messages = [make_message(session, conversation, happened_at=at(minute)) for minute in (0, 2)]
    session.commit()

    answer = user.post(f"{CONVERSATIONS}/{conversation.id}/read")

    assert answer.status_code == 200
    assert (answer.json()["unread"], answer.json()["read_until"]) == (0, "2026-03-14T15:02:00Z")
    session.expire_all()
    assert [message.status for message in messages] == ["read", "read"]


def test_reading_a_conversation_without_messages_changes_nothing(user: TestClient, session: Session) -> None:
    conversation = make_conversation(session)
    session.commit()

    answer = user.post(f"{CONVERSATIONS}/{conversation.id}/read")

    assert (answer.status_code, answer.json()["read_until"]) == (200, None)


@pytest.mark.parametrize(
    ("service_hours", "entry_hours", "is_open"),
    [(None, None, False), (1, None, True), (-1, None, False), (-1, 47, True), (None, -1, False)],
)
def test_the_window_is_open_while_either_kind_is(
    user: TestClient, session: Session, service_hours: int | None, entry_hours: int | None, is_open: bool
) -> None:
    now = datetime.now(UTC)
    conversation = make_conversation(
        session,
        service_window_expires_at=None if service_hours is None else now + timedelta(hours=service_hours),
        entry_window_expires_at=None if entry_hours is None else now + timedelta(hours=entry_hours),
    )
    session.commit()

    window = user.get(f"{CONVERSATIONS}/{conversation.id}").json()["window"]

    assert window["is_open"] is is_open
    latest = max((hours for hours in (service_hours, entry_hours) if hours is not None), default=0)
    assert abs(window["seconds_left"] - max(0, latest * 3600)) < 30


def test_pages_go_by_the_last_message_and_end_with_the_silent_ones(user: TestClient, session: Session) -> None:
    talking = [make_conversation(session, last_message_at=at(minute)) for minute in (3, 1, 2, 2)]
    silent = [make_conversation(session) for _ in range(3)]
    session.commit()

    seen, cursor = [], None
    while True:
        page = user.get(CONVERSATIONS, params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break

    by_id = sorted(talking[2:], key=lambda each: each.id)
    expected = [talking[0], *by_id, talking[1], *sorted(silent, key=lambda each: each.id)]
    assert seen == [str(each.id) for each in expected]


def test_conversations_are_found(user: TestClient, session: Session) -> None:
    contact = make_contact(session, name="Ana")
    mine = make_conversation(session, contact, window_from=datetime.now(UTC))
    make_message(session, mine, happened_at=at(5))
    closed = make_conversation(session, closed_until=at(5), last_inbound_at=at(5), read_until=at(5))
    make_message(session, closed, happened_at=at(5))
    assignee = make_user(session)
    closed.assignee_id = assignee.id
    session.commit()

    def found(**query: object) -> list[str]:
        return [item["id"] for item in user.get(CONVERSATIONS, params=query).json()["items"]]

    assert found(contact_id=contact.id) == [str(mine.id)]
    assert found(contact_id=424242) == []
    for query, expected in (
        ({"state": "closed"}, closed),
        ({"state": "open"}, mine),
        ({"q": "ana"}, mine),
        ({"assignee_id": assignee.id}, closed),
        ({"is_assigned": False}, mine),
        ({"is_assigned": True}, closed),
        ({"is_unread": True}, mine),
        ({"is_unread": False}, closed),
        ({"is_window_open": True}, mine),
        ({"is_window_open": False}, closed),
    ):
        assert found(**query) == [str(expected.id)], query
    assert found(channel_id=mine.channel_id + 1) == []
    assert set(found(updated_since="2020-01-01T00:00:00Z")) == {str(mine.id), str(closed.id)}


def test_a_closed_conversation_opens_when_its_contact_writes_again(user: TestClient, session: Session) -> None:
    conversation = make_conversation(session, last_inbound_at=at(5))
    session.commit()
    path = f"{CONVERSATIONS}/{conversation.id}"

    closed = user.post(f"{path}/close").json()["state"]
    conversation.last_inbound_at = at(6)
    session.commit()
    after_a_word = user.get(path).json()["state"]
    user.post(f"{path}/close")
    reopened = user.post(f"{path}/reopen").json()["state"]

    assert (closed, after_a_word, reopened) == ("closed", "open", "open")


def test_a_conversation_is_given_to_somebody_and_to_nobody(user: TestClient, session: Session) -> None:
    conversation, assignee = make_conversation(session), make_user(session)
    gone = make_user(session, is_active=False)
    session.commit()
    path = f"{CONVERSATIONS}/{conversation.id}/assign"

    given = user.post(path, json={"user_id": assignee.id}).json()["assignee_id"]
    refused = user.post(path, json={"user_id": gone.id})
    taken = user.post(path, json={"user_id": None}).json()["assignee_id"]

    assert (given, taken) == (assignee.id, None)
    assert error_of(refused) == (404, "assignee_not_found")
    assert error_of(user.post(path, json={})) == (422, "validation_failed")


def test_the_thread_goes_by_when_it_was_said_not_by_when_we_heard(user: TestClient, session: Session) -> None:
    conversation = make_conversation(session)
    texts = {"late": 1, "first": 0, "twin": 2, "last": 2}
    for text, minute in texts.items():
        make_message(session, conversation, text=text, happened_at=at(minute))
    make_message(session, text="of another conversation")
    session.commit()
    path = f"{CONVERSATIONS}/{conversation.id}/messages"

    first = user.get(path, params={"limit": 3}).json()
    rest = user.get(path, params={"limit": 3, "cursor": first["next"]}).json()

    assert [item["text"] for item in first["items"] + rest["items"]] == ["last", "twin", "late", "first"]
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("method", "ending"),
    [("get", ""), ("get", "/messages"), ("post", "/read"), ("post", "/close"), ("post", "/reopen")],
)
def test_a_conversation_that_does_not_exist_is_not_found(user: TestClient, method: str, ending: str) -> None:
    missing = user.request(method, f"{CONVERSATIONS}/{uuid4()}{ending}")
    malformed = user.request(method, f"{CONVERSATIONS}/17{ending}")

    assert (missing.status_code, missing.json()["error"]) == (404, "conversation_not_found")
    assert malformed.status_code == 422


def test_a_cursor_of_the_thread_is_checked(user: TestClient, session: Session) -> None:
    conversation: Conversation = make_conversation(session)
    session.commit()

    answer = user.get(f"{CONVERSATIONS}/{conversation.id}/messages", params={"cursor": "WzFd"})

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_cursor")
