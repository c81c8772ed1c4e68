"""One search over everything."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.models import Message
from app.services.message_search import STRETCH
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


@pytest.fixture
def long_ago(session: Session) -> Message:
    """Said before so much else that a search of everybody's messages does not come to it at once."""
    said = make_message(session, text="Un camión ROJO, por favor")
    session.execute(text("SELECT setval('messages_id_seq', :next)"), {"next": said.id + STRETCH})
    make_message(session, make_conversation(session), text="un camión azul")
    session.commit()
    return said


@pytest.mark.parametrize("of", ["contact_id", "conversation_id", "thread"])
def test_of_one_person_everything_is_searched(user: TestClient, long_ago: Message, of: str) -> None:
    path = f"/api/v1/conversations/{long_ago.conversation_id}/messages" if of == "thread" else "/api/v1/messages"
    whose = {} if of == "thread" else {of: getattr(long_ago, of)}

    pages = [user.get(path, params={"q": q, **whose}).json() for q in ("camion rojo", "camion azul")]

    assert [[row["id"] for row in page["items"]] for page in pages] == [[long_ago.id], []]
    assert [page["next"] for page in pages] == [None, None]


def test_of_everybody_it_goes_back_in_stretches(user: TestClient, long_ago: Message) -> None:
    assert user.get("/api/v1/search", params={"q": "rojo"}).json()["messages"] == []
    first = user.get("/api/v1/messages", params={"q": "rojo"}).json()
    second = user.get("/api/v1/messages", params={"q": "rojo", "cursor": first["next"]}).json()

    assert first["items"] == []
    assert ([row["id"] for row in second["items"]], second["next"]) == ([long_ago.id], None)


def test_pages_of_a_search_hold_each_message_once(user: TestClient, session: Session) -> None:
    conversation = make_conversation(session)
    made = [make_message(session, conversation, text=f"camión {number}").id for number in range(5)]
    session.commit()

    found: list[int] = []
    cursor: str | None = None
    while len(found) < 10:
        page = user.get("/api/v1/messages", params={"q": "camion", "limit": 2} | ({"cursor": cursor} if cursor else {}))
        found += [row["id"] for row in page.json()["items"]]
        cursor = page.json()["next"]
        if cursor is None:
            break

    assert found == made[::-1]


def test_nothing_said_yet_is_an_empty_page(user: TestClient) -> None:
    assert user.get("/api/v1/messages", params={"q": "hola"}).json() == {"items": [], "next": None}


def test_a_search_without_a_question_is_refused(user: TestClient) -> None:
    assert user.get("/api/v1/search").status_code == 422
