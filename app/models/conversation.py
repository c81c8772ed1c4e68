"""Threads: one per contact and business number."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Computed, ForeignKey, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import SECRET, Base


class Conversation(Base):
    __tablename__ = "conversations"
    __table_args__ = (UniqueConstraint("contact_id", "channel_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=sql("gen_random_uuid()"))
    channel_id: Mapped[int] = mapped_column(ForeignKey("channels.id"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
    closed_until: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(
        Computed(
            "CASE WHEN last_inbound_at > closed_until OR closed_until IS NULL THEN 'open' ELSE 'closed' END",
            persisted=True,
        )
    )
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    service_window_expires_at: Mapped[datetime | None]
    entry_window_expires_at: Mapped[datetime | None]
    read_until: Mapped[datetime | None]
    read_told_until: Mapped[datetime | None]
    last_message_at: Mapped[datetime | None]
    last_message_key: Mapped[str | None]
    last_message_text: Mapped[str | None] = mapped_column(info=SECRET)
    last_message_direction: Mapped[str | None]
    last_inbound_at: Mapped[datetime | None]
    wa_id: Mapped[str | None]
    wa_id_at: Mapped[datetime | None]
    wa_id_key: Mapped[str | None]
    bsuid: Mapped[str | None]
    bsuid_at: Mapped[datetime | None]
    bsuid_key: Mapped[str | None]
    profile_name: Mapped[str | None]
    username: Mapped[str | None]
    profile_at: Mapped[datetime | None]
    profile_key: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    updated_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
