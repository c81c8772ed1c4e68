"""Logging in, and being known afterwards."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import jwt
import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.core.config import get_settings
from app.core.tokens import Access, make_access_token
from app.domain.permissions import PERMISSIONS
from app.models import User
from tests.builders import PASSWORD, make_user
from tests.conftest import bearer, token_of

LOGIN = "/api/v1/auth/login"
ME = "/api/v1/auth/me"


def log_in(client: TestClient, username: str, password: str = PASSWORD):
    return client.post(LOGIN, data={"username": username, "password": password})


@pytest.fixture
def ana(session: Session) -> User:
    user = make_user(session, username="ana", email="ana@hilo.example")
    session.commit()
    return user


@pytest.mark.parametrize("login", ["ana", "ana@hilo.example", "ANA@Hilo.Example"])
def test_a_user_name_or_an_email_address_logs_in(nobody: TestClient, ana: User, login: str) -> None:
    answer = log_in(nobody, login)

    assert answer.status_code == 200
    assert answer.json()["token_type"] == "bearer"
    me = nobody.get(ME, headers=bearer(answer.json()["access_token"])).json()
    assert (me["id"], me["email"], me["role"]) == (ana.id, "ana@hilo.example", "user")
    assert me["last_login"] is not None
    assert "hashed_password" not in me


def test_a_user_name_wins_over_the_same_email_address(nobody: TestClient, session: Session) -> None:
    make_user(session, email="bob@hilo.example", password="of the address")
    named = make_user(session, username="bob@hilo.example", password="of the name")
    session.commit()

    answer = log_in(nobody, "bob@hilo.example", "of the name")

    me = nobody.get(ME, headers=bearer(answer.json()["access_token"])).json()
    assert me["id"] == named.id


@pytest.mark.parametrize(
    ("login", "password"),
    [("ana", "wrong"), ("nobody", PASSWORD), ("a\x00na", PASSWORD), ("gone", PASSWORD), ("ana", "p\x00")],
)
def test_every_failed_login_gets_the_same_answer(
    nobody: TestClient, session: Session, ana: User, login: str, password: str
) -> None:
    make_user(session, username="gone", is_active=False)
    session.commit()

    answer = log_in(nobody, login, password)

    assert answer.status_code == 401
    assert answer.json() == {"error": "bad_credentials", "detail": "The user name or the password is wrong."}


def test_a_login_without_a_password_is_malformed(nobody: TestClient) -> None:
    answer = nobody.post(LOGIN, data={"username": "ana"})

    assert answer.status_code == 422
    assert [field["field"] for field in answer.json()["fields"]] == ["password"]


def test_a_flood_of_logins_is_turned_away_while_others_are_served(client: TestClient, ana: User) -> None:
    with ThreadPoolExecutor(30) as pool:
        flood = [pool.submit(log_in, client, "ana", "wrong") for _ in range(60)]
        live = client.get("/health/live")
        answers = [each.result() for each in flood]

    assert live.status_code == 200
    # A busy machine may also say 503: it cannot serve so many at once.
    assert {401, 429} <= {answer.status_code for answer in answers} <= {401, 429, 503}
    assert sum(answer.status_code == 401 for answer in answers) <= 5
    turned_away = [answer for answer in answers if answer.status_code == 429]
    assert {answer.json()["error"] for answer in turned_away} <= {"too_many_logins", "login_throttled"}
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in turned_away)


def _forged(user_id: int) -> str:
    soon = datetime.now(UTC) + timedelta(hours=1)
    return jwt.encode({"sub": str(user_id), "sid": str(uuid4()), "exp": soon}, "x" * 32, algorithm="HS256")


def _expired(user_id: int) -> str:
    secret_key = get_settings().secret_key.get_secret_value()
    then = datetime.now(UTC) - timedelta(hours=2)
    access = Access(user_id=user_id, session_id=uuid4())
    return make_access_token(access, secret_key=secret_key, now=then, lifetime=timedelta(hours=1))


def _without_a_session(user_id: int) -> str:
    secret_key = get_settings().secret_key.get_secret_value()
    access = Access(user_id=user_id, session_id=uuid4())
    return make_access_token(access, secret_key=secret_key, now=datetime.now(UTC), lifetime=timedelta(hours=1))


def _unsigned(user_id: int) -> str:
    return jwt.encode({"sub": str(user_id), "sid": str(uuid4()), "exp": 9_999_999_999}, "", algorithm="none")


@pytest.mark.parametrize(
    "make", [_forged, _expired, _unsigned, _without_a_session, lambda _: "nonsense", lambda _: "a.b.c"]
)
def test_a_token_that_is_not_ours_or_has_run_out_is_refused(nobody: TestClient, ana: User, make) -> None:
    answer = nobody.get(ME, headers=bearer(make(ana.id)))

    assert answer.status_code == 401
    assert answer.json()["error"] == "not_authenticated"
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_permissions_are_told_with_who_has_them(user: TestClient) -> None:
    items = user.get("/api/v1/auth/permissions").json()["items"]

    told = {each["name"]: each["roles"] for each in items}
    assert told.keys() == PERMISSIONS.keys()
    assert (told["contacts:read"], told["users:manage"]) == (["admin", "user"], ["admin"])


def test_the_token_of_a_deactivated_user_stops_working_at_once(nobody: TestClient, session: Session, ana: User) -> None:
    token = token_of(ana)
    assert nobody.get(ME, headers=bearer(token)).status_code == 200

    ana.is_active = False
    session.commit()

    assert nobody.get(ME, headers=bearer(token)).status_code == 401


def test_the_token_of_a_user_who_is_no_more_is_refused(nobody: TestClient, session: Session, ana: User) -> None:
    token = token_of(ana)
    session.delete(ana)
    session.commit()

    assert nobody.get(ME, headers=bearer(token)).status_code == 401
