import pytest

from app.domain.automation import Definition
from app.domain.overlaps import Conflict, conflicts, overlaps
from tests.domain.making import make_definition


def on_channel(id: int, channel: object, op: str = "eq") -> Definition:
    where = {"all": [{"field": "channel.id", "op": op, "value": channel}]}
    match = {"words": ["hola"]}
    return make_definition(id, on={"v": 1, "on": [{"event": "keyword", "match": match}], "where": where})


def keyword(id: int, *words: str, **rest: object) -> Definition:
    return make_definition(id, on={"keywords": list(words), **rest})


EVERY = make_definition(9, type="message_received")
NEW = make_definition(8, type="new_contact")

CASES = [
    (keyword(1, "hola"), keyword(2, "HÓLA", "hi"), 'Both start with the message "hola".'),
    (keyword(1, "hola"), keyword(2, "hola amigo"), 'Both start with the message "hola amigo".'),
    (keyword(1, "precio", mode="contains"), keyword(2, "precios"), 'Both start with the message "precios".'),
    (keyword(1, "hola", mode="exact"), keyword(2, "hola amigo"), None),
    (keyword(1, "hola"), keyword(2, "adiós"), None),
    (keyword(1, "hola"), EVERY, 'One starts with every message, so also with "hola".'),
    (EVERY, make_definition(2, type="message_received"), "Both start with every message."),
    (NEW, make_definition(2, type="new_contact"), "Both start when a new contact appears."),
    (NEW, make_definition(2, type="new_contact", on={"sources": ["import"]}), None),
    (NEW, EVERY, None),
    (on_channel(1, 1), on_channel(2, 1), 'Both start with the message "hola".'),
    (on_channel(1, 1), on_channel(2, 2), None),
    (on_channel(1, [1, 3], "in"), on_channel(2, [2, 3], "in"), 'Both start with the message "hola".'),
    (on_channel(1, [1, 3], "in"), on_channel(2, 2), None),
    (on_channel(1, 1), keyword(2, "hola"), 'Both start with the message "hola".'),
]


@pytest.mark.parametrize(("a", "b", "reason"), CASES)
def test_two_automations_overlap_where_one_message_starts_both(
    a: Definition, b: Definition, reason: str | None
) -> None:
    assert overlaps(a, b) == reason
    assert overlaps(b, a) == reason


def test_conflicts_are_listed_by_priority_and_leave_out_what_a_group_settles() -> None:
    new = keyword(1, "hola", exclusive_group="g")
    others = [
        new,
        make_definition(2, on={"keyword": "hola"}, priority=3),
        make_definition(3, on={"keyword": "hola"}, priority=7),
        make_definition(4, on={"keyword": "hola", "exclusive_group": "g"}),
        make_definition(5, on={"keyword": "adiós"}),
    ]

    found = conflicts(new, others)

    assert [conflict.automation_id for conflict in found] == [3, 2]
    assert found[0] == Conflict(automation_id=3, name="automation 3", reason='Both start with the message "hola".')
