"""Tables of contacts that are being taken over, or were."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Integer
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import IDENTITY, Base


class ContactImport(Base):
    __tablename__ = "imports"

    id: Mapped[int] = mapped_column(IDENTITY, primary_key=True)
    name: Mapped[str | None]
    csv: Mapped[str]
    tags: Mapped[list[str]] = mapped_column(JSONB, server_default=sql("'[]'"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("groups.id", ondelete="SET NULL"))
    state: Mapped[str] = mapped_column(server_default=sql("'pending'"))
    rows: Mapped[int] = mapped_column(Integer)
    rows_done: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    created: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    updated: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    failed: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    errors: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=sql("'[]'"))
    created_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    updated_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    finished_at: Mapped[datetime | None]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
