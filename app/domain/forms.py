"""What a form needs to know to ask for an automation: for each kind a title, a sentence and a JSON Schema.

The schemas describe version 0, what a person fills in. They say what is possible at all; saving says what is wrong, in
sentences, so a form need not repeat its checks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Json: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """`schema` is that of the kind's own JSON, without what all kinds share."""

    title: str
    description: str
    schema: Json


def closed(properties: Json, *, required: Sequence[str] = (), **rest: object) -> Json:
    """An object with these keys and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
        **rest,
    }


def text(title: str, *, longest: int, description: str | None = None, **rest: object) -> Json:
    made: dict[str, object] = {"type": "string", "title": title, "minLength": 1, "maxLength": longest}
    return made | ({"description": description} if description else {}) | rest


EXCLUSIVE_GROUP = text(
    "Exclusive group",
    longest=100,
    description="Of the automations of one group only the first that matches a message starts.",
)

AUDIENCE: Json = {
    "type": "object",
    "description": (
        "Which contacts: every field must equal its value. Fields are name, first_name, phone, email, birthday, tags,"
        " language, time_zone, or one of your own."
    ),
    "additionalProperties": {"type": ["string", "number", "boolean", "array"]},
}
EQUALITIES: Json = {**AUDIENCE, "properties": {"exclusive_group": EXCLUSIVE_GROUP}}
