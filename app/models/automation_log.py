"""What automations did: one row per finished run."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Integer
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import IDENTITY, Base


class AutomationLog(Base):
    __tablename__ = "automation_logs"

    id: Mapped[int] = mapped_column(IDENTITY, primary_key=True)
    automation_id: Mapped[int] = mapped_column(ForeignKey("automations.id", ondelete="CASCADE"))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("automation_runs.id", ondelete="SET NULL"), unique=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="SET NULL"))
    execution_status: Mapped[str]
    execution_time: Mapped[float] = mapped_column(server_default=sql("0"))
    contacts_affected: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    error_message: Mapped[str | None]
    execution_details: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))
    refused_reason: Mapped[str | None]
    refused_on: Mapped[date | None]
    executed_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    executed_by: Mapped[str] = mapped_column(server_default=sql("'system'"))
