"""The kinds of trigger and action as one JSON Schema: what forms are made from and editors check against.

It describes a whole automation of version 0; `$defs` holds each kind under `trigger.<kind>`, with its schedule under
`schedule.<kind>`, and `action.<kind>`.
"""

from app.domain.automation import ACTIONS, TRIGGERS
from app.domain.forms import Form, Json
from app.domain.graph import LONGEST_DELAY_SECONDS
from app.domain.schedule_forms import SCHEDULES

DELAY: Json = {
    "type": "integer",
    "title": "Delay in seconds",
    "minimum": 0,
    "maximum": LONGEST_DELAY_SECONDS,
    "default": 0,
}

_NO_SCHEDULE: Json = {"type": ["object", "null"], "maxProperties": 0, "title": "None"}


def automation_schema() -> dict[str, object]:
    definitions: dict[str, object] = {}
    rules: list[Json] = []
    for name, kind in TRIGGERS.items():
        definitions[f"trigger.{name}"] = _definition(kind.form, kind.form.schema, kind.example)
        rules.append(_when("trigger_type", name, "trigger_conditions", f"trigger.{name}"))
        schedule, is_needed = SCHEDULES.get(kind.event, (_NO_SCHEDULE, False))
        definitions[f"schedule.{name}"] = schedule
        rules.append(_when("trigger_type", name, "schedule_config", f"schedule.{name}", is_needed=is_needed))
    for name, action in ACTIONS.items():
        schema = {**action.form.schema}
        schema["properties"] = {**dict_of(schema["properties"]), "delay_seconds": DELAY}
        definitions[f"action.{name}"] = _definition(action.form, schema, action.example)
        rules.append(_when("action_type", name, "action_payload", f"action.{name}"))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Automation",
        "description": "A trigger and one action. The schemas of each kind are below `$defs`.",
        "type": "object",
        "properties": {
            "name": {"type": "string", "title": "Name", "minLength": 1, "maxLength": 200},
            "description": {"type": ["string", "null"], "title": "Description", "maxLength": 10_000},
            "trigger_type": {"title": "Starts with", "oneOf": [_choice(n, kind.form) for n, kind in TRIGGERS.items()]},
            "trigger_conditions": {"type": "object", "default": {}},
            "action_type": {"title": "Does", "oneOf": [_choice(n, kind.form) for n, kind in ACTIONS.items()]},
            "action_payload": {"type": "object"},
            "schedule_config": {"type": ["object", "null"], "default": None},
            "priority": {
                "type": "integer",
                "title": "Priority",
                "description": "10 comes first.",
                "minimum": 1,
                "maximum": 10,
                "default": 5,
            },
            "is_active": {"type": "boolean", "title": "Active", "default": True},
        },
        "required": ["name", "trigger_type", "action_type", "action_payload"],
        "additionalProperties": False,
        "allOf": rules,
        "$defs": definitions,
    }


def dict_of(value: object) -> dict[str, object]:
    return dict(value) if isinstance(value, dict) else {}


def _choice(name: str, form: Form) -> Json:
    return {"const": name, "title": form.title, "description": form.description}


def _definition(form: Form, schema: Json, example: Json) -> Json:
    return {"title": form.title, "description": form.description, **schema, "examples": [example]}


def _when(key: str, kind: str, column: str, definition: str, *, is_needed: bool = False) -> Json:
    then: dict[str, object] = {"properties": {column: {"$ref": f"#/$defs/{definition}"}}}
    if is_needed:
        then["required"] = [column]
    return {"if": {"properties": {key: {"const": kind}}, "required": [key]}, "then": then}
