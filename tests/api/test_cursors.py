"""Cursors come back from outside: whatever they hold, the answer is a page or a refusal."""

import base64
import json

import pytest
from starlette.testclient import TestClient

LISTS = [
    "/api/v1/contacts",
    "/api/v1/conversations",
    "/api/v1/messages",
    "/api/v1/automations",
    "/api/v1/automation-logs",
    "/api/v1/alerts",
    "/api/v1/channels",
    "/api/v1/webhook-events",
]


def cursor_of(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


BAD = [
    "",
    "x",
    "é",
    "%%%",
    "====",
    "A" * 5000,
    cursor_of(None),
    cursor_of([]),
    cursor_of(["a"]),
    cursor_of([True]),
    cursor_of([1.5]),
    cursor_of([2**63]),
    cursor_of([-1]),
    cursor_of([1, 2, 3]),
    cursor_of({"id": 1}),
    cursor_of(["2026-01-01T00:00:00", 1]),
    cursor_of(["not a time", "3f2504e0-4f89-41d3-9a0c-0305e82c3301"]),
    cursor_of(["2026-01-01T00:00:00+00:00", "not a uuid"]),
    cursor_of(["0001-01-01T00:00:00+14:00", "3f2504e0-4f89-41d3-9a0c-0305e82c3301"]),
    base64.urlsafe_b64encode(b"[" * 5000).decode(),
    base64.urlsafe_b64encode(b"\xff\xfe").decode(),
]


@pytest.mark.parametrize("path", LISTS)
def test_what_is_no_cursor_is_refused(admin: TestClient, path: str) -> None:
    for cursor in BAD:
        answer = admin.get(path, params={"cursor": cursor})

        assert (answer.status_code, answer.json().get("error")) == (400, "invalid_cursor"), cursor[:60]
