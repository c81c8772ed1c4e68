"""What starts automations without a message: the clock, a person."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Integer, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import BigInteger

from app.models.base import IDENTITY, Base


class Schedule(Base):
    __tablename__ = "schedules"

    automation_id: Mapped[int] = mapped_column(ForeignKey("automations.id", ondelete="CASCADE"), primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("automation_versions.id", ondelete="CASCADE"))
    zone: Mapped[str]
    since: Mapped[datetime]
    looked_at: Mapped[datetime]
    next_at: Mapped[datetime | None]


class ZoneChange(Base):
    """Written by a trigger of contacts."""

    __tablename__ = "zone_changes"

    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), primary_key=True)
    time_zone: Mapped[str | None]
    phone: Mapped[str | None]


class Start(Base):
    __tablename__ = "starts"
    __table_args__ = (UniqueConstraint("automation_id", "event", "occurrence", "zone"),)

    id: Mapped[int] = mapped_column(IDENTITY, primary_key=True)
    automation_id: Mapped[int] = mapped_column(ForeignKey("automations.id", ondelete="CASCADE"))
    event: Mapped[str]
    occurrence: Mapped[str]
    zone: Mapped[str] = mapped_column(server_default=sql("''"))
    since: Mapped[datetime | None]
    seen_until: Mapped[datetime | None]
    due_at: Mapped[datetime]
    contact_ids: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))
    position: Mapped[int] = mapped_column(server_default=sql("0"))
    turn_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    enrolled: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    refused: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))
    requested_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    ended_at: Mapped[datetime | None]
