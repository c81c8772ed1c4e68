"""Puts the database of the tests back to where it was when it had just been prepared, in a few milliseconds."""

from typing import Any

from sqlalchemy import Engine, Table, insert, select, text

from app.models import Base


class CleanSlate:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        # Parents before children; automations and their versions refer to one another.
        self._tables = list(Base.metadata.sorted_tables)
        with engine.connect() as connection:
            self._rows: list[tuple[Table, list[dict[str, Any]]]] = [
                (table, rows)
                for table in self._tables
                if table.name != "audit_log"  # of the preparation: each test begins with an empty one
                and (rows := [dict(row) for row in connection.execute(select(table)).mappings()])
            ]

    def wipe(self) -> None:
        with self.engine.begin() as connection:
            # Whoever waits here meets a transaction of an earlier test: some thread or session was not ended.
            connection.execute(text("SET LOCAL lock_timeout = '30s'"))
            if connection.scalar(text("SELECT EXISTS (SELECT FROM audit_log)")):
                # Nothing may be taken out of it: only whoever owns the tables can, by switching its trigger off.
                connection.exec_driver_sql(
                    "ALTER TABLE audit_log DISABLE TRIGGER USER; DELETE FROM audit_log;"
                    " ALTER TABLE audit_log ENABLE TRIGGER USER"
                )
            emptied = [table.name for table in reversed(self._tables) if table.name != "audit_log"]
            connection.exec_driver_sql("; ".join(f"DELETE FROM {name}" for name in emptied))
            for table, rows in self._rows:
                connection.execute(insert(table), rows)
            # Ledgers note even that they were emptied.
            connection.exec_driver_sql("DELETE FROM analytics_deltas")
            # Another workspace: what the app remembers of the last one, epochs that come round again, is not its own.
            connection.exec_driver_sql("UPDATE settings SET installation_id = gen_random_uuid()")
