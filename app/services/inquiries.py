"""Calls to Meta that are safe to repeat: blue ticks for what was read, and the history of what was never reported."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.core.config import Settings
from app.database import in_transaction
from app.services import lines, reports, sweeps
from app.services.reports import Arrived
from app.whatsapp.client import DeliveryEvent, GraphClient, Line
from app.whatsapp.inbound import Number, StatusItem

T = TypeVar("T")

READ_BATCH = 50
ASK_BATCH = 50
CALLS_AT_ONCE = 8


async def tell_read(channel_id: int, settings: Settings, client: GraphClient, engine: Engine) -> None:
    """One call marks a message and all before it, so each conversation takes one."""
    found = await _transaction(engine, lambda session: lines.find(session, channel_id, settings))
    rows = await _transaction(engine, lambda session: _unread_news(session, channel_id))
    if found is None or not rows:
        return
    gate = asyncio.Semaphore(CALLS_AT_ONCE)

    async def tell(wamid: str) -> bool:
        async with gate:
            return await client.mark_read(found.line, wamid)

    told = await asyncio.gather(*(tell(wamid) for _, _, wamid in rows))
    done = [(id, until) for (id, until, _), is_told in zip(rows, told, strict=True) if is_told]
    await _transaction(engine, lambda session: _note_told(session, done))


def _unread_news(session: Session, channel_id: int) -> list[tuple[str, datetime, str]]:
    rows = session.execute(
        text("""
            SELECT c.id, c.read_until, m.whatsapp_message_id FROM conversations c
            JOIN LATERAL (
                SELECT whatsapp_message_id FROM messages
                WHERE conversation_id = c.id AND direction = 'inbound' AND happened_at <= c.read_until
                ORDER BY happened_at DESC LIMIT 1) AS m ON true
            WHERE c.channel_id = :id AND c.read_until IS NOT NULL AND c.read_told_until IS DISTINCT FROM c.read_until
            LIMIT :limit
        """),
        {"id": channel_id, "limit": READ_BATCH},
    )
    return [(str(id), until, wamid) for id, until, wamid in rows]


def _note_told(session: Session, told: list[tuple[str, datetime]]) -> None:
    session.execute(
        text("""
            WITH told AS (
                SELECT c.id, v.until FROM conversations c
                JOIN unnest(CAST(:ids AS uuid[]), CAST(:untils AS timestamptz[])) AS v (id, until) ON v.id = c.id
                ORDER BY c.id FOR NO KEY UPDATE OF c
            )
            UPDATE conversations c SET read_told_until = told.until FROM told WHERE c.id = told.id
        """),
        {"ids": [id for id, _ in told], "untils": [until for _, until in told]},
    )


async def ask_history(settings: Settings, client: GraphClient, engine: Engine, *, now: datetime) -> None:
    """What Meta tells is kept as reports, and moves messages as reports do."""
    rows = await _transaction(engine, lambda session: _claim_overdue(session, settings))
    gate = asyncio.Semaphore(CALLS_AT_ONCE)

    async def ask(line: Line, wamid: str) -> list[DeliveryEvent]:
        async with gate:
            return await client.history(line, wamid) or []

    answers = await asyncio.gather(*(ask(line, wamid) for _, line, wamid in rows))
    arrived = [
        Arrived(channel_id=channel_id, item=_status(line, wamid, event), source="history")
        for (channel_id, line, wamid), events in zip(rows, answers, strict=True)
        for event in events
    ]
    await _transaction(
        engine,
        lambda session: reports.apply(session, arrived, installation_id=sweeps.installation_id(session), now=now),
    )


def _claim_overdue(session: Session, settings: Settings) -> list[tuple[int, Line, str]]:
    rows = session.execute(
        text(f"""
            UPDATE messages SET asked_at = clock_timestamp()
            WHERE id IN (SELECT id {sweeps.OVERDUE} ORDER BY accepted_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED)
            RETURNING channel_id, whatsapp_message_id
        """),  # noqa: S608 - ours
        {"overdue": settings.status_overdue_seconds, "limit": ASK_BATCH},
    ).all()
    found = {channel_id: lines.find(session, channel_id, settings) for channel_id in {row[0] for row in rows}}
    return [(channel_id, line.line, wamid) for channel_id, wamid in rows if (line := found[channel_id]) is not None]


def _status(line: Line, wamid: str, event: DeliveryEvent) -> StatusItem:
    return StatusItem(
        number=Number(phone_number_id=line.phone_number_id, waba_id=None, display_number=None),
        wamid=wamid,
        status=event.status,
        at=event.at,
        participant="",
        errors=None,
        pricing=None,
        echo=None,
        report={"id": wamid, "status": event.status, "timestamp": str(int(event.at.timestamp()))},
    )


async def _transaction(engine: Engine, work: Callable[[Session], T]) -> T:
    return await asyncio.to_thread(in_transaction, work, engine, by_index=True)
