"""Contacts as tables over HTTP: a preview, an import that survives its own death, an export that can come back."""

import csv
import io
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.database import in_transaction
from app.services import contact_imports
from tests.api.answers import error_of
from tests.builders import make_contact

IMPORT = "/api/v1/contacts/import"
EXPORT = "/api/v1/contacts/export"
CSV = {"Content-Type": "text/csv"}
TABLE = """name,phone,birthday,tags,size,shoes
Juan Pérez,+52 55 1234 5678,9999-02-29,"vip, lead",3,x
Ana,+1 555 0001,1990-05-15,,,
Nobody,call me,,,many,
"""


def do_all(now: Any) -> None:
    while in_transaction(lambda session: contact_imports.go_on(session, now=now)):
        pass


@pytest.fixture
def size(admin: TestClient) -> None:
    admin.post("/api/v1/fields", json={"key": "size", "title": "Size", "kind": "number"})


def test_a_preview_says_what_would_happen_and_changes_nothing(user: TestClient, session: Session, size: None) -> None:
    make_contact(session, phone="+15550001", name="Ana")
    session.commit()

    found = user.post(f"{IMPORT}/preview", content=TABLE.encode(), headers=CSV).json()

    assert (found["columns"], found["left_out"]) == (["name", "phone", "birthday", "tags", "size"], ["shoes"])
    assert (found["rows"], found["new"], found["known"], found["failed"]) == (3, 1, 1, 1)
    assert [(each["row"], each["column"], each["code"]) for each in found["errors"]] == [
        (4, "phone", "invalid_phone"),
        (4, "size", "not_a_number"),
    ]
    assert session.scalar(text("SELECT count(*) FROM contacts")) == 1


def test_an_import_adds_who_is_new_and_changes_who_is_known(
    user: TestClient, session: Session, size: None, now: Any
) -> None:
    ana = make_contact(session, phone="+15550001", name="Anita", tags=["old"], notes="Kept.")
    session.commit()
    group = user.post("/api/v1/groups", json={"name": "Fair"}).json()["id"]

    started = user.post(
        IMPORT, params={"name": "fair.csv", "tag": "fair", "group_id": group}, content=TABLE.encode(), headers=CSV
    )
    do_all(now)

    assert (started.status_code, started.json()["state"], started.json()["rows"]) == (202, "pending", 3)
    done = user.get(f"/api/v1/imports/{started.json()['id']}").json()
    assert (done["state"], done["rows_done"], done["created"], done["updated"], done["failed"]) == ("done", 3, 1, 1, 1)
    assert {each["code"] for each in done["errors"]} == {"invalid_phone", "not_a_number"}
    listed = user.get("/api/v1/contacts", params={"group_id": group}).json()["items"]
    assert [(each["name"], each["birthday"], each["tags"], each["metadata"]) for each in listed] == [
        ("Juan Pérez", "9999-02-29", ["vip", "lead", "fair"], {"size": 3}),
        ("Ana", "1990-05-15", ["old", "fair"], {}),
    ]
    assert (listed[1]["id"], listed[1]["notes"]) == (ana.id, "Kept.")
    assert session.scalar(text("SELECT csv FROM imports")) == ""
    assert [each["id"] for each in user.get("/api/v1/imports").json()["items"]] == [done["id"]]


def test_an_import_goes_on_where_it_stood(user: TestClient, session: Session, now: Any) -> None:
    rows = contact_imports.SLICE_ROWS + 20
    table = "name\n" + "".join(f"Person {number}\n" for number in range(rows))
    started = user.post(IMPORT, content=table.encode(), headers=CSV).json()["id"]

    in_transaction(lambda session: contact_imports.go_on(session, now=now))
    with pytest.raises(ZeroDivisionError):
        in_transaction(lambda session: (contact_imports.go_on(session, now=now), 1 / 0))
    halfway = user.get(f"/api/v1/imports/{started}").json()
    do_all(now)

    assert (halfway["state"], halfway["rows_done"]) == ("running", contact_imports.SLICE_ROWS)
    assert session.scalar(text("SELECT count(DISTINCT name) = count(*) AND count(*) = :n FROM contacts"), {"n": rows})


def test_a_number_that_another_contact_has_fails_its_row_alone(user: TestClient, session: Session, now: Any) -> None:
    ana, ben = make_contact(session, name="Ana"), make_contact(session, phone="+15550002", name="Ben")
    session.commit()
    table = f"id,phone\n{ana.id},+15550002\n{ben.id},+15550003\n999999,+15550004\n"
    started = user.post(IMPORT, content=table.encode(), headers=CSV).json()["id"]

    do_all(now)

    done = user.get(f"/api/v1/imports/{started}").json()
    assert (done["updated"], done["failed"]) == (1, 2)
    assert [(each["row"], each["code"]) for each in done["errors"]] == [(2, "phone_taken"), (4, "contact_not_found")]


def test_one_upload_with_one_key_is_one_import(user: TestClient) -> None:
    headers = CSV | {"Idempotency-Key": "upload-1"}

    first = user.post(IMPORT, content=b"name\nAna\n", headers=headers)
    again = user.post(IMPORT, content=b"name\nAna\n", headers=headers)
    other = user.post(IMPORT, content=b"name\nBen\n", headers=headers)

    assert first.json() == again.json()
    assert error_of(other) == (409, "idempotency_mismatch")


@pytest.mark.parametrize("table", [b"", b"shoes\n1\n", b"\x00\xff", b'name\n"'])
def test_what_is_no_table_is_refused_or_read(user: TestClient, table: bytes) -> None:
    answer = user.post(IMPORT, content=table, headers=CSV)

    assert answer.status_code in {202, 422}


def test_an_export_can_be_imported_again(user: TestClient, session: Session, size: None, now: Any) -> None:
    make_contact(session, name="=cmd()", phone="+15550001", tags=["a", "b"], metadata_={"size": 3}, notes="-")
    make_contact(session, name="Ben", phone="+15550002", is_active=False)
    session.commit()

    answer = user.get(EXPORT)
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    user.post(IMPORT, content=answer.content, headers=CSV)
    before = user.get("/api/v1/contacts").json()["items"]
    do_all(now)
    after = user.get("/api/v1/contacts").json()["items"]

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert [(row["name"], row["phone"], row["tags"], row["size"]) for row in rows] == [
        ("'=cmd()", "+15550001", "a, b", "3")
    ]
    assert [{**each, "updated_at": None} for each in before] == [{**each, "updated_at": None} for each in after]


def test_an_export_holds_what_the_list_with_its_filters_shows(user: TestClient, session: Session) -> None:
    for number in range(3):
        make_contact(session, phone=None, name=f"Person {number}", tags=["vip"] if number else [])
    session.commit()

    rows = list(csv.reader(io.StringIO(user.get(EXPORT, params={"tag": "vip"}).text)))

    assert [row[1] for row in rows[1:]] == ["Person 2", "Person 1"]
    assert error_of(user.get(EXPORT, params={"phone": "nonsense"})) == (422, "validation_failed")


def test_an_import_that_does_not_exist_is_not_found(user: TestClient) -> None:
    assert error_of(user.get("/api/v1/imports/1")) == (404, "import_not_found")
