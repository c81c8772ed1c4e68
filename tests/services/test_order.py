"""Facts are a function of the set of webhooks: no order, repetition or batching leaves a trace.

Streams are drawn from few people, numbers, ids and seconds, so that they collide as often as they can: numbers and
BSUIDs missing, changed and handed on, wamids shared, edits and reports before what they are about.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.services import arrivals
from app.services.drain import drain
from app.whatsapp.inbound import parse
from tests.clean_slate import CleanSlate
from tests.webhooks import NOON, PHONE_NUMBER_ID, Json, block, body, change, message, preference, put, status

CASES = 2_000 if os.environ.get("CI") else 60
ARRANGEMENTS = 5  # of each stream: to make a stream takes longer than to put it in another order
NOW = datetime(2026, 3, 14, 16, 0, tzinfo=UTC)

OTHER_NUMBER = "106540352249999"  # of nobody yet: unclaimed
# Two writings of one Mexican number, and three more numbers.
WA_IDS = ["5215512345678", "525512345678", "16505551234", "16505551235", "5511987654321"]
BSUIDS = ["US.1", "US.2", "MX.3", "MX.4"]
PARENTS = ["US.ENT.1", "US.ENT.2"]
WORDS = ["hola", "STOP", "start", "baja", "gracias"]


@dataclass(frozen=True)
class Piece:
    """One item with all that a body must say beside it."""

    phone_number_id: str
    kind: str
    item: Json
    contacts: tuple[Json, ...] = ()

    def change(self) -> Json:
        return change(contacts=self.contacts, phone_number_id=self.phone_number_id, **{self.kind: [self.item]})


numbers = st.sampled_from([PHONE_NUMBER_ID, PHONE_NUMBER_ID, OTHER_NUMBER])
seconds = st.integers(min_value=0, max_value=6).map(lambda offset: NOON + offset)
wamids = st.integers(min_value=0, max_value=11).map(lambda number: f"wamid.{number}")
reported_wamids = st.sampled_from(["wamid.0", "wamid.of another tool"])
wa_ids = st.sampled_from(WA_IDS)
bsuids = st.sampled_from(BSUIDS)


@st.composite
def senders(draw: st.DrawFn) -> tuple[str | None, str | None, tuple[Json, ...]]:
    both, number, id_ = st.tuples(wa_ids, bsuids), st.tuples(wa_ids, st.none()), st.tuples(st.none(), bsuids)
    wa_id, bsuid = draw(st.one_of(both, number, id_))
    if not draw(st.booleans()):
        return wa_id, bsuid, ()
    names = draw(st.sampled_from(["Ana", "Ana L.", None]))
    entry = block(wa_id, bsuid=bsuid, name=names)
    if draw(st.integers(0, 4)) == 0:
        entry["parent_user_id"] = draw(st.sampled_from(PARENTS))
    if names and draw(st.booleans()):
        entry["profile"]["username"] = draw(st.sampled_from(["ana.lima", "ana2"]))
    return wa_id, bsuid, (entry,)


@st.composite
def spoken(draw: st.DrawFn) -> Piece:
    wa_id, bsuid, contacts = draw(senders())
    kind = draw(st.sampled_from(["text", "text", "text", "image", "reaction", "edit", "revoke", "referral"]))
    content: Json = {"text": {"body": draw(st.sampled_from(WORDS))}}
    if kind == "image":
        content = {"image": {"id": "1", "caption": "look"}}
    elif kind == "reaction":
        content = {"reaction": {"message_id": draw(wamids), "emoji": "👍"}}
    elif kind == "edit":
        edited = {"type": "text", "text": {"body": draw(st.sampled_from(WORDS))}}
        content = {"edit": {"original_message_id": draw(wamids), "message": edited}}
    elif kind == "revoke":
        content = {"revoke": {"original_message_id": draw(wamids)}}
    elif kind == "referral":
        kind, content = "text", content | {"referral": {"source_type": "ad"}}
    item = message(wa_id=wa_id, bsuid=bsuid, wamid=draw(wamids), at=draw(seconds), type=kind, **content)
    return Piece(draw(numbers), "messages", item, contacts)


@st.composite
def changed(draw: st.DrawFn) -> Piece:
    wa_id, bsuid, _ = draw(senders())
    kind = draw(st.sampled_from(["user_changed_number", "user_changed_user_id", "customer_identity_changed"]))
    system: Json = {"type": kind, "body": "changed"}
    if kind == "user_changed_number":
        system["wa_id"] = draw(wa_ids)
    if draw(st.booleans()) or kind == "user_changed_user_id":
        system["user_id"] = draw(bsuids)
    if draw(st.booleans()):
        system["previous_user_id"] = draw(bsuids)
    item = message(wa_id=wa_id, bsuid=bsuid, wamid=draw(wamids), at=draw(seconds), type="system", system=system)
    return Piece(draw(numbers), "messages", item)


@st.composite
def reported(draw: st.DrawFn) -> Piece:
    kind = draw(st.sampled_from(["sent", "read", "failed"]))
    echo = draw(st.sampled_from([None, "job-42", "hilo:00000000-0000-0000-0000-000000000000:1:1"]))
    more = {"biz_opaque_callback_data": echo} if echo else {}
    item = status(kind, wamid=draw(reported_wamids), at=NOON + draw(st.integers(0, 1)), **more)
    return Piece(draw(numbers), "statuses", item)


@st.composite
def preferred(draw: st.DrawFn) -> Piece:
    wa_id, bsuid, contacts = draw(senders())
    value = draw(st.sampled_from(["stop", "resume", "signup", "something new"]))
    more = {"user_id": bsuid} if bsuid else {}
    return Piece(draw(numbers), "user_preferences", preference(value, wa_id=wa_id, at=draw(seconds), **more), contacts)


pieces = st.one_of(spoken(), spoken(), spoken(), changed(), reported(), preferred())
streams = st.lists(pieces, min_size=2, max_size=12)


@st.composite
def arranged(draw: st.DrawFn, stream: Sequence[Piece]) -> tuple[list[bytes], list[int]]:
    """The same pieces in another order, some repeated, in other bodies; and where the batches are cut."""
    repeated = draw(st.lists(st.sampled_from(stream), max_size=4))
    order = draw(st.permutations([*stream, *repeated]))
    bodies: list[list[Piece]] = [[]]
    for piece in order:
        if bodies[-1] and draw(st.booleans()):
            bodies.append([])
        bodies[-1].append(piece)
    bodies += draw(st.lists(st.sampled_from(bodies), max_size=2))
    sizes = draw(st.lists(st.integers(min_value=1, max_value=6), min_size=1, max_size=4))
    return [body(*(piece.change() for piece in one)) for one in bodies], sizes


@pytest.fixture(scope="module")
def engine(slate: CleanSlate) -> Engine:
    slate.wipe()
    return slate.engine


@pytest.mark.long
@pytest.mark.timeout(1800)
@settings(max_examples=CASES // ARRANGEMENTS)
@given(data=st.data())
def test_any_arrangement_of_a_stream_gives_the_same_facts(engine: Engine, data: st.DataObject) -> None:
    stream = data.draw(streams)
    in_order = sorted(stream, key=lambda piece: int(piece.item["timestamp"]))
    arrangements = [data.draw(arranged(stream)) for _ in range(ARRANGEMENTS)]

    expected = _facts_after(engine, [body(*(piece.change() for piece in in_order))], [1_000])

    for bodies, sizes in arrangements:
        assert _facts_after(engine, bodies, sizes) == expected


@pytest.mark.timeout(900)
@settings(max_examples=max(10, CASES // 50))
@given(data=st.data())
def test_so_it_is_through_the_drain(slate: CleanSlate, data: st.DataObject) -> None:
    slate.wipe()  # of the example before, and of whatever ran before all
    stream = data.draw(streams)
    bodies, sizes = data.draw(arranged(stream))
    expected = _facts_after(slate.engine, [body(*(piece.change() for piece in stream))], [1_000])

    with Session(slate.engine) as session:
        put(session, *bodies)
    while drain(lane="intake", batch_items=sizes[0], now=NOW, bind=slate.engine):
        pass
    with Session(slate.engine) as session:
        found = facts(session)
        parked = session.execute(text("SELECT count(*) FROM webhook_events WHERE parked <> '{}'")).scalar_one()

    assert found == expected
    assert parked == 0


def _facts_after(engine: Engine, bodies: Sequence[bytes], sizes: Sequence[int]) -> dict[str, Any]:
    """What the database holds after these bodies; nothing of it stays."""
    items = [item for one in bodies for item in parse(one).items]
    with Session(engine) as session:
        turn = 0
        while items:
            size = sizes[turn % len(sizes)]
            batch, items, turn = items[:size], items[size:], turn + 1
            arrivals.apply(session, batch, now=NOW)
        found = facts(session)
        session.rollback()
    return found


FACTS = """
    WITH person AS (
        SELECT c.id, c.profile_name, c.username, c.phone,
            COALESCE(
                (SELECT string_agg(i.kind || '=' || i.value, ' ' ORDER BY i.kind, i.value)
                 FROM contact_identities i WHERE i.contact_id = c.id),
                -- Somebody whose number is another's by now.
                (SELECT 'wrote ' || string_agg(m.whatsapp_message_id || '@' || h.phone_number_id, ' '
                                               ORDER BY m.whatsapp_message_id, h.phone_number_id)
                 FROM messages m JOIN channels h ON h.id = m.channel_id WHERE m.contact_id = c.id),
                (SELECT 'chose ' || min(k.source_key) FROM consents k WHERE k.contact_id = c.id),
                'nobody') AS who
        FROM contacts c
    )
    SELECT jsonb_build_object(
        'contacts', (SELECT jsonb_agg(jsonb_build_array(who, profile_name, username, phone) ORDER BY who)
                     FROM person),
        'conversations', (
            SELECT jsonb_agg(row ORDER BY row) FROM (
                SELECT jsonb_build_array(p.who, h.phone_number_id, (
                    SELECT count(*) FROM messages m WHERE m.conversation_id = v.id AND m.direction = 'inbound'
                        AND m.happened_at > COALESCE(v.read_until, '-infinity'))
                ) || jsonb_build_array(to_jsonb(v) - '{id,channel_id,contact_id,created_at,updated_at}'::text[]) AS row
                FROM conversations v JOIN person p ON p.id = v.contact_id JOIN channels h ON h.id = v.channel_id
            ) AS rows),
        'messages', (
            SELECT jsonb_agg(row ORDER BY row) FROM (
                SELECT jsonb_build_array(m.whatsapp_message_id, h.phone_number_id, p.who, p.id = v.contact_id,
                    to_jsonb(m) - '{id,channel_id,contact_id,conversation_id,created_at,due_at,trace}'::text[]) AS row
                FROM messages m JOIN person p ON p.id = m.contact_id JOIN channels h ON h.id = m.channel_id
                JOIN conversations v ON v.id = m.conversation_id AND v.channel_id = m.channel_id
            ) AS rows),
        'events', (
            SELECT jsonb_agg(row ORDER BY row) FROM (
                SELECT jsonb_build_array(e.whatsapp_message_id, h.phone_number_id,
                    to_jsonb(e) - '{id,channel_id,received_at}'::text[]) AS row
                FROM message_events e JOIN channels h ON h.id = e.channel_id
            ) AS rows),
        'consents', (
            SELECT jsonb_agg(row ORDER BY row) FROM (
                SELECT jsonb_build_array(p.who, CASE WHEN k.source = 'keyword' THEN (
                        SELECT h.phone_number_id || substr(k.source_key, strpos(k.source_key, ':')) FROM channels h
                        WHERE h.id = CAST(split_part(k.source_key, ':', 1) AS bigint)) ELSE k.source_key END,
                    to_jsonb(k) - '{id,contact_id,source_key,created_at}'::text[]) AS row
                FROM consents k JOIN person p ON p.id = k.contact_id
            ) AS rows),
        'channels', (SELECT jsonb_agg(jsonb_build_array(phone_number_id, state) ORDER BY phone_number_id) FROM channels)
    )
"""


def facts(session: Session) -> dict[str, Any]:
    """All that webhooks say, under natural keys: a person is called by their identities, or by what they wrote."""
    found: dict[str, Any] = session.execute(text(FACTS)).scalar_one()
    assert all(who != "nobody" for who, *_ in found["contacts"] or [])
    return found
