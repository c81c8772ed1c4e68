"""The simulator's file: SQLite, written before any answer leaves.

Changes made in one turn of the event loop share a commit, and `committed()` waits for it. The file is in WAL mode with
synchronous=NORMAL: a commit reaches the kernel, so nothing is lost however this process dies. Only a power cut can lose
the last commits (never the file): not worth an fsync per message on a disk that PostgreSQL shares.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from simulator.wire import JsonObject, pack, unpack_object

_SCHEMA = """
-- Single values: faults, callback addresses, counters.
CREATE TABLE IF NOT EXISTS facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- The people with phones. wrote_at opens the 24-hour window; moments are simulated unless said otherwise.
CREATE TABLE IF NOT EXISTS users (
    wa_id TEXT PRIMARY KEY, user_id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, username TEXT,
    bsuid_only INTEGER NOT NULL, read_receipts INTEGER NOT NULL, online INTEGER NOT NULL,
    blocked INTEGER NOT NULL, opted_out INTEGER NOT NULL, wrote_at REAL) WITHOUT ROWID;

-- Both directions, as the business sees them. wa_id is null where a BSUID belongs to nobody.
-- content holds the object named after the type, and context; is_listed is 0 for what is no bubble on the phone.
CREATE TABLE IF NOT EXISTS messages (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, wa_id TEXT, user_id TEXT NOT NULL, direction TEXT NOT NULL,
    type TEXT NOT NULL, content TEXT NOT NULL, at REAL NOT NULL, status TEXT NOT NULL, is_listed INTEGER NOT NULL,
    opaque TEXT, price TEXT);
CREATE INDEX IF NOT EXISTS messages_of_a_thread ON messages (wa_id, seq);

-- Every accepted send, once. Never changed, whatever becomes of the message.
CREATE TABLE IF NOT EXISTS ledger (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL, recipient TEXT NOT NULL, type TEXT NOT NULL, opaque TEXT,
    at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS ledger_of_a_recipient ON ledger (recipient, seq);

-- What became of each send, as message_history tells it.
CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY, message_seq INTEGER NOT NULL, status TEXT NOT NULL, at REAL NOT NULL, error TEXT,
    webhook_state TEXT NOT NULL, webhook_error TEXT);
CREATE INDEX IF NOT EXISTS events_of_a_message ON events (message_seq);

-- The next thing that will happen to a send. due_at is real time; null waits for the phone to come online.
CREATE TABLE IF NOT EXISTS steps (
    message_id TEXT PRIMARY KEY, kind TEXT NOT NULL, accepted_at REAL NOT NULL, due_at REAL, code INTEGER)
    WITHOUT ROWID;

-- Updates waiting to share a body, and bodies waiting for their 200. Moments are real time.
CREATE TABLE IF NOT EXISTS updates (
    seq INTEGER PRIMARY KEY, form TEXT NOT NULL, item TEXT NOT NULL, contact TEXT, origin TEXT NOT NULL,
    due_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL, origins TEXT NOT NULL, first_at REAL NOT NULL,
    due_at REAL NOT NULL, attempts INTEGER NOT NULL);
"""
_TABLES = ("facts", "users", "messages", "ledger", "events", "steps", "updates", "deliveries")


class StoreInUse(Exception):
    """Another simulator has this file open."""


class Store:
    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.db = sqlite3.connect(folder / "simulator.sqlite3", isolation_level=None, timeout=1)
        self.db.row_factory = sqlite3.Row
        try:
            # EXCLUSIVE: two simulators on one file would each believe their own agenda.
            self.db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self.db.execute("PRAGMA journal_mode = WAL")
            self.db.execute("PRAGMA synchronous = NORMAL")
            # 32 MB of journal between the checkpoints, which do fsync.
            self.db.execute("PRAGMA wal_autocheckpoint = 8000")
            self.db.executescript(f"BEGIN; {_SCHEMA} COMMIT;")
        except sqlite3.OperationalError as error:
            self.db.close()
            if "locked" in str(error):
                raise StoreInUse from error
            raise
        self._commit: asyncio.Future[None] | None = None
        self._after_commit: list[Callable[[], None]] = []

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """All of the block or none of it; joins the commit at the end of this turn of the loop.

        The block must not await, or another request would write inside its savepoint.
        """
        if not self.db.in_transaction:
            self.db.execute("BEGIN IMMEDIATE")
        if self._commit is None:
            loop = asyncio.get_running_loop()
            self._commit = loop.create_future()
            loop.call_soon(self._commit_now)
        self.db.execute("SAVEPOINT block")
        try:
            yield self.db
        except BaseException:
            self.db.execute("ROLLBACK TO block")
            raise
        finally:
            self.db.execute("RELEASE block")

    async def committed(self) -> None:
        """Return once everything changed so far is in the file."""
        if self._commit is not None:
            await asyncio.shield(self._commit)

    def after_commit(self, call: Callable[[], None]) -> None:
        self._after_commit.append(call)

    def _commit_now(self) -> None:
        commit, self._commit = self._commit, None
        calls, self._after_commit = self._after_commit, []
        try:
            self.db.execute("COMMIT")
        except sqlite3.Error as error:
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
            if commit is not None and not commit.done():
                commit.set_exception(error)
                # Marked as seen: a turn in which nobody waits must not warn when it is collected.
                commit.exception()
            return
        if commit is not None and not commit.done():
            commit.set_result(None)
        for call in calls:
            call()

    def find_fact(self, key: str) -> JsonObject | None:
        row = self.db.execute("SELECT value FROM facts WHERE key = ?", (key,)).fetchone()
        return None if row is None else unpack_object(row["value"])

    def keep_fact(self, key: str, value: JsonObject | None) -> None:
        """Call within `change()`. None forgets it."""
        if value is None:
            self.db.execute("DELETE FROM facts WHERE key = ?", (key,))
        else:
            self.db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (key, pack(value)))

    def empty(self) -> None:
        """Call within `change()`."""
        for table in _TABLES:
            self.db.execute(f"DELETE FROM {table}")  # noqa: S608 -- names from the list above

    def close(self) -> None:
        if self.db.in_transaction:
            self.db.execute("COMMIT")
        self.db.close()
