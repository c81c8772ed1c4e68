"""Each question that the tables were made for has its index, and PostgreSQL takes it."""

import json
import re

import psycopg
import pytest
from sqlalchemy import make_url

from app.database import conninfo_of

# Index → the question that it serves. Where rows come in the index's order, the plan must not sort either.
QUESTIONS = {
    # contacts: phone, e-mail, birthday
    "contacts_phone": "SELECT * FROM contacts WHERE phone = '+15550000007'",
    "contacts_email": "SELECT * FROM contacts WHERE lower(email) = 'person7@example.com'",
    "contacts_birthday": "SELECT * FROM contacts WHERE birthday BETWEEN '1990-05-01' AND '1990-05-03'",
    "contacts_birthday_day": (
        "SELECT * FROM contacts WHERE EXTRACT(month FROM birthday) = 5 AND EXTRACT(day FROM birthday) = 15"
    ),
    # messages: contact, conversation, status; each with its order, newest first
    "messages_contact": "SELECT * FROM messages WHERE contact_id = 7 AND id < 900 ORDER BY id DESC LIMIT 50",
    "messages_conversation": (
        "SELECT * FROM messages WHERE conversation_id = (SELECT id FROM conversations WHERE contact_id = 7)"
        " AND (happened_at, id) < (now(), 900) ORDER BY happened_at DESC, id DESC LIMIT 50"
    ),
    "messages_status": "SELECT * FROM messages WHERE status = 'failed' AND id < 900 ORDER BY id DESC LIMIT 50",
    "messages_inbound": (
        "SELECT * FROM messages WHERE channel_id = 1 AND whatsapp_message_id = 'wamid.7' AND direction = 'inbound'"
    ),
    "messages_due": "SELECT * FROM messages WHERE channel_id = 1 AND dispatch = 'queued' ORDER BY due_at, id LIMIT 50",
    # automations: trigger type and active
    "automations_trigger": "SELECT * FROM automations WHERE trigger_type = 'keyword' AND is_active",
    "automation_logs_automation": "SELECT * FROM automation_logs WHERE automation_id = 7 ORDER BY id DESC LIMIT 50",
    # analytics: metric type and time range
    "analytics_metric": (
        "SELECT * FROM analytics WHERE metric_type = 'message_delivery'"
        " AND period_start >= '2026-01-02' AND period_end <= '2026-01-03'"
    ),
    # JSON
    "contacts_tags": """SELECT * FROM contacts WHERE tags @> '["tag 7"]'""",
    "messages_metadata": """SELECT * FROM messages WHERE metadata @> '{"order": 7}'""",
    "automations_trigger_conditions": """SELECT * FROM automations WHERE trigger_conditions @> '{"keyword": "w7"}'""",
    "automations_action_payload": """SELECT * FROM automations WHERE action_payload @> '{"template": "t7"}'""",
    "automation_logs_details": """SELECT * FROM automation_logs WHERE execution_details @> '{"steps": 7}'""",
    "analytics_dimensions": """SELECT * FROM analytics WHERE dimensions @> '{"channel": 7}'""",
    # what the sweep asks for every second
    "webhook_events_pending": (
        "SELECT * FROM webhook_events_default WHERE processed_at IS NULL AND lane = 'intake' ORDER BY id LIMIT 50"
    ),
    # what deleting or merging contacts asks of each of their conversations
    "automation_runs_conversation": (
        "SELECT * FROM automation_runs WHERE conversation_id = (SELECT id FROM conversations WHERE contact_id = 7)"
    ),
    "automation_runs_wake": "SELECT * FROM automation_runs WHERE wake_at <= now() ORDER BY wake_at LIMIT 50",
}

# Enough that an index is worth it, and every value but a few is rare.
FILL = """
    INSERT INTO contacts (phone, email, birthday, tags)
    SELECT '+1555' || lpad(n::text, 7, '0'), 'Person' || n || '@example.com', date '1960-01-01' + n * 7,
        jsonb_build_array('tag ' || n % 500)
    FROM generate_series(1, 3000) AS n;
    INSERT INTO conversations (channel_id, contact_id) SELECT 1, id FROM contacts;
    INSERT INTO messages (contact_id, conversation_id, channel_id, direction, message_type, content, origin, status,
        dispatch, metadata, whatsapp_message_id, happened_at)
    SELECT c.contact_id, c.id, 1, CASE WHEN k % 2 = 0 THEN 'inbound' ELSE 'outbound' END, 'text', '{}', 'contact',
        CASE WHEN c.contact_id % 97 = 0 THEN 'failed' ELSE 'read' END,
        CASE WHEN c.contact_id % 89 = 0 THEN 'queued' ELSE 'done' END,
        jsonb_build_object('order', c.contact_id), 'wamid.' || c.contact_id || '.' || k, now() - k * interval '1 day'
    FROM conversations c, generate_series(1, 3) AS k;
    INSERT INTO automations (name, trigger_type, trigger_conditions, action_type, action_payload, is_active)
    SELECT 'Automation ' || n, CASE n % 20 WHEN 0 THEN 'keyword' ELSE 'manual' END,
        jsonb_build_object('keyword', 'w' || n), 'send_message', jsonb_build_object('template', 't' || n), n % 3 > 0
    FROM generate_series(1, 2000) AS n;
    INSERT INTO automation_logs (automation_id, execution_status, execution_details)
    SELECT id, 'success', jsonb_build_object('steps', id) FROM automations, generate_series(1, 2);
    INSERT INTO analytics (metric_type, metric_name, metric_value, dimensions, period_start, period_end)
    SELECT CASE n % 2 WHEN 0 THEN 'message_delivery' ELSE 'user_activity' END, 'metric', n,
        jsonb_build_object('channel', n), timestamptz '2026-01-01' + n * interval '1 minute',
        timestamptz '2026-01-01' + (n + 1) * interval '1 minute'
    FROM generate_series(1, 5000) AS n;
    INSERT INTO webhook_events (body, received_at, processed_at)
    SELECT '{}', '2020-01-01', CASE WHEN n % 100 > 0 THEN now() END FROM generate_series(1, 3000) AS n;
    ANALYZE
"""


@pytest.fixture(scope="module")
def filled(database_server, template):
    name = f"{template}_indexes"
    with psycopg.connect(conninfo_of(database_server), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        address = make_url(database_server).set(database=name).render_as_string(hide_password=False)
        with psycopg.connect(conninfo_of(address), autocommit=True) as connection:
            connection.execute(FILL)
            # The tables are a thousandth of what they are made for: reading or sorting all of one may still be cheaper.
            connection.execute("SET enable_seqscan = off; SET enable_sort = off")
            yield connection
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.parametrize("index", QUESTIONS)
def test_a_question_takes_its_index(filled, index):
    (plan,) = filled.execute(f"EXPLAIN (FORMAT JSON) {QUESTIONS[index]}").fetchone()
    nodes = list(walk(plan[0]["Plan"]))

    used = {node["Index Name"] for node in nodes if "Index Name" in node}
    assert index in used or f"{index}_default" in used or of_partition(filled, index) & used, json.dumps(plan, indent=1)
    if "ORDER BY" in QUESTIONS[index]:
        assert not [node["Node Type"] for node in nodes if "Sort" in node["Node Type"]]


def walk(node):
    yield node
    for child in node.get("Plans", ()):
        yield from walk(child)


def of_partition(connection, index):
    """The indexes of partitions that belong to one of the whole table."""
    found = connection.execute(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = to_regclass(%s)", (index,)
    )
    return {name for (name,) in found}


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("contacts", "tags"),
        ("messages", "metadata"),
        ("automations", "trigger_conditions"),
        ("automations", "action_payload"),
        ("automation_logs", "execution_details"),
        ("analytics", "dimensions"),
    ],
)
def test_json_has_a_gin_index(filled, table, column):
    defined = filled.execute("SELECT indexdef FROM pg_indexes WHERE tablename = %s", (table,)).fetchall()

    assert any(re.search(rf"USING gin \({column}\)", definition) for (definition,) in defined)


def test_every_foreign_key_of_a_large_table_is_led_by_an_index(filled):
    """Else deleting a row of the other table reads all of this one."""
    unled = filled.execute("""
        SELECT c.conrelid::regclass::text || '.' || a.attname
        FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
        WHERE c.contype = 'f' AND array_length(c.conkey, 1) = 1 AND c.conrelid::regclass::text IN
            ('messages', 'message_events', 'send_attempts', 'automation_runs', 'automation_logs', 'conversations')
          AND c.confrelid::regclass::text IN ('contacts', 'conversations', 'messages', 'automation_runs')
          AND NOT EXISTS (
            SELECT FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1])
    """).fetchall()

    assert unled == []
