"""A database as it is after months of work: people, threads, messages with their tries and reports, automations.

Everything is made by set-wise SQL in the folder of an installation that does not run yet. Indexes are taken off before
and put back after, and the server runs without fsync meanwhile; everything is written out before the installation
starts on it with its usual settings.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path

import psycopg

from app.core.config import CHECKOUT
from app.core.secrets import load_or_make
from app.database import conninfo_of
from app.embedded.postgres import Postgres
from app.embedded.processes import Process
from app.services.setup import SCHEMA
from benchmarks import bodies
from benchmarks.installation import NotUsable, Row, environment

MESSAGES_PER_DAY = 200_000  # however many there are in all: a smaller database is a younger one
LOADERS = 2
NOTE = "made.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    contacts: int
    messages: int
    automations: int = 500
    channels: int = 8

    @property
    def last_day(self) -> int:
        """The first message of the last day."""
        return max(1, self.messages - MESSAGES_PER_DAY + 1)


class _Loader(Postgres):
    """The embedded server without what makes a crash survivable: should it die, the data are made again."""

    def process(self) -> Process:
        usual = super().process()
        quick = {
            "fsync": "off",
            "full_page_writes": "off",
            "wal_level": "minimal",
            "max_wal_senders": "0",
            "max_wal_size": "8GB",
            "synchronous_commit": "off",
            "maintenance_work_mem": "512MB",
            "autovacuum": "off",
        }
        return replace(
            usual, command=[*usual.command, *(part for item in quick.items() for part in ("-c", "=".join(item)))]
        )


def make(folder: Path, size: Size, say: Callable[[str], None]) -> None:
    """Fill the database of the installation in this folder, unless this very thing was done before."""
    note = folder / NOTE
    wanted = asdict(size) | {"schema": sha256(SCHEMA.read_bytes()).hexdigest()}
    if note.exists() and json.loads(note.read_text()) == wanted:
        return
    note.unlink(missing_ok=True)
    began = time.monotonic()
    data_dir = folder / "data"
    shutil.rmtree(data_dir, ignore_errors=True)  # of another size or schema, or half made
    env = environment(data_dir)
    server = _Loader(
        folder=data_dir / "postgres", password=load_or_make(data_dir).database_password, log=folder / "loading.log"
    )
    server.start()
    try:
        prepared = subprocess.run(
            [sys.executable, "-m", "app", "prepare"],
            cwd=CHECKOUT,
            env=env | {"DATABASE_URL": server.url},
            capture_output=True,
            text=True,
            check=False,
        )
        if prepared.returncode:
            raise NotUsable(f"The database could not be prepared: {prepared.stderr.strip()}")
        _fill(server.url, size)
    finally:
        server.stop()
    os.sync()
    note.write_text(json.dumps(wanted))
    say(f"{size.contacts:,} contacts and {size.messages:,} messages loaded in {time.monotonic() - began:.0f} s")


def _fill(url: str, size: Size) -> None:
    conninfo = conninfo_of(url)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        put_back = _take_off(connection)
        _trust(connection)
        for statement in (CHANNELS, CONTACTS, IDENTITIES, CONVERSATIONS, AUTOMATIONS):
            connection.execute(statement, asdict(size) | _words())
        _in_parts(conninfo, size)
        for again in put_back:
            connection.execute(again)
        for table in NUMBERED:
            connection.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))".encode()
            )
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("VACUUM (FREEZE, ANALYZE)")
        connection.execute("CHECKPOINT")


FILLED = ["messages", "send_attempts", "message_events", "contacts", "contact_identities", "conversations"]
NUMBERED = ["contacts", "messages"]  # whose ids we chose


def _trust(connection: psycopg.Connection[Row]) -> None:
    """What is made here is right: foreign keys need not be looked up row by row."""
    connection.execute("SET session_replication_role = replica")


def _take_off(connection: psycopg.Connection[Row]) -> list[bytes]:
    """Drop the indexes that are cheaper to make at the end, all but primary keys; returns what puts them back."""
    uniques = connection.execute(
        """
        SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
        WHERE conrelid = ANY(%s::regclass[]) AND contype = 'u'
        """,
        [FILLED],
    ).fetchall()
    for table, name, _ in uniques:
        connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}".encode())
    indexes = connection.execute(
        """
        SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
        WHERE indrelid = ANY(%s::regclass[]) AND NOT indisprimary
        """,
        [FILLED],
    ).fetchall()
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}".encode())
    again = [f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}" for table, name, definition in uniques]
    return [statement.encode() for statement in [*again, *(str(definition) for _, definition in indexes)]]


def _in_parts(conninfo: str, size: Size) -> None:
    """Messages and what belongs to them, each loader a part of the ids."""
    step = -(-size.messages // LOADERS)

    def load(first: int) -> None:
        values = asdict(size) | _words()
        values |= {"first": first, "last": min(first + step - 1, size.messages), "per_day": MESSAGES_PER_DAY}
        with psycopg.connect(conninfo, autocommit=True) as connection:
            _trust(connection)
            for statement in (MESSAGES, ATTEMPTS, EVENTS):
                connection.execute(statement, values | {"last_day": size.last_day})

    with ThreadPoolExecutor(LOADERS) as loaders:
        list(loaders.map(load, range(1, size.messages + 1, step)))  # a list, so that a failure is raised


def _words() -> dict[str, object]:
    return {
        "numbers": [bodies.phone_number_id(channel) for channel in range(1, 65)],
        "waba": bodies.WABA_ID,
        "talk": list(bodies.SMALL_TALK),
    }


# PHONE_NUMBER_ID's own channel is there already, as the first.
CHANNELS = """
    INSERT INTO channels (phone_number_id, waba_id, state, messages_per_second)
    SELECT (%(numbers)s::text[])[n], %(waba)s, 'active', 1000 FROM generate_series(1, %(channels)s) AS n ORDER BY n
    ON CONFLICT (phone_number_id) DO UPDATE SET messages_per_second = 1000
"""

CONTACTS = """
    INSERT INTO contacts (id, phone, profile_name, tags, language, created_at, last_contacted)
    SELECT n, '+346' || lpad(n::text, 8, '0'), 'Persona ' || n,
        CASE WHEN n %% 10 = 0 THEN '["cliente"]'::jsonb ELSE '[]' END, 'es', now() - interval '60 days',
        now() - interval '1 day'
    FROM generate_series(1, %(contacts)s) AS n
"""

IDENTITIES = """
    INSERT INTO contact_identities (contact_id, kind, value)
    SELECT n, kind, CASE kind
        WHEN 'wa_id' THEN '346' || lpad(n::text, 8, '0')
        WHEN 'phone' THEN '+346' || lpad(n::text, 8, '0')
        ELSE 'ES.' || (13491208655302741918 + n) END
    FROM generate_series(1, %(contacts)s) AS n, unnest(ARRAY['wa_id', 'phone', 'bsuid']) AS kind
"""

# One thread each, with the channel of the person's number; all windows are open.
CONVERSATIONS = """
    INSERT INTO conversations (id, channel_id, contact_id, service_window_expires_at, last_message_at, last_message_key,
        last_message_text, last_message_direction, last_inbound_at, wa_id, wa_id_at, wa_id_key, bsuid, bsuid_at,
        bsuid_key, profile_name, profile_at, profile_key)
    SELECT md5('conversation ' || n)::uuid, c.id, n, at + interval '1 day', at, '', 'Hola', 'inbound', at,
        '346' || lpad(n::text, 8, '0'), at, '', 'ES.' || (13491208655302741918 + n), at, '', 'Persona ' || n, at, ''
    FROM generate_series(1, %(contacts)s) AS n
    JOIN channels c ON c.phone_number_id = (%(numbers)s::text[])[1 + n %% %(channels)s],
    (SELECT now() - interval '10 minutes' AS at) AS moment
"""

AUTOMATIONS = """
    INSERT INTO automations (name, trigger_type, trigger_conditions, action_type, action_payload)
    SELECT 'Oferta ' || n, 'keyword',
        jsonb_build_object('keywords', jsonb_build_array('oferta' || lpad(n::text, 3, '0'), 'promo ' || n)),
        'send_message', jsonb_build_object('message_template', 'Hola {first_name}, la oferta ' || n || ' es tuya.')
    FROM generate_series(1, %(automations)s) AS n
"""

# Odd ones came in, even ones are the answers, to the same person. Whose they are jumps about, as it does in life.
# What went out on the last day has been accepted and waits for its reports; what is older was delivered.
MESSAGES = """
    INSERT INTO messages (id, contact_id, conversation_id, channel_id, direction, message_type, content, text,
        whatsapp_message_id, status, dispatch, happened_at, sent_at, delivered_at, wa_id, phone, bsuid, digest, origin,
        attempt, due_at, accepted_at, profile, created_at, gates)
    SELECT g, person, md5('conversation ' || person)::uuid, c.id, CASE WHEN is_in THEN 'inbound' ELSE 'outbound' END,
        'text', jsonb_build_object('type', 'text', 'text', jsonb_build_object('body', said)), said,
        'wamid.HBgLMzQ2' || upper(md5(g::text)) || 'AA==',
        CASE WHEN is_in OR g < %(last_day)s THEN 'delivered' ELSE 'pending' END, 'done', at,
        CASE WHEN NOT is_in AND g < %(last_day)s THEN at END, CASE WHEN NOT is_in AND g < %(last_day)s THEN at END,
        CASE WHEN is_in THEN '346' || number END, CASE WHEN is_in THEN '+346' || number END,
        CASE WHEN is_in THEN 'ES.' || (13491208655302741918 + person) END, CASE WHEN is_in THEN md5(g::text) END,
        CASE WHEN is_in THEN 'contact' ELSE 'user' END, CASE WHEN is_in THEN 0 ELSE 1 END, at,
        CASE WHEN NOT is_in THEN at END, CASE WHEN is_in THEN jsonb_build_object('name', 'Persona ' || person) END, at,
        CASE WHEN NOT is_in AND g >= %(last_day)s THEN passed END
    FROM (
        SELECT g, g %% 2 = 1 AS is_in, person, lpad(person::text, 8, '0') AS number,
            now() - make_interval(secs => (%(messages)s - g) * 86400.0 / %(per_day)s) AS at,
            (%(talk)s::text[])[1 + g %% 5] AS said
        FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS g,
             LATERAL (SELECT 1 + ((g + 1) / 2 * 611953) %% %(contacts)s AS person) AS whose
    ) AS m
    JOIN channels c ON c.phone_number_id = (%(numbers)s::text[])[1 + person %% %(channels)s],
    (SELECT jsonb_agg(jsonb_build_object('gate', gate, 'verdict', 'pass', 'reason', null, 'until', null)) AS passed
     FROM unnest('{halted,automation,recipient,consent,window,daily_stop,pacing}'::text[]) AS gate) AS verdicts
"""

ATTEMPTS = """
    INSERT INTO send_attempts (message_id, attempt, channel_id, contact_id, epoch, claimed_at, dead_at, outcome, wamid,
        settled_by, settled_at)
    SELECT id, 1, channel_id, contact_id, 1, happened_at, happened_at + interval '40 seconds', 'accepted',
        whatsapp_message_id, 'answer', happened_at
    FROM messages WHERE id BETWEEN %(first)s AND %(last)s AND direction = 'outbound'
"""

EVENTS = """
    INSERT INTO message_events (channel_id, message_id, attempt, whatsapp_message_id, status, at, report, received_at)
    SELECT channel_id, id, 1, whatsapp_message_id, 'delivered', happened_at,
        jsonb_build_object('id', whatsapp_message_id, 'status', 'delivered', 'recipient_id', contact_id::text,
            'timestamp', EXTRACT(epoch FROM happened_at)::bigint::text), happened_at
    FROM messages WHERE id BETWEEN %(first)s AND %(last)s AND direction = 'outbound' AND status = 'delivered'
"""
