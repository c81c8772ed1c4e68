"""Webhook bodies as they came."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Integer
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import IDENTITY, SECRET, Base


class WebhookEvent(Base):
    __tablename__ = "webhook_events"

    id: Mapped[int] = mapped_column(IDENTITY, primary_key=True)
    received_at: Mapped[datetime] = mapped_column(primary_key=True, server_default=sql("clock_timestamp()"))
    body: Mapped[bytes] = mapped_column(info=SECRET)
    lane: Mapped[str] = mapped_column(server_default=sql("'intake'"))
    processed_at: Mapped[datetime | None]
    items_done: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    attempts: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    error: Mapped[str | None]
    parked: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))
    channel_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default=sql("'{}'"))
