"""Custom fields of contacts, where somebody declared what they hold.

What nobody declared is kept as it comes: other programs may store what they like beside. A value of null says that the
contact has none.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import assert_never

LONGEST_TEXT = 1_000


class Kind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    BOOLEAN = "boolean"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomField:
    key: str
    kind: Kind
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    key: str
    code: str
    detail: str


# A field of the contact's own; a placeholder of that name never reads a custom one.
RESERVED = frozenset({"id", "name", "first_name", "phone", "email", "birthday", "tags", "language", "time_zone"})

_TRUE = frozenset({"true", "yes", "1", "sí", "si", "sim", "x"})
_FALSE = frozenset({"false", "no", "0", "não", "nao"})


def problems(declared: Sequence[CustomField], values: Mapping[str, object]) -> list[Problem]:
    """What of the values is not as it was declared."""
    found = [problem(field, values[field.key]) for field in declared if values.get(field.key) is not None]
    return [one for one in found if one is not None]


def problem(field: CustomField, value: object) -> Problem | None:
    match field.kind:
        case Kind.TEXT:
            if not isinstance(value, str) or len(value) > LONGEST_TEXT:
                return Problem(field.key, "not_a_text", f"Write a text of {LONGEST_TEXT} characters at most.")
        case Kind.NUMBER:
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                return Problem(field.key, "not_a_number", "Write a number.")
        case Kind.BOOLEAN:
            if not isinstance(value, bool):
                return Problem(field.key, "not_a_boolean", "Write true or false.")
        case Kind.DATE:
            if not isinstance(value, str) or _date(value) is None:
                return Problem(field.key, "not_a_date", "Write a date, as 2026-03-14.")
        case Kind.CHOICE:
            if value not in field.choices:
                return Problem(field.key, "not_a_choice", f"Write one of: {', '.join(field.choices)}.")
        case _:
            assert_never(field.kind)
    return None


def read(field: CustomField, text: str) -> object:
    """What a cell of a table says, as JSON; what cannot be read comes back as it was, for `problem` to name."""
    match field.kind:
        case Kind.NUMBER:
            try:
                number = float(text)
            except ValueError:
                return text
            return int(number) if math.isfinite(number) and number.is_integer() and "." not in text else number
        case Kind.BOOLEAN:
            said = text.casefold()
            return True if said in _TRUE else False if said in _FALSE else text
        case Kind.TEXT | Kind.DATE | Kind.CHOICE:
            return text
        case _:
            assert_never(field.kind)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == len("2026-03-14") else None
    except ValueError:
        return None
