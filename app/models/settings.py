"""The workspace: one row."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, SmallInteger
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import NOISE, Base


class Workspace(Base):
    __tablename__ = "settings"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, server_default=sql("1"))
    installation_id: Mapped[UUID] = mapped_column(server_default=sql("gen_random_uuid()"))
    name: Mapped[str] = mapped_column(server_default=sql("'Hilo'"))
    time_zone: Mapped[str] = mapped_column(server_default=sql("'UTC'"))
    is_paused: Mapped[bool] = mapped_column(server_default=sql("false"))
    paused_at: Mapped[datetime | None]
    paused_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    pause_reason: Mapped[str | None]
    opt_out_words: Mapped[list[str]] = mapped_column(JSONB, server_default=sql("'[]'"))
    opt_in_words: Mapped[list[str]] = mapped_column(JSONB, server_default=sql("'[]'"))
    automations_epoch: Mapped[int] = mapped_column(server_default=sql("0"), info=NOISE)
    updated_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
