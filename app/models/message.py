"""Messages, the tries to send them, and every report about them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Integer, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import IDENTITY, SECRET, Base


class Message(Base):
    __tablename__ = "messages"

    id: Mapped[int] = mapped_column(IDENTITY, primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    channel_id: Mapped[int]
    direction: Mapped[str]
    message_type: Mapped[str]
    content: Mapped[dict[str, Any]] = mapped_column(JSONB, info=SECRET)
    text: Mapped[str | None] = mapped_column(info=SECRET)
    whatsapp_message_id: Mapped[str | None]
    status: Mapped[str] = mapped_column(server_default=sql("'pending'"))
    dispatch: Mapped[str] = mapped_column(server_default=sql("'queued'"))
    happened_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    error_code: Mapped[int | None] = mapped_column(Integer)
    error_message: Mapped[str | None]
    error_source: Mapped[str | None]
    wa_id: Mapped[str | None]
    phone: Mapped[str | None]
    bsuid: Mapped[str | None]
    parent_bsuid: Mapped[str | None]
    digest: Mapped[str | None]
    edit: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    revoked_at: Mapped[datetime | None]
    origin: Mapped[str]
    category: Mapped[str] = mapped_column(server_default=sql("'service'"))
    delivery: Mapped[str] = mapped_column(server_default=sql("'at_most_once'"))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("automation_runs.id", ondelete="SET NULL"))
    node: Mapped[str | None]
    visit: Mapped[int | None] = mapped_column(Integer)
    idempotency_key: Mapped[str | None]
    attempt: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    due_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    expires_at: Mapped[datetime | None]
    unknown_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    asked_at: Mapped[datetime | None]
    is_doubled: Mapped[bool] = mapped_column(server_default=sql("false"))
    gates: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
    price: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    profile: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    amends: Mapped[str | None]
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", JSONB, server_default=sql("'{}'"))
    created_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    trace: Mapped[str | None]


class SendAttempt(Base):
    __tablename__ = "send_attempts"
    __table_args__ = (UniqueConstraint("message_id", "attempt"),)

    id: Mapped[int] = mapped_column(IDENTITY, primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    attempt: Mapped[int] = mapped_column(Integer)
    channel_id: Mapped[int]
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
    epoch: Mapped[int]
    claimed_at: Mapped[datetime]
    dead_at: Mapped[datetime]
    outcome: Mapped[str | None]
    wamid: Mapped[str | None] = mapped_column(unique=True)
    error_code: Mapped[int | None] = mapped_column(Integer)
    error_message: Mapped[str | None]
    settled_by: Mapped[str | None]
    settled_at: Mapped[datetime | None]


class MessageEvent(Base):
    __tablename__ = "message_events"
    __table_args__ = (UniqueConstraint("channel_id", "whatsapp_message_id", "status", "at", "participant"),)

    id: Mapped[int] = mapped_column(IDENTITY, primary_key=True)
    channel_id: Mapped[int]
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    attempt: Mapped[int | None] = mapped_column(Integer)
    whatsapp_message_id: Mapped[str]
    status: Mapped[str]
    at: Mapped[datetime]
    participant: Mapped[str] = mapped_column(server_default=sql("''"))
    errors: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
    pricing: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    echo: Mapped[str | None]
    source: Mapped[str] = mapped_column(server_default=sql("'webhook'"))
    report: Mapped[dict[str, Any]] = mapped_column(JSONB)
    received_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
