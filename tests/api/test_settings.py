"""Settings and the switch that stops everything, over HTTP."""

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from tests.api.answers import error_of

SETTINGS = "/api/v1/settings"
SYSTEM = "/api/v1/system"


def test_settings_come_back_as_they_were_written(admin: TestClient, user: TestClient) -> None:
    written = {
        "name": "Café Hilo",
        "time_zone": "America/Mexico_City",
        "opt_out_words": ["ya no", "basta", "ya no"],
        "opt_in_words": [],
    }

    answer = admin.patch(SETTINGS, json=written)

    assert answer.status_code == 200
    shown = user.get(SETTINGS).json()
    assert {key: shown[key] for key in written} == written | {"opt_out_words": ["ya no", "basta"]}
    assert (shown["is_paused"], shown["paused_at"]) == (False, None)


def test_a_patch_leaves_alone_what_it_does_not_name(admin: TestClient) -> None:
    admin.patch(SETTINGS, json={"time_zone": "Europe/Madrid", "opt_in_words": ["vale"]})

    after = admin.patch(SETTINGS, json={"name": "Shop"}).json()

    assert (after["name"], after["time_zone"], after["opt_in_words"]) == ("Shop", "Europe/Madrid", ["vale"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": None}, "time_zone"),
        ({"name": " "}, "name"),
        ({"opt_out_words": "stop"}, "opt_out_words"),
        ({"opt_out_words": [""]}, "opt_out_words.0"),
        ({"is_paused": True}, "is_paused"),
    ],
)
def test_settings_that_cannot_be_are_refused(admin: TestClient, body: dict, field: str) -> None:
    answer = admin.patch(SETTINGS, json=body)

    assert error_of(answer) == (422, "validation_failed")
    assert [each["field"] for each in answer.json()["fields"]] == [field]


def test_a_pause_is_shown_by_whom_and_why_until_it_is_over(
    admin: TestClient, user: TestClient, session: Session
) -> None:
    paused = admin.post(f"{SYSTEM}/pause", json={"reason": "Wrong prices"}).json()
    again = admin.post(f"{SYSTEM}/pause").json()
    shown = user.get(SETTINGS).json()
    alert = user.get("/api/v1/alerts").json()["items"][0]
    check = next(each for each in admin.get(SYSTEM).json()["checks"] if each["name"] == "paused")

    resumed = admin.post(f"{SYSTEM}/resume").json()

    assert (paused["is_paused"], paused["pause_reason"]) == (True, "Wrong prices")
    assert again == paused == shown
    assert session.scalar(text("SELECT role FROM users WHERE id = :id"), {"id": paused["paused_by"]}) == "admin"
    assert (alert["kind"], alert["detail"], alert["count"]) == ("workspace_paused", "Wrong prices", 1)
    assert (check["state"], check["code"], check["values"]) == ("warning", "paused", {"reason": "Wrong prices"})
    assert check["detail"] == "Everything is paused: Wrong prices"
    assert (resumed["is_paused"], resumed["pause_reason"], resumed["paused_by"]) == (False, None, None)
    assert user.get("/api/v1/alerts").json()["items"] == []
    assert admin.post(f"{SYSTEM}/resume").status_code == 200


def test_the_installation_says_how_it_fares(admin: TestClient) -> None:
    found = admin.get(SYSTEM).json()

    assert found["version"] == admin.get("/openapi.json").json()["info"]["version"]
    assert found["postgresql"]
    assert found["schema_revision"]
    checks = {each["name"]: each["state"] for each in found["checks"]}
    assert (checks["database"], checks["beat"], checks["webhooks"], checks["numbers"]) == (
        "ok",
        "failing",
        "warning",
        "ok",
    )
