"""Consents, timeline, merging and erasing, over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from tests.api.answers import error_of
from tests.builders import make_contact, make_conversation, make_message

CONTACTS = "/api/v1/contacts"
THEN = datetime(2026, 3, 14, 15, 0, tzinfo=UTC)


def test_the_latest_word_counts_and_all_of_them_stay(user: TestClient, session: Session) -> None:
    contact = make_contact(session)
    session.commit()
    path = f"{CONTACTS}/{contact.id}/consents"

    agreed = user.post(path, json={"category": "marketing", "state": "in", "proof": "At the counter."})
    silenced = user.post(path, json={"category": "all", "state": "out"}).json()
    listed = user.get(path).json()

    assert (agreed.status_code, agreed.json()["in_force"]) == (201, {"marketing": "in"})
    assert silenced["in_force"] == listed["in_force"] == {"marketing": "out", "all": "out"}
    assert [(each["category"], each["source"], each["proof"]) for each in listed["items"]] == [
        ("all", "user", None),
        ("marketing", "user", "At the counter."),
    ]


@pytest.mark.parametrize(
    "body", [{"category": "Marketing!", "state": "in"}, {"category": "all", "state": "maybe"}, {"category": "all"}]
)
def test_a_consent_that_says_nothing_is_refused(user: TestClient, session: Session, body: dict[str, Any]) -> None:
    contact = make_contact(session)
    session.commit()

    assert error_of(user.post(f"{CONTACTS}/{contact.id}/consents", json=body)) == (422, "validation_failed")


def test_the_timeline_holds_everything_once_newest_first(user: TestClient, session: Session) -> None:
    conversation = make_conversation(session, make_contact(session))
    for minute in range(4):
        make_message(session, conversation, text=f"m{minute}", happened_at=THEN + timedelta(minutes=minute))
    contact_id = conversation.contact_id
    session.execute(
        text("""
            INSERT INTO consents (contact_id, category, state, source, source_key, at)
            VALUES (:id, 'all', 'out', 'keyword', '1', :at)
        """),
        {"id": contact_id, "at": THEN + timedelta(minutes=2)},
    )
    session.commit()

    seen: list[dict[str, Any]] = []
    cursor = None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = user.get(f"{CONTACTS}/{contact_id}/timeline", params=query).json()
        seen += page["items"]
        cursor = page["next"]
        if cursor is None:
            break

    assert [each["details"].get("text", each["kind"]) for each in seen] == ["m3", "m2", "consent", "m1", "m0"]
    assert error_of(user.get(f"{CONTACTS}/{contact_id}/timeline?cursor=x")) == (400, "invalid_cursor")


def test_two_contacts_become_one_and_both_ids_lead_to_it(user: TestClient, session: Session) -> None:
    kept = make_conversation(session, make_contact(session, name="Ana", phone="+15550001", tags=["a"]))
    other = make_conversation(session, make_contact(session, phone="+15550002", tags=["b"], email="ana@hilo.example"))
    make_message(session, other, text="hola")
    session.commit()
    first, second = kept.contact_id, other.contact_id

    merged = user.post(f"{CONTACTS}/{first}/merge", json={"contact_id": second}).json()

    assert (merged["id"], merged["name"], merged["email"]) == (first, "Ana", "ana@hilo.example")
    assert sorted(merged["tags"]) == ["a", "b"]
    assert {each["value"] for each in merged["identities"]} >= {"+15550001", "+15550002"}
    assert user.get(f"{CONTACTS}/{second}").json()["id"] == first
    assert [each["text"] for each in user.get("/api/v1/messages", params={"contact_id": first}).json()["items"]] == [
        "hola"
    ]
    again = user.post(f"{CONTACTS}/{first}/merge", json={"contact_id": second})
    assert error_of(again) == (409, "same_contact")
    assert error_of(user.post(f"{CONTACTS}/{first}/merge", json={"contact_id": 999_999})) == (404, "contact_not_found")


def test_a_contact_is_erased_with_all_that_was_said(admin: TestClient, session: Session) -> None:
    conversation = make_conversation(session, make_contact(session, name="Ana"))
    make_message(session, conversation, text="my secret")
    session.commit()
    admin.patch(f"{CONTACTS}/{conversation.contact_id}", json={"name": "Ana María"})

    assert admin.post(f"{CONTACTS}/{conversation.contact_id}/erase").status_code == 204

    assert error_of(admin.get(f"{CONTACTS}/{conversation.contact_id}")) == (404, "contact_not_found")
    for table in ("contacts", "contact_identities", "conversations", "messages"):
        assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 0
    kept = session.execute(text("SELECT action, before, after FROM audit_log ORDER BY id")).all()
    assert [tuple(row) for row in kept] == [("contact.updated", None, None), ("contact.erased", None, None)]


@pytest.mark.parametrize("dispatch", ["sending", "unknown"])
def test_whom_something_is_being_sent_to_is_not_erased(admin: TestClient, session: Session, dispatch: str) -> None:
    conversation = make_conversation(session)
    make_message(session, conversation, direction="outbound", dispatch=dispatch)
    session.commit()

    answer = admin.post(f"{CONTACTS}/{conversation.contact_id}/erase")

    assert error_of(answer) == (409, "contact_busy")


@pytest.mark.parametrize(
    ("method", "ending"), [("get", "/timeline"), ("get", "/consents"), ("post", "/consents"), ("post", "/erase")]
)
def test_a_contact_that_does_not_exist_is_not_found(admin: TestClient, method: str, ending: str) -> None:
    body = {"category": "all", "state": "in"} if method == "post" and ending == "/consents" else None
    answer = admin.request(method, f"{CONTACTS}/999999{ending}", json=body)

    assert error_of(answer) == (404, "contact_not_found")
