"""Automations, their published versions, and their runs."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Integer, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import IDENTITY, Base


class Automation(Base):
    __tablename__ = "automations"

    id: Mapped[int] = mapped_column(IDENTITY, primary_key=True)
    name: Mapped[str]
    description: Mapped[str | None]
    trigger_type: Mapped[str]
    trigger_conditions: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))
    action_type: Mapped[str]
    action_payload: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))
    schedule_config: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    is_active: Mapped[bool] = mapped_column(server_default=sql("true"))
    priority: Mapped[int] = mapped_column(Integer, server_default=sql("5"))
    published_version_id: Mapped[int | None] = mapped_column(
        ForeignKey("automation_versions.id", deferrable=True, initially="DEFERRED", use_alter=True)
    )
    created_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    updated_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))


class AutomationVersion(Base):
    __tablename__ = "automation_versions"
    __table_args__ = (UniqueConstraint("automation_id", "number"),)

    id: Mapped[int] = mapped_column(IDENTITY, primary_key=True)
    automation_id: Mapped[int] = mapped_column(ForeignKey("automations.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    trigger_type: Mapped[str]
    trigger_conditions: Mapped[dict[str, Any]] = mapped_column(JSONB)
    action_type: Mapped[str]
    action_payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    schedule_config: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    checksum: Mapped[str]
    is_killed: Mapped[bool] = mapped_column(server_default=sql("false"))
    note: Mapped[str | None]
    test_results: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))


class AutomationRun(Base):
    __tablename__ = "automation_runs"
    __table_args__ = (UniqueConstraint("automation_id", "contact_id", "entry_key"),)

    id: Mapped[int] = mapped_column(IDENTITY, primary_key=True)
    automation_id: Mapped[int] = mapped_column(ForeignKey("automations.id", ondelete="CASCADE"))
    version_id: Mapped[int] = mapped_column(ForeignKey("automation_versions.id", ondelete="CASCADE"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
    conversation_id: Mapped[UUID | None] = mapped_column(ForeignKey("conversations.id", ondelete="SET NULL"))
    channel_id: Mapped[int | None]
    entry_key: Mapped[str]
    active_key: Mapped[str]
    event: Mapped[str]
    event_key: Mapped[str]
    cursor: Mapped[str | None]
    state: Mapped[str]
    wake_at: Mapped[datetime | None]
    wake_seq: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    vars: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))
    started_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    ended_at: Mapped[datetime | None]
    trace: Mapped[str | None]


class AutomationStep(Base):
    __tablename__ = "automation_steps"
    __table_args__ = (UniqueConstraint("run_id", "seq"),)

    id: Mapped[int] = mapped_column(IDENTITY, primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("automation_runs.id", ondelete="CASCADE"))
    seq: Mapped[int] = mapped_column(Integer)
    node: Mapped[str]
    visit: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str]
    input_digest: Mapped[str | None]
    decision: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))
    gates: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
    output: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))
    error_class: Mapped[str | None]
    started_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    ended_at: Mapped[datetime | None]
