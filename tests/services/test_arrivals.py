"""What each item leaves: the message, the windows, the profile, what people agreed to."""

from datetime import timedelta

import orjson
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.models import (
    Alert,
    Channel,
    Consent,
    Contact,
    ContactIdentity,
    Conversation,
    Message,
)
from tests.builders import make_channel, the_channel
from tests.services.arriving import AT_NOON, PHOTO, arrive, every, number_of, state_of, texts, the
from tests.webhooks import (
    ALICE,
    BOB,
    NOON,
    WABA_ID,
    Json,
    block,
    body,
    body_of,
    change,
    message,
    preference,
    status,
)

# Type, content, the text that a search finds, and whether it opens the service window.
INBOUND: list[tuple[str, Json, str | None, bool]] = [
    ("text", {"text": {"body": "hola"}}, "hola", True),
    ("image", {"image": PHOTO | {"caption": "the cup"}}, "the cup", True),
    ("audio", {"audio": PHOTO | {"voice": True}}, None, True),
    ("video", {"video": PHOTO}, None, True),
    ("document", {"document": PHOTO | {"filename": "factura.pdf"}}, "factura.pdf", True),
    ("sticker", {"sticker": PHOTO}, None, True),
    ("location", {"location": {"latitude": 19.4, "longitude": -99.1, "name": "Casa"}}, "Casa", True),
    ("contacts", {"contacts": [{"name": {"formatted_name": "Beto"}}]}, "Beto", True),
    ("button", {"button": {"payload": "OK", "text": "Sí"}}, "Sí", True),
    ("interactive", {"interactive": {"type": "list_reply", "list_reply": {"id": "1", "title": "Té"}}}, "Té", True),
    ("order", {"order": {"catalog_id": "1", "text": "dos", "product_items": []}}, "dos", True),
    ("unsupported", {"unsupported": {"type": "gif"}, "errors": [{"code": 131051}]}, None, True),
    ("reaction", {"reaction": {"message_id": "wamid.1", "emoji": "👍"}}, "👍", False),
    ("system", {"system": {"type": "customer_identity_changed", "body": "new phone"}}, "new phone", False),
    ("edit", {"edit": {"original_message_id": "w", "message": {"type": "text", "text": {"body": "x"}}}}, "x", False),
    ("revoke", {"revoke": {"original_message_id": "w"}}, None, False),
    ("hologram", {"hologram": {"of": "what comes next"}}, None, False),
]


@pytest.mark.parametrize(("kind", "content", "text", "opens"), INBOUND, ids=[row[0] for row in INBOUND])
def test_every_type_leaves_its_row(session: Session, kind: str, content: Json, text: str | None, opens: bool) -> None:
    arrive(session, body_of(message(wamid="wamid.7", type=kind, **content), contacts=[block(bsuid="US.1")]))

    row, conversation, contact = the(session, Message), the(session, Conversation), the(session, Contact)
    assert (row.direction, row.message_type, row.text) == ("inbound", kind, text)
    assert (row.status, row.dispatch, row.origin) == ("delivered", "done", "contact")
    assert row.content == {"type": kind} | content
    assert (row.happened_at, row.sent_at) == (AT_NOON, AT_NOON)
    assert (row.wa_id, row.phone, row.bsuid) == (ALICE, "+16505551234", "US.1")
    assert (row.contact_id, row.conversation_id) == (contact.id, conversation.id)
    assert conversation.service_window_expires_at == (AT_NOON + timedelta(hours=24) if opens else None)
    assert (conversation.channel_id, conversation.last_inbound_at) == (the_channel(session).id, AT_NOON)
    assert (contact.phone, contact.profile_name) == ("+16505551234", "Ana")


def test_a_first_message_makes_contact_identities_and_conversation(session: Session) -> None:
    ana = block(BOB, bsuid="MX.1", name="Ana", parent_user_id="MX.ENT.1")
    ana["profile"]["username"] = "ana.lima"

    arrive(session, body_of(message("hola", wa_id=BOB), contacts=[ana]))

    held = {(row.kind, row.value) for row in every(session, ContactIdentity)}
    conversation = the(session, Conversation)
    assert held == {
        ("wa_id", BOB),
        ("phone", "+525512345678"),
        ("bsuid", "MX.1"),
        ("parent_bsuid", "MX.ENT.1"),
    }
    assert (conversation.wa_id, conversation.bsuid, conversation.profile_name) == (BOB, "MX.1", "Ana")
    assert (conversation.last_message_text, conversation.last_message_direction) == ("hola", "inbound")
    assert the(session, Contact).username == "ana.lima"


def test_one_wamid_is_one_message_and_the_earliest_is_it(session: Session) -> None:
    late = message("STOP", wamid="wamid.1", bsuid="US.1", at=NOON + 60)
    early = message("hola", wamid="wamid.1", wa_id=BOB, at=NOON)

    arrive(session, body_of(late), body_of(early), body_of(late))

    assert texts(session) == ["hola"]
    assert (the(session, Contact).phone, number_of(session, Consent)) == ("+525512345678", 0)
    assert the(session, Conversation).last_message_text == "hola"


def test_a_number_that_nobody_claimed_is_stored_and_waits(session: Session) -> None:
    arrive(session, body(change(messages=[message("hola")], phone_number_id="777"), waba_id="555"))

    channel = session.scalars(select(Channel).where(Channel.phone_number_id == "777")).one()
    assert (channel.state, channel.waba_id, channel.display_number) == ("unclaimed", "555", "15550783881")
    assert the(session, Message).channel_id == channel.id


def test_messages_of_a_number_are_counted_for_its_rate(session: Session) -> None:
    arrive(session, body_of(message(), message(), statuses=[status()]))

    assert the_channel(session).received == 2


EDITED = message(
    type="edit",
    wamid="wamid.e",
    at=NOON + 60,
    edit={"original_message_id": "wamid.1", "message": {"type": "text", "text": {"body": "two, please"}}},
)


REVOKED = message(type="revoke", wamid="wamid.r", at=NOON + 30, revoke={"original_message_id": "wamid.1"})


@pytest.mark.parametrize("is_late", [False, True])
def test_edits_and_revokes_find_their_original_even_if_they_come_first(session: Session, is_late: bool) -> None:
    original = [message("one, please", wamid="wamid.1")]
    sent = [body_of(*original), body_of(EDITED), body_of(REVOKED)]

    arrive(session, *(reversed(sent) if is_late else sent), batch_items=1)

    row = session.scalars(select(Message).where(Message.whatsapp_message_id == "wamid.1")).one()
    assert row.text == "one, please"
    assert row.edit["content"] == {"type": "text", "text": {"body": "two, please"}}
    assert row.revoked_at == AT_NOON + timedelta(seconds=30)
    assert the(session, Conversation).last_message_text == "one, please"


def test_nobody_edits_the_message_of_somebody_else(session: Session) -> None:
    arrive(session, body_of(message("mine", wamid="wamid.1", wa_id=BOB), EDITED, REVOKED))

    row = session.scalars(select(Message).where(Message.whatsapp_message_id == "wamid.1")).one()
    assert (row.edit, row.revoked_at) == (None, None)


def test_an_edit_of_an_edit_is_found_whichever_comes_first(session: Session) -> None:
    again = EDITED | {"id": "wamid.ee", "timestamp": str(NOON + 90)}
    again["edit"] = EDITED["edit"] | {"original_message_id": "wamid.e"}

    arrive(session, body_of(again), body_of(EDITED))

    row = session.scalars(select(Message).where(Message.whatsapp_message_id == "wamid.e")).one()
    assert row.edit["key"] == "wamid.ee"


def test_a_late_message_neither_shortens_a_window_nor_becomes_the_last(session: Session) -> None:
    arrive(session, body_of(message("new", at=NOON)))

    arrive(session, body_of(message("old", at=NOON - 3_600, text={"body": "old"}, referral={"source_type": "ad"})))

    conversation = the(session, Conversation)
    assert conversation.service_window_expires_at == AT_NOON + timedelta(hours=24)
    assert conversation.entry_window_expires_at == AT_NOON - timedelta(hours=1) + timedelta(hours=72)
    assert (conversation.last_message_text, conversation.last_inbound_at) == ("new", AT_NOON)


def test_a_message_that_came_before_the_read_mark_is_not_unread(session: Session) -> None:
    arrive(session, body_of(message("1", at=NOON)))
    session.execute(update(Conversation).values(read_until=AT_NOON))
    session.commit()

    arrive(session, body_of(message("0", at=NOON - 60), message("2", at=NOON + 60)))

    unread = session.scalars(
        select(Message.text).where(Message.happened_at > select(Conversation.read_until).scalar_subquery())
    ).all()
    assert unread == ["2"]


def test_the_latest_profile_wins_whatever_comes_last(session: Session) -> None:
    late = body_of(message(at=NOON + 60), contacts=[block(name="Ana López")])
    early = body_of(message(at=NOON), contacts=[block(name="Ana")])
    nameless = body_of(message(at=NOON + 90), contacts=[block(name=None)])

    arrive(session, late)
    arrive(session, early)
    arrive(session, nameless)

    assert the(session, Contact).profile_name == "Ana López"


def test_the_profile_is_the_latest_of_all_channels(session: Session) -> None:
    other = make_channel(session)
    session.commit()

    arrive(
        session,
        body_of(message(at=NOON + 60), contacts=[block(name="late")]),
        body(
            change(messages=[message(at=NOON)], contacts=[block(name="early")], phone_number_id=other.phone_number_id)
        ),
    )

    assert the(session, Contact).profile_name == "late"
    assert number_of(session, Conversation) == 2


@pytest.mark.parametrize(
    ("said", "choice"), [("STOP", "out"), ("¡Baja!", "out"), ("start", "in"), ("when do you stop?", None)]
)
def test_the_ledger_takes_what_people_say(session: Session, said: str, choice: str | None) -> None:
    one = body_of(message(said, wamid="wamid.1", bsuid="US.1"))

    arrive(session, one, one)

    rows = [(row.category, row.state, row.source, row.at, row.phone, row.bsuid) for row in every(session, Consent)]
    assert rows == ([("all", choice, "keyword", AT_NOON, "+16505551234", "US.1")] if choice else [])


@pytest.mark.parametrize(("value", "choice"), [("stop", "out"), ("resume", "in"), ("signup", "in")])
def test_the_ledger_takes_what_people_choose_in_whatsapp(session: Session, value: str, choice: str) -> None:
    one = body(change(user_preferences=[preference(value)], contacts=[block()], field="user_preferences"))

    arrive(session, one, one)

    row = the(session, Consent)
    assert (row.category, row.state, row.source, row.proof) == ("marketing", choice, "user_preferences", "asked for it")
    assert number_of(session, Message) == 0


def test_a_choice_that_nobody_knows_makes_nobody(session: Session) -> None:
    (event_id,) = arrive(session, body(change(user_preferences=[preference("maybe")], field="user_preferences")))

    assert (number_of(session, Contact), number_of(session, Consent)) == (0, 0)
    assert state_of(session, event_id) == "done"


def test_what_happens_to_the_account_is_an_alert(session: Session) -> None:
    update_body = {"entry": [{"id": WABA_ID, "changes": [{"field": "account_update", "value": {"event": "BANNED"}}]}]}

    arrive(session, orjson.dumps(update_body), orjson.dumps(update_body))

    alert = the(session, Alert)
    assert (alert.kind, alert.detail, alert.count) == ("account_update", "BANNED", 2)
