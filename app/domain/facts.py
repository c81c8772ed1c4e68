"""What happened, and what is known of the person it happened to.

A fact's `key` is the item's own key (the wamid of a message): decisions are keyed by it, so the same item
seen twice must carry the same key.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

Scalar: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReceived:
    key: str
    at: datetime
    contact_id: int
    channel_id: int
    conversation_id: UUID
    type: str
    text: str | None
    payload: str | None = None
    context_id: str | None = None


class Source(StrEnum):
    """What made a contact: their first message, a person on the pages, a program with a key, a table."""

    MESSAGE = "message"
    MANUAL = "manual"
    API = "api"
    IMPORT = "import"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactCreated:
    key: str
    at: datetime
    contact_id: int
    channel_id: int | None = None
    source: Source = Source.MESSAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurred:
    """The clock, a person or another automation starts one automation for a contact. `event` says which of them, `key`
    is the occurrence's own: its local time, its year, the moment that it follows, the request."""

    event: str
    key: str
    at: datetime
    contact_id: int
    channel_id: int | None = None


Fact: TypeAlias = MessageReceived | ContactCreated | Occurred


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A contact as it was when the decision was made, with the entries that the entry policies look at.

    `has_conversation`: somebody who never wrote has none, and nothing but a template may be sent to them.
    `entries` holds, by automation, the entry keys this person has used; `active` those whose run is not over.
    """

    id: int
    name: str | None = None
    first_name: str | None = None
    phone: str | None = None
    email: str | None = None
    birthday: date | None = None
    birthday_year_known: bool = True
    tags: tuple[str, ...] = ()
    language: str | None = None
    time_zone: str | None = None
    is_active: bool = True
    custom: Mapping[str, Scalar] = field(default_factory=dict)
    created_at: datetime | None = None
    last_contacted: datetime | None = None
    has_conversation: bool = True
    entries: Mapping[int, frozenset[str]] = field(default_factory=dict)
    active: Mapping[int, frozenset[str]] = field(default_factory=dict)

    @property
    def given_name(self) -> str | None:
        """The first name, or the first word of the whole name where only that is known."""
        if self.first_name and self.first_name.strip():
            return self.first_name
        words = (self.name or "").split()
        return words[0] if words else None


def format_birthday(birthday: date, *, year_known: bool) -> str:
    """`1990-05-15`, or `05-15` where the year is not known: a stand-in year must never reach a customer."""
    return birthday.isoformat() if year_known else f"{birthday.month:02}-{birthday.day:02}"


def text_of(value: object) -> str | None:
    """A JSON scalar as text; `None` for what is missing, blank or no scalar."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return str(int(value)) if value.is_integer() else str(value)
        case str():
            return value if value.strip() else None
        case _:
            return None
