"""Bodies taken apart: every type that we know of, and everything that a body should not be."""

import json
from datetime import UTC, datetime
from typing import Any, TypeVar

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.whatsapp.inbound import (
    Item,
    MessageItem,
    NoticeItem,
    NumberChange,
    PreferenceItem,
    StatusItem,
    Unreadable,
    UnreadableBody,
    parse,
)
from tests.webhooks import ALICE, NOON, PHONE_NUMBER_ID, Json, block, body, body_of, change, message, preference, status

Kind = TypeVar("Kind", bound=Item)
PHOTO = {"id": "1479537139650973", "mime_type": "image/jpeg", "sha256": "EfBt", "url": "https://lookaside.example/1"}


def items(raw: bytes) -> list[Item]:
    return parse(raw).items


def only(kind: type[Kind], raw: bytes) -> Kind:
    (item,) = items(raw)
    assert isinstance(item, kind), item
    return item


def raw_of(value: Any, *, field: Any = "messages") -> bytes:
    return orjson.dumps({"entry": [{"id": "waba", "changes": [{"field": field, "value": value}]}]})


def with_metadata(**lists: Any) -> Json:
    return {"metadata": {"phone_number_id": PHONE_NUMBER_ID}} | lists


# What was sent, and what a person would read and search for.
INBOUND: dict[str, tuple[Json, str | None]] = {
    "text": ({"text": {"body": "¿Tienen café de olla?"}}, "¿Tienen café de olla?"),
    "image": ({"image": PHOTO | {"caption": "the broken cup"}}, "the broken cup"),
    "audio": ({"audio": PHOTO | {"mime_type": "audio/ogg; codecs=opus", "voice": True}}, None),
    "video": ({"video": PHOTO}, None),
    "document": ({"document": PHOTO | {"filename": "factura.pdf"}}, "factura.pdf"),
    "sticker": ({"sticker": PHOTO | {"animated": False}}, None),
    "location": ({"location": {"latitude": 19.4, "longitude": -99.1, "name": "Casa de Ana"}}, "Casa de Ana"),
    "contacts": (
        {"contacts": [{"name": {"formatted_name": "Ana Lima"}}, {"name": {"formatted_name": "Beto"}}, "?", {}]},
        "Ana Lima, Beto",
    ),
    "button": ({"button": {"payload": "CONFIRM", "text": "Sí, confirmo"}}, "Sí, confirmo"),
    "interactive": (
        {"interactive": {"type": "button_reply", "button_reply": {"id": "b1", "title": "Precio"}}},
        "Precio",
    ),
    "reaction": ({"reaction": {"message_id": "wamid.1", "emoji": "👍"}}, "👍"),
    "order": (
        {
            "order": {
                "catalog_id": "c1",
                "text": "para llevar",
                "product_items": [{"product_retailer_id": "p1", "quantity": 2, "item_price": 45, "currency": "MXN"}],
            }
        },
        "para llevar",
    ),
    "system": ({"system": {"type": "customer_identity_changed", "body": "Ana changed phones"}}, "Ana changed phones"),
    "edit": (
        {"edit": {"original_message_id": "wamid.1", "message": {"type": "text", "text": {"body": "I meant two"}}}},
        "I meant two",
    ),
    "revoke": ({"revoke": {"original_message_id": "wamid.1"}}, None),
    "unsupported": ({"unsupported": {"type": "poll_creation"}, "errors": [{"code": 131051}]}, None),
    "hologram": ({"hologram": {"of": "nothing that we know"}}, None),
}


@pytest.mark.parametrize("kind", INBOUND)
def test_every_type_keeps_its_content_and_reads_well(kind: str) -> None:
    content, expected = INBOUND[kind]

    item = only(MessageItem, body_of(message(type=kind, wamid="wamid.7", **content)))

    assert (item.type, item.wamid, item.content) == (kind, "wamid.7", {"type": kind} | content)
    assert item.text == expected
    assert item.at == datetime(2026, 3, 14, 15, 0, tzinfo=UTC)
    assert (item.sender.wa_id, item.sender.phone) == (ALICE, "+16505551234")


@pytest.mark.parametrize(
    ("interactive", "expected"),
    [
        ({"type": "button_reply", "button_reply": {"id": "b1", "title": "Precio"}}, ("Precio", "b1")),
        ({"type": "list_reply", "list_reply": {"id": "m1", "title": "Pasta", "description": "…"}}, ("Pasta", "m1")),
        (
            {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent", "response_json": '{"a":1}'}},
            ("Sent", None),
        ),
        ({"type": "call_permission_reply", "call_permission_reply": {"response": "accept"}}, (None, None)),
        ({"type": "product"}, (None, None)),
        ({"type": ["product"]}, (None, None)),
        ({}, (None, None)),
    ],
)
def test_an_answer_to_buttons_and_lists_carries_title_and_payload(interactive: Json, expected: object) -> None:
    item = only(MessageItem, body_of(message(type="interactive", interactive=interactive)))

    assert (item.text, item.payload) == expected


def test_a_tapped_quick_reply_carries_its_payload_and_what_it_answers() -> None:
    context = {"from": "15550783881", "id": "wamid.ours"}
    tapped = message(type="button", button={"payload": "CONFIRM", "text": "Sí"}, context=context)

    item = only(MessageItem, body_of(tapped))

    assert (item.payload, item.context_id) == ("CONFIRM", "wamid.ours")


@pytest.mark.parametrize("removed", [{"message_id": "wamid.1"}, {"message_id": "wamid.1", "emoji": ""}])
def test_a_removed_reaction_has_no_text(removed: Json) -> None:
    assert only(MessageItem, body_of(message(type="reaction", reaction=removed))).text is None


@pytest.mark.parametrize(("kind", "amended"), [("edit", "wamid.1"), ("revoke", "wamid.1"), ("text", None)])
def test_only_an_edit_or_a_revoke_amends(kind: str, amended: str | None) -> None:
    item = only(MessageItem, body_of(message(type=kind, **{kind: {"original_message_id": "wamid.1"}})))

    assert item.amends == amended


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        (
            {"type": "user_changed_number", "wa_id": "5215512345678"},
            NumberChange(new_phone="+525512345678", new_bsuid=None, old_bsuid=None),
        ),
        (
            {"type": "user_changed_number", "new_wa_id": "12195555358", "user_id": "US.2", "previous_user_id": "US.1"},
            NumberChange(new_phone="+12195555358", new_bsuid="US.2", old_bsuid="US.1"),
        ),
        (
            {"type": "user_changed_user_id", "user_id": "US.2", "previous_user_id": "US.1", "wa_id": "12195555358"},
            NumberChange(new_phone=None, new_bsuid="US.2", old_bsuid="US.1"),
        ),
        (
            {"type": "user_changed_number", "wa_id": "no number"},
            NumberChange(new_phone=None, new_bsuid=None, old_bsuid=None),
        ),
        ({"type": "customer_identity_changed", "wa_id": "12195555358"}, None),
        ({"type": ["user_changed_number"]}, None),
        ({}, None),
        ([], None),
        (None, None),
    ],
)
def test_a_system_message_tells_who_somebody_is_now(system: Any, expected: NumberChange | None) -> None:
    assert only(MessageItem, body_of(message(type="system", system=system))).change == expected


@pytest.mark.parametrize("missing", [{}, {"from": None}, {"from": ""}])
def test_a_message_without_a_number_has_its_business_scoped_id(missing: Json) -> None:
    item = only(MessageItem, body_of(message(wa_id=None, bsuid="US.1", **missing, text={"body": "hola"})))

    assert (item.sender.wa_id, item.sender.phone, item.sender.bsuid) == (None, None, "US.1")


def test_what_the_body_says_of_its_sender_is_added() -> None:
    ana = block(ALICE, bsuid="US.1", name="Ana", parent_user_id="US.ENT.1")
    ana["profile"]["username"] = "ana.lima"
    others = [block("16505559999", bsuid="US.9"), "junk", None]

    (first, second) = items(body(change(messages=[message(), message(wa_id="1999999")], contacts=[*others, ana])))

    assert isinstance(first, MessageItem)
    assert isinstance(second, MessageItem)
    assert (first.sender.bsuid, first.sender.parent_bsuid) == ("US.1", "US.ENT.1")
    assert first.sender.profile == {"name": "Ana", "username": "ana.lima"}
    assert (second.sender.bsuid, second.sender.profile) == (None, None)


def test_a_number_that_two_people_in_the_body_share_lends_nobody_the_others_id() -> None:
    contacts = [block(ALICE, bsuid="US.1", name="Ana"), block(ALICE, bsuid="US.2", name="Beto")]
    known, unknown = message(bsuid="US.2"), message()

    (first, second) = items(body(change(messages=[known, unknown], contacts=contacts)))

    assert isinstance(first, MessageItem)
    assert isinstance(second, MessageItem)
    assert (first.sender.bsuid, first.sender.profile) == ("US.2", {"name": "Beto"})
    assert (second.sender.bsuid, second.sender.profile) == (None, None)


def test_a_message_that_names_nobody_is_the_one_persons_of_whom_the_body_speaks() -> None:
    item = only(MessageItem, body_of(message(wa_id=None), contacts=[block(None, bsuid="US.1")]))

    assert item.sender.bsuid == "US.1"


def test_the_fuller_of_two_bodies_with_one_wamid_comes_first() -> None:
    bare = only(MessageItem, body_of(message(wamid="wamid.1")))
    full = only(MessageItem, body_of(message(wamid="wamid.1"), contacts=[block(bsuid="US.1")]))

    assert full.digest < bare.digest


@pytest.mark.parametrize("kind", ["sent", "delivered", "read", "played", "failed", "levitated"])
def test_every_kind_of_report_is_an_item(kind: str) -> None:
    pricing = {"billable": True, "pricing_model": "PMP", "category": "utility"}
    report = status(kind, biz_opaque_callback_data="job-42", pricing=pricing, errors=[{"code": 131047}, "junk"])

    item = only(StatusItem, body(change(statuses=[report])))

    assert (item.wamid, item.status, item.echo, item.pricing) == ("wamid.out1", kind, "job-42", pricing)
    assert item.errors == [{"code": 131047}]
    assert item.report == report
    assert item.participant == ""


def test_a_report_of_a_group_names_the_participant() -> None:
    report = status(recipient_type="group", recipient_participant_id="16505551234")

    assert only(StatusItem, body(change(statuses=[report]))).participant == "16505551234"


@pytest.mark.parametrize("value", ["stop", "resume", "signup", "maybe"])
def test_a_preference_is_an_item_with_a_key_of_its_own(value: str) -> None:
    item = only(PreferenceItem, body(change(user_preferences=[preference(value)], field="user_preferences")))

    assert (item.category, item.value, item.sender.phone, item.detail) == (
        "marketing",
        value,
        "+16505551234",
        "asked for it",
    )
    again = only(PreferenceItem, body(change(user_preferences=[preference(value)], field="user_preferences")))
    later = only(PreferenceItem, body(change(user_preferences=[preference(value, at=NOON + 1)])))
    assert item.key == again.key != later.key


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("account_update", {"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": "SPAM"}}),
        ("account_alerts", {"entity_type": "BUSINESS", "alert_info": {"alert_type": "OBA_APPROVED"}}),
        ("message_template_status_update", {"event": "REJECTED", "message_template_id": 594425479261596}),
        ("phone_number_quality_update", {"display_phone_number": "15550783881", "event": "FLAGGED"}),
        ("smb_message_echoes", with_metadata(message_echoes=[message()])),
        ("standby", with_metadata(messages=[message()])),
        ("something_new", {"anything": [1, None, "two"]}),
        ("messages", with_metadata(errors=[{"code": 130429}])),
        ("messages", with_metadata()),
        ("messages", {}),
        ("messages", {"metadata": "none", "messages": "none"}),
    ],
)
def test_what_is_about_no_message_is_kept_as_a_notice(field: str, value: Json) -> None:
    item = only(NoticeItem, raw_of(value, field=field))

    assert (item.field, item.waba_id, item.value) == (field, "waba", value)


def test_a_history_body_says_so() -> None:
    history = {"history": [{"metadata": {"phase": 0, "chunk_order": 1, "progress": 55}, "threads": []}]}

    assert parse(raw_of(with_metadata(**history), field="history")).is_history
    assert not parse(body_of(message())).is_history


def test_every_entry_change_and_item_counts_and_messages_come_first() -> None:
    first = change(statuses=[status(wamid="s1"), status(wamid="s2")], messages=[message(wamid="m1")])
    second = change(messages=[message(wamid="m2"), message(wamid="m3")], phone_number_id="2")
    entries = [{"id": "1", "changes": [first, second]}, {"id": "2", "changes": [change(statuses=[status(wamid="s3")])]}]

    found = items(orjson.dumps({"entry": [*entries, {"id": "3", "changes": []}]}))

    assert [getattr(item, "wamid", None) for item in found] == ["m1", "s1", "s2", "m2", "m3", "s3"]
    assert [item.number.phone_number_id for item in found if isinstance(item, MessageItem)] == [
        PHONE_NUMBER_ID,
        "2",
        "2",
    ]


def test_a_field_that_stands_beside_the_changes_counts_too() -> None:
    entry = {"id": "1", "field": "messages", "changes": [{"value": with_metadata(messages=[message()])}]}

    assert isinstance(items(orjson.dumps({"entry": [entry]}))[0], MessageItem)


BAD_MESSAGES: list[Any] = [
    None,
    0,
    "text",
    [],
    {},
    message(wa_id=None),
    message(wa_id="not a number"),
    message() | {"id": ""},
    message() | {"id": None},
    message() | {"id": {"wamid": "1"}},
    message() | {"timestamp": ""},
    message() | {"timestamp": None},
    message() | {"timestamp": "yesterday"},
    message() | {"timestamp": "-1"},
    message() | {"timestamp": "0"},
    message() | {"timestamp": "9" * 12},
    message() | {"timestamp": "9" * 30},
    message() | {"timestamp": [NOON]},
    message() | {"timestamp": True},
    {key: value for key, value in message().items() if key != "timestamp"},
    {key: value for key, value in message().items() if key != "id"},
]


@pytest.mark.parametrize("bad", BAD_MESSAGES, ids=repr)
def test_a_message_that_cannot_be_read_harms_no_other(bad: Any) -> None:
    found = items(raw_of(with_metadata(messages=[message(wamid="m1"), bad, message(wamid="m2")], statuses=[status()])))

    assert [type(item) for item in found] == [MessageItem, Unreadable, MessageItem, StatusItem]
    unreadable = found[1]
    assert isinstance(unreadable, Unreadable)
    assert unreadable.phone_number_id == PHONE_NUMBER_ID
    assert unreadable.error.startswith("messages: ")


@pytest.mark.parametrize(
    "bad",
    [None, {}, status() | {"status": ""}, status() | {"status": None}, status() | {"id": 1.5}, {"id": "w"}],
    ids=repr,
)
def test_a_report_that_cannot_be_read_harms_no_other(bad: Any) -> None:
    found = items(raw_of(with_metadata(statuses=[bad, status()], user_preferences=[{"value": "stop"}])))

    assert [type(item) for item in found] == [Unreadable, Unreadable, StatusItem]


def test_items_that_came_to_no_number_are_not_lost_in_silence() -> None:
    item = only(Unreadable, raw_of({"messages": [message()]}))

    assert item.phone_number_id is None


ODD_MESSAGES: list[Json] = [
    message(type="text", text=None),
    message(type="text", text=["hola"]),
    message(type="text", text={"body": {"hola": 1}}),
    message(type="text", text={"body": 12}),
    message(type="contacts", contacts={"name": 1}),
    message(type="contacts", contacts=[{"name": {"formatted_name": 12}}]),
    message(type="edit", edit={"message": []}),
    message(type="interactive", interactive=[]),
    message(type="interactive", interactive={"type": "button_reply", "button_reply": "Precio"}),
    message(context=["wamid.1"], text={"body": "hola"}),
    message(context={"forwarded": True}, text={"body": "hola"}),
    message(type="order", order={"product_items": [{"quantity": 10**30}]}),
    message() | {"type": None},
    message() | {"type": ""},
    message() | {"type": ["text"]},
    message() | {"timestamp": NOON},
    message() | {"from": 16505551234},
]


@pytest.mark.parametrize("odd", ODD_MESSAGES, ids=repr)
def test_content_of_the_wrong_shape_is_still_a_message(odd: Json) -> None:
    item = only(MessageItem, json.dumps({"entry": [{"changes": [change(messages=[odd])]}]}).encode())

    assert item.sender.phone == "+16505551234"
    orjson.dumps(item.content)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (b"nul \\u0000 inside", "nul \ufffd inside"),
        (b"half \\ud83d of a pair", "half ? of a pair"),
        (b"the other \\ude00 half", "the other ? half"),
        (b"whole \\ud83d\\ude00 pair", "whole 😀 pair"),
        (b"broken \xff\xfe bytes", "broken \ufffd\ufffd bytes"),
    ],
)
def test_what_postgresql_cannot_store_is_replaced(written: bytes, read: str) -> None:
    raw = body_of(message("HERE")).replace(b"HERE", written)

    assert only(MessageItem, raw).text == read


@pytest.mark.parametrize("number", [b"1e400", b"-1e400", b"1" * 25, b"NaN", b"1.5e308"])
def test_numbers_out_of_all_measure_can_be_stored(number: bytes) -> None:
    raw = body_of(message(type="order", order={"price": "HERE"})).replace(b'"HERE"', number)

    orjson.dumps(only(MessageItem, raw).content)


@pytest.mark.parametrize("depth", [100, 300, 600, 1_000, 5_000, 200_000])
@pytest.mark.parametrize("inside", [b"1", b'"\\u0000"', b'"\\ud800"'])
def test_deep_nesting_is_an_item_or_no_body(depth: int, inside: bytes) -> None:
    raw = body_of(message("HERE")).replace(b'"HERE"', b"[" * depth + inside + b"]" * depth)

    try:
        found = items(raw)
    except UnreadableBody:
        return
    assert [type(item) for item in found] in ([MessageItem], [Unreadable])


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not json",
        b"null",
        b"[]",
        b"{}",
        b'{"entry":{}}',
        b'{"entry":[null]}',
        b'{"entry":[{}]}',
        b'{"entry":[{"changes":{}}]}',
        b'{"entry":[{"changes":[null]}]}',
        b'{"entry":[{"changes":[{"field":"messages"}]}]}',
        b'{"entry":[{"changes":[{"value":[]}]}]}',
        b'{"entry":[]',
        b'{"entry":[]}\0',
        b"\xff\xfe",
        b"9" * 10_000,
    ],
)
def test_what_is_no_webhook_is_refused_in_one_way(raw: bytes) -> None:
    with pytest.raises(UnreadableBody):
        parse(raw)


def test_a_body_without_entries_is_done_at_once() -> None:
    assert items(b'{"object":"whatsapp_business_account","entry":[]}') == []


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([str(NOON), ALICE, "US.1"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                """
                id type timestamp from text body system wa_id user_id status contacts name profile edit message
                interactive button_reply original_message_id category value errors pricing
                """.split()  # noqa: SIM905
            )
            | st.text(max_size=3),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)
values = st.fixed_dictionaries(
    {},
    optional={
        "metadata": anything | st.just({"phone_number_id": "1"}),
        "contacts": anything | st.lists(anything, max_size=3),
        "messages": anything | st.lists(anything, max_size=3),
        "statuses": anything | st.lists(anything, max_size=3),
        "user_preferences": anything | st.lists(anything, max_size=3),
    },
)
changes = st.fixed_dictionaries({"field": st.sampled_from(["messages", "user_preferences", "history"]) | anything})
documents = anything | st.builds(
    lambda found, value, entry: {"entry": [entry, {"id": entry, "changes": [found | {"value": value}]}][1:]},
    changes,
    values,
    anything,
)


@settings(max_examples=300)
@given(document=documents)
def test_no_json_is_ever_an_error_of_ours(document: Any) -> None:
    _read(json.dumps(document).encode())


@settings(max_examples=300)
@given(junk=st.binary(max_size=200), place=st.integers(0, 500))
def test_no_bytes_are_ever_an_error_of_ours(junk: bytes, place: int) -> None:
    raw = body_of(message(), contacts=[block()])

    _read(junk)
    _read(raw[:place] + junk + raw[place:])
    _read(raw[:place] + junk + raw[place + len(junk) :])


def _read(raw: bytes) -> None:
    """What is read can be stored: it can be written as JSON again."""
    try:
        found = items(raw)
    except UnreadableBody:
        return
    for item in found:
        match item:
            case MessageItem():
                _store([item.content, item.text, item.wamid, item.sender.profile])
            case StatusItem():
                _store([item.report, item.wamid, item.errors])
            case Unreadable():
                assert item.error
            case _:
                pass


def _store(value: Any) -> None:
    """As the database would: valid JSON, and no NUL in any text."""
    pending = [orjson.loads(orjson.dumps(value))]
    while pending:
        one = pending.pop()
        assert not isinstance(one, str) or "\0" not in one
        pending += list(one) if isinstance(one, dict | list) else []
        pending += list(one.values()) if isinstance(one, dict) else []
