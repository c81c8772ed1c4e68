"""Conversations as inbound messages make and move them. Every column takes the greatest (Meta's time, wamid)."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.orm import Session

from app.database import fetch
from app.domain.windows import expires_at, free_entry_expires_at
from app.services.messages import Received

Pair = tuple[int, int]  # (channel id, contact id)


def open_all(session: Session, pairs: Collection[Pair]) -> dict[Pair, UUID]:
    """The conversations of these pairs, made where missing, and locked in id order."""
    if not pairs:
        return {}
    found = _lock_all(session, sorted(pairs))
    missing = sorted(set(pairs) - set(found))
    if not missing:
        return found
    fetch(
        session,
        """
            INSERT INTO conversations (channel_id, contact_id)
            SELECT * FROM unnest(CAST(:channels AS bigint[]), CAST(:contacts AS bigint[])) ON CONFLICT DO NOTHING
        """,
        _columns(missing),
    )
    return found | _lock_all(session, missing)


def _lock_all(session: Session, pairs: Sequence[Pair]) -> dict[Pair, UUID]:
    rows = fetch(
        session,
        """
            SELECT c.id, c.channel_id, c.contact_id FROM conversations c
            JOIN unnest(CAST(:channels AS bigint[]), CAST(:contacts AS bigint[])) AS v (channel_id, contact_id)
              ON c.channel_id = v.channel_id AND c.contact_id = v.contact_id
            ORDER BY c.id FOR NO KEY UPDATE OF c
        """,
        _columns(pairs),
    )
    return {(row[1], row[2]): row[0] for row in rows}


def _columns(pairs: Sequence[Pair]) -> dict[str, list[int]]:
    return {"channels": [channel for channel, _ in pairs], "contacts": [contact for _, contact in pairs]}


def touch(session: Session, received: Sequence[Received]) -> None:
    """Show what arrived. Also what was stored before counts again: that changes nothing."""
    if not received:
        return
    latest: dict[UUID, dict[str, Any]] = {}
    for one in sorted(received, key=lambda one: (one.item.at, one.item.wamid)):
        row = latest.setdefault(one.conversation_id, {"id": one.conversation_id})
        row.update(_seen(one))
        window = expires_at(one.item.type, one.item.at)
        entry = free_entry_expires_at(one.item.at, has_referral="referral" in one.item.content)
        row["window"] = _greatest(row.get("window"), window)
        row["entry"] = _greatest(row.get("entry"), entry)
    fetch(session, TOUCH, {"rows": orjson.dumps(list(latest.values())).decode()})


def _seen(one: Received) -> dict[str, Any]:
    item, stamp = one.item, {"at": one.item.at, "key": one.item.wamid}
    seen: dict[str, Any] = {"last_inbound_at": item.at}
    if item.sender.wa_id:
        seen |= {"wa_id": item.sender.wa_id, "wa_id_at": stamp["at"], "wa_id_key": stamp["key"]}
    if item.sender.bsuid:
        seen |= {"bsuid": item.sender.bsuid, "bsuid_at": stamp["at"], "bsuid_key": stamp["key"]}
    if item.sender.profile:
        seen |= {
            "profile_name": item.sender.profile.get("name"),
            "username": item.sender.profile.get("username"),
            "profile_at": stamp["at"],
            "profile_key": stamp["key"],
        }
    if item.amends is None:
        seen |= {"last_text": item.text, "last_at": stamp["at"], "last_key": stamp["key"]}
    return seen


def _greatest(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((moment for moment in (one, other) if moment is not None), default=None)


# COLLATE "C" compares as Python does, on every database.
TOUCH = """
    UPDATE conversations c SET
        service_window_expires_at = GREATEST(c.service_window_expires_at, v."window"),
        entry_window_expires_at = GREATEST(c.entry_window_expires_at, v.entry),
        last_inbound_at = GREATEST(c.last_inbound_at, v.last_inbound_at),
        wa_id = CASE WHEN v.new_wa_id THEN v.wa_id ELSE c.wa_id END,
        wa_id_at = CASE WHEN v.new_wa_id THEN v.wa_id_at ELSE c.wa_id_at END,
        wa_id_key = CASE WHEN v.new_wa_id THEN v.wa_id_key ELSE c.wa_id_key END,
        bsuid = CASE WHEN v.new_bsuid THEN v.bsuid ELSE c.bsuid END,
        bsuid_at = CASE WHEN v.new_bsuid THEN v.bsuid_at ELSE c.bsuid_at END,
        bsuid_key = CASE WHEN v.new_bsuid THEN v.bsuid_key ELSE c.bsuid_key END,
        profile_name = CASE WHEN v.new_profile THEN v.profile_name ELSE c.profile_name END,
        username = CASE WHEN v.new_profile THEN v.username ELSE c.username END,
        profile_at = CASE WHEN v.new_profile THEN v.profile_at ELSE c.profile_at END,
        profile_key = CASE WHEN v.new_profile THEN v.profile_key ELSE c.profile_key END,
        last_message_text = CASE WHEN v.new_last THEN v.last_text ELSE c.last_message_text END,
        last_message_at = CASE WHEN v.new_last THEN v.last_at ELSE c.last_message_at END,
        last_message_key = CASE WHEN v.new_last THEN v.last_key ELSE c.last_message_key END,
        last_message_direction = CASE WHEN v.new_last THEN 'inbound' ELSE c.last_message_direction END
    FROM (
        SELECT r.*,
            COALESCE((r.wa_id_at, r.wa_id_key COLLATE "C") > (o.wa_id_at, o.wa_id_key COLLATE "C"),
                     r.wa_id_at IS NOT NULL) AS new_wa_id,
            COALESCE((r.bsuid_at, r.bsuid_key COLLATE "C") > (o.bsuid_at, o.bsuid_key COLLATE "C"),
                     r.bsuid_at IS NOT NULL) AS new_bsuid,
            COALESCE((r.profile_at, r.profile_key COLLATE "C") > (o.profile_at, o.profile_key COLLATE "C"),
                     r.profile_at IS NOT NULL) AS new_profile,
            COALESCE((r.last_at, r.last_key COLLATE "C") > (o.last_message_at, o.last_message_key COLLATE "C"),
                     r.last_at IS NOT NULL) AS new_last
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (
            id uuid, "window" timestamptz, entry timestamptz, last_inbound_at timestamptz,
            wa_id text, wa_id_at timestamptz, wa_id_key text, bsuid text, bsuid_at timestamptz, bsuid_key text,
            profile_name text, username text, profile_at timestamptz, profile_key text,
            last_text text, last_at timestamptz, last_key text)
        JOIN conversations o ON o.id = r.id
    ) AS v
    WHERE c.id = v.id
"""
