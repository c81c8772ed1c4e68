"""Who may call what: every route, found by walking the API's own description."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

PUBLIC = {("post", "/api/v1/auth/login"), ("get", "/health"), ("get", "/health/live")}
NAMES = {"conversation_id": "3f2504e0-4f89-41d3-9a0c-0305e82c3301"}

FOR_ADMINS = [
    ("post", "/api/v1/automations"),
    ("patch", "/api/v1/automations/1"),
    ("delete", "/api/v1/automations/1"),
    ("post", "/api/v1/automations/1/publish"),
    ("post", "/api/v1/channels/1/claim"),
    ("post", "/api/v1/channels/1/halt"),
    ("post", "/api/v1/channels/1/resume"),
    ("get", "/api/v1/webhook-events"),
    ("get", "/api/v1/webhook-events/1"),
    ("post", "/api/v1/webhook-events/1/replay"),
]


def routes(client: TestClient) -> Iterator[tuple[str, str, dict]]:
    for path, methods in client.get("/openapi.json").json()["paths"].items():
        for method, operation in methods.items():
            if path.startswith(("/api/", "/health")):
                yield method, path, operation


def test_nothing_but_login_and_health_answers_without_a_token(nobody: TestClient) -> None:
    for method, path, _ in routes(nobody):
        if (method, path) in PUBLIC:
            continue
        filled = path.format_map({"conversation_id": NAMES["conversation_id"]} | _ones(path))

        answer = nobody.request(method, filled)

        assert (answer.status_code, answer.json()["error"]) == (401, "not_authenticated"), (method, path)
        assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(("method", "path"), FOR_ADMINS)
def test_a_user_may_not_do_what_is_for_admins(user: TestClient, method: str, path: str) -> None:
    answer = user.request(method, path)

    assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")


def test_every_route_is_described(nobody: TestClient) -> None:
    for method, path, operation in routes(nobody):
        assert operation.get("summary"), (method, path)
        assert operation.get("tags"), (method, path)
        if (method, path) not in PUBLIC:
            assert "401" in operation["responses"], (method, path)


def test_every_answer_carries_a_request_id(nobody: TestClient) -> None:
    for path in ("/health/live", "/api/v1/contacts", "/nowhere"):
        assert nobody.get(path).headers["X-Request-Id"]


def _ones(path: str) -> dict[str, str]:
    return {part[1:-1]: "1" for part in path.split("/") if part.startswith("{") and part != "{conversation_id}"}
