"""Customers, what proves who they are, and what they agreed to."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import IDENTITY, Base


class Contact(Base):
    __tablename__ = "contacts"

    id: Mapped[int] = mapped_column(IDENTITY, primary_key=True)
    name: Mapped[str | None]
    given_name: Mapped[str | None]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    birthday: Mapped[date | None]
    tags: Mapped[list[str]] = mapped_column(JSONB, server_default=sql("'[]'"))
    notes: Mapped[str | None]
    language: Mapped[str | None]
    time_zone: Mapped[str | None]
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", JSONB, server_default=sql("'{}'"))
    profile_name: Mapped[str | None]
    username: Mapped[str | None]
    last_contacted: Mapped[datetime | None]
    is_active: Mapped[bool] = mapped_column(server_default=sql("true"))
    created_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    updated_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))


class ContactIdentity(Base):
    __tablename__ = "contact_identities"
    __table_args__ = (UniqueConstraint("kind", "value", "scope"),)

    id: Mapped[int] = mapped_column(IDENTITY, primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
    kind: Mapped[str]
    value: Mapped[str]
    scope: Mapped[str] = mapped_column(server_default=sql("''"))
    created_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))


class SharedNumber(Base):
    __tablename__ = "shared_numbers"

    phone: Mapped[str] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), primary_key=True)


class ContactMerge(Base):
    __tablename__ = "contact_merges"

    old_contact_id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
    merged_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))


class MergedByHand(Base):
    __tablename__ = "merged_by_hand"

    old_contact_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class Consent(Base):
    __tablename__ = "consents"
    __table_args__ = (UniqueConstraint("source", "source_key"),)

    id: Mapped[int] = mapped_column(IDENTITY, primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
    category: Mapped[str]
    state: Mapped[str]
    source: Mapped[str]
    source_key: Mapped[str]
    proof: Mapped[str | None]
    phone: Mapped[str | None]
    bsuid: Mapped[str | None]
    at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
