"""Messages: how they come to be, inbound and outbound, and `move`, the only code that changes their status or dispatch.

What people do with them by hand is `services.answering`'s.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.database import after_commit, fetch
from app.domain.evidence import Dispatch, Standing, Status, rank
from app.models import Message
from app.services import journal, notices
from app.whatsapp.inbound import MessageItem


class MessageNotFound(NotFound):
    code = "message_not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What to change of one message; what is None stays as it is.

    `standing` is evidence and only ever improves the status; `is_withdrawn` takes back a failure of our own making,
    because a person asked for another try.
    """

    message_id: int
    standing: Standing | None = None
    dispatch: Dispatch | None = None
    due_at: datetime | None = None
    attempt: int | None = None
    wamid: str | None = None
    gates: Sequence[Mapping[str, Any]] | None = None
    price: Mapping[str, Any] | None = None
    is_withdrawn: bool = False
    is_doubled: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """A message after the move; `was` is its dispatch before."""

    id: int
    run_id: int | None
    node: str | None
    visit: int | None
    was: str
    dispatch: str
    status: str
    error_message: str | None
    accepted_at: datetime | None
    attempt: int
    trace: str | None
    wamid: str | None


# The numbers are the ranks of domain.evidence; of two failures the smaller code shows, and none is the greatest.
MOVE = """
    WITH v AS (
        SELECT * FROM jsonb_to_recordset(CAST(:moves AS jsonb)) AS v (
            id bigint, rank int, status text, sent_at timestamptz, delivered_at timestamptz, read_at timestamptz,
            error_code int, error_message text, error_source text, dispatch text, due_at timestamptz, attempt int,
            wamid text, gates jsonb, price jsonb, is_withdrawn boolean, is_doubled boolean)
    ), m AS (
        SELECT m.id, m.dispatch, m.error_code, m.error_message, CASE
            WHEN v.is_withdrawn OR m.status = 'pending' THEN 0
            WHEN m.status = 'failed' AND m.error_source = 'ours' THEN 1
            WHEN m.status = 'sent' THEN 2
            WHEN m.status = 'failed' THEN 3
            WHEN m.status = 'delivered' THEN 4
            ELSE 5 END AS rank
        FROM messages m JOIN v ON v.id = m.id ORDER BY m.id FOR NO KEY UPDATE OF m
    ), n AS (
        SELECT m.id, m.dispatch AS was, v.rank > m.rank
            OR (v.rank = m.rank AND v.status = 'failed'
                AND (-COALESCE(v.error_code, 2147483648), COALESCE(v.error_message, '') COLLATE "C")
                  > (-COALESCE(m.error_code, 2147483648), COALESCE(m.error_message, '') COLLATE "C")) AS is_better
        FROM m JOIN v ON v.id = m.id
    )
    UPDATE messages SET
        status = CASE WHEN n.is_better THEN v.status WHEN v.is_withdrawn THEN 'pending' ELSE messages.status END,
        error_code = CASE WHEN n.is_better OR v.is_withdrawn THEN v.error_code ELSE messages.error_code END,
        error_message = CASE WHEN n.is_better OR v.is_withdrawn THEN v.error_message ELSE messages.error_message END,
        error_source = CASE WHEN n.is_better OR v.is_withdrawn THEN v.error_source ELSE messages.error_source END,
        sent_at = LEAST(messages.sent_at, v.sent_at),
        delivered_at = LEAST(messages.delivered_at, v.delivered_at),
        read_at = LEAST(messages.read_at, v.read_at),
        dispatch = COALESCE(v.dispatch, messages.dispatch),
        due_at = COALESCE(v.due_at, messages.due_at),
        attempt = COALESCE(v.attempt, messages.attempt),
        unknown_at = CASE WHEN v.dispatch = 'unknown' THEN COALESCE(messages.unknown_at, clock_timestamp())
                          WHEN v.dispatch IS NOT NULL THEN NULL ELSE messages.unknown_at END,
        accepted_at = CASE WHEN v.wamid IS NOT NULL THEN COALESCE(messages.accepted_at, clock_timestamp())
                           ELSE messages.accepted_at END,
        whatsapp_message_id = COALESCE(v.wamid, messages.whatsapp_message_id),
        gates = COALESCE(v.gates, messages.gates),
        price = COALESCE(v.price, messages.price),
        is_doubled = messages.is_doubled OR v.is_doubled
    FROM v JOIN n ON n.id = v.id
    WHERE messages.id = v.id
    RETURNING messages.id, messages.run_id, messages.node, messages.visit, n.was, messages.dispatch, messages.status,
              messages.error_message, messages.accepted_at, messages.attempt, messages.trace,
              messages.whatsapp_message_id
"""


def move(session: Session, moves: Sequence[Move]) -> list[Moved]:
    """Change status and dispatch of messages, at most one move for each; locks them in id order."""
    if not moves:
        return []
    parameter = orjson.dumps([_columns(move) for move in moves]).decode()
    moved = [Moved(*row) for row in fetch(session, MOVE, {"moves": parameter})]
    journal.moved(session, moved)
    if moved:
        notices.changed(session, "message", *(one.id for one in moved))
    return moved


def _columns(move: Move) -> dict[str, Any]:
    standing = move.standing or Standing()
    columns = {
        "id": move.message_id,
        "rank": rank(standing.status, is_ours=standing.is_ours),
        "status": standing.status,
        "sent_at": standing.sent_at,
        "delivered_at": standing.delivered_at,
        "read_at": standing.read_at,
        "error_code": standing.error_code,
        "error_message": standing.error_message,
        "error_source": ("ours" if standing.is_ours else "meta") if standing.status is Status.FAILED else None,
        "dispatch": move.dispatch,
        "due_at": move.due_at,
        "attempt": move.attempt,
        "wamid": move.wamid,
        "gates": move.gates,
        "price": move.price,
        "is_withdrawn": move.is_withdrawn,
        "is_doubled": move.is_doubled,
    }
    return {name: value for name, value in columns.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message that somebody wants sent: one outbox row."""

    contact_id: int
    conversation_id: UUID
    channel_id: int
    content: Mapping[str, Any]
    text: str
    origin: str
    delivery: str = "at_most_once"
    category: str = "service"
    run_id: int | None = None
    node: str | None = None
    visit: int | None = None
    idempotency_key: str | None = None
    created_by: int | None = None
    due_at: datetime | None = None
    expires_at: datetime | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    trace: str | None = None


def queue(session: Session, outgoing: Sequence[Outgoing], *, now: datetime) -> list[int]:
    """Write outbox rows and ask their lanes to look; one whose idempotency key is known is written already."""
    if not outgoing:
        return []
    rows = [
        {
            "contact_id": message.contact_id,
            "conversation_id": message.conversation_id,
            "channel_id": message.channel_id,
            "message_type": message.content["type"],
            "content": message.content,
            "text": message.text,
            "origin": message.origin,
            "delivery": message.delivery,
            "category": message.category,
            "run_id": message.run_id,
            "node": message.node,
            "visit": message.visit,
            "idempotency_key": message.idempotency_key,
            "created_by": message.created_by,
            "due_at": message.due_at or now,
            "expires_at": message.expires_at,
            "metadata": message.metadata,
            "trace": message.trace,
        }
        for message in outgoing
    ]
    made = fetch(
        session,
        """
            INSERT INTO messages (contact_id, conversation_id, channel_id, direction, message_type, content, text,
                origin, delivery, category, run_id, node, visit, idempotency_key, created_by, happened_at, due_at,
                expires_at, metadata, trace)
            SELECT contact_id, conversation_id, channel_id, 'outbound', message_type, content, text,
                origin, delivery, category, run_id, node, visit, idempotency_key, created_by, :now, due_at,
                expires_at, metadata, trace
            FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS v (
                contact_id bigint, conversation_id uuid, channel_id bigint, message_type text, content jsonb,
                text text, origin text, delivery text, category text, run_id bigint, node text, visit int,
                idempotency_key text, created_by bigint, due_at timestamptz, expires_at timestamptz, metadata jsonb,
                trace text)
            ON CONFLICT (idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING
            RETURNING id, run_id, trace
        """,
        {"rows": orjson.dumps(rows).decode(), "now": now},
    )
    journal.queued(session, [{"trace": trace, "message_id": id, "run_id": run_id} for id, run_id, trace in made])
    notices.changed(session, "message", *(row[0] for row in made))
    notices.changed(session, "conversation", *{message.conversation_id for message in outgoing})
    _show_last(session, outgoing, now=now)
    for channel_id in {message.channel_id for message in outgoing}:
        after_commit(session, "messages.send", channel_id=channel_id)
    return [row[0] for row in made]


def _show_last(session: Session, outgoing: Sequence[Outgoing], *, now: datetime) -> None:
    last = {message.conversation_id: message.text for message in outgoing}
    fetch(
        session,
        """
            WITH locked AS (
                SELECT c.id, v.text FROM conversations c
                JOIN unnest(CAST(:ids AS uuid[]), CAST(:texts AS text[])) AS v (id, text) ON v.id = c.id
                ORDER BY c.id FOR NO KEY UPDATE OF c
            )
            UPDATE conversations c SET last_message_at = :now, last_message_key = '',
                last_message_text = locked.text, last_message_direction = 'outbound'
            FROM locked WHERE c.id = locked.id AND (c.last_message_at IS NULL OR c.last_message_at <= :now)
        """,
        {"ids": list(last), "texts": list(last.values()), "now": now},
    )


def get_message(session: Session, message_id: int) -> Message:
    message = session.get(Message, message_id)
    if message is None:
        raise MessageNotFound(f"There is no message {message_id}.")
    return message


def release_held(session: Session, channel_id: int, *, now: datetime) -> None:
    """A channel may send again: what waited for that is due now."""
    ids = session.scalars(select(Message.id).where(Message.channel_id == channel_id, Message.dispatch == Dispatch.HELD))
    move(session, [Move(message_id=id, dispatch=Dispatch.QUEUED, due_at=now) for id in ids])
    after_commit(session, "messages.send", channel_id=channel_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """An inbound item with its place."""

    item: MessageItem
    channel_id: int
    contact_id: int
    conversation_id: UUID


@dataclass(frozen=True, slots=True)
class Recorded:
    id: int
    channel_id: int
    wamid: str
    is_new: bool


# Of bodies with one wamid the earliest is the message; between equal times the digest decides, not the arrival.
RECORD = """
    INSERT INTO messages (contact_id, conversation_id, channel_id, direction, message_type, content, text,
        whatsapp_message_id, status, dispatch, happened_at, sent_at, wa_id, phone, bsuid, parent_bsuid, digest,
        profile, amends, origin, trace)
    SELECT contact_id, conversation_id, channel_id, 'inbound', message_type, content, text,
        wamid, 'delivered', 'done', happened_at, happened_at, wa_id, phone, bsuid, parent_bsuid, digest,
        profile, amends, 'contact', trace
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS v (
        contact_id bigint, conversation_id uuid, channel_id bigint, message_type text, content jsonb, text text,
        wamid text, happened_at timestamptz, wa_id text, phone text, bsuid text, parent_bsuid text, digest text,
        profile jsonb, amends text, trace text)
    ON CONFLICT (channel_id, whatsapp_message_id) WHERE direction = 'inbound' DO UPDATE SET
        contact_id = EXCLUDED.contact_id, conversation_id = EXCLUDED.conversation_id,
        message_type = EXCLUDED.message_type, content = EXCLUDED.content, text = EXCLUDED.text,
        happened_at = EXCLUDED.happened_at, sent_at = EXCLUDED.sent_at, wa_id = EXCLUDED.wa_id,
        phone = EXCLUDED.phone, bsuid = EXCLUDED.bsuid, parent_bsuid = EXCLUDED.parent_bsuid,
        digest = EXCLUDED.digest, profile = EXCLUDED.profile, amends = EXCLUDED.amends
    WHERE (EXCLUDED.happened_at, EXCLUDED.digest COLLATE "C") < (messages.happened_at, messages.digest COLLATE "C")
    RETURNING id, channel_id, whatsapp_message_id, xmax = 0
"""


def record(session: Session, received: Sequence[Received]) -> list[Recorded]:
    """Store inbound messages, each wamid at most once; what has to give way to a stored one is not returned."""
    if not received:
        return []
    rows = [
        {
            "contact_id": one.contact_id,
            "conversation_id": one.conversation_id,
            "channel_id": one.channel_id,
            "message_type": one.item.type,
            "content": one.item.content,
            "text": one.item.text,
            "wamid": one.item.wamid,
            "happened_at": one.item.at,
            "wa_id": one.item.sender.wa_id,
            "phone": one.item.sender.phone,
            "bsuid": one.item.sender.bsuid,
            "parent_bsuid": one.item.sender.parent_bsuid,
            "digest": one.item.digest,
            "profile": one.item.sender.profile,
            "amends": one.item.amends,
            "trace": one.item.trace,
        }
        for one in received
    ]
    found = [Recorded(*row) for row in fetch(session, RECORD, {"rows": orjson.dumps(rows).decode()})]
    notices.changed(session, "message", *(one.id for one in found))
    notices.changed(session, "conversation", *{one.conversation_id for one in received})
    return found
