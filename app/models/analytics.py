"""Rolled-up metrics."""

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import IDENTITY, Base


class Analytic(Base):
    __tablename__ = "analytics"
    __table_args__ = (UniqueConstraint("metric_name", "dimensions", "period_start", "period_end"),)

    id: Mapped[int] = mapped_column(IDENTITY, primary_key=True)
    metric_type: Mapped[str]
    metric_name: Mapped[str]
    metric_value: Mapped[float]
    dimensions: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))
    recorded_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    period_start: Mapped[datetime]
    period_end: Mapped[datetime]
