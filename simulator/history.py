"""`message_history`: what became of each send, and whether the business was told. Statuses only, never content.

It knows of statuses whose webhook was dropped: that is what it is for.
"""

import base64
import binascii
import sqlite3
from collections.abc import Mapping, Sequence

from simulator.errors import GraphError
from simulator.nodes import Call, Handler, split_fields
from simulator.wire import JsonObject
from simulator.world import World

# History entries and their events are nodes of their own; these keep their ids apart from each other and from ours.
_ENTRY_BASE = 7_000_000_000_000_000
_EVENT_BASE = 8_000_000_000_000_000
_MAX_LIMIT = 100
_ENTRY_FIELDS = frozenset({"id", "message_id", "events"})
_EVENT_FIELDS = (
    "id", "delivery_status", "webhook_update_state", "timestamp", "application", "webhook_uri", "error_description",
)  # fmt: skip
_DEFAULT_EVENT_FIELDS = "delivery_status,timestamp"
_NODE_FIELDS = ("id", "delivery_status", "error_description", "occurrence_timestamp", "status_timestamp", "application")
_DEFAULT_NODE_FIELDS = "id,delivery_status,occurrence_timestamp"


def find_entry(world: World, node: str) -> int | None:
    """The message behind a history entry's id."""
    if not node.isascii() or not node.isdigit() or not _ENTRY_BASE < int(node) < _EVENT_BASE:
        return None
    seq = int(node) - _ENTRY_BASE
    row = world.state.store.db.execute(
        "SELECT 1 FROM messages WHERE seq = ? AND direction = 'outbound'", (seq,)
    ).fetchone()
    return None if row is None else seq


async def _list_entries(world: World, call: Call) -> JsonObject:
    """Newest first."""
    fields = split_fields(call.query.get("fields", "id,message_id"))
    _check_fields(fields, _ENTRY_FIELDS, kind="WhatsAppMessageHistory")
    event_fields = split_fields(fields.get("events") or _DEFAULT_EVENT_FIELDS)
    _check_fields(event_fields, _EVENT_FIELDS, kind="WhatsAppMessageDeliveryStatusOccurrence")
    db = world.state.store.db
    wamid = call.query.get("message_id")
    if wamid is not None:
        query = "SELECT seq, id FROM messages WHERE id = ? AND direction = 'outbound'"
        rows = db.execute(query, (wamid,)).fetchall()
        if not rows:
            details = "The requested message_id was not found in the message history"
            raise GraphError(100, status=422, kind="GraphMethodException", message=details)
        page = _Page(rows=rows, has_more=False)
    else:
        page = _read_page(
            db,
            call,
            "SELECT seq, id FROM messages WHERE direction = 'outbound' AND seq {} ? ORDER BY seq {} LIMIT ?",
            is_newest_first=True,
        )
    data: list[JsonObject] = []
    for row in page.rows:
        entry: JsonObject = {"id": str(_ENTRY_BASE + row["seq"]), "message_id": row["id"]}
        if "events" in fields:
            entry["events"] = {"data": [_event(world, event, event_fields) for event in _events(db, row["seq"])]}
        data.append(entry)
    return {"data": data} | page.paging(world, call, path="message_history")


async def _list_events(world: World, call: Call) -> JsonObject:
    """Oldest first, as `node` in `data[]`."""
    fields = split_fields(call.query.get("fields", ""))
    wanted = split_fields(fields.get("node") or _DEFAULT_NODE_FIELDS)
    _check_fields(fields, {"cursor", "node"}, kind="WhatsAppMessageHistoryEventsEdge")
    _check_fields(wanted, _NODE_FIELDS, kind="WhatsAppMessageDeliveryStatusOccurrence")
    seq = find_entry(world, call.node)
    status = call.query.get("status_filter")
    if status is not None and status not in ("SENT", "DELIVERED", "READ", "FAILED", "DELETED"):
        raise GraphError(100, "Param status_filter must be a delivery status.")
    condition = f"message_seq = {seq}" + (f" AND status = '{status}'" if status else "")
    query = f"SELECT *, id AS seq FROM events WHERE {condition} AND id {{}} ? ORDER BY id {{}} LIMIT ?"  # noqa: S608
    page = _read_page(world.state.store.db, call, query, is_newest_first=False)
    data = [{"cursor": _cursor(row["seq"]), "node": _occurrence(world, row, wanted)} for row in page.rows]
    return {"data": data} | page.paging(world, call, path="events")


class _Page:
    def __init__(self, *, rows: Sequence[sqlite3.Row], has_more: bool) -> None:
        self.rows = rows
        self._has_more = has_more

    def paging(self, world: World, call: Call, *, path: str) -> JsonObject:
        if not self.rows:
            return {}
        after = _cursor(self.rows[-1]["seq"])
        paging: JsonObject = {"cursors": {"before": _cursor(self.rows[0]["seq"]), "after": after}}
        if self._has_more:
            settings = world.state.settings
            paging["next"] = f"http://{settings.host}:{settings.port}/v26.0/{call.node}/{path}?after={after}"
        return {"paging": paging}


def _read_page(db: sqlite3.Connection, call: Call, query: str, *, is_newest_first: bool) -> _Page:
    """`query` has two holes, for the comparison with the cursor and for the order."""
    text = call.query.get("limit", "25")
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= _MAX_LIMIT):
        raise GraphError(100, f"Param limit must be between 1 and {_MAX_LIMIT}.")
    limit = int(text)
    after, before = call.query.get("after"), call.query.get("before")
    # Going back reads the other way round, and is turned again below.
    is_descending = is_newest_first == (before is None)
    bound = _position(after if before is None else before)
    if bound is None:
        bound = 2**62 if is_descending else -1
    rows = db.execute(
        query.format("<" if is_descending else ">", "DESC" if is_descending else "ASC"), (bound, limit + 1)
    ).fetchall()
    shown = rows[:limit]
    if before is not None:
        return _Page(rows=shown[::-1], has_more=bool(shown))
    return _Page(rows=shown, has_more=len(rows) > limit)


def _cursor(seq: int) -> str:
    return base64.urlsafe_b64encode(str(seq).encode()).decode().rstrip("=")


def _position(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    try:
        return int(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error):
        raise GraphError(131059, "The paging cursor is invalid.") from None


def _events(db: sqlite3.Connection, seq: int) -> list[sqlite3.Row]:
    return db.execute("SELECT * FROM events WHERE message_seq = ? ORDER BY id", (seq,)).fetchall()


def _event(world: World, row: sqlite3.Row, fields: Mapping[str, str]) -> JsonObject:
    all_fields: JsonObject = {
        "id": str(_EVENT_BASE + row["id"]),
        "delivery_status": row["status"],
        "webhook_update_state": row["webhook_state"],
        "timestamp": int(row["at"]),
        "application": {"id": world.state.settings.app_id},
        "webhook_uri": world.state.callback_url(),
        "error_description": row["error"] or row["webhook_error"],
    }
    # The schema insists on the first three, whatever is asked for.
    wanted = {"id", "delivery_status", "timestamp"} | fields.keys()
    return {name: value for name, value in all_fields.items() if name in wanted and value is not None}


def _occurrence(world: World, row: sqlite3.Row, fields: Mapping[str, str]) -> JsonObject:
    settings = world.state.settings
    all_fields: JsonObject = {
        "id": str(_EVENT_BASE + row["id"]),
        "delivery_status": row["status"],
        "error_description": row["error"] or row["webhook_error"],
        "occurrence_timestamp": int(row["at"]),
        "status_timestamp": int(row["at"]),
        "application": {"id": settings.app_id, "name": settings.verified_name},
    }
    wanted = {"id", "delivery_status", "occurrence_timestamp"} | fields.keys()
    return {name: value for name, value in all_fields.items() if name in wanted and value is not None}


def _check_fields(given: Mapping[str, str], known: Sequence[str] | set[str] | frozenset[str], *, kind: str) -> None:
    for name in given:
        if name not in known:
            raise GraphError(100, message=f"(#100) Tried accessing nonexisting field ({name}) on node type ({kind})")


HANDLERS: Mapping[tuple[str, str, str], Handler] = {
    ("phone", "message_history", "GET"): _list_entries,
    ("message_history", "events", "GET"): _list_events,
}
