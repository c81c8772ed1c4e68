"""Webhook bodies go by the day, once they are old and all of that day are done."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import create_engine, text

from app.database import transaction, url_of
from app.services.partitions import drop_old, make_partitions
from tests.waiting import eventually, is_blocked

TODAY = date(2026, 3, 14)
STORE = text("""
    INSERT INTO webhook_events (body, received_at, processed_at, parked)
    VALUES ('{}', :at, CASE WHEN :done THEN now() END, CAST(:parked AS jsonb))
""")


@pytest.fixture
def engine(make_database):
    made = create_engine(url_of(make_database(prepared=True)))
    yield made
    made.dispose()


def noon(days_ago):
    return datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC) - timedelta(days=days_ago)


def store(engine, days_ago, *, done=True, parked="{}"):
    """A body of that day, in a partition of its own."""
    with transaction(engine) as session:
        make_partitions(session, TODAY - timedelta(days=days_ago))
        session.execute(STORE, {"at": noon(days_ago), "done": done, "parked": parked})


def kept(engine):
    """How many days ago the bodies came that are still there."""
    with transaction(engine) as session:
        moments = session.scalars(text("SELECT received_at FROM webhook_events ORDER BY received_at DESC")).all()
    return [(noon(0) - moment).days for moment in moments]


def drop(engine, days=30):
    with transaction(engine) as session:
        return drop_old(session, TODAY, days=days)


def test_old_days_go_and_younger_ones_stay(engine):
    for days_ago in (0, 30, 31, 60):
        store(engine, days_ago)

    drop(engine)

    assert kept(engine) == [0, 30]
    with transaction(engine) as session:
        assert session.scalar(text("SELECT to_regclass('webhook_events_20260113')")) is None


@pytest.mark.parametrize(
    "unfinished", [{"done": False}, {"done": True, "parked": '{"0": "no such channel"}'}], ids=["pending", "parked"]
)
def test_a_day_with_a_body_that_is_not_done_stays_whole(engine, unfinished):
    store(engine, 40)
    store(engine, 40, **unfinished)
    store(engine, 50)

    drop(engine)

    assert kept(engine) == [40, 40]


def test_old_bodies_without_a_day_of_their_own_go_too(engine):
    with transaction(engine) as session:
        for done in (True, False):
            session.execute(STORE, {"at": noon(90), "done": done, "parked": "{}"})
        session.execute(STORE, {"at": noon(20), "done": True, "parked": "{}"})

    drop(engine)

    assert kept(engine) == [20, 90]


def test_whoever_stores_a_webhook_is_not_held_up_by_a_day_that_is_in_use(engine):
    store(engine, 40)
    with transaction(engine) as reader:
        reader.execute(text("SELECT count(*) FROM webhook_events"))  # as a page does, for as long as it reads

        assert drop(engine) == 0

        store_now = {"at": noon(0), "done": False, "parked": "{}"}
        with transaction(engine) as session:
            session.execute(STORE, store_now)
        assert not is_blocked(engine)
    assert kept(engine) == [0, 40]
    eventually(lambda: drop(engine) > 0)
    assert kept(engine) == [0]
