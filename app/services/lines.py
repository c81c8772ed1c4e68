"""What a sender needs to know of its channel: whom it calls as, how fast it may, and what was sent lately."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.config import Settings
from app.database import fetch
from app.models import Channel
from app.services.channels import token_of
from app.whatsapp.client import Line

# Moments here are those of the statement: clock_timestamp() may change from row to row, so no index can be searched by
# it, and taking a lane would read every attempt that its number ever made.

# Long enough for any pair bucket to drain: 45 messages at 6 seconds each.
RECENT = "300 seconds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    line: Line
    messages_per_second: int
    received: int
    installation_id: str


def find(session: Session, channel_id: int, settings: Settings) -> Found | None:
    channel = session.get(Channel, channel_id)
    if channel is None:
        return None
    token = token_of(channel, secret_key=settings.secret_key.get_secret_value()) or settings.api_token
    installation_id = session.scalar(text("SELECT installation_id FROM settings WHERE id = 1"))
    return Found(
        line=Line(phone_number_id=channel.phone_number_id, token=token),
        messages_per_second=channel.messages_per_second,
        received=channel.received,
        installation_id=str(installation_id),
    )


RECEIVED = "SELECT received FROM channels WHERE id = :id"


def received(session: Session, channel_id: int) -> int:
    rows = fetch(session, RECEIVED, {"id": channel_id})
    return int(rows[0][0]) if rows else 0


def recent_rate(session: Session, channel_id: int) -> list[tuple[float, int]]:
    """(seconds ago, messages) that count against the number's rate: sends, and the inbound of the last second."""
    rows = session.execute(
        text("""
            SELECT EXTRACT(epoch FROM statement_timestamp() - claimed_at)::float8, 1 FROM send_attempts
            WHERE channel_id = :id AND claimed_at > statement_timestamp() - interval '5 seconds'
            UNION ALL
            SELECT 0.5, count(*) FROM (
                SELECT channel_id, direction, created_at FROM messages ORDER BY id DESC LIMIT 1000) AS latest
            WHERE channel_id = :id AND direction = 'inbound'
              AND created_at > statement_timestamp() - interval '1 second'
        """),
        {"id": channel_id},
    )
    return [(seconds, count) for seconds, count in rows]


def recent_pairs(session: Session, channel_id: int) -> list[tuple[int, float]]:
    """(contact, seconds ago) of what was sent, as far back as a pair bucket remembers."""
    rows = session.execute(
        text("""
            SELECT contact_id, EXTRACT(epoch FROM statement_timestamp() - claimed_at)::float8 FROM send_attempts
            WHERE channel_id = :id AND claimed_at > statement_timestamp() - CAST(:recent AS interval)
        """),
        {"id": channel_id, "recent": RECENT},
    )
    return [(contact_id, seconds) for contact_id, seconds in rows]
