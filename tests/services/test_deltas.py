"""What waits to be rolled up after each kind of change: every statement of the triggers, by its trace.

A case is rows that stand, one change, and the minutes of ledgers that must be counted anew: no fewer, and no more.
"""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from tests.builders import make_automation, make_conversation, make_message, make_user

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)

# Minutes after noon of what is there: in one conversation somebody wrote and we answered, three messages came, with
# reactions around them, and we answered again.
HERE = (
    ("long before", "outbound", "text", LONG_BEFORE := -90),
    ("earlier", "inbound", "text", EARLIER := -60),
    ("before", "outbound", "text", BEFORE := -30),
    ("thanks", "inbound", "reaction", -10),
    ("first", "inbound", "text", FIRST := 0),
    ("between", "inbound", "text", 2),
    ("second", "inbound", "text", SECOND := 5),
    ("smile", "inbound", "reaction", 8),
    ("answer", "outbound", "text", ANSWER := 70),
)
ALONE = 7  # of what stands by itself, of every kind

# Several rows at once: two of one hour and one of another, as a trigger sees a whole statement.
SEVERAL = "(VALUES (10, 0), (11, 1), (12, -120)) AS v (n, minutes)"
MOMENT = "CAST(:at AS timestamptz) + v.minutes * interval '1 minute'"
MESSAGE = f"""
    INSERT INTO messages (contact_id, conversation_id, channel_id, direction, message_type, content, origin,
        happened_at)
    SELECT contact_id, conversation_id, channel_id, {{direction}}, 'text', content, 'api', {MOMENT}
    FROM messages, {SEVERAL} WHERE text = 'alone'
"""
ATTEMPT = f"""
    INSERT INTO send_attempts (message_id, attempt, channel_id, contact_id, epoch, claimed_at, dead_at)
    SELECT id, v.n, channel_id, contact_id, 1, {MOMENT}, {MOMENT} FROM messages, {SEVERAL} WHERE text = 'alone'
"""
RUN = f"""
    INSERT INTO automation_runs (automation_id, version_id, contact_id, entry_key, active_key, event, event_key, state,
        started_at)
    SELECT a.automation_id, a.id, m.contact_id, v.n, v.n, 'manual', 'k', 'active', {MOMENT}
    FROM automation_versions a, messages m, {SEVERAL} WHERE m.text = 'alone'
"""
LOG = f"""
    INSERT INTO automation_logs (automation_id, execution_status, executed_at, refused_reason, refused_on)
    SELECT id, 'skipped', {MOMENT}, {{refused}} FROM automations, {SEVERAL}
"""
CONTACT = f"INSERT INTO contacts (created_at) SELECT {MOMENT} FROM {SEVERAL}"
AUDIT = f"""
    INSERT INTO audit_log (at, actor_kind, actor_name, action, subject_kind)
    SELECT {MOMENT}, 'user', 'ana', 'contact.updated', 'contact' FROM {SEVERAL}
"""
BODY = "UPDATE webhook_events SET processed_at = {at} WHERE processed_at {now}"
LATER = 125  # minutes: another hour


def several(*ledgers: str, around: int = LATER) -> set[tuple[str, int]]:
    return {(ledger, around + minutes) for ledger in ledgers for minutes in (0, 1, -120)}


CASES: dict[str, tuple[str, set[tuple[str, int]]]] = {
    "messages come": (MESSAGE.format(direction="'inbound'"), several("inbound", "turns")),
    "messages go": (MESSAGE.format(direction="'outbound'"), several("outbound", "turns")),
    "messages come and go": (
        MESSAGE.format(direction="CASE v.n WHEN 10 THEN 'inbound' ELSE 'outbound' END"),
        {("inbound", LATER), ("outbound", LATER + 1), ("outbound", LATER - 120)} | several("turns"),
    ),
    "a report changes a message": (
        "UPDATE messages SET status = 'read' WHERE text IN ('before', 'answer')",
        {("outbound", BEFORE), ("outbound", ANSWER)},
    ),
    "a message is forgotten": (
        "DELETE FROM messages WHERE text = 'second'",
        {("inbound", SECOND), ("answers", SECOND), ("answers", ANSWER), ("answers", FIRST)},
    ),
    "an answer is forgotten": (
        "DELETE FROM messages WHERE text = 'before'",
        {("outbound", BEFORE), ("answers", BEFORE), ("answers", FIRST), ("answers", EARLIER)},
    ),
    "a message moves to another thread": (
        "UPDATE messages SET conversation_id = (SELECT conversation_id FROM messages WHERE text = 'alone')"
        " WHERE text = 'second'",
        {("inbound", SECOND), ("turns", SECOND), ("answers", SECOND), ("answers", ANSWER), ("answers", FIRST)},
    ),
    "an earlier copy of a message comes": (
        "UPDATE messages SET happened_at = :at WHERE text = 'alone'",
        {("inbound", ALONE), ("inbound", LATER), ("turns", LATER), ("answers", ALONE), ("answers", LATER)},
    ),
    "a message becomes a reaction": (
        "UPDATE messages SET message_type = 'reaction' WHERE text = 'alone'",
        {("inbound", ALONE), ("turns", ALONE), ("answers", ALONE)},
    ),
    "tries begin": (ATTEMPT, several("attempts")),
    "tries end": ("UPDATE send_attempts SET outcome = 'accepted'", several("attempts", around=ALONE)),
    "tries are forgotten": ("DELETE FROM send_attempts", several("attempts", around=ALONE)),
    "runs begin": (RUN.replace("v.n, v.n", "v.n + 10, v.n + 10"), several("runs")),
    "runs are forgotten": ("DELETE FROM automation_runs", several("runs", around=ALONE)),
    "runs go on": ("UPDATE automation_runs SET state = 'done'", set()),
    "runs are logged": (LOG.format(refused="NULL, NULL"), several("logs")),
    "somebody is refused, at whatever time": (
        LOG.format(refused="'cooldown' || v.n, DATE '2026-03-14'"),
        {("logs", 0)},
    ),
    "more are refused that day": ("UPDATE automation_logs SET contacts_affected = 7", several("logs", around=ALONE)),
    "logs are forgotten": ("DELETE FROM automation_logs", several("logs", around=ALONE)),
    "contacts are there": (CONTACT, several("contacts")),
    "contacts are forgotten": ("DELETE FROM contacts WHERE notes = 'nobody'", several("contacts", around=ALONE)),
    "a contact was there before": (
        "UPDATE contacts SET created_at = :at WHERE name = 'nobody'",
        {("contacts", ALONE), ("contacts", LATER)},
    ),
    "a contact turns out to be somebody's work": (
        "UPDATE contacts SET created_by = (SELECT min(id) FROM users) WHERE name = 'nobody'",
        {("contacts", ALONE)},
    ),
    "a contact is renamed": ("UPDATE contacts SET notes = 'x' WHERE name = 'nobody'", set()),
    "a body comes": ("INSERT INTO webhook_events (body, received_at) VALUES ('x', :at)", set()),
    "bodies are done": (
        BODY.format(at=f"{MOMENT} FROM {SEVERAL}", now="IS NULL AND octet_length(body) = v.n"),
        several("bodies"),
    ),
    "a body is done again": (BODY.format(at=":at", now="IS NOT NULL"), {("bodies", ALONE), ("bodies", LATER)}),
    "a body is to be done again": (BODY.format(at="NULL", now="IS NOT NULL"), {("bodies", ALONE)}),
    "something is changed by somebody": (AUDIT, several("audit")),
    "the workspace stays where it is": ("UPDATE settings SET time_zone = time_zone, name = 'Panadería'", set()),
}


@pytest.fixture
def standing(database: Engine, session: Session) -> Session:
    """The rows that stand, with nothing left to roll up."""
    here, there = make_conversation(session), make_conversation(session)
    for name, direction, kind, minute in HERE:
        make_message(session, here, direction=direction, text=name, message_type=kind, happened_at=at(minute))
    make_message(session, there, text="alone", happened_at=at(ALONE))
    make_automation(session)
    make_user(session)
    for statement in (
        ATTEMPT.replace("v.n,", "v.n - 9,"),
        """
        INSERT INTO automation_versions (automation_id, number, trigger_type, trigger_conditions, action_type,
            action_payload, checksum)
        SELECT id, 1, trigger_type, trigger_conditions, action_type, action_payload, 'x' FROM automations
        """,
        RUN,
        LOG.format(refused="NULL, NULL"),
        "INSERT INTO contacts (name, created_at) VALUES ('nobody', :at)",
        CONTACT.replace("(created_at) SELECT", "(notes, created_at) SELECT 'nobody',"),
        f"INSERT INTO webhook_events (body, received_at) SELECT convert_to(repeat('x', n), 'UTF8'), :at FROM {SEVERAL}",
        "INSERT INTO webhook_events (body, received_at) VALUES ('done', :at)",
        "UPDATE webhook_events SET processed_at = :at WHERE body = 'done'",
        "DELETE FROM analytics_deltas",
    ):
        session.execute(text(statement), {"at": at(ALONE)})
    return session


def at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


def noted(session: Session) -> list[tuple[str, int]]:
    """Ledger and minute after noon, as often as they were noted."""
    rows = session.execute(text("SELECT ledger, hour, minutes FROM analytics_deltas")).all()
    return [
        (ledger, int((hour - NOON).total_seconds() // 60) + bit)
        for ledger, hour, minutes in rows
        for bit in range(60)
        if minutes >> bit & 1
    ]


def test_each_change_notes_the_minutes_that_it_changed_and_no_others(standing: Session) -> None:
    wrong = {}
    for name, (statement, expected) in CASES.items():
        with standing.begin_nested() as savepoint:
            standing.execute(text(statement), {"at": at(LATER)})
            found = set(noted(standing))
            savepoint.rollback()
        if found != expected:
            wrong[name] = (found, expected)

    assert not wrong


def test_another_time_zone_is_noted_as_such(standing: Session) -> None:
    standing.execute(text("UPDATE settings SET time_zone = 'Asia/Kathmandu'"))

    assert standing.scalars(text("SELECT ledger FROM analytics_deltas")).all() == ["zone"]
