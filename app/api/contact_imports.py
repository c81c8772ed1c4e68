"""Contacts as tables: taken over from CSV, and written as CSV."""

import csv
import hashlib
import io
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Annotated, Literal, TypeAlias

import orjson
from fastapi import APIRouter, Body, Depends, Query
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, Field

from app.api.contacts import Wanted, answer_of
from app.api.fields import Answer, Cursor, Limit, PageAnswer, PathId, QueryId, QueryText, ShortText
from app.api.once import InvalidIdempotencyKey, OnceDep
from app.api.refusals import OF_PAGES, refusals
from app.database import in_transaction
from app.dependencies import CurrentUser, Db, Now, requires
from app.domain import contact_table
from app.domain.custom_fields import CustomField
from app.models import ContactImport
from app.services import contact_fields, contact_imports, contact_lists
from app.services.contact_imports import ImportNotFound, InvalidTable
from app.services.contacts import Known
from app.services.groups import GroupNotFound
from app.services.idempotency import IdempotencyMismatch, RequestInProgress

router = APIRouter(prefix="/api/v1", tags=["contacts"])
Reading = [Depends(requires("contacts:read"))]
Writing = [Depends(requires("contacts:write"))]

EXAMPLE = 'name,phone,birthday,tags\nJuan Pérez,+52 55 1234 5678,9999-05-15,"vip, lead"\n'
ROWS_A_PAGE = 500

Csv: TypeAlias = Annotated[
    bytes,
    Body(
        media_type="text/csv",
        description="A header, then a row for each contact. Columns: " + ", ".join(contact_table.COLUMNS) + ", and"
        " custom fields that were declared. UTF-8, or what Excel writes; commas, semicolons or tabs; 4 MiB at most.",
        examples=[EXAMPLE],
    ),
]


class CellAnswer(Answer):
    row: int = Field(description="As a spreadsheet counts: the header is 1.")
    column: str
    code: str
    detail: str


class StartingAnswer(Answer):
    id: int
    name: str


class PreviewAnswer(Answer):
    columns: list[str] = Field(description="Those that were understood.")
    left_out: list[str] = Field(description="Headers of columns that nobody knows.")
    rows: int
    new: int
    known: int = Field(description="Who is changed: by their id or their number.")
    failed: int
    errors: list[CellAnswer] = Field(description="The first 200.")
    automations: list[StartingAnswer] = Field(description="Those that may start for each contact that is new.")


class ImportAnswer(Answer):
    id: int
    name: str | None
    state: Literal["pending", "running", "done"]
    rows: int
    rows_done: int
    created: int
    updated: int
    failed: int
    tags: list[str]
    group_id: int | None
    created_at: datetime
    finished_at: datetime | None
    created_by: int | None


class ImportDetails(ImportAnswer):
    errors: list[CellAnswer] = Field(description="The first 200.")


class Upload(BaseModel):
    """What makes two uploads the same, for an Idempotency-Key."""

    digest: str
    name: str | None
    tags: list[str]
    group_id: int | None


@router.post(
    "/contacts/import/preview",
    summary="See what an import would do",
    dependencies=Writing,
    responses=refusals(InvalidTable),
)
def preview_import(table: Csv, session: Db, now: Now) -> PreviewAnswer:
    """Nothing is changed: which columns are understood, how many contacts are new or known, each cell at
    fault, and which automations would start."""
    return PreviewAnswer.model_validate(contact_imports.preview(session, table, now=now))


@router.post(
    "/contacts/import",
    summary="Import contacts",
    status_code=202,
    response_model=ImportAnswer,
    dependencies=Writing,
    responses=refusals(InvalidTable, GroupNotFound, IdempotencyMismatch, RequestInProgress, InvalidIdempotencyKey),
)
def start_import(
    table: Csv,
    once: OnceDep,
    session: Db,
    user: CurrentUser,
    now: Now,
    name: QueryText = None,
    tag: Annotated[list[ShortText] | None, Query(description="Given to everybody in it.", max_length=20)] = None,
    group_id: QueryId = None,
) -> JSONResponse:
    """Answered when it is stored; it is done in the background, and `GET /api/v1/imports/{id}` tells how far it is.
    Rows with an error are left out. Empty cells change nothing, tags are added, and a number that is known changes
    whoever has it.
    """
    tags = list(dict.fromkeys(tag or []))
    upload = Upload(digest=hashlib.sha256(table).hexdigest(), name=name, tags=tags, group_id=group_id)

    def work() -> ImportAnswer:
        made = contact_imports.start_import(
            session, table, name=name, tags=tags, group_id=group_id, user_id=user.id, now=now
        )
        return ImportAnswer.model_validate(made)

    return once.answer(upload, status=202, work=work)


@router.get(
    "/imports", summary="List imports, newest first", tags=["imports"], dependencies=Reading, responses=OF_PAGES
)
def list_imports(session: Db, limit: Limit = 50, cursor: Cursor = None) -> PageAnswer[ImportAnswer]:
    page = contact_imports.list_imports(session, limit=limit, cursor=cursor)
    return PageAnswer(items=[ImportAnswer.model_validate(row) for row in page.items], next=page.next)


@router.get(
    "/imports/{import_id}",
    summary="Show an import and its errors",
    tags=["imports"],
    response_model=ImportDetails,
    dependencies=Reading,
    responses=refusals(ImportNotFound),
)
def get_import(import_id: PathId, session: Db) -> ContactImport:
    return contact_imports.get_import(session, import_id)


@router.get(
    "/contacts/export",
    summary="Export contacts",
    dependencies=Reading,
    response_class=StreamingResponse,
    responses={200: {"description": "A table, newest first.", "content": {"text/csv": {"example": EXAMPLE}}}},
)
def export_contacts(wanted: Wanted, session: Db) -> StreamingResponse:
    """Those that the list with the same filters shows, in a table that can be imported again."""
    declared = contact_fields.declared(session)
    headers = {"Content-Disposition": 'attachment; filename="contacts.csv"', "Cache-Control": "no-store"}
    return StreamingResponse(_table(wanted, declared), media_type="text/csv; charset=utf-8", headers=headers)


def _table(wanted: contact_lists.Filter, declared: list[CustomField]) -> Iterator[str]:
    """A transaction for each page: whoever reads slowly holds nothing."""
    header = [*contact_table.COLUMNS, *(field.key for field in declared)]
    yield "\ufeff" + _lines([header])  # a mark, for Excel to see that it is UTF-8
    cursor: str | None = None
    while True:
        page = in_transaction(partial(contact_lists.list_contacts, wanted=wanted, limit=ROWS_A_PAGE, cursor=cursor))
        yield _lines([_cells(known, declared) for known in page.items])
        cursor = page.next
        if cursor is None:
            return


def _cells(known: Known, declared: list[CustomField]) -> list[str]:
    shown = answer_of(known)
    own = [shown.id, known.contact.name or shown.name, shown.given_name]
    rest = [shown.language, shown.time_zone, shown.notes]
    cells = [*own, shown.phone, shown.email, shown.birthday, ", ".join(shown.tags), *rest]
    cells += [shown.metadata.get(field.key) for field in declared]
    return [_cell(cell, is_number=cell == shown.phone) for cell in cells]


def _cell(value: object, *, is_number: bool) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value if is_number else contact_table.safe(value)
        case int() | float():
            return str(value)
        case _:
            return contact_table.safe(orjson.dumps(value).decode())


def _lines(rows: list[list[str]]) -> str:
    written = io.StringIO(newline="")
    csv.writer(written).writerows(rows)
    return written.getvalue()
