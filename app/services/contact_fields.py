"""Custom fields of contacts: which there are, and whether what is written fits them."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.errors import Conflict, Invalid, NotFound
from app.domain import custom_fields
from app.domain.custom_fields import RESERVED, CustomField, Kind
from app.models import ContactField
from app.services import audit, notices, pages
from app.services.pages import Page


class FieldNotFound(NotFound):
    code = "field_not_found"


class FieldKeyTaken(Conflict):
    code = "field_key_taken"


class InvalidField(Invalid):
    code = "invalid_field"


class InvalidMetadata(Invalid):
    code = "invalid_metadata"


def list_fields(session: Session, *, limit: int, cursor: str | None) -> Page[ContactField]:
    return pages.by_id(session, select(ContactField), ContactField.id, limit=limit, cursor=cursor)


def get_field(session: Session, field_id: int) -> ContactField:
    field = session.get(ContactField, field_id)
    if field is None:
        raise FieldNotFound(f"There is no field {field_id}.")
    return field


def create_field(
    session: Session, *, key: str, title: str, kind: Kind, choices: Sequence[str], user_id: int
) -> ContactField:
    if key in RESERVED:
        raise _invalid("key", "reserved", "Contacts have a field of this name already.")
    _check_choices(kind, choices)
    new = insert(ContactField).values(key=key, title=title, kind=kind, choices=list(choices), created_by=user_id)
    field = session.scalars(new.on_conflict_do_nothing().returning(ContactField)).one_or_none()
    if field is None:
        raise FieldKeyTaken(f'There is a field "{key}" already.')
    after = {"key": key, "title": title, "kind": kind, "choices": list(choices)}
    audit.record(session, "field.created", subject_id=field.id, after=after)
    notices.changed(session, "settings")
    return field


def update_field(session: Session, field_id: int, *, title: str | None, choices: Sequence[str] | None) -> ContactField:
    """Key and kind stay: what contacts hold was written for them."""
    field = session.get(ContactField, field_id, with_for_update={"key_share": True}, populate_existing=True)
    if field is None:
        raise FieldNotFound(f"There is no field {field_id}.")
    if title is not None:
        field.title = title
    if choices is not None:
        _check_choices(Kind(field.kind), choices)
        field.choices = list(choices)
    session.flush()
    session.refresh(field)
    notices.changed(session, "settings")
    return field


def delete_field(session: Session, field_id: int) -> None:
    """The declaration alone: what contacts hold stays."""
    session.delete(get_field(session, field_id))
    session.flush()
    notices.changed(session, "settings")


def declared(session: Session) -> list[CustomField]:
    return [
        CustomField(key=field.key, kind=Kind(field.kind), choices=tuple(field.choices))
        for field in session.scalars(select(ContactField).order_by(ContactField.id))
    ]


def check(session: Session, metadata: Mapping[str, object]) -> None:
    """Raises InvalidMetadata where a declared field holds something else; what nobody declared may hold anything."""
    found = custom_fields.problems(declared(session), metadata) if metadata else []
    if found:
        names = ", ".join(one.key for one in found)
        raise InvalidMetadata(
            f"Please check: {names}.",
            fields=[{"field": f"metadata.{one.key}", "code": one.code, "detail": one.detail} for one in found],
        )


def _check_choices(kind: Kind, choices: Sequence[str]) -> None:
    if kind is Kind.CHOICE and not choices:
        raise _invalid("choices", "missing", "Say what there is to choose from.")
    if kind is not Kind.CHOICE and choices:
        raise _invalid("choices", "extra_forbidden", "Only a field of the kind choice has choices.")


def _invalid(field: str, code: str, detail: str) -> InvalidField:
    return InvalidField(f"Please check: {field}.", fields=[{"field": field, "code": code, "detail": detail}])
