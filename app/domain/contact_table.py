"""Contacts as a table (CSV): what its columns mean, and what each row says of somebody.

A cell that is empty says nothing. A row that is wrong names each cell at fault, and harms no other row.
"""

import csv
import io
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.domain import birthdays, contact_values, custom_fields, phones
from app.domain.birthdays import BirthdayError
from app.domain.custom_fields import CustomField

COLUMNS = ("id", "name", "given_name", "phone", "email", "birthday", "tags", "language", "time_zone", "notes")
_LONGEST = {"name": 200, "given_name": 200, "notes": 10_000}
_LONGEST_TAG = 200
_MOST_TAGS = 100
LARGEST_ID = 2**63 - 1
# So spreadsheets open what we write and do not run it; taken off again when it comes back.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

# As people head their columns, folded; beside the names themselves.
_ALIASES: Mapping[str, str] = {
    **dict.fromkeys(("full name", "nombre", "nombre completo", "nome", "nome completo"), "name"),
    **dict.fromkeys(("first name", "firstname", "primer nombre", "primeiro nome"), "given_name"),
    **dict.fromkeys(("mobile", "telephone", "whatsapp", "telefono", "celular", "movil", "telefone"), "phone"),
    **dict.fromkeys(("e-mail", "mail", "correo", "correo electronico"), "email"),
    **dict.fromkeys(("birth date", "birthdate", "cumpleanos", "nacimiento", "aniversario", "nascimento"), "birthday"),
    **dict.fromkeys(("tag", "labels", "etiquetas"), "tags"),
    **dict.fromkeys(("idioma", "lingua"), "language"),
    **dict.fromkeys(("timezone", "time zone", "zona horaria", "fuso horario"), "time_zone"),
    **dict.fromkeys(("note", "notas", "observacoes"), "notes"),
}


class TableError(ValueError):
    """The table as a whole cannot be read; the message tells whoever made it why."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class CellProblem:
    row: int  # as a spreadsheet counts: the header is 1
    column: str
    code: str
    detail: str


@dataclass(slots=True, kw_only=True)
class Row:
    number: int
    id: int | None = None
    values: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    problems: list[CellProblem] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`columns` has a name or a custom field for each column, `None` for what is left out."""

    columns: Sequence[str | CustomField | None]
    left_out: Sequence[str]
    rows: Sequence[Sequence[str]]

    def read(self, begin: int = 0, end: int | None = None) -> Iterator[Row]:
        for place, cells in enumerate(self.rows[begin:end], start=begin):
            yield _row(self.columns, cells, number=place + 2)


def decode(raw: bytes) -> str:
    """UTF-8, with or without a mark; else what spreadsheets on Windows write."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def parse(text: str, declared: Sequence[CustomField]) -> Table:
    """The columns are found by their header, whatever separates them."""
    header, _, _ = text.partition("\n")
    separator = max((",", ";", "\t"), key=header.count)
    try:
        lines = [line for line in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if any(line)]
    except csv.Error as error:
        raise TableError("table_unreadable", f"This is no CSV: {error}.") from None
    if not lines:
        raise TableError("table_empty", "The table is empty.")
    by_key = {one.key.casefold(): one for one in declared}
    columns = [_column(title, by_key) for title in lines[0]]
    known = [column for column in columns if isinstance(column, str)]
    if len(set(known)) < len(known):
        raise TableError("column_twice", "Two columns have the same name.")
    if not {"id", "name", "phone", "email"} & set(known):
        raise TableError("no_known_column", "There is no column called name, phone or email.")
    left_out = [title for title, column in zip(lines[0], columns, strict=True) if column is None and title.strip()]
    return Table(columns=columns, left_out=left_out, rows=lines[1:])


def safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _column(title: str, declared: Mapping[str, CustomField]) -> str | CustomField | None:
    plain = title.strip().casefold()
    folded = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    if folded.replace(" ", "_") in COLUMNS:
        return folded.replace(" ", "_")
    return declared.get(plain) or _ALIASES.get(folded)


def _row(columns: Sequence[str | CustomField | None], cells: Sequence[str], *, number: int) -> Row:
    row = Row(number=number)
    for column, cell in zip(columns, cells, strict=False):
        text = cell.strip().replace("\x00", "")
        if text[:1] == "'" and text[1:].startswith(_FORMULA):
            text = text[1:]
        if column is None or not text:
            continue
        if isinstance(column, CustomField):
            value = custom_fields.read(column, text)
            if (wrong := custom_fields.problem(column, value)) is not None:
                row.problems.append(CellProblem(row=number, column=column.key, code=wrong.code, detail=wrong.detail))
            row.metadata[column.key] = value
        else:
            _read(row, column, text)
    if row.id is None and not row.problems and not {"name", "phone", "email"} & row.values.keys():
        row.problems.append(
            CellProblem(
                row=number,
                column="name",
                code="missing",
                detail="A contact needs a name, a phone or an e-mail address.",
            )
        )
    return row


def _read(row: Row, column: str, text: str) -> None:
    def wrong(code: str, detail: str) -> None:
        row.problems.append(CellProblem(row=row.number, column=column, code=code, detail=detail))

    if column == "id":
        if text.isascii() and text.isdigit() and 0 < int(text[:20]) <= LARGEST_ID:
            row.id = int(text)
        else:
            wrong("invalid_id", "An id is a number that we gave.")
        return
    row.values[column] = text
    if column == "phone" and phones.canonical(text) is None:
        wrong("invalid_phone", phones.NO_PHONE)
    elif column == "email" and not contact_values.is_email(text):
        wrong("invalid_email", "This is not an e-mail address.")
    elif column == "language" and not contact_values.is_language(text):
        wrong("invalid_language", "Write a language as es or pt-BR.")
    elif column == "time_zone" and not contact_values.is_time_zone(text):
        wrong("unknown_time_zone", "Name a time zone as in America/Mexico_City.")
    elif column == "tags":
        tags = list(dict.fromkeys(tag.strip() for tag in text.replace(";", ",").split(",") if tag.strip()))
        row.values["tags"] = tags
        if len(tags) > _MOST_TAGS or any(len(tag) > _LONGEST_TAG for tag in tags):
            wrong("too_long", f"Give {_MOST_TAGS} tags of {_LONGEST_TAG} characters at most.")
    elif column == "birthday":
        try:
            parsed = birthdays.parse(text)
            row.values["birthday"] = None if parsed is None else parsed.to_date()
        except BirthdayError as error:
            wrong("invalid_birthday", str(error))
    elif len(text) > _LONGEST.get(column, len(text)):
        wrong("too_long", f"Write {_LONGEST[column]} characters at most.")
