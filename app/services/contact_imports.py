"""Taking over tables of contacts: stored with the request, then done by the sweep, some rows a transaction.

Where it stands is written with the rows that it did: whoever goes on after a crash does none twice. A row that cannot
be taken over is told of and left out. Whoever is known by their number (or by our id) is changed: cells that are empty
change nothing, and tags are added.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, cast

import structlog
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, defer

from app.core.errors import AppError, Invalid, NotFound
from app.database import after_commit
from app.domain import contact_table
from app.domain.contact_table import CellProblem, Row, Table, TableError
from app.domain.facts import Source
from app.models import Contact, ContactIdentity, ContactImport
from app.services import audit, contact_fields, contacts, decisions, groups, notices, pages
from app.services.contacts import ContactFields
from app.services.pages import Page

log = structlog.get_logger()

SLICE_ROWS = 100  # each locks somebody
MOST_ERRORS = 200  # that are kept; how many there were is counted
UNDER_WAY = ("pending", "running")


class ImportNotFound(NotFound):
    code = "import_not_found"


class InvalidTable(Invalid):
    code = "invalid_table"


@dataclass(frozen=True, slots=True, kw_only=True)
class Starting:
    id: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    columns: list[str]
    left_out: list[str]
    rows: int
    new: int
    known: int
    failed: int
    errors: list[CellProblem]
    automations: Sequence[Starting]


def preview(session: Session, raw: bytes, *, now: datetime) -> Preview:
    """What an import would do, as far as one can say before."""
    table = _parse(session, contact_table.decode(raw))
    read = list(table.read())
    errors = [problem for row in read for problem in row.problems]
    good = [row for row in read if not row.problems]
    known = _count_known(session, good)
    return Preview(
        columns=[column if isinstance(column, str) else column.key for column in table.columns if column is not None],
        left_out=list(table.left_out),
        rows=len(read),
        new=len(good) - known,
        known=known,
        failed=len(read) - len(good),
        errors=errors[:MOST_ERRORS],
        automations=[
            Starting(id=one.automation_id, name=one.name)
            for one in decisions.started_by(session, Source.IMPORT, now=now)
        ],
    )


def start_import(
    session: Session,
    raw: bytes,
    *,
    name: str | None,
    tags: Sequence[str],
    group_id: int | None,
    user_id: int,
    now: datetime,
) -> ContactImport:
    """`tags` and the group are given to everybody in it."""
    text = contact_table.decode(raw).replace("\x00", "")
    table = _parse(session, text)
    if group_id is not None:
        groups.get_group(session, group_id)
    new = ContactImport(
        name=name,
        csv=text,
        tags=list(tags),
        group_id=group_id,
        rows=len(table.rows),
        created_by=user_id,
        created_at=now,
    )
    session.add(new)
    session.flush()
    session.refresh(new)
    after = {"name": name, "rows": new.rows, "tags": list(tags), "group_id": group_id}
    audit.record(session, "import.started", subject_id=new.id, after=after)
    notices.changed(session, "import", new.id)
    after_commit(session, "sweep.imports")
    log.info("import_started", import_id=new.id, rows=new.rows, user_id=user_id)
    return new


def list_imports(session: Session, *, limit: int, cursor: str | None) -> Page[ContactImport]:
    statement = select(ContactImport).options(defer(ContactImport.csv), defer(ContactImport.errors))
    return pages.by_id(session, statement, ContactImport.id, limit=limit, cursor=cursor)


def get_import(session: Session, import_id: int) -> ContactImport:
    found = session.get(ContactImport, import_id, options=[defer(ContactImport.csv)])
    if found is None:
        raise ImportNotFound(f"There is no import {import_id}.")
    return found


def go_on(session: Session, *, now: datetime) -> bool:
    """Do the next rows of an import that is under way, the oldest first; whether there was one."""
    current = session.scalar(
        select(ContactImport)
        .where(ContactImport.state.in_(UNDER_WAY))
        .order_by(ContactImport.id)
        .limit(1)
        .with_for_update(key_share=True, skip_locked=True)
    )
    if current is None:
        return False
    table = _parse(session, current.csv)
    for row in table.read(current.rows_done, current.rows_done + SLICE_ROWS):
        _take_over(session, current, row, now=now)
        current.rows_done += 1
    current.state = "running"
    if current.rows_done >= len(table.rows):
        # What it brought stands in contacts now, where it can be changed and erased.
        current.state, current.finished_at, current.csv = "done", now, ""
        log.info("import_done", import_id=current.id, created=current.created, updated=current.updated)
    notices.changed(session, "import", current.id)
    return True


def _take_over(session: Session, current: ContactImport, row: Row, *, now: datetime) -> None:
    problems = row.problems
    if not problems:
        try:
            with session.begin_nested():
                is_new = _write(session, current, row, now=now)
        except AppError as error:
            problems = [CellProblem(row=row.number, column="", code=error.code, detail=error.detail)]
        else:
            current.created += is_new
            current.updated += not is_new
            return
    current.failed += 1
    if len(current.errors) < MOST_ERRORS:
        current.errors = [*current.errors, *(asdict(problem) for problem in problems)]


def _write(session: Session, current: ContactImport, row: Row, *, now: datetime) -> bool:
    fields: dict[str, Any] = dict(row.values)
    contact_id = row.id
    if contact_id is None and (phone := fields.get("phone")) is not None:
        contact_id = contacts.find_id_by_phone(session, contacts.canonical_phone(phone))
    tags = [*fields.get("tags", ()), *current.tags]
    if contact_id is None:
        fields |= {"tags": list(dict.fromkeys(tags)), "metadata": row.metadata}
        known = contacts.create_contact(
            session,
            cast(ContactFields, fields),
            source=Source.IMPORT,
            user_id=current.created_by,
            trace=f"i{current.id}",
            now=now,
        )
    else:
        held = contacts.lock_contact(session, contact_id)
        if tags:
            fields["tags"] = list(dict.fromkeys([*held.tags, *tags]))
        if row.metadata:
            fields["metadata"] = held.metadata_ | row.metadata
        known = contacts.update_contact(session, held.id, cast(ContactFields, fields))
    if current.group_id is not None:
        groups.add_contacts(session, current.group_id, [known.contact.id])
    return contact_id is None


def _parse(session: Session, text: str) -> Table:
    try:
        return contact_table.parse(text, contact_fields.declared(session))
    except TableError as error:
        field = {"field": "body", "code": error.code, "detail": str(error)}
        raise InvalidTable(str(error), fields=[field]) from None


def _count_known(session: Session, rows: Sequence[Row]) -> int:
    numbers = {
        contacts.canonical_phone(row.values["phone"]) for row in rows if row.id is None and "phone" in row.values
    }
    ids = {row.id for row in rows if row.id is not None}
    by_number = select(func.count()).where(
        ContactIdentity.kind == "phone", ContactIdentity.value.in_(numbers), ContactIdentity.scope == ""
    )
    by_id = select(func.count()).where(or_(Contact.id.in_(ids)))
    return int(session.scalar(by_number) or 0) + int(session.scalar(by_id) or 0)
