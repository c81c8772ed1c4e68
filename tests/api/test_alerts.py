"""Alerts over HTTP, and how they are raised."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.models import Alert
from app.services import alerts

ALERTS = "/api/v1/alerts"
NOW = datetime(2026, 3, 14, 15, 0, tzinfo=UTC)


def raise_alert(session: Session, *, key: str = "7", title: str = "Unknown", now: datetime = NOW) -> int:
    return alerts.raise_alert(
        session,
        kind="outcome_unknown",
        key=key,
        severity="warning",
        title=title,
        detail=None,
        context={"message_id": 7},
        now=now,
    )


def test_a_repeated_alert_counts_and_tells_the_latest(user: TestClient, session: Session) -> None:
    first = raise_alert(session)
    again = raise_alert(session, title="Still unknown", now=NOW + timedelta(minutes=1))
    raise_alert(session, key="8")
    session.commit()

    items = user.get(ALERTS).json()["items"]

    assert first == again
    assert [(item["key"], item["count"], item["title"]) for item in items] == [
        ("8", 1, "Unknown"),
        ("7", 2, "Still unknown"),
    ]
    assert (items[1]["first_at"], items[1]["last_at"]) == ("2026-03-14T15:00:00Z", "2026-03-14T15:01:00Z")


def test_a_resolved_alert_leaves_the_list_and_a_repeat_opens_another(user: TestClient, session: Session) -> None:
    alert_id = raise_alert(session)
    session.commit()

    resolved = user.post(f"{ALERTS}/{alert_id}/resolve")
    again = user.post(f"{ALERTS}/{alert_id}/resolve")
    reopened = raise_alert(session)
    session.commit()

    assert resolved.status_code == 200
    assert resolved.json()["resolved_by"] == user.get("/api/v1/auth/me").json()["id"]
    assert again.json() == resolved.json()
    assert [item["id"] for item in user.get(ALERTS).json()["items"]] == [reopened]
    assert [item["id"] for item in user.get(ALERTS, params={"state": "resolved"}).json()["items"]] == [alert_id]


def test_an_alert_that_ended_by_itself_is_resolved_by_nobody(session: Session) -> None:
    alert_id = raise_alert(session)

    alerts.resolve_by_key(session, kind="outcome_unknown", key="7", now=NOW)
    alerts.resolve_by_key(session, kind="outcome_unknown", key="none", now=NOW)

    alert = session.get(Alert, alert_id)
    assert alert is not None
    assert (alert.resolved_at, alert.resolved_by) == (NOW, None)


def test_an_alert_that_does_not_exist_is_not_found(user: TestClient) -> None:
    answer = user.post(f"{ALERTS}/424242/resolve")

    assert (answer.status_code, answer.json()["error"]) == (404, "alert_not_found")
