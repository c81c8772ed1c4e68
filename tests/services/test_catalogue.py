"""Every metric once: from rows to the number that people see."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.config import CHECKOUT
from app.domain.metrics import Ledger, Rate, Share
from app.domain.rollups import Granularity
from app.services import analytics, questions
from app.services.catalogue import DIMENSIONS, METRICS, ledger_of, names_of
from app.services.ledgers import SOURCES
from tests.builders import make_automation, make_contact, make_conversation, make_message, make_user
from tests.rollups import fold_all

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
DELIVERED = {"status": "delivered", "sent_at": NOON, "delivered_at": NOON + timedelta(seconds=3)}
READ = DELIVERED | {"status": "read", "read_at": NOON + timedelta(seconds=90)}
FAILED = {"status": "failed", "error_code": 131026, "error_source": "meta"}


def outbound(session: Session, **columns: Any) -> None:
    make_message(session, direction="outbound", **({"happened_at": NOON} | columns))


def four_messages(session: Session) -> None:
    """Of four one was read, one delivered, one failed, and one waits."""
    for columns in (READ, DELIVERED, FAILED, {}):
        outbound(session, **columns)


def runs(session: Session) -> None:
    """One of five seconds that worked for half a second and succeeded, one that failed, and three refusals."""
    automation = make_automation(session)
    session.execute(
        text("""
            WITH version AS (
                INSERT INTO automation_versions (automation_id, number, trigger_type, trigger_conditions, action_type,
                    action_payload, checksum) VALUES (:id, 1, 'keyword', '{}', 'send_message', '{}', 'x') RETURNING id
            ), runs AS (
                INSERT INTO automation_runs (automation_id, version_id, contact_id, entry_key, active_key, event,
                    event_key, state, started_at)
                SELECT :id, version.id, :contact, key, key, 'x', 'x', 'done', :at
                FROM version, unnest(ARRAY['a', 'b']) AS key
                RETURNING id, entry_key
            )
            INSERT INTO automation_logs (automation_id, run_id, execution_status, execution_time, executed_at)
            SELECT :id, id, CASE entry_key WHEN 'a' THEN 'success' ELSE 'failed' END, 0.5,
                CAST(:at AS timestamptz) + interval '5 seconds' FROM runs
        """),
        {"id": automation.id, "contact": make_contact(session).id, "at": NOON},
    )
    session.execute(
        text("""
            INSERT INTO automation_logs (automation_id, execution_status, contacts_affected, refused_reason, refused_on,
                executed_at) VALUES (:id, 'skipped', 3, 'frequency', :day, :at)
        """),
        {"id": automation.id, "day": date(2026, 3, 14), "at": NOON + timedelta(hours=9)},
    )


def talk(session: Session) -> None:
    """Two people: one asks twice in a row and is answered after a minute, reacts, and asks again; one never hears."""
    first, second = make_conversation(session), make_conversation(session)
    make_message(session, first, happened_at=NOON)
    make_message(session, first, happened_at=NOON + timedelta(seconds=30))
    make_message(session, first, direction="outbound", happened_at=NOON + timedelta(seconds=60))
    make_message(session, first, message_type="reaction", happened_at=NOON + timedelta(seconds=61))
    make_message(session, first, happened_at=NOON + timedelta(seconds=62))
    make_message(session, second, happened_at=NOON + timedelta(hours=1))


def contacts(session: Session) -> None:
    make_contact(session, phone="+15550001", created_at=NOON)
    make_contact(session, phone="+15550002", created_at=NOON, created_by=make_user(session).id)


def tries(session: Session) -> None:
    """One accepted after two tries, one unknown, one refused."""
    message = make_message(session, direction="outbound", happened_at=NOON)
    for place, (attempt, outcome) in enumerate([(1, "rejected"), (2, "accepted"), (3, "unknown")]):
        session.execute(
            text("""
                INSERT INTO send_attempts (message_id, attempt, channel_id, contact_id, epoch, claimed_at, dead_at,
                    outcome, error_code, settled_by, settled_at)
                VALUES (:id, :attempt, :channel, :contact, 1, :at, :at, :outcome,
                    CASE WHEN :outcome = 'rejected' THEN 130429 END,
                    CASE WHEN :outcome <> 'unknown' THEN 'answer' END,
                    CASE WHEN :outcome <> 'unknown' THEN CAST(:at AS timestamptz) + interval '2 seconds' END)
            """),
            {
                "id": message.id,
                "attempt": attempt,
                "channel": message.channel_id,
                "contact": message.contact_id,
                "at": NOON + timedelta(seconds=place),
                "outcome": outcome,
            },
        )


def bodies(session: Session) -> None:
    """Two that took four seconds, one of which is parked, and one that waits."""
    for items, parked in ((7, "{}"), (2, '{"1": "x"}')):
        session.execute(
            text(
                "INSERT INTO webhook_events (body, received_at, items_done, parked) VALUES ('x', :at, :items, :parked)"
            ),
            {"at": NOON, "items": items, "parked": parked},
        )
    session.execute(text("UPDATE webhook_events SET processed_at = :at"), {"at": NOON + timedelta(seconds=4)})
    session.execute(text("INSERT INTO webhook_events (body, received_at) VALUES ('x', :at)"), {"at": NOON})


def by_users(session: Session) -> None:
    user = make_user(session)
    outbound(session, created_by=user.id)
    outbound(session)


def audited(session: Session) -> None:
    """Ana logs in at the third time, changes one thing and leaves."""
    for action in ("user.login_failed", "user.login_failed", "user.logged_in", "contact.updated", "user.logged_out"):
        session.execute(
            text("""
                INSERT INTO audit_log (at, actor_kind, actor_id, actor_name, action, subject_kind)
                VALUES (:at, 'user', :id, 'ana', :action, 'contact')
            """),
            {"at": NOON, "id": make_user(session).id, "action": action},
        )


Case = tuple[Callable[[Session], None], float]

CASES: Mapping[str, Case] = {
    "requested": (four_messages, 4),
    "sent": (four_messages, 2),
    "delivered": (four_messages, 2),
    "read": (four_messages, 1),
    "failed": (four_messages, 1),
    "delivery_rate": (four_messages, 1),
    "read_rate": (four_messages, 0.5),
    "failure_rate": (four_messages, 0.25),
    "time_to_sent": (four_messages, 0),
    "time_to_delivered": (four_messages, 3),
    "time_to_read": (four_messages, 90),
    "entries": (runs, 2),
    "runs_ended": (runs, 2),
    "runs_succeeded": (runs, 1),
    "success_rate": (runs, 0.5),
    "entries_refused": (runs, 3),
    "run_duration": (runs, 5),
    "run_work": (runs, 0.5),
    "received": (talk, 5),
    "busiest_hours": (talk, 5),
    "active_contacts": (talk, 2),
    "new_contacts": (contacts, 2),
    "turns": (talk, 3),
    "answered": (talk, 1),
    "reply_rate": (talk, 1 / 3),
    "reply_time": (talk, 60),
    "bodies_done": (bodies, 2),
    "bodies_parked": (bodies, 1),
    "items_done": (bodies, 9),
    "drain_rate": (bodies, 9 / 86400),
    "intake_lag": (bodies, 4),
    "tries": (tries, 3),
    "send_rate": (tries, 3 / 86400),
    "tries_rejected": (tries, 1),
    "retries": (tries, 2),
    "retry_rate": (tries, 2 / 3),
    "outcomes_unknown": (tries, 1),
    "answer_time": (tries, 2),
    "messages_by_users": (by_users, 1),
    "logins": (audited, 1),
    "logins_failed": (audited, 2),
    "changes": (audited, 1),
}


def found(session: Session, slug: str, *, group_by: str | None = None) -> list[analytics.Line]:
    question = questions.ask(
        session,
        since=date(2026, 3, 14),
        until=date(2026, 3, 14),
        granularity=Granularity.DAY,
        metrics=[slug],
        type=None,
        group_by=group_by,
        filters=[],
        compares=False,
        now=NOON,
    )
    return list(analytics.find(session, question).lines)


def test_every_metric_has_a_case() -> None:
    assert CASES.keys() == METRICS.keys()


@pytest.mark.parametrize("slug", METRICS)
def test_a_metric_counts_what_it_says(session: Session, slug: str) -> None:
    arrange, expected = CASES[slug]
    arrange(session)
    session.commit()

    fold_all()

    [line] = found(session, slug)
    assert line.total.value == line.values[0] == pytest.approx(expected)
    for dimension in METRICS[slug].dimensions:
        assert any(one.total.value for one in found(session, slug, group_by=dimension)) or not expected


def test_what_is_made_of_others_is_known_by_no_more_than_they() -> None:
    for metric in METRICS.values():
        parts = {Share: ("of", "per"), Rate: ("of",)}.get(type(metric.measure), ())
        for part in parts:
            other = METRICS[getattr(metric.measure, part)]
            assert set(metric.dimensions) <= set(other.dimensions), metric.slug
            assert ledger_of(other.measure) is not None, metric.slug


def test_names_and_dimensions_are_used_once_and_known() -> None:
    names = names_of(list(METRICS.values()))

    assert len(names) == len(set(names))
    assert {dimension for metric in METRICS.values() for dimension in metric.dimensions} == DIMENSIONS.keys()
    assert "le" not in DIMENSIONS
    assert SOURCES.keys() == {ledger_of(metric.measure) for metric in METRICS.values()} - {None} == set(Ledger)


def test_the_documentation_says_what_the_catalogue_says() -> None:
    written = (CHECKOUT / "docs" / "analytics.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \| (.*?) \|$", written, re.MULTILINE)

    assert {slug: (unit, definition, dimensions) for slug, unit, definition, dimensions in rows} == {
        slug: (metric.unit, metric.definition, ", ".join(metric.dimensions)) for slug, metric in METRICS.items()
    }
