"""Messages of both directions, as rows and as the phone shows them.

`status` of an inbound message is what the customer's ticks say: sent, delivered once the business answered 200, read
once it marked it. An outbound one appears when it reaches the phone; what failed or still waits is not shown.
"""

import sqlite3
from dataclasses import dataclass
from typing import Any

from simulator.people import User
from simulator.wire import JsonObject, pack, unpack_object

_PREVIEW_LENGTH = 200


@dataclass(frozen=True)
class Message:
    id: str
    direction: str
    type: str
    content: JsonObject
    at: float
    status: str

    @property
    def item(self) -> JsonObject:
        head: JsonObject = {
            "id": self.id,
            "direction": self.direction,
            "timestamp": str(int(self.at)),
            "type": self.type,
        }
        return head | self.content | {"status": self.status}


def add(
    db: sqlite3.Connection,
    *,
    wamid: str,
    wa_id: str | None,
    user_id: str,
    direction: str,
    kind: str,
    content: JsonObject,
    at: float,
    status: str,
    is_listed: bool = True,
    opaque: str | None = None,
) -> None:
    db.execute(
        "INSERT INTO messages (id, wa_id, user_id, direction, type, content, at, status, is_listed, opaque) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (wamid, wa_id, user_id, direction, kind, pack(content), at, status, is_listed, opaque),
    )


def find(db: sqlite3.Connection, wamid: str) -> Message | None:
    row = db.execute("SELECT * FROM messages WHERE id = ?", (wamid,)).fetchone()
    return None if row is None else _message(row)


# What a phone shows of a thread. Written once, as the counts must agree with the list.
_SHOWN = "wa_id = ? AND is_listed AND (direction = 'inbound' OR status IN ('delivered', 'read'))"


def list_shown(db: sqlite3.Connection, wa_id: str, *, limit: int | None = None) -> list[Message]:
    """Oldest first; the last `limit` of them."""
    rows = db.execute(
        f"SELECT * FROM messages WHERE {_SHOWN} ORDER BY seq DESC LIMIT ?",  # noqa: S608 -- our own text
        (wa_id, -1 if limit is None else limit),
    ).fetchall()
    return [_message(row) for row in reversed(rows)]


def count_unread(db: sqlite3.Connection, wa_id: str) -> int:
    """How many messages of the business reached the phone and were not read on it."""
    row = db.execute(
        "SELECT count(*) AS unread FROM messages WHERE wa_id = ? AND direction = 'outbound' AND status = 'delivered'",
        (wa_id,),
    ).fetchone()
    return int(row["unread"])


def preview(message: Message) -> str:
    part: Any = message.content.get(message.type)
    text = ""
    if isinstance(part, dict):
        text = part.get("body") or part.get("caption") or part.get("text") or part.get("emoji") or ""
    return str(text)[:_PREVIEW_LENGTH] or message.type


def mark_read(db: sqlite3.Connection, wamid: str, *, oldest: float) -> str | None:
    """Blue ticks on an inbound message and all before it; whose it is, or None where there is no such message."""
    row = db.execute(
        "SELECT wa_id, seq FROM messages WHERE id = ? AND direction = 'inbound' AND at >= ?", (wamid, oldest)
    ).fetchone()
    if row is None:
        return None
    db.execute(
        "UPDATE messages SET status = 'read' "
        "WHERE wa_id = ? AND seq <= ? AND direction = 'inbound' AND status != 'read'",
        (row["wa_id"], row["seq"]),
    )
    return str(row["wa_id"])


def apply_edit(db: sqlite3.Connection, user: User, *, original_id: str, changes: JsonObject) -> None:
    """Show the original as its sender changed it; nothing where it is unknown or not theirs."""
    row = db.execute(
        "SELECT content FROM messages WHERE id = ? AND wa_id = ? AND direction = 'inbound'", (original_id, user.wa_id)
    ).fetchone()
    if row is not None:
        content = pack(unpack_object(row["content"]) | changes)
        db.execute("UPDATE messages SET content = ? WHERE id = ?", (content, original_id))


def _message(row: sqlite3.Row) -> Message:
    return Message(
        id=row["id"],
        direction=row["direction"],
        type=row["type"],
        content=unpack_object(row["content"]),
        at=row["at"],
        status=row["status"],
    )
