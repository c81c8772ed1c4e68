"""Managing users."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.domain.permissions import PERMISSIONS
from app.models import Contact, IdempotencyKey, User
from tests.api.answers import error_of, faults_of
from tests.api.test_access import key_of
from tests.builders import PASSWORD, make_contact, make_user
from tests.conftest import bearer, token_of

USERS = "/api/v1/users"
NEW = {"username": "ana", "email": "ana@hilo.example", "full_name": "Ana Pérez"}


def log_in(client: TestClient, username: str, password: str) -> int:
    form = {"username": username, "password": password}
    return client.post("/api/v1/auth/login", data=form).status_code


@pytest.fixture
def ana(session: Session) -> User:
    user = make_user(session, username="ana", email="ana@hilo.example")
    session.commit()
    return user


def test_a_user_without_a_password_gets_one_that_is_shown_once(admin, nobody):
    made = admin.post(USERS, json=NEW)

    assert made.status_code == 201
    assert made.json()["role"] == "user"
    assert log_in(nobody, "ana", made.json()["password"]) == 200
    assert "password" not in admin.get(f"{USERS}/{made.json()['id']}").json()


def test_a_password_that_was_given_is_not_shown(admin, nobody):
    made = admin.post(USERS, json=NEW | {"password": "three plain words"})

    assert made.json()["password"] is None
    assert log_in(nobody, "ana", "three plain words") == 200


def test_a_repeated_request_makes_one_user_and_keeps_no_password(admin, session):
    key = {"Idempotency-Key": "one"}

    first = admin.post(USERS, json=NEW, headers=key).json()
    again = admin.post(USERS, json=NEW, headers=key)

    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json() == first | {"password": None}
    assert first["password"] not in str(session.scalars(select(IdempotencyKey)).one().answer)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"username": "ANA", "email": "other@hilo.example"}, "username_taken"),
        ({"username": "other", "email": "Ana@Hilo.example"}, "email_taken"),
    ],
)
def test_names_and_addresses_are_unique_however_written(admin, ana, body, code):
    for answer in (admin.post(USERS, json=body), admin.patch(f"{USERS}/{other_of(admin)}", json=body)):
        assert (answer.status_code, answer.json()["error"]) == (409, code)


def other_of(admin: TestClient) -> int:
    return admin.get("/api/v1/auth/me").json()["id"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"username": "a@b.c"}, "username"),
        ({"username": "deleted:1"}, "username"),
        ({"username": " "}, "username"),
        ({"username": "a\u0000b"}, "username"),
        ({"email": "nowhere"}, "email"),
        ({"role": "owner"}, "role"),
        ({"full_name": ""}, "full_name"),
        ({"is_admin": True}, "is_admin"),
        ({"password": ""}, "password"),
    ],
)
def test_what_cannot_be_is_named(admin, body, field):
    answer = admin.post(USERS, json=NEW | body)

    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["fields"]] == [field]


@pytest.mark.parametrize("password", ["short", "password123", "ana.......1"])
def test_a_weak_password_is_refused(admin, password):
    answer = admin.post(USERS, json=NEW | {"password": password})

    assert (answer.status_code, answer.json()["error"]) == (422, "weak_password")
    assert answer.json()["fields"][0]["field"] == "password"


def test_users_are_found_by_name_role_and_whether_they_are_active(admin, ana, session):
    make_user(session, full_name="Beto", is_active=False)
    session.commit()

    def ids(**query: object) -> list[str]:
        return [each["username"] for each in admin.get(USERS, params=query).json()["items"]]

    assert ids(q="HILO.EXAMPLE", is_active=True, role="user") == ["ana"]
    assert len(ids(is_active=False)) == 1
    assert ids(q="beto") == ids(is_active=False)
    assert ids(q="nobody at all") == []


def test_a_change_leaves_the_rest_alone(admin, ana):
    answer = admin.patch(f"{USERS}/{ana.id}", json={"role": "admin"})

    assert answer.status_code == 200
    assert (answer.json()["role"], answer.json()["username"]) == ("admin", "ana")


def test_a_role_that_was_taken_away_is_gone_at_once(admin, session):
    other = make_user(session, role="admin")
    session.commit()
    token = bearer(token_of(other))

    admin.patch(f"{USERS}/{other.id}", json={"role": "user"})

    assert admin.post(USERS, json=NEW, headers=token).status_code == 403


def test_a_deactivated_user_is_out_at_once_and_can_come_back(admin, nobody, ana):
    token = bearer(token_of(ana))

    admin.patch(f"{USERS}/{ana.id}", json={"is_active": False})
    assert nobody.get("/api/v1/auth/me", headers=token).status_code == 401
    assert log_in(nobody, "ana", PASSWORD) == 401

    admin.patch(f"{USERS}/{ana.id}", json={"is_active": True})
    assert nobody.get("/api/v1/auth/me", headers=token).status_code == 401, "the old session stays ended"
    assert log_in(nobody, "ana", PASSWORD) == 200


def test_deleting_a_user_keeps_what_they_made_and_frees_their_name(admin, ana, session):
    contact = make_contact(session, created_by=ana.id)
    session.commit()

    assert admin.delete(f"{USERS}/{ana.id}").status_code == 204

    session.expire_all()
    assert session.get(Contact, contact.id).created_by == ana.id
    assert admin.get(f"{USERS}/{ana.id}").status_code == 404
    assert admin.delete(f"{USERS}/{ana.id}").json()["error"] == "user_not_found"
    assert ana.id not in [each["id"] for each in admin.get(USERS).json()["items"]]
    assert admin.post(USERS, json=NEW).status_code == 201


def test_nobody_deletes_the_account_that_they_use(admin, session):
    make_user(session, role="admin")
    session.commit()

    assert admin.delete(f"{USERS}/{other_of(admin)}").json()["error"] == "own_account"


def test_the_last_admin_is_told_why_not(admin):
    answer = admin.patch(f"{USERS}/{other_of(admin)}", json={"role": "user"})

    assert (answer.status_code, answer.json()["error"]) == (409, "last_admin")


def test_a_reset_password_is_shown_once_and_ends_sessions(admin, nobody, ana):
    token = bearer(token_of(ana))

    answer = admin.post(f"{USERS}/{ana.id}/reset-password")

    assert answer.headers["Cache-Control"] == "no-store"
    assert nobody.get("/api/v1/auth/me", headers=token).status_code == 401
    assert log_in(nobody, "ana", PASSWORD) == 401
    assert log_in(nobody, "ana", answer.json()["password"]) == 200


def test_a_reset_password_can_be_given(admin, nobody, ana):
    answer = admin.post(f"{USERS}/{ana.id}/reset-password", json={"password": "three plain words"})

    assert answer.json() == {"password": None}
    assert log_in(nobody, "ana", "three plain words") == 200


def test_after_a_reset_nothing_is_possible_but_to_choose_another_password(admin, nobody, ana):
    borrowed, own = "three plain words", "four plain words indeed"
    admin.post(f"{USERS}/{ana.id}/reset-password", json={"password": borrowed})
    login = nobody.post("/api/v1/auth/login", data={"username": "ana", "password": borrowed})
    token = bearer(login.json()["access_token"])

    def change(new: str) -> Any:
        body = {"old_password": borrowed, "new_password": new}
        return nobody.post("/api/v1/auth/password", json=body, headers=token)

    assert admin.get(f"{USERS}/{ana.id}").json()["must_change_password"]
    for address in ("/api/v1/auth/me", "/api/v1/contacts", "/api/v1/auth/sessions", "/api/v1/events", USERS):
        assert error_of(nobody.get(address, headers=token)) == (403, "password_change_required"), address
    assert nobody.post("/api/v1/auth/refresh").status_code == 200, "a session it is"
    assert faults_of(change(borrowed)) == {("new_password", "password_unchanged")}
    assert change(own).status_code == 204
    assert nobody.get("/api/v1/contacts", headers=token).status_code == 200
    assert not admin.get(f"{USERS}/{ana.id}").json()["must_change_password"]


def test_programs_go_on_while_their_owner_has_a_password_to_choose(admin, nobody, ana, session):
    key = bearer(key_of(session, ana, {"contacts:read"}))
    session.commit()

    admin.post(f"{USERS}/{ana.id}/reset-password")

    assert nobody.get("/api/v1/contacts", headers=key).status_code == 200


def test_ones_own_password_is_not_reset_but_changed(admin):
    answer = admin.post(f"{USERS}/{other_of(admin)}/reset-password")

    assert (answer.status_code, answer.json()["error"]) == (409, "own_account")


def test_an_admin_ends_the_sessions_of_a_user(admin, nobody, ana):
    token = bearer(token_of(ana))

    assert admin.post(f"{USERS}/{ana.id}/logout-everywhere").status_code == 204

    assert nobody.get("/api/v1/auth/me", headers=token).status_code == 401


EVERYTHING = PERMISSIONS.keys()
BY_KEY = {
    "add": lambda key, of: key.post(USERS, json=NEW | {"role": of.role}),
    "promote": lambda key, of: key.patch(f"{USERS}/{of.id}", json={"role": "admin"}),
    "rename": lambda key, of: key.patch(f"{USERS}/{of.id}", json={"full_name": "Beto"}),
    "delete": lambda key, of: key.delete(f"{USERS}/{of.id}"),
    "reset": lambda key, of: key.post(f"{USERS}/{of.id}/reset-password"),
    "end": lambda key, of: key.post(f"{USERS}/{of.id}/logout-everywhere"),
}


@pytest.mark.parametrize(
    ("way", "role", "scopes", "is_allowed"),
    [
        # Nobody is let in by a key under an account that may more than the key.
        ("add", "user", EVERYTHING, True),
        ("add", "user", {"users:manage"}, False),
        ("add", "admin", EVERYTHING, False),
        ("reset", "user", EVERYTHING, True),
        ("reset", "user", {"users:manage", "users:read"}, False),
        ("promote", "user", EVERYTHING, False),
        # What lets nobody in needs the permission alone, and admins are out of reach.
        ("rename", "user", {"users:manage"}, True),
        ("delete", "user", {"users:manage"}, True),
        ("end", "user", {"users:manage"}, True),
        *((way, "admin", EVERYTHING, False) for way in ("promote", "rename", "delete", "reset", "end")),
    ],
)
def test_a_key_never_rises_above_itself(admin, nobody, session, way, role, scopes, is_allowed):
    other = make_user(session, role=role)
    owner = session.get(User, other_of(admin))
    key = TestClient(nobody.app, headers=bearer(key_of(session, owner, scopes)))
    session.commit()

    answer = BY_KEY[way](key, other)

    assert answer.is_success if is_allowed else error_of(answer) == (403, "beyond_api_key"), answer.text
