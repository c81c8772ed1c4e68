from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.conditions import Condition, evaluate, leaves, parse_condition, parse_equalities
from app.domain.facts import Fact, Person
from app.domain.fields import FIELDS, Context
from app.domain.operators import OPERATORS
from app.domain.problems import Problems
from tests.domain.making import NOW, ZONE, make_contact_created, make_message

ANA = Person(
    id=7,
    name="Ana Ruiz",
    phone="593991234567",
    birthday=date(1990, 5, 15),
    tags=("vip", "Lead"),
    language="es",
    custom={"orders": 5, "paid": "12.5", "city": "Bogotá", "since": "2026-11-20", "member": True},
    created_at=datetime(2026, 11, 1, 3, 0, tzinfo=UTC),
)
MAY = {"field": "contact.birthday"}
YES, NO, UNKNOWN = True, False, None


def parsed(raw: object) -> Condition:
    problems = Problems()
    condition = parse_condition(raw, path="where", problems=problems)
    assert not list(problems)
    return condition


def judged(raw: object, *, person: Person = ANA, fact: Fact | None = None, now: datetime = NOW) -> bool | None:
    return evaluate(parsed(raw), Context(person=person, fact=fact or make_message(), now=now, zone=ZONE))


def refused(raw: object) -> list[tuple[str, str]]:
    problems = Problems()
    parse_condition(raw, path="where", problems=problems)
    return [(problem.path, problem.code) for problem in problems]


# (field, operator, value, what it says of Ana on 22 November 2026, 09:23 in Guayaquil, a Sunday)
CASES: list[tuple[str, str, object, bool | None]] = [
    ("contact.language", "eq", "ES", YES),
    ("contact.language", "eq", "pt", NO),
    ("contact.email", "eq", "x", UNKNOWN),
    ("contact.tags", "eq", "VIP", YES),
    ("contact.tags", "eq", ["lead", "vip"], YES),
    ("contact.tags", "eq", ["lead", "new"], NO),
    ("contact.phone", "eq", 593991234567, YES),
    ("contact.birthday", "eq", "1990-05-15", YES),
    ("contact.birthday", "eq", "9999-05-15", NO),
    ("contact.is_active", "eq", True, YES),
    ("contact.custom.orders", "eq", 5, YES),
    ("contact.custom.orders", "eq", "5", YES),
    ("contact.custom.member", "eq", True, YES),
    ("contact.custom.member", "eq", 1, NO),
    ("contact.metadata.city", "eq", "bogotá", YES),
    ("contact.custom.city", "eq", "bogota", NO),
    ("channel.id", "eq", 1, YES),
    ("contact.language", "ne", "pt", YES),
    ("contact.tags", "ne", "vip", NO),
    ("contact.email", "ne", "x", UNKNOWN),
    ("now.weekday", "in", [6, 7], YES),
    ("now.weekday", "in", [1, 2], NO),
    ("contact.email", "in", ["x"], UNKNOWN),
    ("contact.tags", "in", ["new", "vip"], YES),
    ("contact.language", "not_in", ["pt", "en"], YES),
    ("contact.language", "not_in", ["es"], NO),
    ("contact.email", "not_in", ["x"], UNKNOWN),
    ("now.hour", "lt", 10, YES),
    ("now.hour", "lt", 9, NO),
    ("contact.custom.none", "lt", 9, UNKNOWN),
    ("contact.custom.city", "lt", 9, UNKNOWN),
    ("now.hour", "le", 9, YES),
    ("now.hour", "le", 8, NO),
    ("contact.custom.none", "le", 8, UNKNOWN),
    ("contact.custom.paid", "gt", 12, YES),
    ("contact.custom.orders", "gt", 5, NO),
    ("contact.custom.none", "gt", 5, UNKNOWN),
    ("contact.birthday", "gt", "1990-01-01", YES),
    ("contact.custom.orders", "ge", 5, YES),
    ("contact.custom.orders", "ge", 6, NO),
    ("contact.custom.none", "ge", 6, UNKNOWN),
    ("now.date", "ge", "2026-11-22", YES),
    ("event.text", "contains", "OL", YES),
    ("event.text", "contains", "x", NO),
    ("event.payload", "contains", "x", UNKNOWN),
    ("contact.tags", "contains", "lead", YES),
    ("contact.phone", "starts", "593", YES),
    ("contact.phone", "starts", "52", NO),
    ("contact.email", "starts", "a", UNKNOWN),
    ("contact.name", "ends", "ruiz", YES),
    ("contact.name", "ends", "ana", NO),
    ("contact.email", "ends", "a", UNKNOWN),
    ("event.text", "matches", "^H.L", YES),
    ("event.text", "matches", "^o", NO),
    ("event.payload", "matches", ".", UNKNOWN),
    ("contact.tags", "has_any", ["new", "VIP"], YES),
    ("contact.tags", "has_any", ["new"], NO),
    ("contact.custom.none", "has_any", ["new"], UNKNOWN),
    ("contact.custom.city", "has_any", ["Bogotá", "Quito"], YES),
    ("contact.tags", "has_all", ["lead", "vip"], YES),
    ("contact.tags", "has_all", ["lead", "new"], NO),
    ("contact.custom.none", "has_all", ["new"], UNKNOWN),
    ("contact.name", "is_set", True, YES),
    ("contact.email", "is_set", True, NO),
    ("contact.email", "is_set", False, YES),
    ("contact.created_at", "before", "2026-11-01", YES),
    ("contact.created_at", "before", "2026-10-31", NO),
    ("contact.created_at", "before", "2026-11-01T03:00:01Z", YES),
    ("contact.last_contacted", "before", "2026-11-01", UNKNOWN),
    ("contact.created_at", "after", "2026-10-30", YES),
    ("contact.created_at", "after", "2026-10-31", NO),
    ("contact.created_at", "after", "2026-10-31T21:59:59", YES),
    ("contact.last_contacted", "after", "2026-11-01", UNKNOWN),
    ("contact.custom.since", "after", "2026-11-19", YES),
    ("contact.custom.city", "after", "2026-11-19", UNKNOWN),
    ("contact.created_at", "within_last", "P30D", YES),
    ("contact.created_at", "within_last", "P7D", NO),
    ("contact.custom.since", "within_last", "P2D", YES),
    ("contact.last_contacted", "within_last", "P7D", UNKNOWN),
    ("contact.created_at", "older_than", "P7D", YES),
    ("contact.created_at", "older_than", "P30D", NO),
    ("contact.last_contacted", "older_than", "P7D", UNKNOWN),
    ("contact.birthday", "anniversary_in", "P174D", YES),
    ("contact.birthday", "anniversary_in", "P173D", NO),
    ("contact.last_contacted", "anniversary_in", "P0D", UNKNOWN),
]


@pytest.mark.parametrize(("field", "op", "value", "expected"), CASES)
def test_an_operator_says_yes_no_or_unknown(field: str, op: str, value: object, expected: bool | None) -> None:
    assert judged({"field": field, "op": op, "value": value}) is expected


@pytest.mark.parametrize("op", OPERATORS)
def test_each_operator_has_an_example_and_all_its_answers(op: str) -> None:
    answers = {expected for _, name, _, expected in CASES if name == op}

    assert refused(OPERATORS[op].example) == []
    assert answers == ({YES, NO} if op == "is_set" else {YES, NO, UNKNOWN})


@pytest.mark.parametrize("name", FIELDS)
def test_each_field_can_be_read(name: str) -> None:
    assert judged({"field": name, "op": "is_set"}, fact=make_contact_created()) in (True, False)


def test_folding_makes_accents_equal() -> None:
    leaf = {"field": "contact.custom.city", "op": "eq", "value": "BOGOTA"}

    assert judged(leaf) is NO
    assert judged({**leaf, "fold": True}) is YES


def test_not_vip_does_not_catch_people_whose_field_was_never_filled() -> None:
    assert judged({"not": {"field": "contact.custom.level", "op": "eq", "value": "vip"}}) is UNKNOWN


def test_a_person_without_tags_is_known_to_have_none() -> None:
    person = Person(id=1)

    assert judged({"not": {"field": "contact.tags", "op": "has_any", "value": ["vip"]}}, person=person) is YES
    assert judged({"field": "contact.tags", "op": "is_set"}, person=person) is NO


def test_the_first_name_falls_back_to_the_first_word_of_the_name() -> None:
    assert judged({"field": "contact.first_name", "op": "eq", "value": "Ana"}) is YES


def test_a_day_whose_year_is_unknown_is_neither_before_nor_after() -> None:
    person = Person(id=1, birthday=date(9999, 5, 15), birthday_year_known=False)

    assert judged({**MAY, "op": "after", "value": "1900-01-01"}, person=person) is UNKNOWN
    assert judged({**MAY, "op": "eq", "value": "9999-05-15"}, person=person) is YES
    assert judged({**MAY, "op": "eq", "value": "1990-05-15"}, person=person) is UNKNOWN
    assert judged({**MAY, "op": "eq", "value": "1990-05-16"}, person=person) is NO


@pytest.mark.parametrize(
    ("day", "hit"), [("2027-02-28", YES), ("2027-03-01", NO), ("2028-02-29", YES), ("2028-02-28", NO)]
)
def test_a_leap_day_is_kept_on_28_february_in_other_years(day: str, hit: bool) -> None:
    person = Person(id=1, birthday=date(9996, 2, 29), birthday_year_known=False)
    now = datetime.fromisoformat(f"{day}T15:00:00Z")

    assert judged({**MAY, "op": "anniversary_in", "value": "P0D"}, person=person, now=now) is hit


def test_a_leap_day_of_unknown_year_can_be_asked_for() -> None:
    person = Person(id=1, birthday=date(9996, 2, 29), birthday_year_known=False)

    assert judged({**MAY, "op": "eq", "value": "9999-02-29"}, person=person) is YES


def test_the_calendar_is_that_of_the_zone() -> None:
    late = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)  # still Sunday, 22:00, in Guayaquil

    assert judged({"field": "now.weekday", "op": "eq", "value": 7}, now=late) is YES
    assert judged({"field": "now.hour", "op": "eq", "value": 22}, now=late) is YES
    assert judged({"field": "now.date", "op": "eq", "value": "2026-11-22"}, now=late) is YES


def test_the_age_of_an_event_can_be_asked_for() -> None:
    old = make_message(at=datetime(2026, 11, 22, 13, 23, 14, tzinfo=UTC))

    assert judged({"field": "event.age_seconds", "op": "ge", "value": 3600}, fact=old) is YES


def test_a_lone_surrogate_in_a_message_does_not_break_a_pattern() -> None:
    assert judged({"field": "event.text", "op": "matches", "value": "hola"}, fact=make_message("\ud83d hola")) is YES


def test_a_hostile_pattern_is_answered_in_linear_time() -> None:
    text = make_message("a" * 4000 + "!")

    assert judged({"field": "event.text", "op": "matches", "value": "(a+)+(a|aa)+$"}, fact=text) is NO


LEAF: dict[str, object] = {"field": "contact.name", "op": "is_set"}


def nested(depth: int) -> dict[str, object]:
    raw = LEAF
    for _ in range(depth - 1):
        raw = {"not": raw}
    return raw


REFUSED: list[tuple[object, list[tuple[str, str]]]] = [
    ([], [("where", "not_an_object")]),
    ({}, [("where", "not_a_condition")]),
    ({"any": []}, [("where.any", "not_a_list")]),
    ({"all": LEAF}, [("where.all", "not_a_list")]),
    ({"all": [], "any": [LEAF]}, [("where.any", "unknown_key")]),
    ({"not": LEAF, "op": "eq"}, [("where.op", "unknown_key")]),
    ({**LEAF, "operator": "eq"}, [("where.operator", "unknown_key")]),
    ({**LEAF, "fold": "yes"}, [("where.fold", "not_a_flag")]),
    ({"all": [LEAF, {"field": "contact.nmae", "op": "is_set"}]}, [("where.all.1.field", "unknown_field")]),
    ({"field": "tags", "op": "is_set"}, [("where.field", "unknown_field")]),
    ({"field": "contact.custom.", "op": "is_set"}, [("where.field", "unknown_field")]),
    ({"field": "contact.consent.marketing", "op": "eq", "value": "out"}, [("where.field", "not_supported")]),
    ({"field": "channel.business_hours", "op": "eq", "value": True}, [("where.field", "not_supported")]),
    ({"segment": 3}, [("where.segment", "not_supported")]),
    ({"count": {"event": "message_sent"}, "op": "lt", "value": 2}, [("where.count", "not_supported")]),
    ({"field": "contact.name", "op": "equals", "value": "x"}, [("where.op", "unknown_operator")]),
    ({"field": "contact.name", "op": "eq"}, [("where.value", "missing")]),
    ({"field": "contact.name", "op": "eq", "value": None}, [("where.value", "bad_value")]),
    ({"field": "contact.name", "op": "eq", "value": ""}, [("where.value", "bad_value")]),
    ({"field": "contact.name", "op": "eq", "value": "x" * 1025}, [("where.value", "bad_value")]),
    ({"field": "contact.name", "op": "lt", "value": 3}, [("where.op", "operator_not_for_field")]),
    ({"field": "contact.created_at", "op": "eq", "value": "2026-01-01"}, [("where.op", "operator_not_for_field")]),
    ({"field": "now.hour", "op": "eq", "value": "nine"}, [("where.value", "bad_value")]),
    ({"field": "now.hour", "op": "lt", "value": "2026-01-01"}, [("where.value", "bad_value")]),
    ({"field": "contact.is_active", "op": "eq", "value": "true"}, [("where.value", "bad_value")]),
    ({"field": "contact.birthday", "op": "eq", "value": "15/05/1990"}, [("where.value", "bad_value")]),
    ({"field": "contact.tags", "op": "has_any", "value": "vip"}, [("where.value", "bad_value")]),
    ({"field": "contact.tags", "op": "has_any", "value": []}, [("where.value", "bad_value")]),
    ({"field": "contact.name", "op": "is_set", "value": "yes"}, [("where.value", "bad_value")]),
    ({"field": "event.text", "op": "matches", "value": "(a"}, [("where.value", "bad_value")]),
    ({"field": "event.text", "op": "matches", "value": r"(a)\1"}, [("where.value", "bad_value")]),
    ({"field": "event.text", "op": "matches", "value": "a" * 257}, [("where.value", "bad_value")]),
    ({"field": "contact.created_at", "op": "before", "value": "soon"}, [("where.value", "bad_value")]),
    ({"field": "contact.created_at", "op": "within_last", "value": "P1M"}, [("where.value", "bad_value")]),
    ({"field": "contact.birthday", "op": "anniversary_in", "value": "PT5H"}, [("where.value", "bad_value")]),
    ({"all": [LEAF] * 201}, [("where.all.200", "too_many")]),
    (nested(11), [("where" + ".not" * 10, "too_deep")]),
]


@pytest.mark.parametrize(("raw", "expected"), REFUSED)
def test_a_condition_that_could_never_work_is_refused(raw: object, expected: list[tuple[str, str]]) -> None:
    assert refused(raw) == expected


def test_ten_levels_and_two_hundred_leaves_are_possible() -> None:
    assert refused(nested(10)) == []
    assert len(list(leaves(parsed({"all": [LEAF] * 200})))) == 200


def test_every_problem_is_told_at_once() -> None:
    raw = {"all": [{"field": "x", "op": "y", "value": 1}, {"segment": 1}, 3]}

    assert refused(raw) == [
        ("where.all.0.field", "unknown_field"),
        ("where.all.0.op", "unknown_operator"),
        ("where.all.1.segment", "not_supported"),
        ("where.all.2", "not_an_object"),
    ]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({}, YES),
        ({"tags": "vip"}, YES),
        ({"tags": "vip", "language": "es"}, YES),
        ({"tags": "vip", "language": "en"}, NO),
        ({"tags": ["vip", "lead"]}, YES),
        ({"city": "bogotá"}, YES),
        ({"email": "ana@example.com"}, UNKNOWN),
        ({"level": "gold"}, UNKNOWN),
        ({"contact.language": "es"}, YES),
    ],
)
def test_flat_equalities_are_read_as_conditions_on_the_contact(raw: dict[str, object], expected: bool | None) -> None:
    problems = Problems()

    condition = parse_equalities(raw, path="trigger_conditions", problems=problems)

    assert not list(problems)
    assert evaluate(condition, Context(person=ANA, fact=None, now=NOW, zone=ZONE)) is expected


# Three leaves that are true, false and unknown of Ana.
_TRUTHS: list[dict[str, Any]] = [
    {"field": "contact.language", "op": "eq", "value": "es"},
    {"field": "contact.language", "op": "eq", "value": "pt"},
    {"field": "contact.email", "op": "eq", "value": "x"},
]
_CONDITIONS = st.recursive(
    st.sampled_from(_TRUTHS),
    lambda inner: st.one_of(
        st.builds(lambda item: {"not": item}, inner),
        st.builds(lambda items: {"all": items}, st.lists(inner, max_size=3)),
        st.builds(lambda items: {"any": items}, st.lists(inner, min_size=1, max_size=3)),
    ),
    max_leaves=8,
).filter(lambda raw: not refused(raw))


def plainly(raw: Any) -> bool | None:
    """The reference: Kleene's tables over 0, a half and 1."""

    def worth(node: Any) -> float:
        if "all" in node:
            return min((worth(item) for item in node["all"]), default=1)
        if "any" in node:
            return max(worth(item) for item in node["any"])
        return 1 - worth(node["not"]) if "not" in node else [1, 0, 0.5][_TRUTHS.index(node)]

    return {1: True, 0: False, 0.5: None}[worth(raw)]


@given(_CONDITIONS)
def test_logic_is_that_of_kleene(raw: dict[str, Any]) -> None:
    assert judged(raw) is plainly(raw)


@given(st.lists(st.sampled_from(_TRUTHS), min_size=1, max_size=4))
def test_de_morgan_holds_with_unknowns(items: list[dict[str, Any]]) -> None:
    negated = [{"not": item} for item in items]

    assert judged({"not": {"all": items}}) is judged({"any": negated})
    assert judged({"not": {"any": items}}) is judged({"all": negated})
