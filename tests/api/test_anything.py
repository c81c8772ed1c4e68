"""Whatever comes in, nothing is answered with a server error."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from tests.builders import make_automation, make_contact, make_conversation, make_message, make_user

few = settings(max_examples=40)

IDS = st.one_of(
    st.integers(),
    st.sampled_from([0, -1, 2**31, 2**63 - 1, 2**63, 10**40]),
    st.uuids(),
    st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="/?#"), min_size=1, max_size=20),
)
PATHS = st.sampled_from(
    [
        ("get", "/contacts/{}"),
        ("delete", "/contacts/{}"),
        ("get", "/conversations/{}"),
        ("get", "/conversations/{}/messages"),
        ("post", "/conversations/{}/read"),
        ("get", "/messages/{}"),
        ("get", "/messages/{}/events"),
        ("post", "/messages/{}/resend"),
        ("get", "/automations/{}"),
        ("delete", "/automations/{}"),
        ("post", "/automations/{}/publish"),
        ("post", "/alerts/{}/resolve"),
        ("get", "/channels/{}"),
        ("post", "/channels/{}/claim"),
        ("get", "/users/{}"),
        ("post", "/users/{}/reset-password"),
        ("get", "/users/{}/api-keys"),
        ("delete", "/api-keys/{}"),
        ("delete", "/auth/sessions/{}"),
        ("get", "/webhook-events/{}"),
        ("post", "/webhook-events/{}/replay"),
    ]
)
LISTS = st.sampled_from(
    [
        *("contacts", "conversations", "messages", "automations", "automation-logs", "alerts", "channels"),
        *("webhook-events", "users", "api-keys", "audit-log"),
    ]
)
QUERIES = st.dictionaries(
    st.sampled_from(
        [
            *("q", "tag", "phone", "email", "is_active", "limit", "cursor", "contact_id", "conversation_id", "state"),
            *("direction", "status", "trigger_type", "automation_id", "execution_status", "role", "actor_id", "action"),
            *("subject_kind", "subject_id", "from", "to"),
        ]
    ),
    st.one_of(st.text(max_size=30), st.integers().map(str), st.sampled_from(["WzFd", "%", "_", "\\", "\x00", "true"])),
    max_size=4,
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=10)
    | st.sampled_from(["\x00", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    [
        *("name", "given_name", "phone", "email", "birthday", "tags", "notes", "language", "time_zone", "metadata"),
        *("is_active", "description", "trigger_type", "trigger_conditions", "action_type", "action_payload"),
        *("schedule_config", "priority", "contact_id", "conversation_id", "to", "channel_id", "type", "text"),
        *("delivery", "token", "reason", "username", "role", "password", "full_name", "scopes", "expires_at"),
    ]
)
TARGETS = ["contacts", "messages", "automations", "users", "api-keys", "contact", "automation", "user"]
BODIES = st.one_of(JSON, st.dictionaries(KEYS, JSON, max_size=6))


@pytest.fixture
def rows(session: Session) -> dict[str, Any]:
    conversation = make_conversation(session, make_contact(session, name="A"))
    found = {
        "contact": conversation.contact_id,
        "message": make_message(session, conversation).id,
        "automation": make_automation(session).id,
        "user": make_user(session).id,
    }
    session.commit()
    return found


def checked(answer: Any) -> None:
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert {"error", "detail"} <= answer.json().keys()


@few
@given(path=PATHS, id=IDS)
def test_any_id_is_answered(admin: TestClient, path: tuple[str, str], id: object) -> None:
    method, pattern = path

    checked(admin.request(method, "/api/v1" + pattern.format(quote(str(id), safe=""))))


@few
@given(name=LISTS, query=QUERIES)
def test_any_query_is_answered(admin: TestClient, rows: dict[str, Any], name: str, query: dict[str, str]) -> None:
    encodable = {key: value.encode(errors="replace").decode() for key, value in query.items()}

    checked(admin.get(f"/api/v1/{name}", params=encodable))


@few
@given(body=BODIES, target=st.sampled_from(TARGETS))
def test_any_body_is_answered(admin: TestClient, rows: dict[str, Any], body: Any, target: str) -> None:
    method, path = ("POST", target) if target.endswith("s") else ("PATCH", f"{target}s/{rows[target]}")

    answer = admin.request(
        method, f"/api/v1/{path}", content=json.dumps(body), headers={"Content-Type": "application/json"}
    )

    checked(answer)


@few
@given(raw=st.binary(max_size=60))
def test_any_bytes_are_answered(admin: TestClient, raw: bytes) -> None:
    checked(admin.post("/api/v1/contacts", content=raw, headers={"Content-Type": "application/json"}))
    checked(
        admin.post("/api/v1/auth/login", content=raw, headers={"Content-Type": "application/x-www-form-urlencoded"})
    )


@few
@given(key=st.text(max_size=20), value=st.binary(max_size=40))
def test_any_token_is_answered(nobody: TestClient, key: str, value: bytes) -> None:
    header = value.replace(b"\r", b"").replace(b"\n", b"").replace(b"\x00", b"")

    checked(nobody.get("/api/v1/contacts", headers={b"Authorization": b"Bearer " + header}))
