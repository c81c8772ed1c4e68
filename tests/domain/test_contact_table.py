"""Contacts as a table: headers in three languages, what rows say, and which cells are at fault."""

from datetime import date

import pytest

from app.domain.contact_table import COLUMNS, TableError, decode, parse, safe
from app.domain.custom_fields import CustomField, Kind

SIZE = CustomField(key="Size", kind=Kind.NUMBER)


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("name,phone", ["name", "phone"]),
        ("Name;E-Mail", ["name", "email"]),
        ("Nombre completo\tTeléfono\tCumpleaños", ["name", "phone", "birthday"]),
        ("Nome,Aniversário,Observações", ["name", "birthday", "notes"]),
        ('"name","size","Given Name"', ["name", SIZE, "given_name"]),
        ("phone,shoes,", ["phone", None, None]),
        (",".join(COLUMNS), list(COLUMNS)),
    ],
)
def test_columns_are_found_by_their_header(header: str, columns: list[object]) -> None:
    assert list(parse(header + "\n", [SIZE]).columns) == columns


@pytest.mark.parametrize("text", ["", "\n\n", "shoes,hats\n1,2", "name,Nombre\nA,B", "tags\nvip"])
def test_a_table_without_a_usable_header_is_refused(text: str) -> None:
    with pytest.raises(TableError):
        parse(text, [])


def test_a_row_says_what_its_cells_say_and_nothing_else() -> None:
    table = parse(
        "id,name,phone,birthday,tags,size,shoes\n"
        '7, Ana ,,9999-05-15,"vip, lead;vip",3,x\n'
        ",Ben,+52 55 1234 5678,9999-02-29\n",
        [SIZE],
    )

    ana, ben = table.read()

    assert (ana.number, ana.id, ana.values, ana.metadata, ana.problems) == (
        2,
        7,
        {"name": "Ana", "birthday": date(9999, 5, 15), "tags": ["vip", "lead"]},
        {"Size": 3},
        [],
    )
    assert ben.values == {"name": "Ben", "phone": "+52 55 1234 5678", "birthday": date(9996, 2, 29)}
    assert table.left_out == ["shoes"]


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("id", "x", "invalid_id"),
        ("id", "9" * 30, "invalid_id"),
        ("phone", "call me", "invalid_phone"),
        ("email", "nowhere", "invalid_email"),
        ("birthday", "15/05/1990", "invalid_birthday"),
        ("language", "Spanish", "invalid_language"),
        ("time_zone", "Mars/Olympus", "unknown_time_zone"),
        ("tags", "x" * 201, "too_long"),
        ("name", "x" * 201, "too_long"),
        ("Size", "many", "not_a_number"),
        ("tags", "vip", "missing"),
    ],
)
def test_a_cell_at_fault_is_named(column: str, cell: str, code: str) -> None:
    name = "" if code == "missing" else "A"
    header = "name,id" if column == "name" else f"name,{column}"
    line = f"{cell},7" if column == "name" else f"{name},{cell}"

    [row] = parse(f"{header}\n{line}\n", [SIZE]).read()

    assert [(one.row, one.column, one.code) for one in row.problems] == [
        (2, "name" if code == "missing" else column, code)
    ]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\t=1"])
def test_what_a_spreadsheet_would_run_comes_back_as_it_was(cell: str) -> None:
    [row] = parse(f"name,notes\nA,{safe(cell)}\n", []).read()

    assert safe(cell).startswith("'")
    assert row.values["notes"] == cell.strip() or row.values["notes"] == cell


@pytest.mark.parametrize("raw", ["name\nPérez".encode(), "\ufeffname\nPérez".encode(), "name\nPérez".encode("cp1252")])
def test_what_spreadsheets_write_is_read(raw: bytes) -> None:
    assert decode(raw) == "name\nPérez"
