"""Rolled-up metrics, and what waits to be rolled up."""

from datetime import datetime
from typing import Any

from sqlalchemy import Computed, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import IDENTITY, Base

# As PostgreSQL writes it, so that it compares equal.
GRANULARITY = """
    CASE (period_end - period_start)
        WHEN '00:01:00'::interval THEN 'minute'::text
        WHEN '01:00:00'::interval THEN 'hour'::text
        ELSE 'day'::text
    END
"""


class Analytic(Base):
    __tablename__ = "analytics"
    __table_args__ = (UniqueConstraint("metric_name", "granularity", "period_start", "period_end", "dimensions"),)

    id: Mapped[int] = mapped_column(IDENTITY, primary_key=True)
    metric_type: Mapped[str]
    metric_name: Mapped[str]
    metric_value: Mapped[float]
    dimensions: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))
    recorded_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    period_start: Mapped[datetime]
    period_end: Mapped[datetime]
    granularity: Mapped[str] = mapped_column(Computed(GRANULARITY, persisted=True))


class AnalyticDelta(Base):
    __tablename__ = "analytics_deltas"

    id: Mapped[int] = mapped_column(IDENTITY, primary_key=True)
    ledger: Mapped[str]
    hour: Mapped[datetime]
    minutes: Mapped[int]


class AnalyticKept(Base):
    __tablename__ = "analytics_kept"

    granularity: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime] = mapped_column(server_default=sql("'1970-01-01 00:00:00+00'"))
