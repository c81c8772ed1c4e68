"""Stop a channel whose account or token is at fault: one alert, not ten thousand failures."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.services import alerts


def halt_channel(session: Session, channel_id: int, *, reason: str, code: int, now: datetime) -> None:
    """Hold everything on this channel until a person resumes it."""
    halted = session.scalar(
        text("""
            UPDATE channels SET state = 'halted', halt_reason = :reason
            WHERE id = :id AND state = 'active' RETURNING id
        """),
        {"id": channel_id, "reason": f"{reason} ({code})"},
    )
    if halted is not None:
        alerts.raise_alert(
            session,
            kind="channel_halted",
            key=str(channel_id),
            severity="critical",
            title="Sending is halted",
            detail=f"WhatsApp refuses to send for this number: {reason}, error {code}. Mend the cause, then resume it.",
            context={"channel_id": channel_id, "code": code},
            now=now,
        )
