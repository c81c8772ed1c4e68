"""The JSON Schema that forms are made from says the same as saving does."""

import pytest
from jsonschema import Draft202012Validator

from app.domain.automation import ACTIONS, TRIGGERS
from app.domain.catalogue import automation_schema

SCHEMA = Draft202012Validator(automation_schema())


def row(trigger: str, action: str, **changes: object) -> dict[str, object]:
    return {
        "name": "An automation",
        "trigger_type": trigger,
        "trigger_conditions": dict(TRIGGERS[trigger].example),
        "action_type": action,
        "action_payload": dict(ACTIONS[action].example),
        "schedule_config": TRIGGERS[trigger].schedule,
    } | changes


def test_it_is_a_json_schema() -> None:
    Draft202012Validator.check_schema(automation_schema())


@pytest.mark.parametrize("trigger", TRIGGERS)
@pytest.mark.parametrize("action", ACTIONS)
def test_it_allows_each_example(trigger: str, action: str) -> None:
    assert SCHEMA.is_valid(row(trigger, action))


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_it_names_each_kind_for_people(trigger: str) -> None:
    form = TRIGGERS[trigger].form

    assert form.title
    assert form.description.endswith(".")


@pytest.mark.parametrize(
    "changes",
    [
        {"trigger_type": "horoscope"},
        {"trigger_conditions": {"mode": "word"}},
        {"trigger_conditions": {"keyword": "hola", "keywords": ["hola"]}},
        {"action_payload": {"message_template": "¡Hola!", "delay": 5}},
        {"priority": 11},
    ],
)
def test_it_refuses_what_saving_refuses(changes: dict[str, object]) -> None:
    assert not SCHEMA.is_valid(row("keyword", "send_message", **changes))
