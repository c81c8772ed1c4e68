"""Analytics over HTTP: what may be asked, and what comes back."""

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.api.analytics_csv import safe
from app.services.catalogue import DIMENSIONS, METRICS
from tests.api.answers import error_of
from tests.builders import make_automation, make_conversation, make_message, make_user, the_channel
from tests.rollups import fold_all

DAY = datetime(2026, 3, 14, tzinfo=UTC)
RANGE = {"from": "2026-03-14", "to": "2026-03-15"}


def make_sent(session: Session, at: datetime, *, seconds: float | None = None, **columns: Any) -> None:
    """An outbound message that was delivered after so many seconds, or only sent."""
    status = {"status": "sent", "sent_at": at}
    if seconds is not None:
        status = {"status": "delivered", "sent_at": at, "delivered_at": at + timedelta(seconds=seconds)}
    make_message(session, direction="outbound", happened_at=at, **(status | columns))


def rolled(session: Session) -> None:
    session.commit()
    fold_all()


def get(caller: TestClient, what: str, **parameters: Any) -> Any:
    answer = caller.get(f"/api/v1/analytics/{what}", params=RANGE | parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_catalogue_says_what_every_metric_means(user: TestClient) -> None:
    found = user.get("/api/v1/analytics/metrics").json()

    assert [one["slug"] for one in found["items"]] == list(METRICS)
    assert {one["slug"] for one in found["dimensions"]} == DIMENSIONS.keys()
    assert found["time_zone"] == "UTC"


def test_before_anything_happened_all_is_zero(user: TestClient) -> None:
    found = get(user, "summary", metric=["sent", "delivery_rate", "time_to_read", "active_contacts", "send_rate"])

    assert [item["value"] for item in found["items"]] == [0, None, None, 0, 0]
    assert found["is_current"] is True


def test_a_summary_compares_with_the_same_time_before(user: TestClient, session: Session) -> None:
    for hours in (1, 2, 3):
        make_sent(session, DAY + timedelta(hours=hours))
    make_sent(session, DAY - timedelta(hours=30))
    make_sent(session, DAY - timedelta(hours=31))
    rolled(session)

    found = get(user, "summary", metric="sent", compare="previous", granularity="day")

    [item] = found["items"]
    assert (item["value"], item["previous"], item["change"]) == (3, 2, 0.5)
    assert found["from"] == "2026-03-14T00:00:00Z"
    assert found["previous"] == {"from": "2026-03-12T00:00:00Z", "to": "2026-03-14T00:00:00Z"}


def test_a_series_has_a_value_for_each_period(user: TestClient, session: Session) -> None:
    make_sent(session, DAY + timedelta(hours=1, minutes=5), seconds=4)
    make_sent(session, DAY + timedelta(hours=1, minutes=50))
    make_sent(session, DAY + timedelta(hours=23))
    rolled(session)

    found = get(user, "series", metric=["sent", "delivery_rate", "time_to_delivered"], granularity="hour")

    sent, share, time = (line["values"] for line in found["series"])
    assert len(found["periods"]) == len(sent) == 48
    assert (sent[0], sent[1], sent[2], sent[23], sum(sent)) == (0, 2, 0, 1, 3)
    assert (share[0], share[1], share[23]) == (None, 0.5, 0)
    assert (time[0], time[1]) == (None, 4)


def test_groups_are_named_and_ordered_by_size(user: TestClient, session: Session) -> None:
    automation = make_automation(session, name="Welcome")
    run = session.execute(
        text("""
            WITH version AS (
                INSERT INTO automation_versions (automation_id, number, trigger_type, trigger_conditions, action_type,
                    action_payload, checksum) VALUES (:id, 1, 'keyword', '{}', 'send_message', '{}', 'x') RETURNING id)
            INSERT INTO automation_runs (automation_id, version_id, contact_id, entry_key, active_key, event, event_key,
                state) SELECT :id, version.id, :contact, 'a', '', 'x', 'x', 'done' FROM version RETURNING id
        """),
        {"id": automation.id, "contact": make_conversation(session).contact_id},
    ).scalar_one()
    for minute in range(3):
        make_sent(session, DAY + timedelta(minutes=minute), run_id=run, origin="automation")
    make_sent(session, DAY)
    rolled(session)

    found = get(user, "summary", metric="sent", group_by="automation")

    assert [(item["group"], item["value"]) for item in found["items"]] == [
        ({"value": str(automation.id), "label": "Welcome"}, 3),
        ({"value": "", "label": "—"}, 1),
    ]


def test_more_groups_than_fit_stand_together_in_the_end(user: TestClient, session: Session) -> None:
    for number in range(60):
        make_sent(session, DAY, content={"type": "template", "template": {"name": f"t{number:02}"}})
    rolled(session)

    found = get(user, "summary", metric="sent", group_by="template")

    assert len(found["items"]) == 50
    assert (found["items"][-1]["group"]["value"], found["items"][-1]["value"]) == ("…", 11)


def test_filters_widen_within_a_dimension_and_narrow_between_them(user: TestClient, session: Session) -> None:
    make_sent(session, DAY, category="marketing")
    make_sent(session, DAY, category="utility")
    make_sent(session, DAY, category="utility", origin="api")
    make_sent(session, DAY, category="service")
    rolled(session)

    def sent(*filters: str) -> float:
        value: float = get(user, "summary", metric="sent", filter=list(filters))["items"][0]["value"]
        return value

    assert sent("category:marketing", "category:utility") == 3
    assert sent("category:marketing", "category:utility", "origin:api") == 1
    assert sent("automation:") == 4
    assert sent("category:nothing") == 0


def test_a_duration_tells_its_mean_and_percentiles(user: TestClient, session: Session) -> None:
    for seconds in (0.05, 1.5, 1.5, 100):
        make_sent(session, DAY, seconds=seconds)
    rolled(session)

    [item] = get(user, "summary", metric="time_to_delivered", statistic="p50")["items"]

    assert item["statistics"]["count"] == 4
    assert item["statistics"]["mean"] == pytest.approx(25.7625)
    assert item["value"] == item["statistics"]["p50"] == 1.5
    assert 60 < item["statistics"]["p99"] <= 120


def test_days_are_those_of_the_workspace(user: TestClient, session: Session) -> None:
    session.execute(text("UPDATE settings SET time_zone = 'Asia/Kolkata'"))
    make_sent(session, datetime(2026, 3, 13, 18, 29, tzinfo=UTC))
    make_sent(session, datetime(2026, 3, 13, 18, 30, tzinfo=UTC))
    rolled(session)

    found = get(user, "series", metric="sent", granularity="day", to="2026-03-14")

    assert found["periods"] == ["2026-03-13T18:30:00Z"]
    assert found["series"][0]["values"] == [1]


def test_the_funnel_ends_with_those_who_read(user: TestClient, session: Session) -> None:
    make_sent(session, DAY)
    make_sent(session, DAY, seconds=1)
    make_sent(session, DAY, status="pending", sent_at=None)
    make_message(session, direction="outbound", happened_at=DAY, status="read", sent_at=DAY, read_at=DAY)
    rolled(session)

    steps = get(user, "funnel")["steps"]

    assert [(step["metric"], step["value"], step["of_first"]) for step in steps] == [
        ("requested", 4, 1),
        ("sent", 3, 0.75),
        ("delivered", 2, 0.5),
        ("read", 1, 0.25),
    ]


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"metric": "sense"}, "unknown_metric"),
    ({}, "too_many_metrics"),
    ({"metric": list(METRICS)[:13]}, "too_many_metrics"),
    ({"metric": "sent", "group_by": "colour"}, "unknown_dimension"),
    ({"metric": ["sent", "received"], "group_by": "automation"}, "unknown_dimension"),
    ({"metric": "active_contacts", "filter": "channel:1"}, "unknown_dimension"),
    ({"metric": "sent", "filter": "x"}, "unknown_dimension"),
    ({"metric": "sent", "from": "2026-03-16"}, "invalid_range"),
    ({"metric": "sent", "from": "0001-01-01"}, "invalid_range"),
    ({"metric": "sent", "to": "9999-12-31"}, "invalid_range"),
    ({"metric": "sent", "to": "2026-03-14T00:00:00"}, "validation_failed"),
    ({"metric": "sent", "from": "2026-03-01", "granularity": "minute"}, "too_many_periods"),
    ({"metric": "sent", "from": "2010-01-01", "granularity": "day"}, "too_many_periods"),
    ({"metric": "sent", "granularity": "week"}, "validation_failed"),
    ({"metric": "sent\x00"}, "validation_failed"),
]


@pytest.mark.parametrize(("parameters", "error"), REFUSED)
@pytest.mark.parametrize("what", ["summary", "series", "export"])
def test_what_cannot_be_answered_is_said(user: TestClient, what: str, parameters: dict[str, Any], error: str) -> None:
    answer = user.get(f"/api/v1/analytics/{what}", params=RANGE | parameters)

    assert error_of(answer) == (422, error)
    assert answer.json()["fields"]


def test_what_was_dropped_is_not_shown_as_zero(user: TestClient, session: Session) -> None:
    session.execute(text("UPDATE analytics_kept SET since = '2026-03-14 12:00+00' WHERE granularity = 'minute'"))
    session.commit()
    early = {"from": "2026-03-14T11:00:00Z", "to": "2026-03-14T12:00:00Z", "metric": "sent"}

    answer = user.get("/api/v1/analytics/series", params=early | {"granularity": "minute"})
    suitable = user.get("/api/v1/analytics/series", params=early)

    assert error_of(answer) == (422, "not_kept")
    assert suitable.json()["granularity"] == "hour"


def test_answers_come_from_roll_ups_alone(user: TestClient, session: Session, database: Engine) -> None:
    make_sent(session, DAY)
    rolled(session)
    statements: list[str] = []

    @event.listens_for(database, "before_cursor_execute")
    def note(_: Any, __: Any, statement: str, *more: Any) -> None:
        statements.append(statement)

    get(user, "series", metric=list(METRICS)[:12], compare="previous")
    get(user, "summary", metric=["sent", "read"], group_by="channel")
    event.remove(database, "before_cursor_execute", note)

    ledgers = (
        "messages",
        "message_events",
        "send_attempts",
        "automation_runs",
        "automation_logs",
        "contacts",
        "webhook",
    )
    assert statements
    assert not [one for one in statements for ledger in ledgers if f"FROM {ledger}" in one or f"JOIN {ledger}" in one]


def test_an_export_opens_in_a_spreadsheet_and_runs_nothing(user: TestClient, session: Session) -> None:
    the_channel(session).name = '=HYPERLINK("http://x","y")'
    make_sent(session, DAY, seconds=2)
    rolled(session)

    answer = user.get(
        "/api/v1/analytics/export", params=RANGE | {"metric": "sent", "group_by": "channel", "granularity": "day"}
    )

    rows = list(csv.DictReader(StringIO(answer.text)))
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="analytics-20260314-20260316.csv"' in answer.headers["content-disposition"]
    assert [(row["period_start"], row["label"], row["value"]) for row in rows] == [
        ("2026-03-14T00:00:00+00:00", '\'=HYPERLINK("http://x","y")', "1"),
        ("2026-03-15T00:00:00+00:00", '\'=HYPERLINK("http://x","y")', "0"),
    ]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_what_could_be_a_formula_is_text(cell: str) -> None:
    assert safe(cell) == f"'{cell}"


@pytest.mark.parametrize("what", ["summary", "series", "export"])
def test_a_user_sees_of_users_what_is_counted_of_themselves_and_an_admin_all(
    admin: TestClient, user: TestClient, session: Session, what: str
) -> None:
    me, other = user.get("/api/v1/auth/me").json()["id"], make_user(session, full_name="Beto").id
    for writer in (me, other, other):
        make_sent(session, DAY + timedelta(hours=1), created_by=writer)
    rolled(session)

    def seen(caller: TestClient) -> set[str]:
        question = RANGE | {"type": "user_activity", "group_by": "user", "granularity": "day"}
        answer = caller.get(f"/api/v1/analytics/{what}", params=question)
        if what == "export":
            return {row["group"] for row in csv.DictReader(StringIO(answer.text))}
        lines = answer.json()["items" if what == "summary" else "series"]
        return {line["group"]["value"] for line in lines}

    assert seen(user) == {str(me)}
    assert seen(admin) >= {str(me), str(other)}


def test_asking_for_somebody_else_shows_a_user_nothing_but_what_is_everybodys(
    user: TestClient, session: Session
) -> None:
    other = make_user(session)
    make_sent(session, DAY + timedelta(hours=1), created_by=other.id)
    rolled(session)

    theirs = get(user, "summary", metric="messages_by_users", filter=f"user:{other.id}")
    both = get(user, "summary", metric=["messages_by_users", "requested"])

    assert [item["value"] for item in theirs["items"]] == [0]
    assert [item["value"] for item in both["items"]] == [0, 1]
