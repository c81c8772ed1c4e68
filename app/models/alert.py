"""What needs a person."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Integer
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import IDENTITY, Base


class Alert(Base):
    __tablename__ = "alerts"

    id: Mapped[int] = mapped_column(IDENTITY, primary_key=True)
    kind: Mapped[str]
    key: Mapped[str] = mapped_column(server_default=sql("''"))
    severity: Mapped[str] = mapped_column(server_default=sql("'warning'"))
    title: Mapped[str]
    detail: Mapped[str | None]
    context: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))
    count: Mapped[int] = mapped_column(Integer, server_default=sql("1"))
    first_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    last_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
