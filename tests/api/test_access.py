"""Who may call what: every route of the app, held to what it declares and to the table of permissions."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache

import pytest
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from httpx2 import Response
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.api.access import declared
from app.api.application import create_app
from app.domain.permissions import PERMISSIONS, Role
from app.models import User
from app.services import api_keys
from tests.builders import make_user
from tests.conftest import bearer, token_of

# Pages and files, which are no part of the API: whoever finds the server may see them.
PAGES = {"/openapi.json", "/docs", "/docs/assets", "/docs/oauth2-redirect", "/redoc"}
# Answers for as long as somebody listens, which a test client cannot; see test_events.py.
STREAMS = {"/api/v1/events"}
# They let in by something else than an account: METRICS_TOKEN, the cookie of a session.
OWN_DOOR = {"/metrics", "/api/v1/auth/refresh"}
# They open no route, but show more where it is open.
WIDENING = {"analytics:team"}
DECLARATIONS = {"public", "signed-in", "in-person"}

NOTHING = "999999"  # an id that nothing has: whoever is let in finds nothing, and changes nothing
NAMES = dict.fromkeys(("conversation_id", "session_id"), "3f2504e0-4f89-41d3-9a0c-0305e82c3301")


@cache
def routes() -> list[RouteContext]:
    return list(iter_route_contexts(create_app().routes))


@cache
def operations() -> list[tuple[str, str, str]]:
    """Method, address and declaration of each."""
    return list(_operations())


def _operations() -> Iterator[tuple[str, str, str]]:
    for route in routes():
        if isinstance(route.original_route, APIRoute) and route.path not in OWN_DOOR | STREAMS:
            address = re.sub(r"{(\w+)}", lambda name: NAMES.get(name[1], NOTHING), route.path)
            for method in sorted(route.methods):
                yield method, address, declared(route)[0]


def needing_a_token() -> list[tuple[str, str, str]]:
    return [operation for operation in operations() if operation[2] != "public"]


def test_every_route_says_once_what_it_asks_of_its_caller() -> None:
    silent = [
        (route.path, route.methods)
        for route in routes()
        if route.path not in PAGES and not (isinstance(route.original_route, APIRoute) and len(declared(route)) == 1)
    ]

    assert not silent


def test_every_permission_opens_something() -> None:
    assert {name for _, _, name in operations()} - DECLARATIONS == PERMISSIONS.keys() - WIDENING


def test_without_a_token_only_what_is_public_answers(nobody: TestClient) -> None:
    for method, address, declaration in operations():
        answer = nobody.request(method, address)

        if declaration == "public":
            assert answer.status_code not in {401, 403}, (method, address)
        else:
            assert (answer.status_code, answer.json()["error"]) == (401, "not_authenticated"), (method, address)
            assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("role", Role)
def test_a_role_may_do_what_the_table_says(nobody: TestClient, session: Session, role: Role) -> None:
    user = make_user(session, role=role)
    session.commit()

    for method, address, declaration in needing_a_token():
        answer = nobody.request(method, address, headers=bearer(token_of(user)))  # some end the session

        permission = PERMISSIONS.get(declaration)
        check(answer, is_allowed=permission is None or role in permission.roles, of=declaration)


def test_a_key_may_do_what_its_scopes_say(nobody: TestClient, session: Session) -> None:
    admin = make_user(session, role=Role.ADMIN)
    keys = {name: key_of(session, admin, {name}) for name in PERMISSIONS}
    others = {name: key_of(session, admin, PERMISSIONS.keys() - {name}) for name in PERMISSIONS}
    session.commit()

    for method, address, declaration in needing_a_token():
        if declaration in PERMISSIONS:
            check(nobody.request(method, address, headers=bearer(keys[declaration])), is_allowed=True, of=declaration)
            check(
                nobody.request(method, address, headers=bearer(others[declaration])), is_allowed=False, of=declaration
            )
        else:
            answer = nobody.request(method, address, headers=bearer(keys["contacts:read"]))
            check(answer, is_allowed=declaration == "signed-in", of=declaration)


def test_a_key_never_may_what_its_owner_may_not(nobody: TestClient, session: Session) -> None:
    key = key_of(session, make_user(session, role=Role.USER), PERMISSIONS.keys())
    session.commit()

    for method, address, declaration in needing_a_token():
        if declaration in PERMISSIONS and Role.USER not in PERMISSIONS[declaration].roles:
            check(nobody.request(method, address, headers=bearer(key)), is_allowed=False, of=declaration)


def key_of(session: Session, user: User, scopes: Iterable[str]) -> str:
    made = api_keys.create_key(
        session,
        user.id,
        name="Test",
        scopes=scopes,
        allowed=frozenset(PERMISSIONS),
        expires_at=None,
        now=datetime.now(UTC),
    )
    return made.secret


def check(answer: Response, *, is_allowed: bool, of: str) -> None:
    case = (answer.request.method, answer.request.url.path, of)
    if is_allowed:
        assert answer.status_code not in {401, 403}, case
        assert answer.status_code < 500, case
    else:
        assert (answer.status_code, answer.json()["error"]) == (403, "forbidden"), case
        if of in PERMISSIONS:
            assert of in answer.json()["detail"], case


def test_every_operation_is_described(nobody: TestClient) -> None:
    for path, methods in nobody.get("/openapi.json").json()["paths"].items():
        for method, operation in methods.items():
            name = operation["x-permission"]
            assert operation.get("summary"), (method, path)
            assert operation.get("tags"), (method, path)
            if name != "public":
                assert "401" in operation["responses"], (method, path)
            if name in PERMISSIONS:
                assert "`forbidden`" in operation["responses"]["403"]["description"], (method, path)
                assert PERMISSIONS[name].sentence in operation["description"], (method, path)


def test_every_answer_carries_a_request_id(nobody: TestClient) -> None:
    for path in ("/health/live", "/api/v1/contacts", "/nowhere"):
        assert nobody.get(path).headers["X-Request-Id"]
