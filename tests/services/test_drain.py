"""From raw bodies to rows: what each item leaves, and what happens when one cannot be done."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import psycopg
import pytest
from sqlalchemy import Engine, func, make_url, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.core.config import get_settings
from app.database import conninfo_of, in_transaction, make_engine
from app.models import (
    Alert,
    Channel,
    Consent,
    Contact,
    ContactIdentity,
    ContactMerge,
    Conversation,
    Lane,
    Message,
    MessageEvent,
    WebhookEvent,
)
from app.services import bodies, contacts, webhook_events
from app.services.bodies import DEADLY_BATCHES
from app.services.drain import Drained, Turn, _batch, drain
from tests.builders import make_channel, make_contact, make_conversation, make_identity, make_message, the_channel
from tests.conftest import MakeDatabase
from tests.waiting import eventually, is_blocked
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
    put,
    status,
    the_event,
)

NOW = datetime(2026, 3, 14, 16, 0, tzinfo=UTC)
TURN: dict[str, Any] = {"lane": "intake", "batch_items": 1_000, "now": NOW}
AT_NOON = datetime(2026, 3, 14, 15, 0, tzinfo=UTC)
PHOTO = {"id": "1479537139650973", "mime_type": "image/jpeg", "sha256": "EfBt"}

# A message that no database takes: its id is longer than an index entry may be, and does not compress.
POISON = message(wamid="wamid." + "".join(chr(0x4E00 + (index * 7919) % 20_000) for index in range(9_000)))


def run(lane: str = "intake", *, batch_items: int = 1_000) -> None:
    while drain(lane=lane, batch_items=batch_items, now=NOW):
        pass


def arrive(session: Session, *bodies: bytes, batch_items: int = 1_000) -> list[int]:
    ids = put(session, *bodies)
    run(batch_items=batch_items)
    session.expire_all()
    return ids


def the(session: Session, model: Any) -> Any:
    return session.scalars(select(model)).one()


def every(session: Session, model: Any) -> Sequence[Any]:
    return session.scalars(select(model).order_by(model.id)).all()


def number_of(session: Session, model: Any) -> int:
    return session.scalars(select(func.count()).select_from(model)).one()


def texts(session: Session) -> list[str | None]:
    return list(session.scalars(select(Message.text).order_by(Message.happened_at, Message.whatsapp_message_id)))


def state_of(session: Session, event_id: int) -> str:
    return webhook_events.state_of(the_event(session, event_id))


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


def test_one_wamid_is_one_message_and_the_earliest_is_it(session: Session) -> None:
    late = message("STOP", wamid="wamid.1", bsuid="US.1", at=NOON + 60)
    early = message("hola", wamid="wamid.1", wa_id=BOB, at=NOON)

    arrive(session, body_of(late), body_of(early), body_of(late))

    assert texts(session) == ["hola"]
    assert (the(session, Contact).phone, number_of(session, Consent)) == ("+525512345678", 0)
    assert the(session, Conversation).last_message_text == "hola"


def test_a_batch_takes_every_entry_change_and_item(session: Session) -> None:
    one = body(
        change(messages=[message("1"), message("2", wa_id=BOB)], statuses=[status("sent"), status("read")]),
        change(messages=[message("3")], phone_number_id="999"),
    )
    two = orjson.dumps(
        {"entry": [{"id": "1", "changes": [change(messages=[message("4")])]}, {"id": "2", "changes": []}]}
    )

    ids = arrive(session, one, two)

    assert sorted(row.text for row in every(session, Message)) == ["1", "2", "3", "4"]
    assert [state_of(session, event_id) for event_id in ids] == ["done", "done"]
    assert number_of(session, MessageEvent) == 2


def test_a_body_longer_than_a_batch_is_gone_on_with_where_it_was_left(session: Session) -> None:
    messages = [message(str(number), at=NOON + number) for number in range(7)]
    (event_id,) = put(session, body_of(*messages))

    drain_once(batch_items=3)

    assert (the_event(session, event_id).items_done, texts(session)) == (3, ["0", "1", "2"])
    assert state_of(session, event_id) == "pending"
    run(batch_items=3)
    session.expire_all()
    assert len(texts(session)) == 7
    assert state_of(session, event_id) == "done"


def drain_once(*, batch_items: int = 1_000, lane: str = "intake") -> None:
    """One batch, whatever the time allows."""
    in_transaction(lambda session: bodies.begin(session, lane, "somebody", batch_items=batch_items))
    turn = Turn(lane=lane, batch_items=batch_items, now=NOW, holder="somebody")
    in_transaction(lambda session: _batch(session, turn))


def test_history_takes_the_slow_lane(session: Session) -> None:
    history = orjson.dumps({"entry": [{"id": WABA_ID, "changes": [{"field": "history", "value": {"history": []}}]}]})

    (event_id,) = arrive(session, history)

    assert (the_event(session, event_id).lane, state_of(session, event_id)) == ("history", "pending")
    run("history")
    assert state_of(session, event_id) == "done"


@pytest.mark.parametrize("raw", [b"", b"not json", b"[]", b'{"entry":[{}]}'])
def test_what_is_no_webhook_is_parked_whole(session: Session, raw: bytes) -> None:
    bad, good = arrive(session, raw, body_of(message()))

    event = the_event(session, bad)
    assert (state_of(session, bad), state_of(session, good)) == ("parked", "done")
    assert set(event.parked) == {"*"}
    assert event.error == event.parked["*"]
    assert event.channel_ids == []


def test_an_item_that_cannot_be_read_is_parked_and_the_others_are_applied(session: Session) -> None:
    (event_id,) = arrive(session, body_of(message("1"), message() | {"timestamp": "never"}, message("3")))

    event = the_event(session, event_id)
    assert set(event.parked) == {"1"}
    assert event.channel_ids == [the_channel(session).id]
    assert sorted(filter(None, texts(session))) == ["1", "3"]


def test_an_item_that_the_database_refuses_is_parked_and_the_others_are_applied(session: Session) -> None:
    poisoned, good = arrive(
        session, body_of(message("1"), POISON, message("3"), statuses=[status()]), body_of(message("4"))
    )

    event = the_event(session, poisoned)
    assert set(event.parked) == {"1"}
    assert event.channel_ids == [the_channel(session).id]
    assert event.parked["1"].startswith("OperationalError: index row requires")
    assert sorted(filter(None, texts(session))) == ["1", "3", "4"]
    assert number_of(session, MessageEvent) == 1
    assert state_of(session, good) == "done"


def test_a_parked_item_never_shows_what_the_message_said(session: Session) -> None:
    secret = POISON | {"text": {"body": "my card is 4111 1111"}}

    (event_id,) = arrive(session, body_of(secret))

    event = the_event(session, event_id)
    assert event.parked
    assert "4111" not in str(event.parked) + str(event.error)


def test_a_poisoned_item_leaves_nothing_of_itself_behind(session: Session) -> None:
    arrive(session, body_of(POISON | {"from": BOB}))

    assert number_of(session, Contact) == 0
    assert number_of(session, Conversation) == 0


def test_items_that_failed_in_an_earlier_batch_stay_parked(session: Session) -> None:
    bad = message() | {"timestamp": "never"}
    messages = [bad, message("1"), message("2"), message("3"), bad | {"id": "wamid.2"}]

    (event_id,) = arrive(session, body_of(*messages), batch_items=2)

    assert set(the_event(session, event_id).parked) == {"0", "4"}
    assert number_of(session, Message) == 3


def test_a_replay_does_exactly_the_parked_items_again(session: Session) -> None:
    (event_id,) = arrive(session, body_of(message("1"), message("2"), message("3")))
    # As if the second had failed, and meanwhile the first contact had been deleted.
    session.execute(text("DELETE FROM contacts"))
    session.execute(text("UPDATE webhook_events SET parked = '{\"1\": \"failed\"}', error = 'failed'"))

    webhook_events.replay(session, event_id, now=NOW)
    session.commit()
    run()
    session.expire_all()

    assert texts(session) == ["2"]
    assert state_of(session, event_id) == "done"
    assert the_event(session, event_id).error is None


def test_a_replay_of_what_still_cannot_be_read_parks_it_again(session: Session) -> None:
    (event_id,) = arrive(session, body_of(message("1"), message() | {"timestamp": "never"}))

    webhook_events.replay(session, event_id, now=NOW)
    session.commit()
    run()

    assert set(the_event(session, event_id).parked) == {"1"}
    assert number_of(session, Message) == 1


def test_a_replay_of_a_whole_body_begins_where_it_was_left(session: Session) -> None:
    (event_id,) = put(session, body_of(message("1"), message() | {"timestamp": "never"}, message("3")))
    session.execute(
        update(WebhookEvent).values(items_done=2, parked={"1": "old", "*": "died"}, processed_at=NOW, error="died")
    )
    session.commit()

    webhook_events.replay(session, event_id, now=NOW)
    session.commit()
    run()
    session.expire_all()

    assert texts(session) == ["3"]
    assert set(the_event(session, event_id).parked) == {"1"}


def test_a_body_whose_process_died_again_and_again_is_parked_whole(session: Session) -> None:
    deadly, harmless = put(session, body_of(message("1")), body_of(message("2")))
    session.execute(update(WebhookEvent).where(WebhookEvent.id == deadly).values(attempts=3, parked={"0": "earlier"}))
    session.execute(update(Lane).where(Lane.name == "intake").values(epoch=2))  # batches that never ended
    session.commit()

    run()
    session.expire_all()

    assert set(the_event(session, deadly).parked) == {"0", "*"}
    assert state_of(session, harmless) == "done"
    assert texts(session) == ["2"]
    assert session.get_one(Lane, "intake").epoch == 0


def test_a_batch_whose_process_died_leaves_a_trace_and_is_tried_body_by_body_in_the_end(session: Session) -> None:
    put(session, body_of(message("1")), body_of(message("2")))

    # What a process that is killed in the middle of its batch has committed before.
    seen = [_begin_and_die(session) for _ in range(4)]
    run()
    session.expire_all()

    assert seen == [0, 0, 2, 2]
    assert texts(session) == ["1", "2"]
    assert [event.attempts for event in session.scalars(select(WebhookEvent))] == [1, 1]


def _begin_and_die(session: Session) -> int:
    begun = _begin("somebody")
    session.execute(update(Lane).where(Lane.name == "intake").values(beat_at=Lane.beat_at - timedelta(seconds=2)))
    session.commit()
    assert begun is not None
    return begun


def _begin(holder: str) -> int | None:
    return in_transaction(lambda session: bodies.begin(session, "intake", holder, batch_items=1_000))


def test_several_who_begin_at_once_do_not_take_each_other_for_dead(session: Session) -> None:
    (event_id,) = put(session, body_of(message("1")))

    begun = [_begin(holder) for holder in ("first", "second", "third")]
    done = in_transaction(lambda session: _batch(session, Turn(**TURN, holder="first")))

    assert begun == [0, None, None]
    assert done is Drained.SOME
    assert state_of(session, event_id) == "done"
    assert session.get_one(Lane, "intake").epoch == 0


def test_who_has_begun_waits_for_whoever_only_looks(session: Session, database: Engine) -> None:
    put(session, body_of(message("1")))
    _begin("first")

    with database.connect() as looker, ThreadPoolExecutor(1) as thread:
        looker.execute(text("SELECT FROM lanes WHERE name = 'intake' FOR UPDATE"))
        batch = thread.submit(in_transaction, lambda session: _batch(session, Turn(**TURN, holder="first")))
        eventually(lambda: is_blocked(database))
        looker.rollback()

        assert batch.result() is Drained.SOME


def test_a_batch_whose_bodies_somebody_else_did_has_ended_too(session: Session) -> None:
    put(session, body_of(message("1")))
    _begin("somebody")
    session.execute(update(WebhookEvent).values(processed_at=NOW))
    session.commit()

    done = in_transaction(lambda session: _batch(session, Turn(**TURN, holder="somebody")))

    lane = session.get_one(Lane, "intake")
    assert (done, lane.epoch, lane.holder) == (Drained.NOTHING, 0, None)


def test_who_was_taken_for_dead_does_nothing_when_it_wakes_up(session: Session) -> None:
    (event_id,) = put(session, body_of(message("1")))
    _begin_and_die(session)
    _begin("the next")

    done = in_transaction(lambda session: _batch(session, Turn(**TURN, holder="somebody")))
    alone = in_transaction(lambda session: bodies.count_attempt(session, event_id, "intake", "somebody"))

    assert (done, alone) == (Drained.BUSY, None)
    assert state_of(session, event_id) == "pending"


def test_only_the_bodies_of_the_deadly_batch_are_tried_alone_however_many_wait(session: Session) -> None:
    put(session, *(body_of(message(str(number))) for number in range(6)))
    session.execute(update(Lane).where(Lane.name == "intake").values(epoch=2))
    session.commit()

    run(batch_items=2)
    session.expire_all()

    handled_alone = [event.attempts for event in session.scalars(select(WebhookEvent).order_by(WebhookEvent.id))]
    assert handled_alone == [1, 1, 0, 0, 0, 0]
    assert session.get_one(Lane, "intake").epoch == 0


def test_a_batch_that_ends_leaves_no_trace(session: Session) -> None:
    arrive(session, body_of(message("1")))

    assert session.get_one(Lane, "intake").epoch == 0
    assert the(session, WebhookEvent).attempts == 0


def test_faults_of_locks_count_against_nobody(session: Session, database: Engine) -> None:
    (event_id,) = put(session, body_of(message("1")))
    with database.connect() as other:
        other.execute(text("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(OperationalError):
            drain(lane="intake", batch_items=1_000, now=NOW)
        other.rollback()

    event = the_event(session, event_id)
    assert (event.attempts, event.parked, event.processed_at) == (0, {}, None)
    assert session.get_one(Lane, "intake").epoch == 0
    run()
    assert state_of(session, event_id) == "done"


def test_a_database_that_goes_away_makes_no_batch_suspicious(make_database: MakeDatabase, database_server: str) -> None:
    address = make_database(prepared=True)
    name = make_url(address).database
    ours = make_engine(get_settings().model_copy(update={"database_url": address}))
    with Session(ours) as session:
        (event_id,) = put(session, body_of(message("1")))

    with psycopg.connect(conninfo_of(database_server), autocommit=True) as server:
        for _ in range(DEADLY_BATCHES + 1):
            other = psycopg.connect(conninfo_of(address))
            other.execute("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE")
            batch = Cut(ours)
            batch.start()
            eventually(lambda: is_blocked(ours))
            server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
            server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            batch.join()
            other.close()
            assert isinstance(batch.error, OperationalError)
            server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())

    drain(lane="intake", batch_items=1_000, now=NOW, bind=ours)

    with Session(ours) as session:
        event = the_event(session, event_id)
        assert (state_of(session, event_id), event.attempts) == ("done", 0)
    ours.dispose()


class Cut(threading.Thread):
    """A drain that does not come to its end."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine = engine
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            drain(lane="intake", batch_items=1_000, now=NOW, bind=self._engine)
        except Exception as error:
            self.error = error


def test_faults_of_locks_while_bodies_are_done_alone_count_against_nobody(session: Session, database: Engine) -> None:
    (event_id,) = put(session, body_of(message("1")))
    session.execute(update(Lane).where(Lane.name == "intake").values(epoch=9))
    session.commit()
    with database.connect() as other:
        other.execute(text("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(OperationalError):
            drain(lane="intake", batch_items=1_000, now=NOW)
        other.rollback()

    assert the_event(session, event_id).attempts == 0


def test_a_batch_that_is_rolled_back_leaves_nothing_half_done(session: Session, database: Engine) -> None:
    (event_id,) = put(session, body_of(message("1"), statuses=[status()]))

    _begin("somebody")
    with Session(database) as dying:
        assert _batch(dying, Turn(**TURN, holder="somebody")) is Drained.SOME
        dying.rollback()

    for model in (Contact, ContactIdentity, Conversation, Message, MessageEvent):
        assert number_of(session, model) == 0
    assert state_of(session, event_id) == "pending"


def test_whoever_does_not_have_the_lane_does_nothing(session: Session, database: Engine) -> None:
    (event_id,) = put(session, body_of(message("1")))
    with database.connect() as other:
        other.execute(text("SELECT FROM lanes WHERE name = 'intake' FOR UPDATE"))

        more = drain(lane="intake", batch_items=1_000, now=NOW)

        other.rollback()
    assert not more
    assert state_of(session, event_id) == "pending"
    assert the_event(session, event_id).attempts == 0


def test_two_drainers_at_once_store_everything_once(session: Session) -> None:
    sent = [
        body_of(message(str(n), wamid=f"wamid.{n}", wa_id=f"1650555{n % 9:04}"), statuses=[status()]) for n in range(60)
    ]
    put(session, *sent, *sent)
    drainers = [threading.Thread(target=run, kwargs={"batch_items": 7}) for _ in range(2)]

    for drainer in drainers:
        drainer.start()
    for drainer in drainers:
        drainer.join()
    run()

    assert number_of(session, Message) == 60
    assert number_of(session, Contact) == 9
    assert {webhook_events.state_of(event) for event in session.scalars(select(WebhookEvent))} == {"done"}


def test_a_number_that_nobody_claimed_is_stored_and_waits(session: Session) -> None:
    arrive(session, body(change(messages=[message("hola")], phone_number_id="777"), waba_id="555"))

    channel = session.scalars(select(Channel).where(Channel.phone_number_id == "777")).one()
    assert (channel.state, channel.waba_id, channel.display_number) == ("unclaimed", "555", "15550783881")
    assert the(session, Message).channel_id == channel.id


def test_messages_of_a_number_are_counted_for_its_rate(session: Session) -> None:
    arrive(session, body_of(message(), message(), statuses=[status()]))

    assert the_channel(session).received == 2


def test_a_status_that_comes_before_its_message_waits_for_it(session: Session) -> None:
    arrive(session, body(change(statuses=[status("read", wamid="wamid.unknown")])))

    event = the(session, MessageEvent)
    assert (event.message_id, event.status, event.at) == (None, "read", AT_NOON)


def test_a_status_joins_the_message_of_its_wamid(session: Session) -> None:
    ours = _accepted(session, "wamid.ours")

    arrive(
        session, body(change(statuses=[status("delivered", wamid="wamid.ours"), status("sent", wamid="wamid.ours")]))
    )

    session.refresh(ours)
    assert (ours.status, ours.delivered_at, ours.sent_at) == ("delivered", AT_NOON, AT_NOON)
    assert {event.message_id for event in every(session, MessageEvent)} == {ours.id}


def test_a_status_that_names_an_inbound_message_moves_nothing(session: Session) -> None:
    arrive(session, body_of(message(wamid="wamid.1"), statuses=[status("failed", wamid="wamid.1")]))

    assert the(session, Message).status == "delivered"
    assert the(session, MessageEvent).message_id is None


def test_the_same_report_is_kept_once(session: Session) -> None:
    report = body(change(statuses=[status("sent"), status("sent"), status("read")]))

    arrive(session, report, report)

    assert sorted(event.status for event in every(session, MessageEvent)) == ["read", "sent"]


@pytest.mark.parametrize("turn", [1, -1])
def test_of_two_reports_of_one_moment_the_fuller_is_kept(session: Session, turn: int) -> None:
    bare, full = status(), status(pricing={"billable": True}, biz_opaque_callback_data="job-42")

    arrive(session, *(body(change(statuses=[one])) for one in [bare, full][::turn]))
    arrive(session, body(change(statuses=[bare, full][::turn])))

    event = the(session, MessageEvent)
    assert (event.echo, event.pricing, event.report) == ("job-42", {"billable": True}, full)


def _accepted(session: Session, wamid: str) -> Message:
    ours = make_message(session, direction="outbound", dispatch="done", whatsapp_message_id=wamid, attempt=1)
    session.execute(
        text("""
            INSERT INTO send_attempts (message_id, attempt, channel_id, contact_id, epoch, claimed_at, dead_at, outcome,
                wamid) VALUES (:message, 1, :channel, :contact, 1, now(), now(), 'accepted', :wamid)
        """),
        {"message": ours.id, "channel": ours.channel_id, "contact": ours.contact_id, "wamid": wamid},
    )
    session.commit()
    return ours


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


def test_bodies_of_megabytes_are_taken_a_few_at_a_time(session: Session) -> None:
    large = "x" * (3 * 1024 * 1024)
    put(session, *(body_of(message(str(n), text={"body": large}, at=NOON + n)) for n in range(4)))

    drain_once()

    assert 0 < number_of(session, Message) < 4
    run()
    assert number_of(session, Message) == 4
