"""What becomes of an accepted send: sent, delivered, read, or failed, each reported by webhook.

Each message has at most one next step, kept in the store; a restart goes on where it stopped.
"""

import asyncio
import sqlite3
import time
from dataclasses import dataclass

from simulator import people, pricing
from simulator.agenda import Agenda
from simulator.errors import webhook_error
from simulator.payloads import Form, Update, contact_of, status_item
from simulator.people import User
from simulator.state import State
from simulator.webhooks import Webhooks
from simulator.wire import JsonObject, pack, unpack_object

WINDOW_SECONDS = 24 * 3600.0
# A message that reached nobody for this long is dropped without a word.
TIME_TO_LIVE_SECONDS = 30 * 86400.0
# Steps between two looks at the network.
SLICE = 20


@dataclass(frozen=True)
class _Message:
    seq: int
    id: str
    wa_id: str | None
    user_id: str
    at: float
    status: str
    opaque: str | None
    price: JsonObject | None


class Pipeline:
    def __init__(self, state: State, webhooks: Webhooks) -> None:
        self._state = state
        self._webhooks = webhooks
        self._agenda = Agenda()

    def begin(self, wamid: str, *, recipient: User | None, forced: int | None) -> None:
        """Plan the first step of a send that was just accepted. Call within `change()`.

        `recipient` None is a BSUID that is nobody's; `forced` is the code of a fault that strikes after acceptance.
        """
        code = forced if forced is not None else self._refusal(recipient)
        now = time.time()
        due_at = now + self._state.faults.status_delay_seconds.sent
        kind = "sent" if code is None else "failed"
        self._state.store.db.execute("INSERT INTO steps VALUES (?, ?, ?, ?, ?)", (wamid, kind, now, due_at, code))
        self._agenda.add(wamid, due_at=due_at)

    def _refusal(self, recipient: User | None) -> int | None:
        if recipient is None or recipient.blocked:
            return 131026
        if recipient.opted_out:
            return 131050
        now = self._state.clock.now()
        if recipient.wrote_at is None or now - recipient.wrote_at >= WINDOW_SECONDS:
            return 131047
        return None

    def release(self, wa_id: str) -> None:
        """The phone came online: what waited for it arrives. Call within `change()`."""
        now = time.time()
        rows = self._state.store.db.execute(
            "UPDATE steps SET due_at = ? WHERE due_at IS NULL "
            "AND message_id IN (SELECT id FROM messages WHERE wa_id = ?) RETURNING message_id",
            (now, wa_id),
        ).fetchall()
        for row in rows:
            self._agenda.add(row["message_id"], due_at=now)

    def pending(self) -> int:
        row = self._state.store.db.execute("SELECT count(*) AS pending FROM steps WHERE due_at IS NOT NULL").fetchone()
        return int(row["pending"])

    def forget(self) -> None:
        self._agenda.clear()

    async def run(self) -> None:
        for row in self._state.store.db.execute("SELECT message_id, due_at FROM steps WHERE due_at IS NOT NULL"):
            self._agenda.add(row["message_id"], due_at=row["due_at"])
        while True:
            due = await self._agenda.take_due()
            for start in range(0, len(due), SLICE):
                with self._state.store.change() as db:
                    for wamid in due[start : start + SLICE]:
                        self._take_step(db, wamid)
                await asyncio.sleep(0)

    def _take_step(self, db: sqlite3.Connection, wamid: str) -> None:
        step = db.execute("SELECT * FROM steps WHERE message_id = ?", (wamid,)).fetchone()
        message = _find_message(db, wamid)
        if step is None or message is None:
            return
        user = None if message.wa_id is None else people.find(db, message.wa_id)
        match step["kind"]:
            case "failed":
                self._end(db, wamid)
                self._report(db, message, user, status="failed", error=step["code"])
            case "sent":
                price = pricing.price(self._state.store, at=self._state.clock.now())
                db.execute("UPDATE messages SET price = ? WHERE id = ?", (pack(price), wamid))
                self._report(db, message, user, status="sent", price=price)
                self._after_sent(db, step)
            case "delivered" | "read" if user is not None:
                self._arrive(db, step, message, user)

    def _after_sent(self, db: sqlite3.Connection, step: sqlite3.Row) -> None:
        delays = self._state.faults.status_delay_seconds
        if self._state.webhook_dice.happens(self._state.faults.skip_delivered):
            self._plan(db, step, kind="read", due_at=step["accepted_at"] + delays.read)
        else:
            self._plan(db, step, kind="delivered", due_at=step["accepted_at"] + delays.delivered)

    def _arrive(self, db: sqlite3.Connection, step: sqlite3.Row, message: _Message, user: User) -> None:
        """The message is delivered to the phone, or read on it."""
        is_read = step["kind"] == "read" and user.read_receipts
        is_first = message.status == "sent"
        if self._state.clock.now() - message.at > TIME_TO_LIVE_SECONDS or user.blocked:
            self._end(db, message.id)
            return
        if is_first and not user.online:
            db.execute("UPDATE steps SET due_at = NULL WHERE message_id = ?", (message.id,))
            return
        if is_first:
            pricing.count_delivery(self._state.store, at=self._state.clock.now())
        if is_first or is_read:
            # The price is told with `sent` and once more, with whichever of the two comes first.
            price = message.price if is_first else None
            self._report(db, message, user, status="read" if is_read else "delivered", price=price)
        if step["kind"] == "delivered" and user.read_receipts:
            self._plan(db, step, kind="read", due_at=step["accepted_at"] + self._state.faults.status_delay_seconds.read)
        else:
            self._end(db, message.id)
        self._state.stop_typing(user.wa_id)

    def _plan(self, db: sqlite3.Connection, step: sqlite3.Row, *, kind: str, due_at: float) -> None:
        db.execute("UPDATE steps SET kind = ?, due_at = ? WHERE message_id = ?", (kind, due_at, step["message_id"]))
        self._agenda.add(step["message_id"], due_at=due_at)

    def _end(self, db: sqlite3.Connection, wamid: str) -> None:
        db.execute("DELETE FROM steps WHERE message_id = ?", (wamid,))

    def _report(
        self,
        db: sqlite3.Connection,
        message: _Message,
        user: User | None,
        *,
        status: str,
        price: JsonObject | None = None,
        error: int | None = None,
    ) -> None:
        now = self._state.clock.now()
        text = None if error is None else f"(#{error}) {webhook_error(error)['title']}"
        db.execute("UPDATE messages SET status = ? WHERE id = ?", (status, message.id))
        event = db.execute(
            "INSERT INTO events (message_seq, status, at, error, webhook_state) VALUES (?, ?, ?, ?, 'PENDING')",
            (message.seq, status.upper(), now, text),
        ).lastrowid
        item = status_item(
            wamid=message.id,
            status=status,
            at=now,
            recipient_id=None if user is None or user.bsuid_only else user.wa_id,
            recipient_user_id=message.user_id if user is None else user.user_id,
            opaque=message.opaque,
            price=price,
            error=error,
        )
        contact = None
        if user is not None and status != "failed":
            contact = contact_of(user, with_username=status != "sent")
        self._webhooks.queue(Update(form=Form.STATUSES, item=item, contact=contact, origin=f"event:{event}"))
        self._state.tell(message.wa_id)


def _find_message(db: sqlite3.Connection, wamid: str) -> _Message | None:
    row = db.execute("SELECT * FROM messages WHERE id = ?", (wamid,)).fetchone()
    if row is None:
        return None
    return _Message(
        seq=row["seq"],
        id=row["id"],
        wa_id=row["wa_id"],
        user_id=row["user_id"],
        at=row["at"],
        status=row["status"],
        opaque=row["opaque"],
        price=None if row["price"] is None else unpack_object(row["price"]),
    )
