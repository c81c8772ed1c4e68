"""Static lists of contacts, and who is on them."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import IDENTITY, Base


class Group(Base):
    __tablename__ = "groups"

    id: Mapped[int] = mapped_column(IDENTITY, primary_key=True)
    name: Mapped[str]
    description: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    updated_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))


class ContactGroup(Base):
    __tablename__ = "contact_groups"

    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), primary_key=True)
    added_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
