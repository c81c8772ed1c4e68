"""Contacts over HTTP."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.domain.consent import Choice
from app.models import Contact, ContactIdentity, ContactMerge
from app.services import consents, contact_search
from app.services.consents import Said
from tests.api.answers import error_of, faults_of
from tests.builders import make_contact, make_identity

CONTACTS = "/api/v1/contacts"


def identities(session: Session, contact_id: int) -> set[tuple[str, str]]:
    session.expire_all()
    rows = session.scalars(select(ContactIdentity).where(ContactIdentity.contact_id == contact_id))
    return {(row.kind, row.value) for row in rows}


def test_a_contact_comes_back_as_it_was_written(user: TestClient, session: Session) -> None:
    body = {
        "name": "Juan Pérez",
        "given_name": "Juan",
        "phone": "+52 55 1234 5678",
        "email": "Juan@hilo.example",
        "birthday": "1990-05-15",
        "tags": ["vip", "lead", "vip"],
        "notes": "Prefers the mornings.",
        "language": "es",
        "time_zone": "America/Mexico_City",
        "metadata": {"city": "Puebla", "visits": 3},
    }

    answer = user.post(CONTACTS, json=body)

    assert answer.status_code == 201
    contact = answer.json()
    assert contact == user.get(f"{CONTACTS}/{contact['id']}").json()
    expected = body | {"phone": "+525512345678", "tags": ["vip", "lead"]}
    assert {key: contact[key] for key in expected} == expected
    assert contact["is_active"] is True
    assert contact["is_birthday_unknown_year"] is False
    assert [(each["kind"], each["value"]) for each in contact["identities"]] == [("phone", "+525512345678")]
    assert identities(session, contact["id"]) == {("phone", "+525512345678")}


@pytest.mark.parametrize(
    ("written", "stored"), [("9999-03-20", "9999-03-20"), ("9999-02-29", "9996-02-29"), ("2000-02-29", "2000-02-29")]
)
def test_a_birthday_is_stored_in_its_own_form_and_written_as_it_was_given(
    user: TestClient, session: Session, written: str, stored: str
) -> None:
    contact = user.post(CONTACTS, json={"name": "María", "birthday": written}).json()

    assert contact["birthday"] == written
    assert contact["is_birthday_unknown_year"] is written.startswith("9999")
    row = session.get(Contact, contact["id"])
    assert row is not None
    assert str(row.birthday) == stored


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body"),
        ({"tags": ["vip"]}, "body"),
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "A", "nmae": "B"}, "nmae"),
        ({"name": 7}, "name"),
        ({"name": "A\x00"}, "name"),
        ({"name": "A", "birthday": "15/05/1990"}, "birthday"),
        ({"name": "A", "birthday": "1990-02-30"}, "birthday"),
        ({"name": "A", "birthday": ""}, "birthday"),
        ({"name": "A", "email": "nowhere"}, "email"),
        ({"name": "A", "tags": "vip"}, "tags"),
        ({"name": "A", "tags": ["a\x00"]}, "tags.0"),
        ({"name": "A", "tags": None}, "tags"),
        ({"name": "A", "language": "Spanish"}, "language"),
        ({"name": "A", "time_zone": "Mars/Olympus"}, "time_zone"),
        ({"name": "A", "time_zone": "../etc/passwd"}, "time_zone"),
        ({"name": "A", "metadata": [1]}, "metadata"),
        ({"name": "A", "metadata": {"a": {"b": "\x00"}}}, "metadata"),
        ({"name": "A", "metadata": {"\x00": 1}}, "metadata"),
        ({"name": "A", "id": 7}, "id"),
    ],
)
def test_a_malformed_contact_is_refused_by_field(user: TestClient, body: dict, field: str) -> None:
    answer = user.post(CONTACTS, json=body)

    assert answer.status_code == 422
    assert answer.json()["error"] == "validation_failed"
    assert field in [each["field"] for each in answer.json()["fields"]]


@pytest.mark.parametrize(
    "raw",
    [
        '{"name": "\\ud800"}',
        '{"name": "A", "metadata": {"a": "\\udfff"}}',
        '{"name": "A", "metadata": {"a": NaN}}',
        '{"name": "A", "metadata": {"a": 1e999}}',
        '{"name": "A", "metadata": {"a": ' + "9" * 5000 + "}}",
        '{"name": "A", "metadata": ' + '{"a":' * 60 + "1" + "}" * 60 + "}",
        '{"name": "A", "metadata": {"a": ' + "[" * 100_000 + "]" * 100_000 + "}}",
        '{"name": "A", "metadata": {"a": "' + "x" * 70_000 + '"}}',
        "{",
        "[]",
        "null",
        "",
    ],
)
def test_json_that_cannot_be_stored_is_refused(user: TestClient, raw: str) -> None:
    answer = user.post(CONTACTS, content=raw.encode(), headers={"Content-Type": "application/json"})

    assert answer.status_code in (400, 422), answer.text


@pytest.mark.parametrize("phone", ["abc", "12", "+", "call me"])
def test_what_is_no_phone_number_is_refused(user: TestClient, phone: str) -> None:
    answers = [
        user.post(CONTACTS, json={"phone": phone}),
        user.get(CONTACTS, params={"phone": phone}),
    ]

    assert [error_of(answer) for answer in answers] == [(422, "validation_failed")] * 2
    assert [faults_of(answer) for answer in answers] == [{("phone", "invalid_phone")}] * 2


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_all_that_is_wrong_with_a_contact_is_told_at_once(user: TestClient, session: Session, method: str) -> None:
    contact = make_contact(session)
    session.commit()
    address = CONTACTS if method == "POST" else f"{CONTACTS}/{contact.id}"
    body = {"phone": "call me", "email": "nowhere", "birthday": "May", "time_zone": "Mars", "nickname": "Al"}

    answer = user.request(method, address, json=body)

    assert faults_of(answer) == {
        ("phone", "invalid_phone"),
        ("email", "invalid_email"),
        ("birthday", "invalid_birthday"),
        ("time_zone", "unknown_time_zone"),
        ("nickname", "extra_forbidden"),
    }


def test_another_writing_of_a_known_number_is_taken(user: TestClient, session: Session) -> None:
    owner = make_contact(session, phone="+525512345678")
    session.commit()

    answer = user.post(CONTACTS, json={"phone": "+52 1 55 1234 5678"})

    assert (answer.status_code, answer.json()["error"]) == (409, "phone_taken")
    assert str(owner.id) in answer.json()["detail"]
    assert len(session.scalars(select(Contact)).all()) == 1


def test_an_email_address_may_be_shared(user: TestClient) -> None:
    answers = [user.post(CONTACTS, json={"name": name, "email": "family@hilo.example"}) for name in "AB"]

    assert [answer.status_code for answer in answers] == [201, 201]
    found = user.get(CONTACTS, params={"email": "FAMILY@hilo.example"}).json()["items"]
    assert [contact["name"] for contact in found] == ["B", "A"]


def test_the_profile_name_shows_until_an_operator_writes_one(user: TestClient, session: Session) -> None:
    contact = make_contact(session, profile_name="Juanito", username="juan")
    session.commit()
    path = f"{CONTACTS}/{contact.id}"

    before = user.get(path).json()["name"]
    written = user.patch(path, json={"name": "Juan Pérez"}).json()
    emptied = user.patch(path, json={"name": None}).json()

    assert (before, written["name"], emptied["name"]) == ("Juanito", "Juan Pérez", "Juanito")
    assert written["profile_name"] == "Juanito"


def test_a_patch_leaves_alone_what_it_does_not_name(user: TestClient) -> None:
    contact = user.post(
        CONTACTS,
        json={"name": "A", "tags": ["x"], "metadata": {"a": 1}, "birthday": "1990-05-15", "phone": "+15550001"},
    ).json()

    answer = user.patch(f"{CONTACTS}/{contact['id']}", json={"notes": "new"})

    assert answer.status_code == 200
    changed = {key for key, value in answer.json().items() if value != contact[key]}
    assert changed == {"notes", "updated_at"}


def test_changing_the_phone_moves_the_identity(user: TestClient, session: Session) -> None:
    contact = user.post(CONTACTS, json={"phone": "+15550001"}).json()

    answer = user.patch(f"{CONTACTS}/{contact['id']}", json={"phone": "+15550002"})

    assert answer.json()["phone"] == "+15550002"
    assert identities(session, contact["id"]) == {("phone", "+15550002")}
    assert user.post(CONTACTS, json={"phone": "+15550001"}).status_code == 201


def test_removing_the_phone_frees_the_number(user: TestClient, session: Session) -> None:
    contact = user.post(CONTACTS, json={"name": "A", "phone": "+15550001"}).json()

    answer = user.patch(f"{CONTACTS}/{contact['id']}", json={"phone": None})

    assert answer.json()["phone"] is None
    assert identities(session, contact["id"]) == set()


def test_a_number_that_a_person_wrote_from_stays_theirs(user: TestClient, session: Session) -> None:
    contact = make_contact(session, phone="+525512345678")
    make_identity(session, contact, kind="wa_id", value="5215512345678")
    session.commit()

    user.patch(f"{CONTACTS}/{contact.id}", json={"phone": "+15550002"})

    assert identities(session, contact.id) == {
        ("wa_id", "5215512345678"),
        ("phone", "+525512345678"),
        ("phone", "+15550002"),
    }


def test_a_phone_that_somebody_else_has_changes_nothing(user: TestClient, session: Session) -> None:
    make_contact(session, phone="+15550001")
    contact = make_contact(session, phone="+15550002", name="B")
    session.commit()

    answer = user.patch(f"{CONTACTS}/{contact.id}", json={"phone": "+15550001", "name": "C"})

    assert (answer.status_code, answer.json()["error"]) == (409, "phone_taken")
    assert identities(session, contact.id) == {("phone", "+15550002")}
    assert user.get(f"{CONTACTS}/{contact.id}").json()["name"] == "B"


def test_deleting_deactivates_and_a_patch_brings_back(user: TestClient, session: Session) -> None:
    contact = make_contact(session, name="A")
    session.commit()
    path = f"{CONTACTS}/{contact.id}"

    answer = user.delete(path)

    assert (answer.status_code, answer.content) == (204, b"")
    assert user.get(CONTACTS).json()["items"] == []
    assert [each["id"] for each in user.get(CONTACTS, params={"is_active": "false"}).json()["items"]] == [contact.id]
    assert user.get(path).json()["is_active"] is False
    assert user.patch(path, json={"is_active": True}).json()["is_active"] is True


@pytest.mark.parametrize("is_active", [True, False])
def test_a_contact_that_another_system_knows_comes_in_as_it_is_there(user: TestClient, is_active: bool) -> None:
    made = user.post("/api/v1/contacts", json={"name": "Ana", "is_active": is_active})

    assert (made.status_code, made.json()["is_active"]) == (201, is_active)
    assert len(user.get("/api/v1/contacts").json()["items"]) == is_active


def test_the_id_of_a_merged_contact_leads_to_where_it_went(user: TestClient, session: Session) -> None:
    contact = make_contact(session, name="Kept")
    session.add_all(
        [
            ContactMerge(old_contact_id=900_001, contact_id=contact.id),
            ContactMerge(old_contact_id=900_000, contact_id=contact.id),
        ]
    )
    session.commit()

    shown = user.get(f"{CONTACTS}/900001")
    changed = user.patch(f"{CONTACTS}/900000", json={"notes": "hi"})

    assert (shown.json()["id"], shown.json()["name"]) == (contact.id, "Kept")
    assert (changed.json()["id"], changed.json()["notes"]) == (contact.id, "hi")


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_a_contact_that_does_not_exist_is_not_found(user: TestClient, method: str) -> None:
    answer = user.request(method, f"{CONTACTS}/424242", **({"json": {}} if method == "patch" else {}))

    assert (answer.status_code, answer.json()["error"]) == (404, "contact_not_found")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "juan"}, ["Juan Pérez"]),
        ({"q": "1234"}, ["Juan Pérez"]),
        ({"q": "MARIA@"}, ["María"]),
        ({"q": "100%"}, ["100% Carlos"]),
        ({"q": "_"}, []),
        ({"q": "\\"}, []),
        ({"q": "  "}, ["100% Carlos", "María", "Juan Pérez"]),
        ({"q": "perez JUAN"}, ["Juan Pérez"]),
        ({"q": "juan maria"}, []),
        ({"q": "ju"}, ["Juan Pérez"]),
        ({"q": "ua"}, []),
        ({"q": "lea"}, ["María"]),
        ({"q": "le"}, ["María"]),
        ({"q": "55 1234-56"}, ["Juan Pérez"]),
        ({"q": "+52 1 55 1234 5678"}, ["Juan Pérez"]),
        ({"q": "+49 151 23456789"}, ["María"]),
        ({"birthday_month": 5}, ["María", "Juan Pérez"]),
        ({"birthday_month": 5, "birthday_day": 15}, ["Juan Pérez"]),
        ({"agreed_to": "marketing"}, ["Juan Pérez"]),
        ({"agreed_to": "news"}, []),
        ({"has_opted_out": True}, ["María"]),
        ({"has_opted_out": False}, ["100% Carlos", "Juan Pérez"]),
        ({"tag": "vip"}, ["María", "Juan Pérez"]),
        ({"tag": "vi"}, []),
        ({"phone": "5215512345678"}, ["Juan Pérez"]),
        ({"phone": "+15559999999"}, []),
        ({"email": "maria@hilo.example"}, ["María"]),
    ],
)
def test_contacts_are_found(user: TestClient, session: Session, query: dict, found: list[str]) -> None:
    juan = make_contact(session, name="Juan Pérez", phone="+525512345678", tags=["vip"], birthday=date(9999, 5, 15))
    maria = make_contact(
        session, name="María", phone=None, email="Maria@hilo.example", tags=["lead", "vip"], birthday=date(1990, 5, 1)
    )
    make_identity(session, maria, kind="phone", value="+4915123456789")
    make_contact(session, name="100% Carlos", phone=None)
    consents.record(
        session,
        [
            Said(contact_id=contact.id, category=category, choice=choice, source="test", key=f"{at}", at=moment(at))
            for at, (contact, category, choice) in enumerate(
                [
                    (juan, "all", Choice.OUT),
                    (juan, "all", Choice.IN),
                    (juan, "marketing", Choice.IN),
                    (juan, "news", Choice.IN),
                    (juan, "news", Choice.OUT),
                    (maria, "marketing", Choice.IN),
                    (maria, "all", Choice.OUT),
                ]
            )
        ],
    )
    session.commit()

    answer = user.get(CONTACTS, params=query)

    assert [contact["name"] for contact in answer.json()["items"]] == found


def moment(minute: int) -> datetime:
    return datetime(2026, 3, 14, 15, minute, tzinfo=UTC)


def test_the_search_is_answered_by_its_index(session: Session) -> None:
    """The planner takes an index only for the very expression that it was made of."""
    session.execute(text("SET LOCAL enable_seqscan = off"))
    session.execute(text("SET LOCAL enable_indexscan = off"))
    query = select(Contact.id).where(contact_search.mentions(session, "555-1234 5678"))
    written = query.compile(session.connection(), compile_kwargs={"literal_binds": True})

    plan = session.scalars(text(f"EXPLAIN {written}".replace(":", "\\:"))).all()

    assert any("contacts_words" in line for line in plan), plan
    assert not any("Seq Scan" in line for line in plan), plan


def test_whoever_keeps_a_copy_reads_changes_in_their_order(user: TestClient, session: Session) -> None:
    first, second, third = (make_contact(session, phone=None, name=name) for name in "ABC")
    session.commit()
    seen = user.get(f"{CONTACTS}/{third.id}").json()["updated_at"]
    user.delete(f"{CONTACTS}/{second.id}")
    user.patch(f"{CONTACTS}/{first.id}", json={"notes": "changed"})

    page = user.get(CONTACTS, params={"updated_since": seen, "limit": 2}).json()
    rest = user.get(CONTACTS, params={"updated_since": seen, "cursor": page["next"]}).json()

    assert [each["name"] for each in page["items"] + rest["items"]] == ["C", "B", "A"]
    assert [each["is_active"] for each in page["items"]] == [True, False]
    assert rest["next"] is None
    assert user.get(CONTACTS, params={"updated_since": "2999-01-01T00:00:00Z"}).json()["items"] == []


@pytest.mark.parametrize("since", ["yesterday", "2026-03-14T15:00:00", "0001-01-01T00:00:00+14:00"])
def test_a_moment_that_is_none_is_refused(user: TestClient, since: str) -> None:
    answer = user.get(CONTACTS, params={"updated_since": since})

    assert (answer.status_code, answer.json()["fields"][0]["field"]) == (422, "updated_since")


def test_pages_show_everybody_once_newest_first(user: TestClient, session: Session) -> None:
    ids = [make_contact(session, phone=None).id for _ in range(7)]
    session.commit()

    seen, cursor = [], None
    while True:
        page = user.get(CONTACTS, params={"limit": 3} | ({"cursor": cursor} if cursor else {})).json()
        seen += [contact["id"] for contact in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break

    assert seen == ids[::-1]


def test_the_last_full_page_has_no_next(user: TestClient, session: Session) -> None:
    for _ in range(3):
        make_contact(session, phone=None)
    session.commit()

    assert user.get(CONTACTS, params={"limit": 3}).json()["next"] is None


@pytest.mark.parametrize("limit", [0, 201, -1, "ten"])
def test_a_page_has_1_to_200_items(user: TestClient, limit: object) -> None:
    answer = user.get(CONTACTS, params={"limit": limit})

    assert answer.status_code == 422
    assert [field["field"] for field in answer.json()["fields"]] == ["limit"]
