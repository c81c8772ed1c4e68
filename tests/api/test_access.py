"""Who may call what: every route of the app, held to what it declares and to the table of permissions."""

import re
from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette.testclient import TestClient

from app.api.access import declared
from app.api.application import create_app
from app.domain.permissions import PERMISSIONS, Role

# Pages and files, which are no part of the API: whoever finds the server may see them.
PAGES = {"/openapi.json", "/docs", "/docs/assets", "/docs/oauth2-redirect", "/redoc"}
# Answers for as long as somebody listens, which a test client cannot; see test_events.py.
STREAMS = {"/api/v1/events"}
# Lets in whoever carries METRICS_TOKEN, which is no account.
OWN_DOOR = {"/metrics"}

NOBODY_HERE = "999999"  # an id that nothing has: what is let in finds nothing, and changes nothing
NO_CONVERSATION = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"


def routes() -> list[RouteContext]:
    return list(iter_route_contexts(create_app().routes))


def operations() -> Iterator[tuple[str, str, str]]:
    """Method, address and declaration of each."""
    for route in routes():
        if isinstance(route.original_route, APIRoute) and route.path not in OWN_DOOR | STREAMS:
            address = re.sub(
                r"{(\w+)}", lambda name: NO_CONVERSATION if name[1] == "conversation_id" else NOBODY_HERE, route.path
            )
            for method in sorted(route.methods):
                yield method, address, declared(route)[0]


OPERATIONS = list(operations())


def needing_a_token() -> list[tuple[str, str, str]]:
    return [operation for operation in OPERATIONS if operation[2] != "public"]


def test_every_route_says_once_what_it_asks_of_its_caller() -> None:
    silent = [
        (route.path, route.methods)
        for route in routes()
        if route.path not in PAGES and not (isinstance(route.original_route, APIRoute) and len(declared(route)) == 1)
    ]

    assert not silent


def test_every_permission_opens_something() -> None:
    assert {name for _, _, name in OPERATIONS} - {"public", "signed-in"} == PERMISSIONS.keys()


def test_without_a_token_only_what_is_public_answers(nobody: TestClient) -> None:
    for method, address, declaration in OPERATIONS:
        answer = nobody.request(method, address)

        if declaration == "public":
            assert answer.status_code not in {401, 403}, (method, address)
        else:
            assert (answer.status_code, answer.json()["error"]) == (401, "not_authenticated"), (method, address)
            assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("role", Role)
def test_a_role_may_do_what_the_table_says(admin: TestClient, user: TestClient, role: Role) -> None:
    caller = {Role.ADMIN: admin, Role.USER: user}[role]

    for method, address, declaration in needing_a_token():
        answer = caller.request(method, address)

        permission = PERMISSIONS.get(declaration)
        if permission is None or role in permission.roles:
            assert answer.status_code not in {401, 403}, (method, address)
            assert answer.status_code < 500, (method, address)
        else:
            assert (answer.status_code, answer.json()["error"]) == (403, "forbidden"), (method, address)
            assert declaration in answer.json()["detail"]


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
