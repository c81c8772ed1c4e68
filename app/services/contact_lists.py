"""Lists of contacts: everybody, or those that a filter leaves."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, extract, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import literal

from app.models import Contact, ContactGroup, ContactIdentity
from app.services import contact_search, contacts, pages
from app.services.contacts import Known
from app.services.pages import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What a list of contacts is narrowed to; `None` leaves it as wide as it is."""

    q: str | None = None
    tag: str | None = None
    group_id: int | None = None
    phone: str | None = None
    email: str | None = None
    is_active: bool | None = None
    birthday_month: int | None = None
    birthday_day: int | None = None
    agreed_to: str | None = None
    has_opted_out: bool | None = None
    updated_since: datetime | None = None


def list_contacts(session: Session, wanted: Filter, *, limit: int, cursor: str | None) -> Page[Known]:
    """Newest first; with `updated_since`, in the order in which they changed."""
    statement = select(Contact).where(*_conditions(session, wanted))
    if wanted.updated_since is None:
        page = pages.by_id(session, statement, Contact.id, limit=limit, cursor=cursor)
    else:
        page = pages.by_change(session, statement, Contact.updated_at, Contact.id, limit=limit, cursor=cursor)
    return Page(contacts.all_known(session, page.items), page.next)


def _conditions(session: Session, wanted: Filter) -> list[ColumnElement[bool]]:
    conditions = []
    if wanted.q is not None:
        conditions.append(contact_search.mentions(session, wanted.q))
    if wanted.tag is not None:
        conditions.append(Contact.tags.op("@>")(literal([wanted.tag], JSONB)))
    if wanted.group_id is not None:
        on_it = select(ContactGroup.contact_id).where(ContactGroup.group_id == wanted.group_id)
        conditions.append(Contact.id.in_(on_it))
    if wanted.phone is not None:
        conditions.append(_has_phone(contacts.canonical_phone(wanted.phone)))
    if wanted.email is not None:
        conditions.append(func.lower(Contact.email) == wanted.email.lower())
    if wanted.is_active is not None:
        conditions.append(Contact.is_active == wanted.is_active)
    if wanted.birthday_month is not None:
        conditions.append(extract("month", Contact.birthday) == wanted.birthday_month)
    if wanted.birthday_day is not None:
        conditions.append(extract("day", Contact.birthday) == wanted.birthday_day)
    if wanted.agreed_to is not None:
        conditions.append(contact_search.agreed_to(wanted.agreed_to))
    if wanted.has_opted_out is not None:
        out = contact_search.has_opted_out()
        conditions.append(out if wanted.has_opted_out else ~out)
    if wanted.updated_since is not None:
        conditions.append(Contact.updated_at >= wanted.updated_since)
    return conditions


def _has_phone(phone: str) -> ColumnElement[bool]:
    holders = select(ContactIdentity.contact_id).where(ContactIdentity.kind == "phone", ContactIdentity.value == phone)
    return or_(Contact.phone == phone, Contact.id.in_(holders))
