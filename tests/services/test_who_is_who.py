"""Who is who: which contact an item belongs to, and what becomes of contacts who turn out to be one, or two."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.database import in_transaction
from app.models import (
    Consent,
    Contact,
    ContactIdentity,
    ContactMerge,
    Conversation,
    Message,
)
from app.services import contacts
from tests.builders import make_contact, make_conversation, make_identity, make_message
from tests.services.arriving import arrive, every, number_of, state_of, texts, the
from tests.webhooks import (
    BOB,
    NOON,
    block,
    body,
    body_of,
    change,
    message,
    preference,
)


@pytest.mark.parametrize("written", ["5215512345678", "525512345678"])
def test_whoever_an_operator_wrote_down_is_the_one_who_writes(session: Session, written: str) -> None:
    known = make_contact(session, phone="+525512345678", name="Juan Pérez")

    arrive(
        session, body_of(message(wa_id=written, bsuid="MX.1"), contacts=[block(written, bsuid="MX.1", name="Juanito")])
    )

    contact = the(session, Contact)
    assert (contact.id, contact.name, contact.profile_name) == (known.id, "Juan Pérez", "Juanito")
    assert the(session, Message).contact_id == known.id


@pytest.mark.parametrize("written", ["551187654321", "5511987654321"])
def test_so_it_is_with_brazilian_numbers(session: Session, written: str) -> None:
    known = make_contact(session, phone="+5511987654321", name="João")

    arrive(session, body_of(message(wa_id=written)))

    assert the(session, Contact).id == known.id
    assert the(session, Conversation).wa_id == written


def test_a_number_that_only_an_operator_knows_stays_where_it_was_written(session: Session) -> None:
    known = make_contact(session, phone="+525512345678", name="Juan")
    make_identity(session, known, kind="phone", value="+4915112345678")

    first = message(wa_id=BOB, bsuid="MX.1", at=NOON)
    arrive(session, body_of(first, message(wa_id=BOB, bsuid="MX.2", at=NOON + 60)))

    landline = session.scalars(select(ContactIdentity).where(ContactIdentity.value == "+4915112345678")).one()
    assert landline.contact_id == known.id
    assert number_of(session, Contact) == 2


def test_one_who_wrote_without_a_number_and_one_whom_an_operator_wrote_down_become_one(session: Session) -> None:
    known = make_contact(session, phone="+525512345678", name="Juan")
    arrive(session, body_of(message("who am I?", wa_id=None, bsuid="MX.1")))
    assert number_of(session, Contact) == 2

    arrive(session, body_of(message("me", wa_id=BOB, bsuid="MX.1", at=NOON + 60)))

    contact = the(session, Contact)
    assert (contact.id, contact.name) == (known.id, "Juan")
    assert texts(session) == ["who am I?", "me"]
    assert the(session, ContactMerge).contact_id == known.id
    assert number_of(session, Conversation) == 1


def test_two_known_contacts_that_turn_out_to_be_one_are_merged_with_all_they_have(session: Session) -> None:
    elder = make_contact(session, phone="+525512345678", name="Juan", tags=["vip"], notes="likes tea")
    younger = make_contact(session, phone=None, email="juan@hilo.example", tags=["new", "vip"])
    make_identity(session, younger, kind="bsuid", value="MX.1")
    ours = make_message(session, make_conversation(session, younger), direction="outbound", text="¡Hola!")
    session.execute(
        text("""
            INSERT INTO send_attempts (message_id, attempt, channel_id, contact_id, epoch, claimed_at, dead_at)
            VALUES (:message, 1, :channel, :contact, 1, now(), now())
        """),
        {"message": ours.id, "channel": ours.channel_id, "contact": younger.id},
    )
    session.commit()
    elder_id, younger_id = elder.id, younger.id
    stop = preference("stop", wa_id=None, user_id="MX.1")
    arrive(session, body(change(user_preferences=[stop], field="user_preferences")))

    arrive(session, body_of(message(wa_id=BOB, bsuid="MX.1")))

    contact, conversation = the(session, Contact), the(session, Conversation)
    assert (contact.id, contact.email, contact.tags) == (elder_id, "juan@hilo.example", ["new", "vip"])
    assert {row.contact_id for row in every(session, Message)} == {elder_id}
    assert {row.conversation_id for row in every(session, Message)} == {conversation.id}
    assert the(session, Consent).contact_id == elder_id
    assert session.scalars(text("SELECT contact_id FROM send_attempts")).all() == [elder_id]
    assert the(session, ContactMerge).old_contact_id == younger_id


def test_a_deactivated_contact_stays_so_when_it_is_merged(session: Session) -> None:
    make_contact(session, phone="+525512345678")
    gone = make_contact(session, phone=None, is_active=False)
    make_identity(session, gone, kind="bsuid", value="MX.1")
    session.commit()

    arrive(session, body_of(message(wa_id=BOB, bsuid="MX.1")))

    assert not the(session, Contact).is_active


def test_a_number_handed_on_makes_two_people_and_loses_no_message(session: Session) -> None:
    old = message("I am Ana", bsuid="US.1", at=NOON)
    new = message("I am Beto", bsuid="US.2", at=NOON + 120)
    late = message("still Ana", wa_id=None, bsuid="US.1", at=NOON + 60)

    arrive(session, body_of(old), body_of(new), body_of(late))

    people = {row.value: row.contact_id for row in every(session, ContactIdentity) if row.kind == "bsuid"}
    said = {row.text: row.contact_id for row in every(session, Message)}
    assert said == {"I am Ana": people["US.1"], "still Ana": people["US.1"], "I am Beto": people["US.2"]}
    assert number_of(session, Conversation) == 2


@pytest.mark.parametrize("bsuids", [("US.1", "MX.2"), ("US.1", None), (None, None)])
def test_whom_somebody_merged_by_hand_stays_one_whatever_comes_later(
    session: Session, bsuids: tuple[str | None, str | None]
) -> None:
    mine, work, other = "12025550101", "12025550102", "12025550103"
    arrive(session, body_of(message("from mine", wa_id=mine, bsuid=bsuids[0], at=NOON)))
    arrive(session, body_of(message("from work", wa_id=work, bsuid=bsuids[1], at=NOON + 60)))
    first, second = (contact.id for contact in every(session, Contact))
    in_transaction(lambda own: contacts.merge_contacts(own, first, second, now=datetime.fromtimestamp(NOON + 90, UTC)))

    # Somebody with an id of their own writes from a number that is known: everybody around it is looked at again.
    arrive(session, body_of(message("from a new one", wa_id=other, bsuid="US.1", at=NOON + 120)))
    arrive(session, body_of(message("from work again", wa_id=work, bsuid="MX.2", at=NOON + 180)))
    arrive(session, body_of(message("mine again", wa_id=mine, bsuid="US.1", at=NOON + 240)))

    assert {row.contact_id for row in every(session, Message)} == {first}
    assert number_of(session, Conversation) == 1


def test_a_merge_by_hand_holds_nobody_who_takes_over_the_number_later(session: Session) -> None:
    mine, work = "12025550101", "12025550102"
    arrive(session, body_of(message("from mine", wa_id=mine, bsuid="US.1", at=NOON)))
    arrive(session, body_of(message("from work", wa_id=work, bsuid="US.2", at=NOON + 60)))
    first, second = (contact.id for contact in every(session, Contact))
    in_transaction(lambda own: contacts.merge_contacts(own, first, second, now=datetime.fromtimestamp(NOON + 90, UTC)))

    arrive(session, body_of(message("a stranger", wa_id=work, bsuid="US.3", at=NOON + 120)))

    said = {row.text: row.contact_id for row in every(session, Message)}
    assert said["from mine"] == said["from work"] == first
    assert said["a stranger"] != first


def test_a_changed_number_keeps_the_thread(session: Session) -> None:
    system = {"type": "user_changed_number", "body": "Ana changed", "wa_id": "12195555358"}

    arrive(session, body_of(message("before", at=NOON)))
    arrive(session, body_of(message(type="system", system=system, at=NOON + 60)))
    arrive(session, body_of(message("after", wa_id="12195555358", at=NOON + 120)))

    assert the(session, Contact).phone == "+12195555358"
    assert the(session, Conversation).wa_id == "12195555358"
    assert number_of(session, Message) == 3


def test_a_system_message_of_a_strange_shape_spoils_nobody(session: Session) -> None:
    arrive(session, body_of(message(type="system", system=["?"], bsuid="US.1"), message(bsuid="US.1", at=NOON + 1)))

    (event_id,) = arrive(session, body_of(message(bsuid="US.2", at=NOON + 2)))

    assert state_of(session, event_id) == "done"
    assert number_of(session, Message) == 3
