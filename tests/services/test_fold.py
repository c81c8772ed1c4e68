"""The fold under crashes, at the same time as others, and with what is old."""

import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from app.database import BY_INDEX, in_transaction, transaction
from app.domain.metrics import Ledger
from app.domain.rollups import Granularity
from app.services import deltas, rollups, sweeps
from app.services.deltas import Weight
from app.services.ledgers import SOURCES
from app.services.rebuild import rebuild
from tests.builders import make_automation, make_conversation, make_message
from tests.conftest import MakeDatabase
from tests.rollups import fold_all, rolled_up

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def received(engine: Engine, granularity: str = "minute", *, name: str = "received") -> float:
    with engine.connect() as connection:
        total = connection.scalar(
            text("SELECT sum(metric_value) FROM analytics WHERE metric_name = :name AND granularity = :granularity"),
            {"name": name, "granularity": granularity},
        )
    return total or 0.0


def test_a_transaction_that_commits_late_is_counted_all_the_same(database: Engine) -> None:
    with Session(database) as slow, Session(database) as quick:
        make_message(slow, happened_at=NOON)
        make_message(quick, happened_at=NOON)
        quick.commit()
        fold_all(database)
        before = received(database)
        slow.commit()

    fold_all(database)

    assert (before, received(database)) == (1, 2)


def test_what_dies_in_the_middle_leaves_everything_as_it_was(database: Engine, session: Session) -> None:
    make_message(session, happened_at=NOON)
    session.commit()
    waiting = in_transaction(deltas.count)

    with Session(database) as dying:
        assert rollups.fold(dying)
        dying.rollback()

    assert rolled_up(database) == {}
    assert in_transaction(deltas.count) == waiting


def test_one_folds_at_a_time(database: Engine, session: Session) -> None:
    make_message(session, happened_at=NOON)
    session.commit()

    with Session(database) as first, Session(database) as second:
        assert rollups.fold(first)
        assert not rollups.fold(second)


def test_two_sweeps_and_a_writer_at_once_lose_and_double_nothing(database: Engine, session: Session) -> None:
    conversation = make_conversation(session)
    session.commit()
    is_done = threading.Event()

    def fold() -> None:
        while not is_done.is_set():
            in_transaction(rollups.fold, by_index=True)

    sweeps = [threading.Thread(target=fold) for _ in range(2)]
    for sweep in sweeps:
        sweep.start()
    for second in range(40):
        with transaction() as writing:
            make_message(writing, conversation, happened_at=NOON + timedelta(seconds=second % 3))
    is_done.set()
    for sweep in sweeps:
        sweep.join()
    fold_all(database)

    assert [received(database, granularity) for granularity in Granularity] == [40, 40, 40]


def test_a_rebuild_goes_on_where_it_was_interrupted(database: Engine, session: Session) -> None:
    for hours in range(5):
        make_message(session, happened_at=NOON + timedelta(hours=hours))
    session.commit()
    fold_all(database)
    before = rolled_up(database)
    session.execute(text("DELETE FROM analytics"))
    session.commit()

    in_transaction(lambda session: deltas.mark_known(session, since=None, until=None))
    in_transaction(rollups.fold)  # and here the process is killed
    fold_all(database)

    assert rolled_up(database) == before


def test_a_rebuild_of_some_days_leaves_the_others_alone(database: Engine, session: Session) -> None:
    for days in range(3):
        make_message(session, happened_at=NOON + timedelta(days=days))
    session.commit()
    fold_all(database)
    session.execute(text("UPDATE analytics SET metric_value = 7 WHERE metric_name = 'received'"))
    session.commit()
    second = NOON.replace(hour=0) + timedelta(days=1)

    rebuild(since=second, until=second + timedelta(days=1))

    assert received(database, "day") == 7 + 1 + 7


def test_what_is_no_longer_in_a_ledger_is_rebuilt_to_nothing(database: Engine, session: Session) -> None:
    session.execute(
        text("""
            INSERT INTO analytics (metric_type, metric_name, metric_value, period_start, period_end)
            SELECT 'contact_engagement', 'received', 3, :at, CAST(:at AS timestamptz) + length
            FROM unnest(ARRAY[interval '1 minute', '1 hour', '1 day']) AS length
        """),
        {"at": NOON.replace(hour=0)},
    )
    session.commit()

    rebuild()

    assert rolled_up(database) == {}


def test_bodies_that_were_dropped_stay_counted(database: Engine, session: Session) -> None:
    for days in range(4):
        session.execute(
            text("INSERT INTO webhook_events (body, received_at) VALUES ('x', :at)"), {"at": NOON + days * DAY}
        )
    session.execute(text("UPDATE webhook_events SET processed_at = received_at + interval '1 second'"))
    session.commit()
    fold_all(database)
    session.execute(text("DELETE FROM webhook_events WHERE received_at < :at"), {"at": NOON + 2 * DAY})
    session.commit()

    rebuild()

    assert received(database, "day", name="bodies_done") == 4


def test_changes_that_are_no_longer_in_the_audit_log_stay_counted(database: Engine, session: Session) -> None:
    for days in range(4):
        session.execute(
            text("""
                INSERT INTO audit_log (at, actor_kind, actor_name, action, subject_kind)
                VALUES (:at, 'user', 'ana', 'contact.updated', 'contact')
            """),
            {"at": NOON + days * DAY},
        )
    session.commit()
    fold_all(database)
    in_transaction(lambda own: sweeps.forget_changes(own, before=NOON + 2 * DAY))

    rebuild()

    assert session.scalar(text("SELECT count(*) FROM audit_log")) == 2
    assert received(database, "day", name="changes") == 4


def test_days_are_made_anew_in_another_zone(database: Engine, session: Session) -> None:
    for hours in (1, 23):
        make_message(session, happened_at=NOON.replace(hour=0) + timedelta(hours=hours))
    session.commit()
    fold_all(database)
    session.execute(text("UPDATE settings SET time_zone = 'Asia/Kathmandu'"))  # 05:45 ahead
    session.commit()

    fold_all(database)

    days = {key[1:3]: value for key, value in rolled_up(database).items() if key[0] == "day" and key[3] == "received"}
    assert days == {
        ("2026-03-13 18:15:00+00", "2026-03-14 18:15:00+00"): 1,
        ("2026-03-14 18:15:00+00", "2026-03-15 18:15:00+00"): 1,
    }


def test_today_is_folded_before_the_past_and_the_past_before_long(database: Engine, session: Session) -> None:
    for days in range(3):
        make_message(session, make_conversation(session), happened_at=NOON + days * DAY)
    session.execute(text("DELETE FROM analytics_deltas WHERE ledger <> 'inbound'"))
    session.commit()

    first = in_transaction(rollups.fold) and newest_folded(database)
    in_transaction(lambda session: rollups.fold(session, is_newest_first=False))

    assert first == [NOON + 2 * DAY]
    assert newest_folded(database) == [NOON, NOON + 2 * DAY]


def test_whole_days_are_read_once_however_many_minutes_of_them_changed(database: Engine, session: Session) -> None:
    conversation = make_conversation(session)
    for hours in (0, 3, 9):
        make_message(session, conversation, happened_at=NOON.replace(hour=0) + timedelta(hours=hours))
    session.commit()

    while in_transaction(lambda own: rollups.fold(own, weight=Weight.LIGHT)):
        continue
    before = [received(database, granularity, name="active_contacts") for granularity in Granularity]
    folded = [in_transaction(lambda own: rollups.fold(own, weight=Weight.HEAVY)) for _ in range(2)]

    assert before == [3, 0, 0]
    assert folded == [True, False]
    assert [received(database, granularity, name="active_contacts") for granularity in Granularity] == [3, 3, 1]


def newest_folded(engine: Engine) -> Sequence[datetime]:
    with engine.connect() as connection:
        return connection.scalars(
            text(
                "SELECT period_start FROM analytics WHERE metric_name = 'received' AND granularity = 'hour' ORDER BY 1"
            )
        ).all()


def answered(engine: Engine) -> dict[str, float]:
    """By minute."""
    rolled = rolled_up(engine).items()
    return {key[1][11:16]: value for key, value in rolled if key[0] == "minute" and key[3] == "answered"}


def test_an_answer_that_moves_to_another_thread_answers_there_and_no_longer_here(
    database: Engine, session: Session
) -> None:
    here, there = make_conversation(session), make_conversation(session)
    make_message(session, here, happened_at=NOON)
    make_message(session, there, happened_at=NOON + timedelta(minutes=1))
    answer = make_message(session, here, direction="outbound", happened_at=NOON + timedelta(minutes=9))
    session.commit()
    fold_all(database)
    before = answered(database)
    answer.conversation_id = there.id
    session.commit()

    fold_all(database)

    assert (before, answered(database)) == ({"12:00": 1}, {"12:01": 1})


def test_old_minutes_and_hours_are_dropped_in_batches_and_days_stay(database: Engine, session: Session) -> None:
    minutes = rollups.FORGOTTEN_AT_ONCE + 1
    session.execute(
        text("""
            INSERT INTO analytics (metric_type, metric_name, metric_value, period_start, period_end)
            SELECT 'message_delivery', 'sent', 1, at, at + length FROM (
                SELECT CAST(:at AS timestamptz) + n * interval '1 minute', interval '1 minute'
                FROM generate_series(1, :minutes) AS n
                UNION ALL SELECT :at, interval '1 hour' UNION ALL SELECT :at, interval '1 day') AS v (at, length)
        """),
        {"at": NOON, "minutes": minutes},
    )
    session.commit()

    def forget(days: int) -> bool:
        return in_transaction(
            lambda session: rollups.forget(session, now=NOON + 400 * DAY, minutes_kept=2 * DAY, hours_kept=days * DAY)
        )

    assert [forget(1000), forget(1000)] == [True, False]
    assert (received(database, "minute", name="sent"), received(database, "hour", name="sent")) == (0, 1)
    assert forget(120) is False
    assert (received(database, "hour", name="sent"), received(database, "day", name="sent")) == (0, 1)
    assert in_transaction(rollups.kept_since)[Granularity.MINUTE] == (NOON + 398 * DAY)


EXPLAINED = [
    (
        "SELECT * FROM analytics WHERE metric_type = 'message_delivery'"
        " AND period_start >= :at AND period_end <= :later",
        "analytics_metric",
    ),
    ('SELECT * FROM analytics WHERE dimensions @> \'{"channel": "77"}\'', "analytics_dimensions"),
    (
        "SELECT sum(metric_value) FROM analytics WHERE metric_name = ANY(ARRAY['sent', 'read'])"
        " AND granularity = 'hour' AND period_start >= :at AND period_start < :later",
        "analytics_metric_name_granularity_period_start_period_end_d_key",
    ),
]


@pytest.fixture
def explained(make_database: MakeDatabase) -> Iterator[Session]:
    """A database of its own: what a planner takes depends on what other tests left behind in a table, too."""
    engine = create_engine(make_database(prepared=True))
    with Session(engine) as session:
        session.execute(text(BY_INDEX))
        yield session
    engine.dispose()


def test_roll_ups_are_found_by_index(explained: Session) -> None:
    explained.execute(
        text("""
            INSERT INTO analytics (metric_type, metric_name, metric_value, dimensions, period_start, period_end)
            SELECT CASE n % 2 WHEN 0 THEN 'message_delivery' ELSE 'user_activity' END,
                CASE n % 2 WHEN 0 THEN 'sent' ELSE 'logins' END, 1, jsonb_build_object('channel', (n % 100)::text),
                CAST(:at AS timestamptz) + n * interval '1 hour', CAST(:at AS timestamptz) + (n + 1) * interval '1 hour'
            FROM generate_series(1, 5000) AS n
        """),
        {"at": NOON},
    )
    explained.execute(text("ANALYZE analytics"))

    for statement, index in EXPLAINED:
        plan = explained.scalars(text(f"EXPLAIN {statement}"), {"at": NOON + DAY, "later": NOON + 2 * DAY}).all()

        assert index in "\n".join(plan)


OWN_INDEX = {
    Ledger.RUNS: "automation_runs_started",
    Ledger.LOGS: "automation_logs_executed",
    Ledger.CONTACTS: "contacts_created",
    Ledger.ATTEMPTS: "Index Cond: ((claimed_at",  # several hold it
    Ledger.BODIES: "webhook_events_default_processed_at_idx",
    Ledger.AUDIT: "audit_log_at",
}


def test_ledgers_are_read_by_their_index_of_time_alone(explained: Session) -> None:
    fill_ledgers(explained)

    for ledger, source in SOURCES.items():
        found = explained.scalars(
            text(f"""
                EXPLAIN WITH spans AS (
                    SELECT * FROM unnest(CAST(:starts AS timestamptz[]), CAST(:ends AS timestamptz[]))
                        AS s (starts_at, ends_at)) {source.facts}
            """),
            {"starts": [NOON], "ends": [NOON + timedelta(minutes=1)], "zone": "UTC"},
        )
        plan = "\n".join(found)

        assert OWN_INDEX.get(ledger, "messages_happened") in plan, (ledger, plan)
        assert "BitmapAnd" not in plan, (ledger, plan)


def fill_ledgers(session: Session) -> None:
    """All of them: where a table is empty the planner cannot tell its indexes apart."""
    message = make_message(session, direction="outbound")
    automation = make_automation(session)
    given = {
        "at": NOON,
        "channel": message.channel_id,
        "contact": message.contact_id,
        "conversation": message.conversation_id,
        "automation": automation.id,
    }
    for statement in FILLED:
        session.execute(text(statement), given)


MINUTES = "SELECT n, CAST(:at AS timestamptz) + n * interval '1 minute' AS at FROM generate_series(1, 3000) AS n"
FILLED = (
    f"""
    INSERT INTO messages (contact_id, conversation_id, channel_id, direction, message_type, content, origin,
        happened_at, whatsapp_message_id)
    SELECT :contact, :conversation, :channel, CASE n % 2 WHEN 0 THEN 'inbound' ELSE 'outbound' END, 'text', '{{}}',
        'api', at, 'w' || n
    FROM ({MINUTES}) AS minutes
    """,
    """
    INSERT INTO send_attempts (message_id, attempt, channel_id, contact_id, epoch, claimed_at, dead_at)
    SELECT id, 1, channel_id, contact_id, 1, happened_at, happened_at FROM messages
    """,
    f"INSERT INTO contacts (created_at) SELECT at FROM ({MINUTES}) AS minutes",
    """
    INSERT INTO automation_versions (automation_id, number, trigger_type, trigger_conditions, action_type,
        action_payload, checksum)
    VALUES (:automation, 1, 'manual', '{}', 'send_message', '{}', '')
    """,
    f"""
    INSERT INTO automation_runs (automation_id, version_id, contact_id, entry_key, active_key, event, event_key, state,
        started_at, ended_at)
    SELECT :automation, v.id, :contact, n, '', 'manual', n, 'done', at, at
    FROM ({MINUTES}) AS minutes, automation_versions v WHERE v.automation_id = :automation
    """,
    f"""
    INSERT INTO automation_logs (automation_id, execution_status, executed_at)
    SELECT :automation, 'success', at FROM ({MINUTES}) AS minutes
    """,
    f"""
    INSERT INTO webhook_events (body, received_at, processed_at)
    SELECT 'x', '2020-01-01', at FROM ({MINUTES}) AS minutes
    """,
    f"""
    INSERT INTO audit_log (at, actor_kind, actor_name, action, subject_kind, subject_id)
    SELECT at, 'user', 'Ana', 'contact.updated', 'contact', n FROM ({MINUTES}) AS minutes
    """,
    "ANALYZE messages, send_attempts, contacts, automation_runs, automation_logs, webhook_events, audit_log",
)
