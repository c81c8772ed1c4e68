"""Webhooks out: signed, in parallel, repeated until the business answers 200.

Only 200 counts, as with Meta; other 2xx are failures. Bodies wait in the store, so that a restart repeats rather than
loses them: delivery is at least once, and never in order.
"""

import asyncio
import json
import random
import sqlite3
import time
from collections.abc import Iterable, Sequence
from functools import partial

import aiohttp
import structlog

from simulator.agenda import Agenda
from simulator.payloads import Form, Update, body, signatures
from simulator.state import State
from simulator.wire import pack, unpack_object

TIMEOUT_SECONDS = 10.0
KEEP_TRYING_SECONDS = 7 * 86400.0
IN_FLIGHT = 128
MAX_BODY_BYTES = 3_000_000
# How long a batch waits for company, and how far a reordered update is held back.
LINGER_SECONDS = 0.2
REORDER_SECONDS = (0.2, 1.0)

log = structlog.get_logger()


class Webhooks:
    def __init__(self, state: State) -> None:
        self._state = state
        self._agenda = Agenda()
        self._slots = asyncio.Semaphore(IN_FLIGHT)
        self._calls: dict[int, asyncio.Task[None]] = {}
        self._is_refused = False

    def queue(self, update: Update) -> None:
        """Put an update on its way. Call within `change()`."""
        faults = self._state.faults
        is_status = update.form is Form.STATUSES
        drop = faults.webhook_drop_statuses if is_status else faults.webhook_drop_messages
        if self._state.callback_url() is None or self._state.webhook_dice.happens(drop):
            _mark(self._state.store.db, [update.origin], state="FAILED", error="Webhook not delivered")
            return
        due_at = time.time() + self._state.webhook_dice.between(faults.webhook_delay_seconds)
        if self._state.webhook_dice.happens(faults.webhook_reorder):
            due_at += self._state.webhook_dice.between(REORDER_SECONDS)
        if faults.webhook_batch_size == 1:
            self._make_delivery([update], due_at=due_at)
            return
        contact = None if update.contact is None else pack(update.contact)
        self._state.store.db.execute(
            "INSERT INTO updates (form, item, contact, origin, due_at) VALUES (?, ?, ?, ?, ?)",
            (update.form, pack(update.item), contact, update.origin, due_at),
        )
        self._agenda.add("batch", due_at=due_at + LINGER_SECONDS)

    def pending(self) -> int:
        """With what is under way although a reset has forgotten it."""
        db = self._state.store.db
        waiting = {row["id"] for row in db.execute("SELECT id FROM deliveries")}
        updates = db.execute("SELECT count(*) AS updates FROM updates").fetchone()
        return len(waiting | self._calls.keys()) + int(updates["updates"])

    def reschedule(self) -> None:
        """After a restart or a reset, or where the largest gap changed: let nothing wait longer than that gap."""
        latest = time.time() + self._state.faults.retry_max_gap_seconds
        self._agenda.clear()
        with self._state.store.change() as db:
            # First attempts keep their time: a delay is no gap between retries.
            db.execute("UPDATE deliveries SET due_at = ? WHERE due_at > ? AND attempts > 0", (latest, latest))
            for row in db.execute("SELECT id, due_at FROM deliveries"):
                # One under way puts itself back if it fails.
                if row["id"] not in self._calls:
                    self._agenda.add(str(row["id"]), due_at=row["due_at"])
            for row in db.execute("SELECT due_at FROM updates"):
                self._agenda.add("batch", due_at=row["due_at"] + LINGER_SECONDS)

    async def run(self) -> None:
        self.reschedule()
        connector = aiohttp.TCPConnector(limit=IN_FLIGHT)
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
            try:
                while True:
                    for name in await self._agenda.take_due():
                        if name == "batch":
                            self._make_batches()
                            continue
                        await self._slots.acquire()
                        call = asyncio.create_task(self._deliver(int(name), session))
                        self._calls[int(name)] = call
                        call.add_done_callback(partial(self._has_ended, int(name)))
            finally:
                calls = list(self._calls.values())
                for call in calls:
                    call.cancel()
                await asyncio.gather(*calls, return_exceptions=True)

    def _has_ended(self, number: int, call: asyncio.Task[None]) -> None:
        if self._calls.get(number) is call:
            del self._calls[number]
        self._slots.release()
        if not call.cancelled() and call.exception() is not None:
            log.error("webhook_delivery_broke", exc_info=call.exception())

    def _make_batches(self) -> None:
        with self._state.store.change() as db:
            rows = db.execute("SELECT * FROM updates WHERE due_at <= ? ORDER BY due_at, seq", (time.time(),)).fetchall()
            db.executemany("DELETE FROM updates WHERE seq = ?", [(row["seq"],) for row in rows])
            batch: list[Update] = []
            size = 0
            for row in rows:
                # ASCII already, and at worst all of it slashes, which double.
                length = 2 * (len(row["item"]) + len(row["contact"] or ""))
                is_full = len(batch) >= self._state.faults.webhook_batch_size or size + length > MAX_BODY_BYTES - 1000
                if batch and is_full:
                    self._make_delivery(batch, due_at=time.time())
                    batch, size = [], 0
                batch.append(_update(row))
                size += length
            if batch:
                self._make_delivery(batch, due_at=time.time())

    def _make_delivery(self, updates: Sequence[Update], *, due_at: float) -> None:
        raw = body(updates, settings=self._state.settings)
        origins = pack([update.origin for update in updates])
        for _ in range(2 if self._state.webhook_dice.happens(self._state.faults.webhook_duplicate) else 1):
            cursor = self._state.store.db.execute(
                "INSERT INTO deliveries (body, origins, first_at, due_at, attempts) VALUES (?, ?, ?, ?, 0)",
                (raw, origins, time.time(), due_at),
            )
            self._agenda.add(str(cursor.lastrowid), due_at=due_at)

    async def _deliver(self, number: int, session: aiohttp.ClientSession) -> None:
        row = self._state.store.db.execute("SELECT * FROM deliveries WHERE id = ?", (number,)).fetchone()
        url = self._state.callback_url()
        if row is None:
            return
        if url is None:
            with self._state.store.change() as db:
                self._give_up(db, row, error="The app unsubscribed")
            return
        # What the business hears must be in the file first.
        await self._state.store.committed()
        error = await _post(session, url, row["body"], secret=self._state.settings.app_secret)
        self._log_turn(error)
        origins = json.loads(row["origins"])
        with self._state.store.change() as db:
            if db.execute("SELECT 1 FROM deliveries WHERE id = ?", (number,)).fetchone() is None:
                return  # A reset came in between.
            if error is None:
                db.execute("DELETE FROM deliveries WHERE id = ?", (number,))
                for wa_id in _mark(db, origins, state="DELIVERED", error=None):
                    self._state.tell(wa_id)
            elif time.time() - row["first_at"] > KEEP_TRYING_SECONDS:
                self._give_up(db, row, error=error)
            else:
                self._repeat_later(db, row, origins=origins, error=error)

    def _log_turn(self, error: str | None) -> None:
        """One line when the business stops taking webhooks and one when it takes them again, not one a webhook."""
        is_refused = error is not None
        if is_refused != self._is_refused:
            self._is_refused = is_refused
            log.info("webhooks_refused" if is_refused else "webhooks_accepted", reason=error)

    def _give_up(self, db: sqlite3.Connection, row: sqlite3.Row, *, error: str) -> None:
        db.execute("DELETE FROM deliveries WHERE id = ?", (row["id"],))
        _mark(db, json.loads(row["origins"]), state="FAILED", error=error)

    def _repeat_later(self, db: sqlite3.Connection, row: sqlite3.Row, *, origins: Iterable[str], error: str) -> None:
        attempts = int(row["attempts"]) + 1
        due_at = time.time() + gap_seconds(attempts, largest=self._state.faults.retry_max_gap_seconds)
        db.execute("UPDATE deliveries SET attempts = ?, due_at = ? WHERE id = ?", (attempts, due_at, row["id"]))
        _mark(db, origins, state="RETRYING", error=error)
        self._agenda.add(str(row["id"]), due_at=due_at)


def gap_seconds(attempts: int, *, largest: float) -> float:
    """Real seconds before the next attempt: none after the first, then 1, 2, 4… up to the largest gap."""
    if attempts <= 1:
        return 0.0
    # Thousands of bodies that failed together must not come back together.
    return min(2.0 ** min(attempts - 2, 30), largest) * random.uniform(0.5, 1.0)  # noqa: S311


async def _post(session: aiohttp.ClientSession, url: str, raw: bytes, *, secret: str) -> str | None:
    """None when the business took it, else why not."""
    headers = {"Content-Type": "application/json", "User-Agent": "facebookexternalua"} | signatures(raw, secret=secret)
    try:
        async with session.post(url, data=raw, headers=headers, allow_redirects=False) as response:
            await response.read()
            return None if response.status == 200 else f"Webhook endpoint returned HTTP {response.status}"
    except TimeoutError:
        return "Webhook endpoint timed out"
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return f"Webhook endpoint could not be reached: {type(error).__name__}"


def _mark(db: sqlite3.Connection, origins: Iterable[str], *, state: str, error: str | None) -> set[str]:
    """Note on each message or event how its webhook fares; answers whose phones show something else now."""
    people: set[str] = set()
    for origin in origins:
        kind, _, name = origin.partition(":")
        if kind == "event":
            # One of two duplicates may still be refused: delivered is the last word.
            db.execute(
                "UPDATE events SET webhook_state = ?, webhook_error = ? WHERE id = ? AND webhook_state != 'DELIVERED'",
                (state, error, int(name)),
            )
        elif kind == "message" and state == "DELIVERED":
            row = db.execute(
                "UPDATE messages SET status = 'delivered' WHERE id = ? AND status = 'sent' RETURNING wa_id", (name,)
            ).fetchone()
            if row is not None:
                people.add(row["wa_id"])
    return people


def _update(row: sqlite3.Row) -> Update:
    return Update(
        form=Form(row["form"]),
        item=unpack_object(row["item"]),
        contact=None if row["contact"] is None else unpack_object(row["contact"]),
        origin=row["origin"],
    )
