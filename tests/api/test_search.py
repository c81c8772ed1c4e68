"""One search over everything."""

from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from tests.builders import make_contact, make_conversation, make_message


@pytest.mark.parametrize(
    ("q", "contacts", "conversations", "messages"),
    [
        ("pérez", 1, 1, 0),
        ("PEREZ juan", 1, 1, 0),
        ("camion rojo", 0, 0, 1),
        ("un", 0, 0, 1),
        ("amió", 0, 0, 1),
        ("%", 0, 0, 0),
        ("nothing", 0, 0, 0),
    ],
)
def test_everything_that_holds_the_words_is_found(
    user: TestClient, session: Session, q: str, contacts: int, conversations: int, messages: int
) -> None:
    conversation = make_conversation(session, make_contact(session, name="Juan Pérez"), window_from=datetime.now(UTC))
    make_message(session, conversation, text="Un camión ROJO, por favor")
    make_message(session, text="otra cosa")
    session.commit()

    found = user.get("/api/v1/search", params={"q": q}).json()

    assert [len(found[kind]) for kind in ("contacts", "conversations", "messages")] == [
        contacts,
        conversations,
        messages,
    ]


def test_a_search_without_a_question_is_refused(user: TestClient) -> None:
    assert user.get("/api/v1/search").status_code == 422
