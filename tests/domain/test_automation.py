from datetime import timedelta

import pytest

from app.domain.automation import ACTIONS, NODES, TRIGGERS, parse
from app.domain.durations import BadDuration, parse_duration
from app.domain.entry import Policy, WhenActive
from app.domain.facts import Person
from app.domain.graph import Graph
from app.domain.nodes import EndNode, SendNode, WaitNode
from app.domain.problems import DefinitionError
from app.domain.triggers import CLOCK, EventKind
from tests.domain.making import make_definition, problems_of

HELLO: dict[str, object] = {"type": "text", "text": {"body": "¡Hola!"}}
SEND = {"type": "send", "message": {"kind": "text", "body": "¡Hola!"}}
END = {"type": "end", "outcome": "done"}


def graph(start: object = "a", **nodes: object) -> dict[str, object]:
    return {"v": 1, "start": start, "nodes": nodes}


@pytest.mark.parametrize("name", TRIGGERS)
def test_each_trigger_has_an_example_that_parses(name: str) -> None:
    kind = TRIGGERS[name]

    made = make_definition(type=name, on=kind.example, schedule=kind.schedule)

    assert made.trigger.events[0].kind is kind.event
    assert (made.schedule is not None) == (kind.event in CLOCK)


@pytest.mark.parametrize("name", ACTIONS)
def test_each_action_has_an_example_that_compiles_to_a_wait_and_one_node(name: str) -> None:
    made = make_definition(act=name, send=ACTIONS[name].example).graph

    assert made.start == "wait"
    assert made.nodes["wait"] == WaitNode(length=timedelta(seconds=5), next=ACTIONS[name].node)
    assert set(made.nodes) == {"wait", ACTIONS[name].node}


@pytest.mark.parametrize("name", NODES)
def test_each_node_has_an_example_that_parses(name: str) -> None:
    assert list(make_definition(send=graph(a=NODES[name].example)).graph.nodes) == ["a"]


def test_an_original_row_runs_as_it_is() -> None:
    made = make_definition(send={"message_template": "¡Hola {name}!"})
    node = made.graph.nodes["send"]

    assert made.graph.start == "send"
    assert isinstance(node, SendNode)
    assert node.content.render(Person(id=1, name="Ana")) == "¡Hola Ana!"
    assert made.settings.delivery == "at_most_once"


def test_version_0_content_fills_placeholders_and_keeps_whatsapps_shape() -> None:
    send = {"content": {"type": "text", "text": {"body": "Hola {name}", "preview_url": True}}}

    node = make_definition(send=send).graph.nodes["send"]

    assert isinstance(node, SendNode)
    assert node.content.message(node.content.render(Person(id=1, name="Ana"))) == {
        "type": "text",
        "text": {"body": "Hola Ana", "preview_url": True},
    }


def test_a_filled_text_is_cut_at_whatsapps_length() -> None:
    node = make_definition(send={"message_template": "{name}"}).graph.nodes["send"]

    assert isinstance(node, SendNode)
    assert len(node.content.render(Person(id=1, name="x" * 5000))) == 4096


@pytest.mark.parametrize(
    ("language", "expected"),
    [("es", "hola"), ("es-MX", "hola"), ("ES_mx", "hola"), ("pt", "oi"), ("de", "hi"), (None, "hi")],
)
def test_a_text_in_several_languages_is_sent_in_the_persons(language: str | None, expected: str) -> None:
    body = {"en": "hi", "es": "hola", "pt-BR": "oi"}
    node = make_definition(send=graph(a={"type": "send", "message": {"kind": "text", "body": body}})).graph.nodes["a"]

    assert isinstance(node, SendNode)
    assert node.content.render(Person(id=1, language=language)) == expected


def test_version_1_braces_are_text() -> None:
    node = make_definition(send=graph(a={"type": "send", "content": {"type": "text", "text": {"body": "{name}"}}}))

    sent = node.graph.nodes["a"]

    assert isinstance(sent, SendNode)
    assert sent.content.render(Person(id=1, name="Ana")) == "{name}"


def test_a_version_1_graph_is_read_whole() -> None:
    payload = {
        "v": 1,
        "start": "a",
        "settings": {"delivery": "never_again"},
        "nodes": {"a": {**SEND, "next": "b"}, "b": {"type": "wait", "duration": "PT20H", "next": "c"}, "c": END},
    }

    made = make_definition(send=payload)

    assert made.settings.delivery == "never_again"
    assert isinstance(made.graph, Graph)
    assert made.graph.nodes["b"] == WaitNode(length=timedelta(hours=20), next="c")
    assert made.graph.nodes["c"] == EndNode(outcome="done")


def test_version_1_conditions_are_read_whole() -> None:
    made = make_definition(
        type="message_received",
        on={
            "v": 1,
            "on": [
                {
                    "event": "message_received",
                    "match": {"kind": "keyword", "words": ["price", "precio"], "fold": False},
                },
                {"event": "new_contact"},
                {"event": "message_received"},
            ],
            "where": {"field": "contact.tags", "op": "has_any", "value": ["lead"]},
            "entry": {"policy": "per_window", "window": "P1D"},
            "exclusive_group": "prices",
        },
    ).trigger

    assert [event.kind for event in made.events] == [
        EventKind.MESSAGE_RECEIVED,
        EventKind.NEW_CONTACT,
        EventKind.MESSAGE_RECEIVED,
    ]
    assert made.events[0].keywords is not None
    assert made.events[0].keywords.words == ("price", "precio")
    assert {event.entry.policy for event in made.events} == {Policy.PER_WINDOW}
    assert made.exclusive_group == "prices"


@pytest.mark.parametrize(
    ("type", "policy", "when_active"),
    [
        ("keyword", Policy.ALWAYS, WhenActive.PARALLEL),
        ("message_received", Policy.ALWAYS, WhenActive.PARALLEL),
        ("new_contact", Policy.ONCE, WhenActive.SKIP),
    ],
)
def test_the_entry_left_out_is_that_of_the_event(type: str, policy: Policy, when_active: WhenActive) -> None:
    entry = make_definition(type=type).trigger.events[0].entry

    assert (entry.policy, entry.when_active) == (policy, when_active)


TRIGGERS_REFUSED = [
    ("segment_entered", {}, [("trigger_type", "not_supported")]),
    ("birthday", {"exclusive_group": "a"}, [("trigger_conditions.exclusive_group", "not_used")]),
    ("birthday", {"cron": "0 9 * * 1"}, [("trigger_conditions.cron", "unknown_key")]),
    ("time_based", {"after": "tomorrow", "days": 0},
     [("trigger_conditions.after", "unknown_choice"), ("trigger_conditions.days", "out_of_range")]),
    ("time_based", {"v": 1, "on": [{"event": "time_based", "after": "created_at", "days": 1}, {"event": "birthday"}]},
     [("trigger_conditions.on", "one_clock")]),
    ("manual", {"v": 1, "on": [{"event": "manual", "days": 3}]}, [("trigger_conditions.on.0.days", "unknown_key")]),
    ("keywrod", {}, [("trigger_type", "unknown_event")]),
    ("keyword", [], [("trigger_conditions", "not_an_object")]),
    ("keyword", {}, [("trigger_conditions.keywords", "no_keywords")]),
    ("keyword", {"keywords": []}, [("trigger_conditions.keywords", "no_keywords")]),
    ("keyword", {"keywords": "hola"}, [("trigger_conditions.keywords", "no_keywords")]),
    ("keyword", {"keyword": ""}, [("trigger_conditions.keyword", "empty")]),
    ("keyword", {"keyword": 5}, [("trigger_conditions.keyword", "not_text")]),
    ("keyword", {"keyword": "a\x00b"}, [("trigger_conditions.keyword", "bad_character")]),
    ("keyword", {"keywords": ["hola", "¿?"]}, [("trigger_conditions.keywords.1", "empty")]),
    ("keyword", {"keywords": ["x"] * 201}, [("trigger_conditions.keywords", "no_keywords")]),
    ("keyword", {"keyword": "a", "keywords": ["b"]}, [("trigger_conditions.keyword", "exclusive")]),
    ("keyword", {"keyword": "a", "mode": "regex"}, [("trigger_conditions.mode", "unknown_choice")]),
    ("keyword", {"keyword": "a", "fold": 1}, [("trigger_conditions.fold", "not_a_flag")]),
    ("keyword", {"keyword": "a", "tags": "vip"}, [("trigger_conditions.tags", "unknown_key")]),
    ("keyword", {"keyword": "a", "v": 2}, [("trigger_conditions.v", "unknown_version")]),
    ("keyword", {"keyword": "a", "exclusive_group": 3}, [("trigger_conditions.exclusive_group", "not_text")]),
    ("message_received", {"keyword": "hola"}, [("trigger_conditions.keyword", "unknown_key")]),
    ("message_received", {"tags": {"a": 1}}, [("trigger_conditions.tags", "bad_value")]),
    ("message_received", {"email": None}, [("trigger_conditions.email", "bad_value")]),
    ("message_received", {"created_at": "2026-01-01"}, [("trigger_conditions.created_at", "operator_not_for_field")]),
    ("message_received", {"v": 1, "on": []}, [("trigger_conditions.on", "not_a_list")]),
    ("message_received", {"v": 1, "On": [], "where": 3},
     [("trigger_conditions.On", "unknown_key"), ("trigger_conditions.where", "not_an_object")]),
    ("message_received", {"v": 1, "on": [{"event": "opt_out"}]}, [("trigger_conditions.on.0.event", "not_supported")]),
    ("message_received", {"v": 1, "on": [{"event": "mesage"}]}, [("trigger_conditions.on.0.event", "unknown_event")]),
    ("message_received", {"v": 1, "on": [{}]}, [("trigger_conditions.on.0.event", "unknown_event")]),
    ("message_received", {"v": 1, "on": [{"event": "message_received", "when": 1}]},
     [("trigger_conditions.on.0.when", "unknown_key")]),
    ("message_received", {"v": 1, "on": [{"event": "message_received", "match": {"kind": "regex", "words": ["a"]}}]},
     [("trigger_conditions.on.0.match.kind", "unknown_choice")]),
    ("new_contact", {"v": 1, "on": [{"event": "new_contact", "match": {"words": ["a"]}}]},
     [("trigger_conditions.on.0.match", "not_used")]),
    ("keyword", {"v": 1}, [("trigger_conditions.on.0.match.words", "no_keywords")]),
    ("new_contact", {"v": 1, "on": [{"event": "message_received"}]}, [("trigger_conditions.on", "trigger_mismatch")]),
    ("new_contact", {"v": 1, "where": {"field": "event.text", "op": "eq", "value": "hi"}},
     [("trigger_conditions.where", "never_there")]),
    ("new_contact", {"sources": []}, [("trigger_conditions.sources", "not_a_list")]),
    ("new_contact", {"sources": "import"}, [("trigger_conditions.sources", "not_a_list")]),
    ("new_contact", {"sources": ["import", "csv"]}, [("trigger_conditions.sources.1", "unknown_choice")]),
    ("new_contact", {"v": 1, "on": [{"event": "new_contact", "sources": [["api"]]}]},
     [("trigger_conditions.on.0.sources.0", "unknown_choice")]),
    ("manual", {"v": 1, "on": [{"event": "manual", "sources": ["api"]}]},
     [("trigger_conditions.on.0.sources", "unknown_key")]),
    ("new_contact", {"v": 1, "audience_cap": 5}, [("trigger_conditions.audience_cap", "not_supported")]),
]  # fmt: skip


@pytest.mark.parametrize(("type", "on", "expected"), TRIGGERS_REFUSED)
def test_a_trigger_that_could_not_work_is_refused(type: str, on: object, expected: list[tuple[str, str]]) -> None:
    assert problems_of(trigger_type=type, trigger_conditions=on) == expected


ENTRIES_REFUSED = [
    ({"policy": "twice"}, [("policy", "unknown_choice")]),
    ({"polcy": "once"}, [("polcy", "unknown_key")]),
    ({"policy": "per_window"}, [("window", "bad_duration")]),
    ({"policy": "per_window", "window": "P1M"}, [("window", "bad_duration")]),
    ({"policy": "per_window", "window": "PT1S"}, [("window", "out_of_range")]),
    ({"policy": "always", "window": "P1D"}, [("window", "not_used")]),
    ({"policy": "always", "key": "{{event.text}}"}, [("key", "not_used")]),
    ({"policy": "keyed"}, [("key", "missing")]),
    ({"policy": "keyed", "key": "order"}, [("key", "no_field")]),
    ({"policy": "keyed", "key": "{{event.order}}"}, [("key", "unknown_field")]),
    ({"policy": "keyed", "key": "{{event.order_id}}"}, [("key", "not_supported")]),
    ({"policy": "keyed", "key": "{{contact.tags}}"}, [("key", "not_a_key")]),
    ({"policy": "keyed", "key": "{{event.text | upcase}}"}, [("key", "not_supported")]),
    ({"when_active": "queue"}, [("when_active", "not_supported")]),
    ({"when_active": "replace"}, [("when_active", "unknown_choice")]),
    ({"policy": "once", "when_active": "restart"}, [("when_active", "not_possible")]),
    ({"policy": "after_exit", "when_active": "parallel"}, [("when_active", "not_possible")]),
    ({"policy": "per_window", "window": "P1D", "when_active": "parallel"}, [("when_active", "not_possible")]),
]


@pytest.mark.parametrize(("entry", "expected"), ENTRIES_REFUSED)
def test_an_entry_that_could_not_work_is_refused(entry: object, expected: list[tuple[str, str]]) -> None:
    on = {"v": 1, "on": [{"event": "message_received"}, {"event": "message_received"}], "entry": entry}

    found = problems_of(trigger_type="message_received", trigger_conditions=on)

    assert found == [(f"trigger_conditions.entry.{path}", code) for path, code in expected]


@pytest.mark.parametrize(
    ("letter", "expected"),
    [
        ({"to": "nobody"}, [(".to", "bad_address")]),
        ({"to": " sales@shop.example "}, []),
        ({"to": "{email}"}, []),
        ({}, []),
        ({"subject": None}, [(".subject", "missing")]),
    ],
)
def test_an_e_mail_needs_an_address_or_a_field_that_may_hold_one(
    letter: dict[str, object], expected: list[tuple[str, str]]
) -> None:
    payload = {"subject": "News", "body": "It happened."} | letter

    found = problems_of(action_type="send_email", action_payload=payload)

    assert [(path.removeprefix("action_payload"), code) for path, code in found] == expected


ACTIONS_REFUSED: list[tuple[object, list[tuple[str, str]]]] = [
    (None, [("", "not_an_object")]),
    ({}, [(".message_template", "missing")]),
    ({"message_template": "a", "content": HELLO}, [(".message_template", "exclusive")]),
    ({"message_template": ""}, [(".message_template", "empty")]),
    ({"message_template": "x" * 4097}, [(".message_template", "too_long")]),
    ({"message_template": 5}, [(".message_template", "not_text")]),
    ({"message_template": "a", "delay": 5}, [(".delay", "unknown_key")]),
    ({"message_template": "a", "delay_seconds": -1}, [(".delay_seconds", "out_of_range")]),
    ({"message_template": "a", "delay_seconds": 2592001}, [(".delay_seconds", "out_of_range")]),
    ({"message_template": "a", "delay_seconds": 1.5}, [(".delay_seconds", "not_a_number")]),
    ({"message_template": "a", "delay_seconds": True}, [(".delay_seconds", "not_a_number")]),
    ({"content": {"type": "image"}}, [(".content.type", "not_supported")]),
    ({"content": {"text": {"body": "a"}}}, [(".content.type", "missing")]),
    ({"content": {"type": "text", "text": "a"}}, [(".content.text", "not_an_object")]),
    ({"content": {**HELLO, "to": "593"}}, [(".content.to", "unknown_key")]),
    ({"content": {"type": "text", "text": {"body": ""}}}, [(".content.text.body", "empty")]),
    ({"v": 3}, [(".v", "unknown_version")]),
    ({"v": 1}, [(".nodes", "not_an_object")]),
    (graph(), [(".nodes", "out_of_range")]),
    (graph(None, a=END), [(".start", "unknown_node")]),
    (graph("b", a=END), [(".start", "unknown_node")]),
    ({**graph(a=END), "Nodes": 1}, [(".Nodes", "unknown_key")]),
    ({**graph(a=END), "settings": {"goal": {}}}, [(".settings.goal", "not_supported")]),
    ({**graph(a=END), "settings": {"x": 1}}, [(".settings.x", "unknown_key")]),
    ({**graph(a=END), "settings": {"delivery": "maybe"}}, [(".settings.delivery", "unknown_choice")]),
    (graph(a={"type": "http", "url": "x"}), [(".nodes.a.type", "not_supported")]),
    (graph(a={"type": "sned"}), [(".nodes.a.type", "unknown_node_type")]),
    (graph(a=5), [(".nodes.a", "not_an_object")]),
    (graph("a b", **{"a b": END}), [(".nodes.a b", "bad_name")]),
    (graph(a={"type": "send"}), [(".nodes.a.message", "missing")]),
    (graph(a={**SEND, "content": HELLO}), [(".nodes.a.message", "exclusive")]),
    (graph(a={**SEND, "on_error": {}}), [(".nodes.a.on_error", "not_supported")]),
    (graph(a={**SEND, "outside_window": {}}), [(".nodes.a.outside_window", "not_supported")]),
    (graph(a={**SEND, "next": 5}), [(".nodes.a.next", "not_text")]),
    (graph(a={**SEND, "next": "b"}), [(".nodes.a.next", "unknown_node")]),
    (graph(a={"type": "send", "message": {"kind": "text", "body": {}}}), [(".nodes.a.message.body", "not_text")]),
    (graph(a={"type": "send", "message": {"kind": "text", "body": "{{ x }}"}}),
     [(".nodes.a.message.body", "not_supported")]),
    (graph(a={"type": "send", "message": {"kind": "text", "body": {"es": ""}}}),
     [(".nodes.a.message.body.es", "empty")]),
    (graph(a={"type": "wait", "duration": "P1Y"}), [(".nodes.a.duration", "bad_duration")]),
    (graph(a={"type": "wait", "duration": "PT0S"}), [(".nodes.a.duration", "out_of_range")]),
    (graph(a={"type": "wait", "until": "09:00"}),
     [(".nodes.a.until", "not_supported"), (".nodes.a.duration", "bad_duration")]),
    (graph(a={**SEND, "next": "a"}), [(".nodes.a.next", "endless_loop")]),
    (graph(a={**SEND, "next": "b"}, b={"type": "wait", "duration": "P1D", "next": "a"}),
     [(".nodes.b.next", "endless_loop")]),
    (graph(a=SEND, b=END), [(".nodes.b", "unreachable")]),
]  # fmt: skip


@pytest.mark.parametrize(("payload", "expected"), ACTIONS_REFUSED)
def test_an_action_that_could_not_work_is_refused(payload: object, expected: list[tuple[str, str]]) -> None:
    assert problems_of(action_payload=payload) == [(f"action_payload{path}", code) for path, code in expected]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"schedule_config": {}}, []),
        ({"schedule_config": {"cron": "0 9 * * 1"}}, [("schedule_config", "not_used")]),
        ({"name": " "}, [("name", "empty")]),
        ({"priority": 0}, [("priority", "out_of_range")]),
        ({"priority": 11}, [("priority", "out_of_range")]),
        ({"action_type": "sendmessage"}, [("action_type", "unknown_action")]),
    ],
)
def test_the_other_columns_are_checked_too(changes: dict[str, object], expected: list[tuple[str, str]]) -> None:
    assert problems_of(**changes) == expected


def test_every_problem_is_told_at_once() -> None:
    found = problems_of(name="", priority=0, trigger_conditions={}, action_payload={})

    assert [path for path, _ in found] == [
        "name",
        "priority",
        "trigger_conditions.keywords",
        "action_payload.message_template",
    ]


def test_a_misspelt_key_is_answered_with_the_right_one() -> None:
    with pytest.raises(DefinitionError) as refused:
        parse(
            automation_id=1, version_id=None, name="a", priority=1, trigger_type="keyword",
            trigger_conditions={"keyword": "a"}, action_type="send_message",
            action_payload={"message_template": "a", "delay_second": 1},
        )  # fmt: skip

    assert refused.value.problems[0].detail == '"delay_second" is not known here. Did you mean "delay_seconds"?'


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("PT20H", timedelta(hours=20)),
        ("P1DT12H", timedelta(hours=36)),
        ("P2W", timedelta(weeks=2)),
        ("PT1H30M15S", timedelta(seconds=5415)),
        ("P0D", timedelta()),
    ],
)
def test_a_length_of_time_is_read(text: str, length: timedelta) -> None:
    assert parse_duration(text) == length


@pytest.mark.parametrize(
    "raw", ["", "P", "PT", "P1DT", "P1Y", "P2M", "P1Y2D", "1D", "PT1.5H", "-P1D", "P1H", 5, None, "P٣D"]
)
def test_what_is_no_length_of_time_is_refused(raw: object) -> None:
    with pytest.raises(BadDuration):
        parse_duration(raw)
