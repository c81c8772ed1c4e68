"""Inbound messages against those that are stored: what is new, and what changes an earlier one.

Several bodies may claim one wamid. The earliest is the message, and between equal times the digest decides, never the
arrival. One that came first may so have to give way, and then what it said of its sender no longer counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.database import fetch
from app.services.identities import Identity
from app.whatsapp.inbound import MessageItem, change_of

Key = tuple[int, str]  # (channel id, wamid)


@dataclass(frozen=True, slots=True)
class Superseded:
    """A stored message that gives way to an earlier one of its wamid."""

    contact_id: int
    identities: frozenset[Identity]
    amends: str | None


def unseen(session: Session, items: Sequence[tuple[Key, MessageItem]]) -> tuple[set[int], dict[Key, Superseded]]:
    """The places of those items that are to be stored, and which of them replace what is stored."""
    stored = _stored(session, {key for key, _ in items})
    best: dict[Key, int] = {}
    for place, (key, item) in enumerate(items):
        held = items[best[key]][1] if key in best else None
        if held is None or (item.at, item.digest) < (held.at, held.digest):
            best[key] = place
    kept = {
        place
        for key, place in best.items()
        if key not in stored or (items[place][1].at, items[place][1].digest) < stored[key][0]
    }
    return kept, {items[place][0]: stored[items[place][0]][1] for place in kept if items[place][0] in stored}


def _stored(session: Session, keys: set[Key]) -> dict[Key, tuple[tuple[datetime, str], Superseded]]:
    rows = fetch(
        session,
        """
            SELECT m.channel_id, m.whatsapp_message_id, m.happened_at, m.digest, m.contact_id, m.wa_id, m.phone,
                   m.bsuid, m.parent_bsuid, m.amends, CASE WHEN m.message_type = 'system' THEN m.content END AS content
            FROM messages m
            JOIN unnest(CAST(:channels AS bigint[]), CAST(:wamids AS text[])) AS v (channel_id, wamid)
              ON m.channel_id = v.channel_id AND m.whatsapp_message_id = v.wamid
            WHERE m.direction = 'inbound'
        """,
        {"channels": [channel for channel, _ in keys], "wamids": [wamid for _, wamid in keys]},
    )
    stored = {}
    for channel_id, wamid, at, digest, contact_id, wa_id, phone, bsuid, parent_bsuid, amends, content in rows:
        change = change_of("system", content) if content else None
        shown = [("wa_id", wa_id), ("phone", phone), ("bsuid", bsuid), ("parent_bsuid", parent_bsuid)]
        if change is not None:
            shown += [("phone", change.new_phone), ("bsuid", change.new_bsuid), ("bsuid", change.old_bsuid)]
        identities = frozenset((kind, value) for kind, value in shown if value)
        stored[(channel_id, wamid)] = ((at, digest or ""), Superseded(contact_id, identities, amends))
    return stored


def show_amendments(session: Session, *, arrived: Sequence[Key], amended: Sequence[Key]) -> None:
    """Show edits and revokes on their originals: messages that came, which may have been waited for, and those whose
    amendments came or went.

    The latest edit counts, and a revoke whenever it was made; either may come before its original.
    """
    if not arrived and not amended:
        return
    fetch(
        session,
        """
            WITH originals AS (
                SELECT DISTINCT v.channel_id, v.wamid
                FROM unnest(CAST(:channels AS bigint[]), CAST(:wamids AS text[]), CAST(:surely AS boolean[]))
                     AS v (channel_id, wamid, surely)
                WHERE v.surely OR EXISTS (
                    SELECT FROM messages a WHERE a.channel_id = v.channel_id AND a.amends = v.wamid)
            ), amended AS (
                SELECT m.id, (
                    SELECT jsonb_build_object('at', a.happened_at, 'key', a.whatsapp_message_id,
                                              'content', a.content -> 'edit' -> 'message')
                    FROM messages a
                    WHERE a.channel_id = o.channel_id AND a.amends = o.wamid AND a.message_type = 'edit'
                      AND a.contact_id = m.contact_id
                    ORDER BY a.happened_at DESC, a.whatsapp_message_id COLLATE "C" DESC LIMIT 1
                ) AS edit, (
                    SELECT min(a.happened_at) FROM messages a
                    WHERE a.channel_id = o.channel_id AND a.amends = o.wamid AND a.message_type = 'revoke'
                      AND a.contact_id = m.contact_id
                ) AS revoked_at
                FROM originals o JOIN messages m ON m.channel_id = o.channel_id
                     AND m.whatsapp_message_id = o.wamid AND m.direction = 'inbound'
                ORDER BY m.id FOR NO KEY UPDATE OF m
            )
            UPDATE messages SET edit = amended.edit, revoked_at = amended.revoked_at
            FROM amended
            WHERE messages.id = amended.id
              AND (messages.edit, messages.revoked_at) IS DISTINCT FROM (amended.edit, amended.revoked_at)
        """,
        {
            "channels": [channel for channel, _ in (*arrived, *amended)],
            "wamids": [wamid for _, wamid in (*arrived, *amended)],
            "surely": [False] * len(arrived) + [True] * len(amended),
        },
    )
