"""Who may work on what, and when intake was open."""

from datetime import datetime

from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import IDENTITY, Base


class Lane(Base):
    __tablename__ = "lanes"

    name: Mapped[str] = mapped_column(primary_key=True)
    epoch: Mapped[int] = mapped_column(server_default=sql("0"))
    holder: Mapped[str | None]
    beat_at: Mapped[datetime | None]


class IntakeSpan(Base):
    __tablename__ = "intake_open"

    id: Mapped[int] = mapped_column(IDENTITY, primary_key=True)
    opened_at: Mapped[datetime]
    stamped_at: Mapped[datetime]
