"""Running an automation by hand over HTTP, and looking at what its runs did."""

from typing import Any

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from tests.builders import make_contact

AUTOMATIONS = "/api/v1/automations"


@pytest.fixture
def automation(admin: TestClient) -> str:
    """Its path."""
    body = {
        "name": "Note",
        "trigger_type": "manual",
        "trigger_conditions": {"tags": "vip"},
        "action_type": "log_activity",
        "action_payload": {"message": "{name} was here"},
    }
    answer = admin.post(AUTOMATIONS, json=body)
    assert answer.status_code == 201, answer.json()
    return f"{AUTOMATIONS}/{answer.json()['id']}"


@pytest.fixture
def vip(session: Session) -> int:
    contact = make_contact(session, name="Ana", tags=["vip"])
    session.commit()
    return contact.id


def test_it_tells_who_was_let_in_and_what_each_run_did(admin: TestClient, automation: str, vip: int) -> None:
    answer = admin.post(f"{automation}/run", json={"contact_ids": [vip, 999_999]})

    assert answer.status_code == 201
    start = answer.json()
    assert (start["contacts"], start["enrolled"], start["waiting"], start["outcome"]) == (2, 1, 0, "done")
    assert start["refused"] == {"contact_not_found": 1}
    assert admin.get(f"{automation}/starts/{start['id']}").json() == start
    assert admin.get(f"{automation}/starts").json()["items"] == [start]
    [run] = admin.get(f"{automation}/runs", params={"contact_id": vip, "state": "done"}).json()["items"]
    story = admin.get(f"{automation}/runs/{run['id']}").json()
    assert {key: story[key] for key in run} == run
    assert [(step["kind"], step["output"]) for step in story["steps"]] == [("log", {"message": "Ana was here"})]
    assert story["log"]["executed_by"] == "admin"
    assert admin.get(f"{automation}/runs", params={"state": "waiting"}).json()["items"] == []


def test_the_same_key_runs_it_once(admin: TestClient, automation: str, vip: int) -> None:
    call: dict[str, Any] = {"json": {"contact_ids": [vip]}, "headers": {"Idempotency-Key": "k1"}}

    first, second = admin.post(f"{automation}/run", **call), admin.post(f"{automation}/run", **call)

    assert first.json() == second.json()
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(admin.get(f"{automation}/runs").json()["items"]) == 1


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"segment_id": 3}, 422, "segments_not_supported"),
        ({}, 422, "validation_failed"),
        ({"contact_ids": []}, 422, "validation_failed"),
        ({"contact_ids": ["1"]}, 422, "validation_failed"),
        ({"contact_ids": [1], "all": True}, 422, "validation_failed"),
    ],
)
def test_what_cannot_be_run_is_refused(
    admin: TestClient, automation: str, body: dict[str, Any], status: int, error: str
) -> None:
    answer = admin.post(f"{automation}/run", json=body)

    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_one_that_is_off_or_unknown_does_not_run(admin: TestClient, user: TestClient, automation: str) -> None:
    admin.patch(automation, json={"is_active": False})

    off = admin.post(f"{automation}/run", json={"contact_ids": [1]})
    unknown = admin.post(f"{AUTOMATIONS}/999999/run", json={"contact_ids": [1]})
    forbidden = user.post(f"{automation}/run", json={"contact_ids": [1]})

    assert (off.status_code, off.json()["error"]) == (409, "automation_not_running")
    assert (unknown.status_code, unknown.json()["error"]) == (404, "automation_not_found")
    assert forbidden.status_code == 403
    for path, error in (
        (f"{automation}/runs/999999", "run_not_found"),
        (f"{automation}/starts/999999", "start_not_found"),
        (f"{AUTOMATIONS}/999999/runs", "automation_not_found"),
        (f"{AUTOMATIONS}/999999/starts", "automation_not_found"),
    ):
        assert user.get(path).json()["error"] == error
