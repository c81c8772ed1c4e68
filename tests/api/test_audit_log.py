"""The audit log, as an admin reads it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from tests.builders import PASSWORD, make_user
from tests.conftest import bearer

LOG = "/api/v1/audit-log"


def entries(admin: TestClient, **query: object) -> list[dict]:
    answer = admin.get(LOG, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def test_a_change_is_told_by_whom_and_under_the_id_of_the_request(admin, user):
    made = user.post("/api/v1/contacts", json={"name": "Juan"}, headers={"X-Request-Id": "first"}).json()
    user.patch(f"/api/v1/contacts/{made['id']}", json={"name": "Juana"}, headers={"X-Request-Id": "second"})

    me = user.get("/api/v1/auth/me").json()
    found = entries(admin, subject_kind="contact", subject_id=str(made["id"]))
    assert [(each["action"], each["trace"], each["actor_name"]) for each in found] == [
        ("contact.updated", "second", me["username"]),
        ("contact.created", "first", me["username"]),
    ]
    assert (found[0]["before"], found[0]["after"]) == ({"name": "Juan"}, {"name": "Juana"})


def test_what_is_refused_and_what_is_only_looked_at_is_not_told_of(admin, user):
    user.get("/api/v1/contacts")
    user.post("/api/v1/contacts", json={"name": "Juan", "phone": "nonsense"})
    user.post("/api/v1/channels/1/halt")

    assert entries(admin) == []


def test_a_key_is_told_beside_its_owner(admin, nobody):
    made = admin.post("/api/v1/api-keys", json={"name": "Shop", "scopes": ["contacts:write"]}).json()
    nobody.post("/api/v1/contacts", json={"name": "Juan"}, headers=bearer(made["key"]))

    [entry] = entries(admin, action="contact.created")

    assert (entry["api_key_id"], entry["actor_id"]) == (made["id"], made["user_id"])
    assert made["key"] not in str(entries(admin))


def test_logins_failures_and_logouts_are_told_of(admin, nobody, session: Session):
    ana = make_user(session, username="ana")
    session.commit()

    for password in ("wrong", PASSWORD):
        nobody.post("/api/v1/auth/login", data={"username": "ana", "password": password})
    nobody.post("/api/v1/auth/login", data={"username": "nobody", "password": "wrong"})
    nobody.post("/api/v1/auth/logout")
    admin.post(f"/api/v1/users/{ana.id}/reset-password")

    found = [(each["action"], each["actor_name"]) for each in entries(admin, subject_id=str(ana.id))]
    assert found[1:] == [("user.logged_out", "ana"), ("user.logged_in", "ana"), ("user.login_failed", "ana")]
    assert found[0][0] == "user.password_reset"
    assert "nobody" not in str(entries(admin))


def test_it_is_read_page_by_page_and_by_time(admin):
    for name in ("A", "B", "C"):
        admin.post("/api/v1/contacts", json={"name": name})

    page = admin.get(LOG, params={"limit": 2}).json()
    rest = admin.get(LOG, params={"limit": 2, "cursor": page["next"]}).json()
    assert [each["after"]["name"] for each in page["items"] + rest["items"]] == ["C", "B", "A"]
    assert rest["next"] is None

    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert len(entries(admin, to=soon)) == 3
    assert entries(admin, **{"from": soon}) == []


@pytest.mark.parametrize("query", [{"actor_id": 999}, {"action": "contact.deleted"}, {"subject_kind": "user"}])
def test_it_is_searched(admin, query):
    admin.post("/api/v1/contacts", json={"name": "A"})

    assert entries(admin, **query) == []


@pytest.mark.parametrize("query", [{"from": "2026-01-01"}, {"from": "yesterday"}, {"actor_id": 0}, {"cursor": "x"}])
def test_what_cannot_be_asked_is_refused(admin, query):
    assert admin.get(LOG, params=query).status_code in {400, 422}


def test_everything_but_the_first_and_last_moments_can_be_asked(admin):
    for moment in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"):
        assert admin.get(LOG, params={"from": moment}).status_code < 500
