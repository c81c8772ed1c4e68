"""What processes have counted, and what each last said of itself."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class Counter(Base):
    __tablename__ = "counters"

    process: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    labels: Mapped[str] = mapped_column(primary_key=True, server_default=sql("'{}'"))
    value: Mapped[float] = mapped_column(server_default=sql("0"))


class RunningProcess(Base):
    __tablename__ = "processes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    host: Mapped[str]
    gauges: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))
    beat_at: Mapped[datetime] = mapped_column(server_default=sql("clock_timestamp()"))
