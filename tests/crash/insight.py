"""A look inside, straight from the database: figures for the report, and what to read when something went wrong.

The verdict comes from outside. Only one thing is judged here, because it has no outside: that whoever lost a lane did
nothing more with it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg

from tests.crash.audit import Verdict

Connection = psycopg.Connection[tuple[object, ...]]

ATTEMPTS = """
    SELECT concat_ws(', ', outcome, CASE WHEN settled_by IS NOT NULL THEN 'by ' || settled_by END,
                     CASE WHEN error_message IN ('not_started', 'holder_gone') THEN error_message END), count(*)
    FROM send_attempts GROUP BY 1 ORDER BY 2 DESC, 1
"""

# An epoch's claims all come before those of the next one.
LATE_CLAIMS = """
    SELECT channel_id, epoch, first_at, earlier_at FROM (
        SELECT channel_id, epoch, min(claimed_at) AS first_at,
               max(max(claimed_at)) OVER (
                   PARTITION BY channel_id ORDER BY epoch ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
               ) AS earlier_at
        FROM send_attempts GROUP BY channel_id, epoch) epochs
    WHERE first_at < earlier_at
"""
DEADLINES = "SELECT message_id, attempt, extract(epoch FROM dead_at) FROM send_attempts"

# What tells most about a fault; the first parameter is the messages that are in trouble.
QUESTIONS: tuple[tuple[str, str], ...] = (
    (
        "Messages by state",
        "SELECT direction, status, dispatch, error_message, count(*) FROM messages GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC",
    ),
    (
        "Messages in trouble",
        "SELECT id, status, dispatch, attempt, due_at, unknown_at, accepted_at, asked_at, error_message, is_doubled,"
        " created_at FROM messages WHERE id = ANY(%(ids)s::bigint[]) OR (direction = 'outbound' AND dispatch <> 'done')"
        " ORDER BY id LIMIT 50",
    ),
    (
        "Their attempts",
        "SELECT a.message_id, a.attempt, a.epoch, a.claimed_at, a.dead_at, a.outcome, a.settled_by, a.settled_at,"
        " a.error_code, a.error_message, right(a.wamid, 12) FROM send_attempts a JOIN messages m ON m.id = a.message_id"
        " WHERE m.id = ANY(%(ids)s::bigint[]) OR m.dispatch <> 'done' ORDER BY 1, 2 LIMIT 100",
    ),
    (
        "Their reports",
        "SELECT e.message_id, e.attempt, e.status, e.at, e.received_at, e.source, right(e.whatsapp_message_id, 12)"
        " FROM message_events e JOIN messages m ON m.id = e.message_id"
        " WHERE m.id = ANY(%(ids)s::bigint[]) OR m.dispatch <> 'done' ORDER BY 1, e.id LIMIT 200",
    ),
    (
        "Reports without a message",
        "SELECT id, status, at, received_at, echo FROM message_events WHERE message_id IS NULL ORDER BY id LIMIT 30",
    ),
    ("Lanes", "SELECT *, clock_timestamp() FROM lanes"),
    ("When intake was open", "SELECT * FROM intake_open ORDER BY id DESC LIMIT 40"),
    (
        "Bodies not done, or parked",
        "SELECT id, received_at, processed_at, items_done, attempts, error, parked, lane FROM webhook_events"
        " WHERE (processed_at IS NULL OR parked <> '{}') ORDER BY id LIMIT 30",
    ),
    (
        "Runs not done",
        "SELECT * FROM automation_runs WHERE state <> 'done' ORDER BY id LIMIT 30",
    ),
    ("Alerts", "SELECT kind, key, count, first_at, last_at FROM alerts LIMIT 50"),
    ("Attempts by outcome", ATTEMPTS),
)


def attempts(connection: Connection) -> dict[str, int]:
    """How many tries ended in which way."""
    return {str(outcome): int(str(count)) for outcome, count in connection.execute(ATTEMPTS)}


def broken_fences(connection: Connection, ledger: Sequence[Mapping[str, Any]]) -> list[str]:
    """What was done with a lane by somebody who had lost it, such as a sender that stood still and went on.

    Such a one may claim nothing, and begin nothing that it has claimed before: a send that begins after its attempt is
    dead may come after the proof that it was not sent.
    """
    troubles = [
        f"channel {channel}: claims of an epoch before {epoch} at {earlier}, which began at {first}"
        for channel, epoch, first, earlier in connection.execute(LATE_CLAIMS)
    ]
    dead = {f"{message}:{attempt}": float(str(at)) for message, attempt, at in connection.execute(DEADLINES)}
    for entry in ledger:
        key = ":".join((entry["biz_opaque_callback_data"] or "").split(":")[2:])
        if key in dead and entry["at"] > dead[key]:
            troubles.append(f"attempt {key} was sent {entry['at'] - dead[key]:.1f} s after it was dead")
    return troubles


def diagnose(connection: Connection, verdict: Verdict) -> str:
    ids = sorted({*verdict.lost, *verdict.doubled, *verdict.stuck, *verdict.unknown})
    parts = ["\n".join(verdict.troubles)]
    for title, question in QUESTIONS:
        try:
            cursor = connection.execute(question, {"ids": ids} if "%(ids)s" in question else None)
            columns = [column.name for column in cursor.description or ()]
            parts.append(f"{title}\n{_table(columns, cursor.fetchall())}")
        except psycopg.Error as error:
            parts.append(f"{title}\n{error}")
    return "\n\n".join(parts) + "\n"


def _table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    return "\n".join(" | ".join(str(value) for value in row) for row in [columns, *rows])
