"""API keys, as programs use them."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from app.core.tokens import hash_token
from app.models import ApiKey, IdempotencyKey, User
from tests.conftest import bearer

KEYS = "/api/v1/api-keys"
NEW = {"name": "Web shop", "scopes": ["contacts:read"]}


def make_key(client: TestClient, **changes: object) -> dict:
    answer = client.post(KEYS, json=NEW | changes)
    assert answer.status_code == 201, answer.text
    return answer.json()


def contacts(client: TestClient, key: str) -> int:
    return client.get("/api/v1/contacts", headers=bearer(key)).status_code


def test_a_key_is_shown_once_and_only_its_hash_is_kept(user, session):
    made = make_key(user)

    row = session.scalars(select(ApiKey)).one()
    assert made["key"].startswith("hilo_")
    assert len(made["key"]) >= 48
    assert row.key_hash == hash_token(made["key"])
    listed = user.get(KEYS).json()["items"]
    assert [(each["name"], each["hint"]) for each in listed] == [("Web shop", made["key"][:9])]
    assert made["key"] not in str(listed)


def test_a_repeated_request_makes_one_key_and_does_not_keep_it(user, session):
    first = user.post(KEYS, json=NEW, headers={"Idempotency-Key": "one"}).json()
    again = user.post(KEYS, json=NEW, headers={"Idempotency-Key": "one"}).json()

    assert again == first | {"key": None}
    assert first["key"] not in str(session.scalars(select(IdempotencyKey)).one().answer)


def test_a_key_acts_for_its_owner(user, nobody):
    key = make_key(user, scopes=["contacts:write"])["key"]

    made = nobody.post("/api/v1/contacts", json={"name": "Ana"}, headers=bearer(key))

    assert made.status_code == 201
    assert made.json()["created_by"] == user.get("/api/v1/auth/me").json()["id"]
    assert nobody.get("/api/v1/auth/me", headers=bearer(key)).json()["permissions"] == ["contacts:write"]


def test_a_key_that_was_revoked_stops_at_once(user, nobody):
    made = make_key(user)
    assert contacts(nobody, made["key"]) == 200

    assert user.delete(f"{KEYS}/{made['id']}").status_code == 204

    assert contacts(nobody, made["key"]) == 401
    assert user.delete(f"{KEYS}/{made['id']}").status_code == 204
    assert user.get(KEYS).json()["items"][0]["revoked_at"] is not None


@pytest.mark.parametrize("days", [None, 2])
def test_a_key_makes_none_that_outlives_it(user, nobody, days):
    now = datetime.now(UTC)
    maker = bearer(make_key(user, scopes=["api_keys:own"], expires_at=(now + timedelta(days=1)).isoformat())["key"])

    def child(days: float | None) -> int:
        expiry = None if days is None else (now + timedelta(days=days)).isoformat()
        body = {"name": "Child", "scopes": ["api_keys:own"], "expires_at": expiry}
        return nobody.post(KEYS, json=body, headers=maker).status_code

    assert (child(0.5), child(days)) == (201, 422)


def test_a_key_that_ran_out_stops(user, nobody, session):
    soon = datetime.now(UTC) + timedelta(days=1)
    made = make_key(user, expires_at=soon.isoformat())
    assert contacts(nobody, made["key"]) == 200

    session.get(ApiKey, made["id"]).expires_at = datetime.now(UTC)
    session.commit()

    assert contacts(nobody, made["key"]) == 401


def test_the_keys_of_a_deactivated_user_stop(user, nobody, session):
    made = make_key(user)
    session.get(User, made["user_id"]).is_active = False
    session.commit()

    assert contacts(nobody, made["key"]) == 401


def test_a_key_loses_what_its_owner_loses(admin, nobody, session):
    key = make_key(admin, scopes=["webhook_events:read"])["key"]
    assert nobody.get("/api/v1/webhook-events", headers=bearer(key)).status_code == 200

    session.get(User, admin.get("/api/v1/auth/me").json()["id"]).role = "user"
    session.commit()

    assert nobody.get("/api/v1/webhook-events", headers=bearer(key)).status_code == 403


def test_nobody_hands_on_more_than_they_have(user):
    answer = user.post(KEYS, json=NEW | {"scopes": ["contacts:read", "users:manage"]})

    assert (answer.status_code, answer.json()["error"]) == (403, "scope_not_allowed")
    assert "users:manage" in answer.json()["detail"]


def test_a_key_makes_no_key_that_may_more_than_itself(admin, nobody):
    key = make_key(admin, scopes=["api_keys:own", "contacts:read"])["key"]

    assert nobody.post(KEYS, json=NEW, headers=bearer(key)).status_code == 201
    assert nobody.post(KEYS, json=NEW | {"scopes": ["users:manage"]}, headers=bearer(key)).status_code == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"scopes": []}, "scopes"),
        ({"scopes": ["contacts:fly"]}, "scopes"),
        ({"scopes": ["\ud800"]}, "scopes"),
        ({"name": ""}, "name"),
        ({"expires_at": "2026-01-01"}, "expires_at"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
    ],
)
def test_what_cannot_be_is_named(user, body, field):
    answer = user.post(KEYS, content=json.dumps(NEW | body), headers={"Content-Type": "application/json"})

    assert answer.status_code == 422
    assert {each["field"].partition(".")[0] for each in answer.json()["fields"]} == {field}


def test_when_it_was_last_used_is_noted_to_the_minute(user, nobody, session):
    made = make_key(user)

    contacts(nobody, made["key"])
    first = session.get(ApiKey, made["id"]).last_used_at
    contacts(nobody, made["key"])
    session.expire_all()

    assert first is not None
    assert session.get(ApiKey, made["id"]).last_used_at == first


def test_an_admin_sees_and_revokes_the_keys_of_others(admin, user, nobody):
    made = make_key(user)
    keys = f"/api/v1/users/{made['user_id']}/api-keys"

    assert [each["id"] for each in admin.get(keys).json()["items"]] == [made["id"]]
    assert user.get(keys).status_code == 403
    assert admin.delete(f"{KEYS}/{made['id']}").json()["error"] == "api_key_not_found", "it is not the admin's own"

    assert admin.delete(f"{keys}/{made['id']}").status_code == 204
    assert contacts(nobody, made["key"]) == 401


@pytest.mark.parametrize("key", ["hilo_", "hilo_nonsense", "hilo_\xff", "hilo_" + "x" * 5000])
def test_a_key_that_nobody_gave_out_is_refused(nobody, key):
    answer = nobody.get("/api/v1/contacts", headers={b"Authorization": b"Bearer " + key.encode("latin-1")})

    assert (answer.status_code, answer.json()["error"]) == (401, "not_authenticated")
