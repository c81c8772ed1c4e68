"""Puts the database of the tests back to where it was when it had just been prepared, in a few milliseconds."""

import json
from typing import Any

from psycopg.sql import SQL, Composed, Identifier, Literal
from sqlalchemy import Engine, text

from app.models import Base

# Nothing may be taken out of the audit log: only whoever owns the tables can, by switching its trigger off.
FORGET_AUDIT = """
    DO $$ BEGIN
        IF EXISTS (SELECT FROM audit_log) THEN
            ALTER TABLE audit_log DISABLE TRIGGER USER;
            DELETE FROM audit_log;
            ALTER TABLE audit_log ENABLE TRIGGER USER;
        END IF;
    END $$
"""


class CleanSlate:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        # Parents before children; automations and their versions refer to one another.
        names = [table.name for table in Base.metadata.sorted_tables if table.name != "audit_log"]
        with engine.connect() as connection:
            rows = {name: connection.scalar(text(f"SELECT jsonb_agg(t) FROM {name} AS t")) for name in names}
            statements = [
                # Whoever waits here meets a transaction of an earlier test: some thread or session was not ended.
                SQL("SET LOCAL lock_timeout = '30s'"),
                SQL(FORGET_AUDIT),
                *(SQL("DELETE FROM {}").format(Identifier(name)) for name in reversed(names)),
                *(_insert(name, rows[name]) for name in names if rows[name]),
                # Ledgers note even that they were emptied.
                SQL("DELETE FROM analytics_deltas"),
                # Another workspace: what the app remembers of the last one is not its own, as epochs come round again.
                SQL("UPDATE settings SET installation_id = gen_random_uuid()"),
            ]
            # One trip instead of fifty: this runs before thousands of tests.
            self._statement = SQL("; ").join(statements).as_bytes(connection.connection.driver_connection)

    def wipe(self) -> None:
        with self.engine.begin() as connection:
            connection.connection.driver_connection.execute(self._statement)


def _insert(table: str, rows: list[dict[str, Any]]) -> Composed:
    return SQL("INSERT INTO {table} SELECT * FROM jsonb_populate_recordset(NULL::{table}, {rows})").format(
        table=Identifier(table), rows=Literal(json.dumps(rows))
    )
