"""Staying logged in by the cookie, and logging out."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.core.config import get_settings
from app.models import LoginThrottle, RefreshToken, User
from tests.builders import PASSWORD, make_user
from tests.conftest import bearer

AUTH = "/api/v1/auth"


@pytest.fixture
def ana(session: Session) -> User:
    user = make_user(session, username="ana", email="ana@hilo.example")
    session.commit()
    return user


def log_in(client: TestClient, password: str = PASSWORD, **options):
    return client.post(f"{AUTH}/login", data={"username": "ana", "password": password}, **options)


def refresh(client: TestClient, **headers: str):
    return client.post(f"{AUTH}/refresh", headers=headers)


def me(client: TestClient, token: str) -> int:
    return client.get(f"{AUTH}/me", headers=bearer(token)).status_code


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_pages(nobody, ana):
    cookies = log_in(nobody).headers.get_list("set-cookie")

    refreshing = next(cookie for cookie in cookies if cookie.startswith("hilo_refresh="))
    assert {"HttpOnly", "SameSite=strict", "Path=/api/v1/auth"} <= set(refreshing.split("; "))
    assert "Secure" not in refreshing


def test_the_cookie_is_secure_where_the_request_was(nobody, ana):
    browser = TestClient(nobody.app, base_url="https://hilo.example")

    assert all("Secure" in cookie for cookie in log_in(browser).headers.get_list("set-cookie"))


def test_a_browser_stays_logged_in_without_a_password(nobody, ana):
    first = log_in(nobody).json()["access_token"]

    answer = refresh(nobody)

    assert answer.status_code == 200
    assert answer.json()["expires_in"] == 15 * 60
    assert answer.headers["Cache-Control"] == "no-store"
    assert [me(nobody, token) for token in (first, answer.json()["access_token"])] == [200, 200]
    assert refresh(nobody).status_code == 200


def test_a_stolen_token_that_is_used_later_logs_everybody_out(nobody, ana, session):
    log_in(nobody)
    stolen = nobody.cookies["hilo_refresh"]
    token = refresh(nobody).json()["access_token"]
    for row in session.scalars(select(RefreshToken).where(RefreshToken.used_at.is_not(None))):
        row.used_at = row.created_at.replace(year=2020)
    session.commit()

    thief = TestClient(nobody.app, cookies={"hilo_refresh": stolen})
    answer = refresh(thief)

    assert (answer.status_code, answer.json()["error"]) == (401, "session_ended")
    assert me(nobody, token) == 401
    assert refresh(nobody).status_code == 401


def test_without_a_cookie_there_is_nothing_to_refresh(nobody):
    answer = refresh(nobody)

    assert (answer.status_code, answer.json()["error"]) == (401, "session_ended")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://testserver"}, 200),
        ({"Origin": "https://testserver"}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "http://testserver:8001"}, 403),
        ({"Origin": "http://testserver.elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://[::1"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
@pytest.mark.parametrize("path", ["refresh", "logout", "login"])
def test_the_cookie_is_of_use_to_our_own_pages_alone(nobody, ana, headers, status, path):
    log_in(nobody)

    form = {"username": "ana", "password": PASSWORD}
    answer = nobody.post(f"{AUTH}/{path}", headers=headers, data=form)

    assert answer.status_code == (204 if (status, path) == (200, "logout") else status)
    if status == 403:
        assert answer.json()["error"] == "wrong_origin"


def test_a_page_that_is_named_may_refresh(nobody, ana, monkeypatch):
    log_in(nobody)
    monkeypatch.setenv("ALLOWED_ORIGINS", "https://app.example/")
    monkeypatch.setenv("PUBLIC_URL", "https://hilo.example")
    get_settings.cache_clear()
    try:
        answers = [refresh(nobody, Origin=origin) for origin in ("https://app.example", "https://hilo.example")]
    finally:
        monkeypatch.undo()
        get_settings.cache_clear()

    assert [answer.status_code for answer in answers] == [200, 200]


def test_logging_out_ends_the_session_and_its_access_token(nobody, ana):
    token = log_in(nobody).json()["access_token"]

    answer = nobody.post(f"{AUTH}/logout")

    assert answer.status_code == 204
    assert "hilo_refresh" not in nobody.cookies
    assert me(nobody, token) == 401
    assert nobody.post(f"{AUTH}/logout").status_code == 204


def test_a_program_without_cookies_logs_out_by_its_token(nobody, ana):
    token = log_in(TestClient(nobody.app)).json()["access_token"]

    assert nobody.post(f"{AUTH}/logout", headers=bearer(token)).status_code == 204

    assert me(nobody, token) == 401


def test_logging_out_here_leaves_other_browsers_alone(nobody, ana):
    other = TestClient(nobody.app)
    token = log_in(other).json()["access_token"]
    log_in(nobody)

    nobody.post(f"{AUTH}/logout")

    assert me(other, token) == 200


def test_sessions_are_listed_and_ended_one_by_one_or_all(nobody, ana):
    here = bearer(log_in(nobody, headers={"User-Agent": "Firefox"}).json()["access_token"])
    there = bearer(log_in(TestClient(nobody.app), headers={"User-Agent": "curl"}).json()["access_token"])

    listed = nobody.get(f"{AUTH}/sessions", headers=here).json()["items"]
    assert {each["user_agent"]: each["is_current"] for each in listed} == {"Firefox": True, "curl": False}

    other = next(each["id"] for each in listed if not each["is_current"])
    assert nobody.delete(f"{AUTH}/sessions/{other}", headers=here).status_code == 204
    assert nobody.delete(f"{AUTH}/sessions/{other}", headers=here).json()["error"] == "session_not_found"
    assert nobody.get(f"{AUTH}/me", headers=there).status_code == 401

    assert nobody.post(f"{AUTH}/logout-everywhere", headers=here).status_code == 204
    assert nobody.get(f"{AUTH}/me", headers=here).status_code == 401
    assert refresh(nobody).status_code == 401


def test_a_new_password_needs_the_old_one_and_ends_other_sessions(nobody, ana):
    here = bearer(log_in(nobody).json()["access_token"])
    there = bearer(log_in(TestClient(nobody.app)).json()["access_token"])
    change = {"old_password": PASSWORD, "new_password": "another three words"}

    wrong = nobody.post(f"{AUTH}/password", headers=here, json=change | {"old_password": "wrong"})
    assert (wrong.status_code, wrong.json()["error"]) == (422, "wrong_password")
    assert wrong.json()["fields"][0]["field"] == "old_password"

    assert nobody.post(f"{AUTH}/password", headers=here, json=change).status_code == 204
    assert [nobody.get(f"{AUTH}/me", headers=each).status_code for each in (here, there)] == [200, 401]
    assert log_in(TestClient(nobody.app)).status_code == 401
    assert log_in(TestClient(nobody.app), "another three words").status_code == 200


@pytest.mark.parametrize(("new", "code"), [("short", "password_too_short"), ("ana1234567", "password_is_name")])
def test_a_weak_new_password_is_refused_with_the_reason(nobody, ana, new, code):
    here = bearer(log_in(nobody).json()["access_token"])

    answer = nobody.post(f"{AUTH}/password", headers=here, json={"old_password": PASSWORD, "new_password": new})

    assert (answer.status_code, answer.json()["error"]) == (422, "weak_password")
    assert [(each["field"], each["code"]) for each in answer.json()["fields"]] == [("new_password", code)]


def test_whoever_took_a_session_cannot_guess_the_password_with_it(nobody, ana):
    here = bearer(log_in(nobody).json()["access_token"])
    guess = {"old_password": "wrong", "new_password": "another three words"}

    answers = [nobody.post(f"{AUTH}/password", headers=here, json=guess) for _ in range(7)]

    assert [answer.status_code for answer in answers] == [422] * 5 + [429] * 2
    assert answers[-1].json()["error"] == "login_throttled"


def test_ones_own_name_can_be_changed(nobody, ana):
    here = bearer(log_in(nobody).json()["access_token"])

    answer = nobody.patch(f"{AUTH}/me", headers=here, json={"full_name": "Ana Pérez"})

    assert answer.json()["full_name"] == "Ana Pérez"
    assert "messages:send" in answer.json()["permissions"]
    assert "users:manage" not in answer.json()["permissions"]


def test_guessing_has_to_wait_longer_and_longer(nobody, ana, session):
    answers = [log_in(TestClient(nobody.app), f"wrong {number}") for number in range(7)]

    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
    assert answers[-1].json()["error"] == "login_throttled"
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 5
    assert log_in(TestClient(nobody.app)).status_code == 429


def test_who_waited_and_knows_the_password_begins_anew(nobody, ana, session):
    for number in range(5):
        log_in(TestClient(nobody.app), f"wrong {number}")
    passed(session)

    assert log_in(TestClient(nobody.app)).status_code == 200
    answers = [log_in(TestClient(nobody.app), f"wrong {number}") for number in range(5)]
    assert [answer.status_code for answer in answers] == [401] * 5


def test_names_that_nobody_has_are_slowed_down_alike(nobody):
    form = {"username": "nobody", "password": "wrong"}

    answers = [nobody.post(f"{AUTH}/login", data=form).status_code for _ in range(6)]

    assert answers == [401] * 5 + [429]


def test_a_stranger_cannot_lock_the_owner_out(nobody, ana):
    """Neither from the same address nor from everywhere: the owner's browser is known, and counted by itself."""
    log_in(nobody)
    for number in range(8):
        log_in(TestClient(nobody.app), f"wrong {number}")

    assert log_in(TestClient(nobody.app)).status_code == 429
    assert log_in(nobody).status_code == 200


def test_a_browser_is_known_to_the_account_that_it_signed_in_to_alone(nobody, ana, session):
    make_user(session, username="eve")
    session.commit()
    eve = TestClient(nobody.app)
    eve.post(f"{AUTH}/login", data={"username": "eve", "password": PASSWORD})

    answers = [log_in(eve, "wrong").status_code for _ in range(6)]

    assert answers == [401] * 5 + [429]


def test_waits_hold_no_name_and_no_address(nobody, ana, session):
    log_in(nobody, "wrong")

    for row in session.scalars(select(LoginThrottle)):
        assert b"ana" not in row.key
        assert b"testclient" not in row.key


@pytest.mark.parametrize(
    ("forwarded", "proxies", "same"),
    [
        (["203.0.113.1", "203.0.113.2"], 1, False),
        (["203.0.113.1", "203.0.113.1"], 1, True),
        (["6.6.6.6, 203.0.113.1", "7.7.7.7, 203.0.113.1"], 1, True),
        (["203.0.113.1, 10.0.0.1", "203.0.113.2, 10.0.0.1"], 2, False),
        (["2001:db8::1", "2001:db8::2"], 1, True),
        (["203.0.113.1", "203.0.113.2"], 0, True),
        (["nonsense", "more of it"], 1, True),
    ],
)
def test_an_address_is_what_our_own_proxies_say(nobody, ana, monkeypatch, session, forwarded, proxies, same):
    monkeypatch.setenv("PROXIES_IN_FRONT", str(proxies))
    get_settings.cache_clear()
    try:
        for each in forwarded:
            log_in(TestClient(nobody.app), "wrong", headers={"X-Forwarded-For": each})
    finally:
        monkeypatch.undo()
        get_settings.cache_clear()

    # The account from everywhere, and each address by itself and with the account.
    assert len(session.scalars(select(LoginThrottle)).all()) == (3 if same else 5)


def passed(session: Session) -> None:
    """As if the waits were over."""
    for row in session.scalars(select(LoginThrottle)):
        row.blocked_until = None
    session.commit()
