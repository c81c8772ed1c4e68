"""POSTs with an Idempotency-Key."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.models import Automation, Contact, Conversation, IdempotencyKey, Message
from app.services import idempotency
from tests.builders import make_contact, make_conversation
from tests.waiting import eventually, is_blocked

MESSAGES = "/api/v1/messages"
CONTACTS = "/api/v1/contacts"

KEY = {"Idempotency-Key": "order-17"}


@pytest.fixture
def conversation(session: Session) -> Conversation:
    conversation = make_conversation(session, make_contact(session), window_from=datetime.now(UTC))
    session.commit()
    return conversation


def text_to(conversation: Conversation, body: str = "hi") -> dict[str, Any]:
    return {"conversation_id": str(conversation.id), "type": "text", "text": {"body": body}}


def count(session: Session, table: type) -> int:
    return session.scalars(select(func.count()).select_from(table)).one()


def test_the_first_answer_is_given_again(user: TestClient, session: Session, conversation: Conversation) -> None:
    first = user.post(MESSAGES, json=text_to(conversation), headers=KEY)
    again = user.post(MESSAGES, json=text_to(conversation), headers=KEY)

    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json() == first.json()
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert count(session, Message) == 1


def test_how_the_body_was_written_does_not_matter(
    user: TestClient, session: Session, conversation: Conversation
) -> None:
    body = text_to(conversation)
    user.post(MESSAGES, json=body, headers=KEY)

    again = user.post(MESSAGES, json=dict(reversed(body.items())), headers=KEY)

    assert again.headers["Idempotency-Replayed"] == "true"
    assert count(session, Message) == 1


def test_another_body_under_the_same_key_is_refused(
    user: TestClient, session: Session, conversation: Conversation
) -> None:
    user.post(MESSAGES, json=text_to(conversation), headers=KEY)

    answer = user.post(MESSAGES, json=text_to(conversation, "bye"), headers=KEY)

    assert (answer.status_code, answer.json()["error"]) == (409, "idempotency_mismatch")
    assert count(session, Message) == 1


def test_contacts_and_automations_know_it_too(admin: TestClient, session: Session) -> None:
    automation = {
        "name": "Greeting",
        "trigger_type": "keyword",
        "trigger_conditions": {"keyword": "hola"},
        "action_type": "send_message",
        "action_payload": {"message_template": "¡Hola!"},
    }
    for path, body in ((CONTACTS, {"name": "A"}), ("/api/v1/automations", automation)):
        first, again = (admin.post(path, json=body, headers=KEY) for _ in range(2))

        assert (first.status_code, again.status_code) == (201, 201)
        assert again.json() == first.json()
        assert again.headers["Idempotency-Replayed"] == "true"
    assert (count(session, Contact), count(session, Automation)) == (1, 1)


def test_keys_of_other_people_and_routes_are_others(
    user: TestClient, admin: TestClient, session: Session, conversation: Conversation
) -> None:
    user.post(MESSAGES, json=text_to(conversation), headers=KEY)

    by_another = admin.post(MESSAGES, json=text_to(conversation, "other"), headers=KEY)
    elsewhere = user.post(CONTACTS, json={"name": "A"}, headers=KEY)

    assert (by_another.status_code, elsewhere.status_code) == (202, 201)


def test_a_refusal_is_not_kept(user: TestClient, session: Session, conversation: Conversation) -> None:
    opens_at = conversation.service_window_expires_at
    conversation.service_window_expires_at = None
    session.commit()
    refused = user.post(MESSAGES, json=text_to(conversation), headers=KEY)
    conversation.service_window_expires_at = opens_at
    session.commit()

    again = user.post(MESSAGES, json=text_to(conversation), headers=KEY)

    assert (refused.status_code, again.status_code) == (409, 202)
    assert "Idempotency-Replayed" not in again.headers


def test_after_seven_days_the_key_is_free(user: TestClient, session: Session, conversation: Conversation) -> None:
    user.post(MESSAGES, json=text_to(conversation), headers=KEY)
    session.execute(update(IdempotencyKey).values(created_at=datetime.now(UTC) - timedelta(days=7, seconds=1)))
    session.commit()

    other = user.post(MESSAGES, json=text_to(conversation, "bye"), headers=KEY)
    again = user.post(MESSAGES, json=text_to(conversation, "bye"), headers=KEY)

    assert (other.status_code, other.json()["text"]) == (202, "bye")
    assert again.json() == other.json()
    assert count(session, Message) == 2


@pytest.mark.parametrize("key", ["", " ", "a b", "a\tb", "é", "x" * 256])
def test_a_key_has_1_to_255_visible_characters(user: TestClient, conversation: Conversation, key: str) -> None:
    answer = user.post(MESSAGES, json=text_to(conversation), headers={b"Idempotency-Key": key.encode()})

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_idempotency_key")


def test_a_key_of_255_characters_is_fine(user: TestClient, conversation: Conversation) -> None:
    headers = {"Idempotency-Key": "~" * 255}

    assert user.post(MESSAGES, json=text_to(conversation), headers=headers).status_code == 202


class TestTwins:
    """The first request is still under way when its twin comes."""

    @pytest.fixture
    def pool(self) -> Iterator[ThreadPoolExecutor]:
        with ThreadPoolExecutor(1) as pool:
            yield pool

    def _ticket(self, user: TestClient, body: dict[str, Any]) -> idempotency.Ticket:
        me = user.get("/api/v1/auth/me").json()["id"]
        return idempotency.Ticket(
            principal=f"user:{me}",
            route=f"POST {CONTACTS}",
            key=KEY["Idempotency-Key"],
            request_hash=idempotency.hash_request(body),
        )

    def _twin(
        self, pool: ThreadPoolExecutor, user: TestClient, database: Engine, body: dict[str, Any]
    ) -> "Future[Any]":
        future = pool.submit(user.post, CONTACTS, json=body, headers=KEY)
        eventually(lambda: is_blocked(database))
        return future

    def test_the_twin_waits_and_gets_the_first_answer(
        self, user: TestClient, database: Engine, pool: ThreadPoolExecutor
    ) -> None:
        ticket = self._ticket(user, {"name": "A"})
        with Session(database) as first:
            assert idempotency.claim(first, ticket, now=datetime.now(UTC)) is None
            future = self._twin(pool, user, database, {"name": "A"})
            idempotency.keep(first, ticket, idempotency.Answer(status=201, body={"id": 7}))
            first.commit()

        twin = future.result()

        assert (twin.status_code, twin.json()) == (201, {"id": 7})
        assert twin.headers["Idempotency-Replayed"] == "true"

    def test_the_twin_does_the_work_when_the_first_was_refused(
        self, user: TestClient, database: Engine, pool: ThreadPoolExecutor
    ) -> None:
        ticket = self._ticket(user, {"name": "A"})
        with Session(database) as first:
            idempotency.claim(first, ticket, now=datetime.now(UTC))
            future = self._twin(pool, user, database, {"name": "A"})
            first.rollback()

        twin = future.result()

        assert (twin.status_code, twin.json()["name"]) == (201, "A")
        assert "Idempotency-Replayed" not in twin.headers

    def test_a_twin_that_waits_too_long_is_told_so(
        self, user: TestClient, database: Engine, pool: ThreadPoolExecutor
    ) -> None:
        ticket = self._ticket(user, {"name": "A"})
        with Session(database) as first:
            idempotency.claim(first, ticket, now=datetime.now(UTC))
            twin = self._twin(pool, user, database, {"name": "A"}).result()

        assert (twin.status_code, twin.json()["error"]) == (409, "request_in_progress")
