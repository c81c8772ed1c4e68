import hashlib
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.automation import Definition
from app.domain.effects import Effect, Finish, RecordStep, SendMessage, StopRuns
from app.domain.engine import (
    Book,
    Decision,
    EffectSettled,
    Enrol,
    Refuse,
    Run,
    Started,
    Stopped,
    TimerDue,
    advance,
    decide,
    idempotency_key,
)
from app.domain.facts import Fact, Person, Source
from app.domain.runs import EffectResult
from app.domain.walk import MOST_VISITS, new_run
from tests.domain.making import NOW, ZONE, make_contact_created, make_definition, make_message

ALICE = Person(id=1, name="Alice")
WELCOME = make_definition(1, type="new_contact", on={"exclusive_group": "greeting"}, priority=5)
HOLA = make_definition(2, on={"keyword": "hola", "exclusive_group": "greeting"}, priority=8)


def decided(
    facts: list[Fact], automations: list[Definition], person: Person = ALICE, now: datetime = NOW
) -> list[Decision]:
    return decide(facts, automations, person, now=now, zone=ZONE)


def told(decisions: list[Decision]) -> list[tuple[int, str]]:
    """Per decision the automation, and `enrolled` or the reason."""
    return [
        (decision.definition.automation_id, "enrolled")
        if isinstance(decision, Enrol)
        else (decision.automation_id, decision.reason)
        for decision in decisions
    ]


def after(person: Person, decisions: list[Decision], *, active: bool = False) -> Person:
    """The person once the decisions are written down."""
    entries, running = dict(person.entries), dict(person.active)
    for decision in decisions:
        if isinstance(decision, Enrol):
            number = decision.definition.automation_id
            entries[number] = entries.get(number, frozenset()) | {decision.entry_key}
            if active:
                running[number] = running.get(number, frozenset()) | {decision.entry_key}
    return replace(person, entries=entries, active=running)


def of_kind(effects: tuple[Effect, ...], kind: type) -> list[Effect]:
    return [effect for effect in effects if isinstance(effect, kind)]


def accepted(run: Run, definition: Definition, result: EffectResult = "accepted") -> tuple[Run, tuple[Effect, ...]]:
    memo = run.effects[-1]
    event = EffectSettled(
        node=memo.node, visit=memo.visit, result=result, reason=None if result == "accepted" else "why"
    )
    return advance(run, event, definition, ALICE, now=NOW)


# The sample shop: a welcome and a keyword reply in one group.


def test_hola_as_a_first_message_gets_only_the_keyword_reply() -> None:
    decisions = decided([make_contact_created(), make_message("hola")], [WELCOME, HOLA])

    assert told(decisions) == [(2, "enrolled"), (1, "lower_priority")]


def test_hola_again_gets_a_reply_again() -> None:
    person = after(ALICE, decided([make_contact_created(), make_message("hola")], [WELCOME, HOLA]))

    assert told(decided([make_message("hola", key="wamid.2")], [WELCOME, HOLA], person)) == [(2, "enrolled")]


def test_another_first_message_gets_only_the_welcome() -> None:
    assert told(decided([make_contact_created(), make_message("buenas")], [WELCOME, HOLA])) == [(1, "enrolled")]


def test_another_message_later_gets_nothing() -> None:
    assert decided([make_message("buenas", key="wamid.2")], [WELCOME, HOLA]) == []


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({}, {"message", "manual", "api"}),
        ({"sources": ["import"]}, {"import"}),
        ({"v": 1}, {"message", "manual", "api"}),
        ({"v": 1, "on": [{"event": "new_contact", "sources": ["api", "import"]}]}, {"api", "import"}),
    ],
)
def test_a_table_of_contacts_starts_only_what_names_it(conditions: object, expected: set[str]) -> None:
    welcome = make_definition(1, type="new_contact", on=conditions)

    assert {one for one in Source if decided([make_contact_created(source=one)], [welcome])} == expected


# Which automations, in which order.


def test_order_is_priority_10_to_1_and_then_id() -> None:
    automations = [make_definition(id, priority=priority) for id, priority in [(4, 1), (3, 5), (2, 5), (1, 10)]]

    assert [id for id, _ in told(decided([make_message()], automations))] == [1, 2, 3, 4]


def test_a_group_lets_in_only_its_first_match_and_others_go_their_way() -> None:
    automations = [
        make_definition(1, on={"keyword": "hola", "exclusive_group": "a"}, priority=3),
        make_definition(2, on={"keyword": "hola", "exclusive_group": "a"}, priority=7),
        make_definition(3, on={"keyword": "hola", "exclusive_group": "b"}, priority=1),
        make_definition(4, on={"keyword": "adiós", "exclusive_group": "a"}, priority=9),
        make_definition(5, priority=2),
    ]

    assert told(decided([make_message()], automations)) == [
        (2, "enrolled"),
        (1, "lower_priority"),
        (5, "enrolled"),
        (3, "enrolled"),
    ]


def test_what_does_not_match_is_nobodys_refusal() -> None:
    vip = make_definition(1, type="message_received", on={"tags": "vip"})
    unknown = make_definition(2, type="message_received", on={"level": "gold"})

    assert decided([make_message()], [vip, unknown]) == []
    assert told(decided([make_message()], [vip, unknown], replace(ALICE, tags=("VIP",)))) == [(1, "enrolled")]


def test_a_message_without_text_starts_what_every_message_starts() -> None:
    automations = [make_definition(1), make_definition(2, type="message_received")]

    assert told(decided([make_message(None, type="image")], automations)) == [(2, "enrolled")]


def test_an_automation_starts_once_for_an_item_whatever_it_holds() -> None:
    on = {"v": 1, "on": [{"event": "new_contact"}, {"event": "message_received"}]}
    both = make_definition(1, type="new_contact", on=on)

    decisions = decided([make_contact_created(), make_message()], [both])

    assert told(decisions) == [(1, "enrolled")]
    assert decisions[0].fact == make_contact_created()


def test_the_second_fact_of_an_item_may_enter_where_the_first_may_not() -> None:
    on = {"v": 1, "on": [{"event": "new_contact"}, {"event": "message_received"}]}
    both = make_definition(1, type="new_contact", on=on)
    person = replace(ALICE, entries={1: frozenset({""})})

    assert told(decided([make_contact_created(), make_message()], [both], person)) == [(1, "enrolled")]


def test_a_match_that_may_not_enter_again_leaves_the_group_to_the_next() -> None:
    on = {"v": 1, "on": [{"event": "message_received"}], "entry": {"policy": "once"}, "exclusive_group": "g"}
    coupon = make_definition(1, type="message_received", on=on, priority=9)
    reply = make_definition(2, on={"keyword": "hola", "exclusive_group": "g"})
    person = replace(ALICE, entries={1: frozenset({""})})

    assert told(decided([make_message()], [coupon, reply], person)) == [(1, "already_entered"), (2, "enrolled")]


def test_a_match_whose_run_is_still_answering_keeps_the_group() -> None:
    on = {"v": 1, "on": [{"event": "message_received"}], "entry": {"when_active": "skip"}, "exclusive_group": "g"}
    flow = make_definition(1, type="message_received", on=on, priority=9)
    reply = make_definition(2, on={"keyword": "hola", "exclusive_group": "g"})
    person = replace(ALICE, entries={1: frozenset({"wamid.0"})}, active={1: frozenset({"wamid.0"})})

    assert told(decided([make_message()], [flow, reply], person)) == [(1, "already_active"), (2, "lower_priority")]


# Entry policies: what the same person gets for a second message, by hours after the first.

ENTRIES: list[tuple[dict[str, object], bool, float, str, str]] = [
    ({"policy": "once"}, False, 1, "hola", "already_entered"),
    ({"policy": "once"}, True, 1, "hola", "already_entered"),
    ({"policy": "always"}, False, 0, "hola", "enrolled"),
    ({"policy": "always"}, True, 0, "hola", "enrolled"),
    ({"policy": "always", "when_active": "skip"}, True, 1, "hola", "already_active"),
    ({"policy": "always", "when_active": "skip"}, False, 1, "hola", "enrolled"),
    ({"policy": "always", "when_active": "restart"}, True, 1, "hola", "enrolled"),
    ({"policy": "after_exit"}, True, 100, "hola", "already_active"),
    ({"policy": "after_exit"}, False, 0, "hola", "enrolled"),
    ({"policy": "per_window", "window": "P1D"}, False, 14, "hola", "already_entered"),
    ({"policy": "per_window", "window": "P1D"}, False, 15, "hola", "enrolled"),
    ({"policy": "per_window", "window": "P1D"}, True, 15, "hola", "already_active"),
    ({"policy": "per_window", "window": "P1D", "when_active": "restart"}, True, 15, "hola", "enrolled"),
    ({"policy": "per_window", "window": "P7D"}, False, 15, "hola", "enrolled"),
    ({"policy": "per_window", "window": "P30D"}, False, 15, "hola", "already_entered"),
    ({"policy": "per_window", "window": "PT1H"}, False, 0.5, "hola", "already_entered"),
    ({"policy": "per_window", "window": "PT1H"}, False, 0.75, "hola", "enrolled"),
    ({"policy": "keyed", "key": "{{event.text}}"}, False, 1, "hola", "already_entered"),
    ({"policy": "keyed", "key": "{{event.text}}"}, False, 1, "adiós", "enrolled"),
    ({"policy": "keyed", "key": "{{event.text}}"}, True, 1, "adiós", "already_active"),
    ({"policy": "keyed", "key": "{{event.text}}", "when_active": "parallel"}, True, 1, "adiós", "enrolled"),
    ({"policy": "keyed", "key": "{{event.text}}", "when_active": "parallel"}, True, 1, "hola", "already_entered"),
    ({"policy": "keyed", "key": "{{event.text}}", "when_active": "restart"}, True, 1, "adiós", "enrolled"),
    ({"policy": "keyed", "key": "{{event.text}}-{{contact.id}}"}, False, 1, "", "no_key"),
]


@pytest.mark.parametrize(("entry", "active", "hours", "text", "expected"), ENTRIES)
def test_an_entry_policy_decides_on_the_second_message(
    entry: dict[str, object], active: bool, hours: float, text: str, expected: str
) -> None:
    automation = make_definition(type="message_received", on={"v": 1, "entry": entry})
    person = after(ALICE, decided([make_message("hola", key="wamid.1")], [automation]), active=active)

    second = make_message(text, key="wamid.2", at=NOW + timedelta(hours=hours))

    assert told(decided([second], [automation], person)) == [(1, expected)]


@pytest.mark.parametrize(
    ("entry", "key"),
    [
        ({"policy": "once"}, ""),
        ({"policy": "always"}, "wamid.1"),
        ({"policy": "after_exit"}, "wamid.1"),
        ({"policy": "per_window", "window": "P1D"}, "2026-11-22"),
        ({"policy": "per_window", "window": "P7D"}, "2026-11-16"),
        ({"policy": "per_window", "window": "PT6H"}, "2026-11-22T12:00:00Z"),
        ({"policy": "keyed", "key": "pedido {{event.text}} de {{ contact.id }}"}, "pedido hola de 1"),
    ],
)
def test_the_entry_key_is_that_of_the_policy(entry: dict[str, object], key: str) -> None:
    automation = make_definition(type="message_received", on={"v": 1, "entry": entry})

    (decision,) = decided([make_message()], [automation])

    assert isinstance(decision, Enrol)
    assert decision.entry_key == key


def test_a_day_begins_at_midnight_of_the_zone() -> None:
    on = {"v": 1, "entry": {"policy": "per_window", "window": "P1D"}}
    automation = make_definition(type="message_received", on=on)

    (decision,) = decided([make_message(at=datetime(2026, 11, 23, 4, 59, tzinfo=UTC))], [automation])

    assert isinstance(decision, Enrol)
    assert decision.entry_key == "2026-11-22"


def test_a_very_long_key_is_kept_by_its_digest() -> None:
    on = {"v": 1, "entry": {"policy": "keyed", "key": "{{event.text}}"}}

    (decision,) = decided([make_message("x" * 4000)], [make_definition(type="message_received", on=on)])

    assert isinstance(decision, Enrol)
    assert len(decision.entry_key) == len("sha256:") + 64


def test_the_same_item_seen_again_does_not_enter_again() -> None:
    person = after(ALICE, decided([make_message()], [HOLA]))

    assert told(decided([make_message()], [HOLA], person)) == [(2, "already_entered")]


def test_restart_stops_the_runs_that_are_on_their_way() -> None:
    on = {"v": 1, "entry": {"when_active": "restart"}}
    automation = make_definition(type="message_received", on=on)
    person = replace(ALICE, active={1: frozenset({"wamid.0", "wamid.00"})})

    (decision,) = decided([make_message()], [automation], person)

    assert isinstance(decision, Enrol)
    assert decision.effects[0] == StopRuns(automation_id=1, entry_keys=("wamid.0", "wamid.00"), reason="restarted")


# Runs.


def test_an_automation_without_a_delay_sends_at_once_and_waits_for_the_outcome() -> None:
    (decision,) = decided([make_message()], [make_definition(send={"message_template": "¡Hola {name}!"})])

    assert isinstance(decision, Enrol)
    assert decision.run.state == "sending"
    assert decision.effects == (
        RecordStep(seq=1, node="send", visit=1, kind="send", decision={"send": True, "type": "text"}, output={}),
        SendMessage(
            node="send",
            visit=1,
            part=0,
            content={"type": "text", "text": {"body": "¡Hola Alice!"}},
            text="¡Hola Alice!",
        ),
    )


def test_a_delay_waits_first_and_sends_when_it_is_over() -> None:
    definition = make_definition(send={"message_template": "a", "delay_seconds": 5})
    run, effects = advance(new_run(definition), Started(), definition, ALICE, now=NOW)

    early, nothing = advance(run, TimerDue(), definition, ALICE, now=NOW + timedelta(seconds=4))
    late, sent = advance(run, TimerDue(), definition, ALICE, now=NOW + timedelta(seconds=5))

    assert (run.state, run.wake_at) == ("waiting", NOW + timedelta(seconds=5))
    assert [effect.kind for effect in effects if isinstance(effect, RecordStep)] == ["wait"]
    assert (early, nothing) == (run, ())
    assert (late.state, late.wake_at) == ("sending", None)
    assert len(of_kind(sent, SendMessage)) == 1


def test_what_the_text_says_is_decided_when_it_is_sent() -> None:
    definition = make_definition(send={"message_template": "{name}", "delay_seconds": 5})
    run, _ = advance(new_run(definition), Started(), definition, ALICE, now=NOW)

    _, effects = advance(run, TimerDue(), definition, replace(ALICE, name="Bob"), now=NOW + timedelta(hours=1))

    (send,) = of_kind(effects, SendMessage)
    assert isinstance(send, SendMessage)
    assert send.text == "Bob"


TWO = {
    "v": 1,
    "start": "a",
    "nodes": {
        "a": {"type": "send", "message": {"kind": "text", "body": "1"}, "next": "b"},
        "b": {"type": "send", "message": {"kind": "text", "body": "2"}, "next": "z"},
        "z": {"type": "end", "outcome": "bought"},
    },
}

ENDINGS: list[tuple[list[EffectResult], str, str, str | None, tuple[str, ...]]] = [
    (["accepted", "accepted"], "success", "bought", None, ("a", "b", "z")),
    (["skipped", "skipped"], "skipped", "bought", "why", ("a:skipped", "b:skipped", "z")),
    (["skipped", "accepted"], "partial", "bought", "why", ("a:skipped", "b", "z")),
    (["accepted", "skipped"], "partial", "bought", "why", ("a", "b:skipped", "z")),
    (["failed"], "failed", "send_failed", "why", ("a:failed",)),
    (["accepted", "failed"], "failed", "send_failed", "why", ("a", "b:failed")),
]


@pytest.mark.parametrize(("results", "status", "outcome", "error", "path"), ENDINGS)
def test_what_became_of_the_sends_decides_the_end(
    results: list[EffectResult], status: str, outcome: str, error: str | None, path: tuple[str, ...]
) -> None:
    definition = make_definition(send=TWO)
    run, effects = advance(new_run(definition), Started(), definition, ALICE, now=NOW)

    for result in results:
        run, effects = accepted(run, definition, result)

    assert (run.state, run.cursor) == ("done", None)
    assert of_kind(effects, Finish) == [Finish(status=status, outcome=outcome, error=error, path=path)]  # type: ignore[arg-type]


def test_a_run_without_sends_is_a_success() -> None:
    send = {"v": 1, "start": "a", "nodes": {"a": {"type": "end"}}}
    definition = make_definition(send=send)

    run, effects = advance(new_run(definition), Started(), definition, ALICE, now=NOW)

    assert run.state == "done"
    assert of_kind(effects, Finish) == [Finish(status="success", outcome="done", error=None, path=("a",))]


def test_a_text_that_comes_out_empty_is_not_sent() -> None:
    definition = make_definition(send={"message_template": "{name}"})

    _, effects = advance(new_run(definition), Started(), definition, Person(id=1), now=NOW)

    assert of_kind(effects, SendMessage) == []
    assert of_kind(effects, Finish) == [
        Finish(status="skipped", outcome="done", error="empty_text", path=("send:skipped",))
    ]


def test_an_event_told_twice_or_of_another_send_changes_nothing() -> None:
    definition = make_definition(send=TWO)
    first, _ = advance(new_run(definition), Started(), definition, ALICE, now=NOW)
    second, _ = accepted(first, definition)
    done, _ = accepted(second, definition)
    of_a = EffectSettled(node="a", visit=1, result="failed")

    assert advance(first, Started(), definition, ALICE, now=NOW) == (first, ())
    assert advance(first, TimerDue(), definition, ALICE, now=NOW) == (first, ())
    assert advance(second, of_a, definition, ALICE, now=NOW) == (second, ())
    assert advance(first, replace(of_a, visit=2), definition, ALICE, now=NOW) == (first, ())
    assert all(
        advance(done, event, definition, ALICE, now=NOW) == (done, ()) for event in (Started(), TimerDue(), of_a)
    )


@pytest.mark.parametrize(("sent", "status"), [(0, "skipped"), (1, "partial")])
def test_a_stopped_run_is_over_and_says_why(sent: int, status: str) -> None:
    definition = make_definition(send=TWO)
    run, _ = advance(new_run(definition), Started(), definition, ALICE, now=NOW)
    for _ in range(sent):
        run, _ = accepted(run, definition)

    stopped, effects = advance(run, Stopped("restarted"), definition, ALICE, now=NOW)
    again, nothing = advance(stopped, Stopped("restarted"), definition, ALICE, now=NOW)

    assert (stopped.state, again, nothing) == ("done", stopped, ())
    (finish,) = effects
    assert isinstance(finish, Finish)
    assert (finish.status, finish.outcome, finish.error) == (status, "stopped", "restarted")


def test_a_book_tells_whose_history_it_needs() -> None:
    assert Book([WELCOME, HOLA]).remembers == {1}


def test_a_run_never_goes_on_with_another_version() -> None:
    run = new_run(make_definition(version_id=1))

    with pytest.raises(ValueError, match="version"):
        advance(run, Started(), make_definition(version_id=2), ALICE, now=NOW)


@pytest.mark.parametrize(
    ("change", "outcome"), [({"visits": {"send": MOST_VISITS}}, "max_visits"), ({"steps": 500}, "max_steps")]
)
def test_a_run_that_goes_on_too_long_is_stopped(change: dict[str, object], outcome: str) -> None:
    definition = make_definition(send={"message_template": "a", "delay_seconds": 5})
    run, _ = advance(new_run(definition), Started(), definition, ALICE, now=NOW)
    tired = replace(run, **change)  # type: ignore[arg-type]

    ended, effects = advance(tired, TimerDue(), definition, ALICE, now=NOW + timedelta(seconds=5))

    (finish,) = effects
    assert isinstance(finish, Finish)
    assert (finish.status, finish.outcome, ended.state) == ("failed", outcome, "done")


def test_an_idempotency_key_is_of_run_node_visit_and_part() -> None:
    values = [(7, "a", 1, 0), (8, "a", 1, 0), (7, "b", 1, 0), (7, "a", 2, 0), (7, "a", 1, 1)]

    keys = [idempotency_key(*value) for value in values]

    assert keys[0] == "run:" + hashlib.sha256(b"7|a|1|0").hexdigest()
    assert len(set(keys)) == len(values)


# Properties.

_RESULTS = st.lists(st.sampled_from(["accepted", "skipped", "failed"]), min_size=8, max_size=8)


_STARTS: list[tuple[str, dict[str, object]]] = [
    ("keyword", {"keyword": "hola"}),
    ("keyword", {"keywords": ["hola mundo", "adiós"], "mode": "contains"}),
    ("keyword", {"keyword": "hola", "mode": "exact", "fold": False}),
    ("keyword", {"keyword": "ho", "mode": "starts"}),
    ("keyword", {"keywords": ["¡ho", "hola m"], "mode": "starts"}),
    ("message_received", {}),
    ("message_received", {"tags": "vip"}),
    ("new_contact", {}),
]


@st.composite
def automations(draw: st.DrawFn) -> list[Definition]:
    def one(id: int) -> Definition:
        group: dict[str, object] = draw(st.sampled_from([{}, {"exclusive_group": "g"}, {"exclusive_group": "h"}]))
        type, on = draw(st.sampled_from(_STARTS))
        delay = draw(st.sampled_from([0, 60]))
        send = draw(st.sampled_from([TWO, {"message_template": "Hola {name}", "delay_seconds": delay}]))
        return make_definition(id, type=type, on={**on, **group}, send=send, priority=draw(st.integers(1, 10)))

    return [one(id) for id in range(1, draw(st.integers(1, 8)) + 1)]


_TEXTS = st.sampled_from(["hola", "Hola mundo", "¡hola!", "adios", "nada", "", None])


@given(automations(), _TEXTS, st.booleans(), st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_decisions_do_not_depend_on_the_order_of_automations(
    chosen: list[Definition], text: str | None, is_new: bool, shuffler: random.Random
) -> None:
    facts: list[Fact] = [*([make_contact_created()] if is_new else []), make_message(text)]
    shuffled = list(chosen)
    shuffler.shuffle(shuffled)

    expected = decided(facts, chosen)

    assert decided(facts, shuffled) == expected
    assert decide(facts, Book(shuffled), ALICE, now=NOW, zone=ZONE) == expected


@given(automations(), _TEXTS)
@settings(max_examples=60)
def test_the_index_finds_what_asking_each_automation_finds(chosen: list[Definition], text: str | None) -> None:
    facts = [make_message(text)]

    together = {definition.automation_id for definition, _ in Book(chosen).candidates(facts)}
    alone = {one.automation_id for one in chosen if decided([make_message(text)], [one], replace(ALICE, tags=("vip",)))}

    assert together == alone


@given(automations(), _TEXTS, st.booleans())
@settings(max_examples=60)
def test_a_group_never_lets_in_two(chosen: list[Definition], text: str | None, is_new: bool) -> None:
    facts: list[Fact] = [*([make_contact_created()] if is_new else []), make_message(text)]

    entered = [decision.definition for decision in decided(facts, chosen) if isinstance(decision, Enrol)]

    groups = [one.trigger.exclusive_group for one in entered if one.trigger.exclusive_group]
    assert len(groups) == len(set(groups))


@given(automations(), _RESULTS)
@settings(max_examples=60)
def test_a_run_stored_between_all_its_steps_ends_exactly_once(
    chosen: list[Definition], results: list[EffectResult]
) -> None:
    for decision in decided([make_contact_created(), make_message()], chosen):
        if not isinstance(decision, Enrol):
            continue
        run, effects, now = decision.run, list(decision.effects), NOW
        for result in results:
            restored = Run.from_json(run.to_json())
            assert restored == run
            now += timedelta(hours=1)
            sent = run.effects[-1] if run.effects else None
            settled = EffectSettled(node=sent.node, visit=sent.visit, result=result) if sent else TimerDue()
            for event in (TimerDue(), settled):
                direct = advance(run, event, decision.definition, ALICE, now=now)
                assert advance(Run.from_json(run.to_json()), event, decision.definition, ALICE, now=now) == direct
                run = direct[0]
                effects += direct[1]

        assert run.state == "done"
        assert [isinstance(effect, Finish) for effect in effects].count(True) == 1
        assert isinstance(effects[-1], Finish)
        steps = [effect.seq for effect in effects if isinstance(effect, RecordStep)]
        assert steps == list(range(1, len(steps) + 1))


def test_a_refusal_names_the_fact_that_matched() -> None:
    message = make_message()

    decisions = decided([message], [HOLA], replace(ALICE, entries={2: frozenset({"wamid.1"})}))

    assert decisions == [Refuse(automation_id=2, fact=message, reason="already_entered")]
