"""Contacts that no message made, and the automations that wait for new ones."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.database import in_transaction
from app.services import contact_imports
from tests.api.answers import error_of
from tests.builders import make_automation
from tests.conftest import bearer

CONTACTS = "/api/v1/contacts"
IMPORT = f"{CONTACTS}/import"
CSV = {"Content-Type": "text/csv"}
TABLE = b"name,phone\nAna,+15550001\nBen,+15550002\n"


def welcome(session: Session, **conditions: Any) -> int:
    made = make_automation(
        session,
        name="Welcome",
        trigger_type="new_contact",
        trigger_conditions=conditions,
        action_type="update_contact",
        action_payload={"add_tags": ["welcomed"]},
    )
    session.commit()
    return made.id


def add(caller: TestClient, how: str, now: Any) -> None:
    match how:
        case "manual":
            assert caller.post(CONTACTS, json={"name": "Ana"}).status_code == 201
        case "api":
            key = caller.post("/api/v1/api-keys", json={"name": "Shop", "scopes": ["contacts:write"]}).json()["key"]
            assert caller.post(CONTACTS, json={"name": "Ana"}, headers=bearer(key)).status_code == 201
        case "import":
            assert caller.post(IMPORT, content=b"name\nAna\n", headers=CSV).status_code == 202
            take_over(now)


def take_over(now: Any) -> None:
    while in_transaction(lambda session: contact_imports.go_on(session, now=now)):
        pass


@pytest.mark.parametrize(
    ("how", "sources", "is_welcomed"),
    [
        ("manual", None, True),
        ("api", None, True),
        ("import", None, False),
        ("manual", ["api"], False),
        ("api", ["api"], True),
        ("import", ["import"], True),
        ("manual", ["message"], False),
    ],
)
def test_whom_an_automation_means_is_welcomed(
    user: TestClient, session: Session, now: Any, how: str, sources: list[str] | None, is_welcomed: bool
) -> None:
    welcome(session, **({} if sources is None else {"sources": sources}))

    add(user, how, now)

    [contact] = user.get(CONTACTS).json()["items"]
    assert contact["tags"] == (["welcomed"] if is_welcomed else [])
    logs = session.execute(text("SELECT execution_status, contact_id FROM automation_logs")).all()
    assert [tuple(log) for log in logs] == ([("success", contact["id"])] if is_welcomed else [])


def test_the_answer_shows_what_the_automation_made_of_the_contact(user: TestClient, session: Session) -> None:
    welcome(session)

    made = user.post(CONTACTS, json={"name": "Ana", "tags": ["vip"]}).json()

    assert made["tags"] == ["vip", "welcomed"]


def test_conditions_count_and_nothing_starts_while_everything_is_paused(user: TestClient, session: Session) -> None:
    welcome(session, tags="vip")
    user.post(CONTACTS, json={"name": "Ana", "tags": ["lead"]})
    session.execute(text("UPDATE settings SET is_paused = true"))
    session.commit()

    user.post(CONTACTS, json={"name": "Ben", "tags": ["vip"]})

    logs = session.execute(text("SELECT execution_status, error_message FROM automation_logs")).all()
    assert [tuple(log) for log in logs] == [("skipped", "paused")]


def test_a_text_to_whoever_never_wrote_is_skipped_and_says_why(user: TestClient, session: Session) -> None:
    make_automation(session, trigger_type="new_contact")
    session.commit()

    user.post(CONTACTS, json={"name": "Ana", "phone": "+15550001"})

    logs = session.execute(text("SELECT execution_status, error_message FROM automation_logs")).all()
    assert [tuple(log) for log in logs] == [("skipped", "window_closed")]


def test_a_request_that_is_refused_starts_nothing(user: TestClient, session: Session) -> None:
    welcome(session)
    user.post(CONTACTS, json={"name": "Ana", "phone": "+15550001"})

    refused = user.post(CONTACTS, json={"name": "Ben", "phone": "+15550001"})

    assert error_of(refused) == (409, "phone_taken")
    assert session.scalar(text("SELECT count(*) FROM automation_runs")) == 1


def test_only_rows_that_bring_somebody_new_start_it(user: TestClient, session: Session, now: Any) -> None:
    user.post(CONTACTS, json={"name": "Ana", "phone": "+15550001"})
    welcome(session, sources=["import"])
    user.post(IMPORT, content=TABLE, headers=CSV)

    take_over(now)

    assert {each["name"]: each["tags"] for each in user.get(CONTACTS).json()["items"]} == {
        "Ana": [],
        "Ben": ["welcomed"],
    }


def test_a_preview_of_an_import_names_the_automations_that_would_start(user: TestClient, session: Session) -> None:
    welcome(session)
    asked_for = welcome(session, sources=["import", "message"])

    found = user.post(f"{IMPORT}/preview", content=TABLE, headers=CSV).json()

    assert found["automations"] == [{"id": asked_for, "name": "Welcome"}]
