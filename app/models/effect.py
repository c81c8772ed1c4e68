"""What runs want of the world besides messages."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Integer
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import IDENTITY, Base


class Effect(Base):
    __tablename__ = "effects"

    id: Mapped[int] = mapped_column(IDENTITY, primary_key=True)
    kind: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("automation_runs.id", ondelete="CASCADE"))
    node: Mapped[str]
    visit: Mapped[int] = mapped_column(Integer)
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(server_default=sql("'pending'"))
    due_at: Mapped[datetime]
    attempt: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    epoch: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    claimed_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    error: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    ended_at: Mapped[datetime | None]
