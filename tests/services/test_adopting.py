"""Contacts that somebody wrote into the table itself, as from the system that they had before."""

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.database import in_transaction
from app.models import Contact
from app.services import adopting
from tests.builders import make_contact
from tests.services.arriving import arrive, every, number_of
from tests.webhooks import body_of, message


def write(session: Session, *numbers: str | None) -> list[int]:
    ids = [
        session.scalar(text("INSERT INTO contacts (name, phone) VALUES ('Ana', :phone) RETURNING id"), {"phone": phone})
        for phone in numbers
    ]
    session.commit()
    return ids


def adopt(database: Engine) -> None:
    while in_transaction(adopting.adopt_new, database):
        continue


def owners(session: Session) -> list[tuple[int, str]]:
    session.expire_all()
    rows = session.execute(text("SELECT contact_id, value FROM contact_identities WHERE kind = 'phone' ORDER BY 1"))
    return [(row[0], row[1]) for row in rows]


@pytest.mark.parametrize("written", ["+525512345678", "+52 1 55 1234 5678", "5215512345678"])
def test_they_are_the_ones_who_write_from_their_number(session: Session, database: Engine, written: str) -> None:
    [id] = write(session, written)
    adopt(database)

    arrive(session, body_of(message("hola", wa_id="5215512345678")))

    [contact] = every(session, Contact)
    assert (contact.id, contact.name, contact.phone) == (id, "Ana", "+525512345678")


def test_a_number_that_is_somebody_s_stays_theirs(session: Session, database: Engine) -> None:
    holder = make_contact(session, phone="+525512345678")
    write(session, "+52 55 1234 5678")
    first, _ = write(session, "+525500000001", "+52 55 0000 0001")

    adopt(database)
    adopt(database)

    assert owners(session) == [(holder.id, "+525512345678"), (first, "+525500000001")]
    assert number_of(session, Contact) == 4


def test_what_is_no_number_is_left_alone(session: Session, database: Engine) -> None:
    write(session, "call the shop", None)

    adopt(database)

    assert owners(session) == []
    assert [contact.phone for contact in every(session, Contact)] == ["call the shop", None]


@pytest.mark.parametrize("at_start", [True, False])
def test_behind_however_many_that_have_no_number_the_others_are_found(
    session: Session, database: Engine, at_start: bool
) -> None:
    many = "INSERT INTO contacts (phone) SELECT 'nobody' FROM generate_series(1, :many)"
    session.execute(text(many), {"many": adopting.BATCH})
    [behind] = write(session, "+525512345678")

    if at_start:
        in_transaction(adopting.adopt_all, database)
    else:
        adopt(database)

    assert owners(session) == [(behind, "+525512345678")]


def test_a_look_goes_through_a_stretch_of_contacts_and_the_next_one_goes_on(session: Session, database: Engine) -> None:
    many = "INSERT INTO contacts (name) SELECT 'nobody' FROM generate_series(1, :many)"
    session.execute(text(many), {"many": adopting.STRETCH})
    [behind] = write(session, "+525512345678")

    looks = [(in_transaction(adopting.adopt_new, database), owners(session)) for _ in range(2)]

    assert looks == [(True, []), (False, [(behind, "+525512345678")])]


def test_whoever_comes_later_is_found_by_the_next_look(session: Session, database: Engine) -> None:
    adopt(database)
    [later] = write(session, "+525512345678")

    adopt(database)

    assert owners(session) == [(later, "+525512345678")]
