"""What the database shows at this moment, for `/metrics`: how much waits, how long already, and what stands still.

Asked on every scrape, however large the tables are: each question follows an index of just what it counts, and stops
counting at a bound.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.rows import dict_row

from app.services.counters import SILENT_SECONDS
from app.services.lanes import LEASE_SECONDS

BOUND = 10_000  # more than that is "many": nobody acts differently on 10,000 and on 100,000


@dataclass(frozen=True, slots=True)
class Sample:
    name: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()


# name → (help, statement). A statement's columns are labels, but for `value`.
QUESTIONS: dict[str, tuple[str, str]] = {
    "hilo_bodies_pending": (
        f"Webhook bodies that are not applied yet, {BOUND} at most.",
        """
        SELECT lane, (SELECT count(*) FROM (
            SELECT FROM webhook_events WHERE processed_at IS NULL AND lane = l.lane LIMIT %(bound)s) AS few) AS value
        FROM (VALUES ('intake'), ('history')) AS l (lane)
        """,
    ),
    "hilo_bodies_lag_seconds": (
        "How long the oldest of them has waited.",
        """
        SELECT lane, COALESCE((
            SELECT extract(epoch FROM clock_timestamp() - received_at) FROM webhook_events
            WHERE processed_at IS NULL AND lane = l.lane ORDER BY id LIMIT 1), 0) AS value
        FROM (VALUES ('intake'), ('history')) AS l (lane)
        """,
    ),
    "hilo_bodies_parked": (
        f"Webhook bodies with an item that could not be applied, {BOUND} at most.",
        "SELECT count(*) AS value FROM (SELECT FROM webhook_events WHERE parked <> '{}' LIMIT %(bound)s) AS few",
    ),
    "hilo_intake_silent_seconds": (
        "Since when no web server could have stored a webhook (it stamps every second).",
        """
        SELECT extract(epoch FROM clock_timestamp() - stamped_at) AS value
        FROM intake_open ORDER BY id DESC LIMIT 1
        """,
    ),
    "hilo_messages_due": (
        f"Messages that should have left by now, {BOUND} at most.",
        """
        SELECT id::text AS channel, (SELECT count(*) FROM (
            SELECT FROM messages WHERE channel_id = c.id AND dispatch = 'queued' AND due_at <= %(now)s LIMIT %(bound)s
        ) AS few) AS value
        FROM channels c WHERE state <> 'unclaimed'
        """,
    ),
    "hilo_messages_lag_seconds": (
        "For how long the first of them is due.",
        """
        SELECT id::text AS channel, COALESCE(GREATEST(0, (
            SELECT extract(epoch FROM %(now)s - due_at) FROM messages
            WHERE channel_id = c.id AND dispatch = 'queued' ORDER BY due_at LIMIT 1)), 0) AS value
        FROM channels c WHERE state <> 'unclaimed'
        """,
    ),
    "hilo_messages_open": (
        f"Messages that are being sent, held back, or whose outcome nobody knows, {BOUND} at most.",
        """
        SELECT id::text AS channel, dispatch, (SELECT count(*) FROM (
            SELECT FROM messages WHERE channel_id = c.id AND dispatch = d.dispatch
                AND dispatch IN ('sending', 'unknown', 'held') LIMIT %(bound)s) AS few) AS value
        FROM channels c, (VALUES ('sending'), ('unknown'), ('held')) AS d (dispatch) WHERE state <> 'unclaimed'
        """,
    ),
    "hilo_runs_lag_seconds": (
        "For how long the first run is due that nobody has woken.",
        """
        SELECT COALESCE(GREATEST(0, (
            SELECT extract(epoch FROM %(now)s - wake_at) FROM automation_runs
            WHERE wake_at IS NOT NULL ORDER BY wake_at LIMIT 1)), 0) AS value
        """,
    ),
    "hilo_rollups_waiting": (
        f"Changes of ledgers that are not rolled up yet, {BOUND} at most.",
        "SELECT count(*) AS value FROM (SELECT FROM analytics_deltas LIMIT %(bound)s) AS few",
    ),
    "hilo_alerts_open": (
        f"Alerts that nobody has resolved, {BOUND} at most.",
        """
        SELECT kind, severity, count(*) AS value
        FROM (SELECT kind, severity FROM alerts WHERE resolved_at IS NULL LIMIT %(bound)s) AS few
        GROUP BY kind, severity
        """,
    ),
    "hilo_channels": (
        "Business numbers by state; one that is `halted` sends nothing until a person resumes it.",
        """
        SELECT state, count(c.id) AS value
        FROM (VALUES ('active'), ('halted'), ('unclaimed')) AS s (state) LEFT JOIN channels c USING (state)
        GROUP BY state
        """,
    ),
    "hilo_paused": ("1 while everything is paused.", "SELECT is_paused::int AS value FROM settings WHERE id = 1"),
    "hilo_send_lane_held": (
        "1 where a sender holds the lane of this channel.",
        """
        SELECT substr(name, 6) AS channel,
            (holder IS NOT NULL AND beat_at > clock_timestamp() - make_interval(secs => %(lease)s))::int AS value
        FROM lanes WHERE name LIKE 'send:%%'
        """,
    ),
    "hilo_pulse_age_seconds": (
        "Since when no worker of this queue has heard a tick of beat.",
        """
        SELECT substr(name, 7) AS queue, extract(epoch FROM clock_timestamp() - beat_at) AS value FROM lanes
        WHERE name LIKE 'pulse:%%'
        """,
    ),
    "hilo_processes": (
        "Processes that are running.",
        """
        SELECT name AS process, host, count(*) AS value FROM processes
        WHERE beat_at > clock_timestamp() - make_interval(secs => %(silent)s) GROUP BY name, host
        """,
    ),
}

OF_PROCESSES = """
    SELECT g.key AS metric, p.name AS process, p.host, sum(g.value::float8) AS value
    FROM processes p, jsonb_each_text(p.gauges) AS g
    WHERE p.beat_at > clock_timestamp() - make_interval(secs => %(silent)s) GROUP BY g.key, p.name, p.host
"""
COUNTED = "SELECT process, name, labels, value FROM counters"


@dataclass(frozen=True, slots=True)
class Counted:
    process: str
    name: str
    labels: str  # a JSON object
    value: float


@dataclass(frozen=True, slots=True)
class Found:
    shown: list[Sample]
    of_processes: list[Sample]
    counted: list[Counted]


async def look(connection: psycopg.AsyncConnection, *, now: datetime) -> Found:
    """One read-only transaction, which gives up rather than hold anything up."""
    async with connection.transaction():
        # Tables that change thousands of times a second may look small to the planner: never read one from end to end.
        await connection.execute("""
            SET TRANSACTION READ ONLY;
            SET LOCAL statement_timeout = '2s';
            SET LOCAL lock_timeout = '1s';
            SET LOCAL enable_seqscan = off;
            SET LOCAL jit = off
        """)
        cursor = connection.cursor(row_factory=dict_row)
        given = {"now": now, "bound": BOUND, "lease": LEASE_SECONDS, "silent": SILENT_SECONDS}
        shown: list[Sample] = []
        for name, (_, question) in QUESTIONS.items():
            await cursor.execute(question, given)
            shown += _samples(name, await cursor.fetchall())
        await cursor.execute(OF_PROCESSES, given)
        of_processes = [each for row in await cursor.fetchall() for each in _samples(row.pop("metric"), [row])]
        await cursor.execute(COUNTED)
        counted = [Counted(**row) for row in await cursor.fetchall()]
    return Found(shown, of_processes, counted)


def _samples(name: str, rows: list[dict[str, object]]) -> Iterator[Sample]:
    for row in rows:
        value = row.pop("value")
        yield Sample(name, float(str(value)), tuple((label, str(text)) for label, text in row.items()))
