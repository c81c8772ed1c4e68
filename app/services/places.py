"""Where a contact is written to, for whoever was given no conversation: that in which they wrote last.

Who never wrote has none, and may have one any moment.
"""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Place:
    conversation_id: UUID
    channel_id: int


def places_of(session: Session, contact_ids: Collection[int]) -> dict[int, Place]:
    """By contact."""
    if not contact_ids:
        return {}
    rows = session.execute(
        text("""
            SELECT DISTINCT ON (o.contact_id) o.contact_id, o.id, o.channel_id
            FROM conversations o JOIN channels c ON c.id = o.channel_id
            WHERE o.contact_id = ANY(:ids) AND c.state <> 'unclaimed'
            ORDER BY o.contact_id, o.last_inbound_at DESC NULLS LAST, o.channel_id
        """),
        {"ids": list(contact_ids)},
    )
    return {contact_id: Place(id, channel_id) for contact_id, id, channel_id in rows}
