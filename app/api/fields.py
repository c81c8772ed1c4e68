"""What the bodies and queries of several routes are made of.

Everything here ends up in PostgreSQL, which refuses NUL characters, half surrogates and numbers that are none: they are
refused at the door, so that no input ends as a server error.
"""

import math
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeAlias, TypeVar

from fastapi import Path, Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from app.domain import contact_values
from app.services.pages import LARGEST_ID

T = TypeVar("T")

_LONGEST_NESTING = 32
_MOST_JSON_CHARACTERS = 65_536


class Strict(BaseModel):
    """A request's body: unknown keys are refused, and nothing is guessed (`"1"` is no number, `1` is no flag)."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Answer(BaseModel):
    """A response's body, read from a row."""

    model_config = ConfigDict(from_attributes=True)


class PageAnswer(BaseModel, Generic[T]):
    items: list[T]
    next: str | None = Field(description="Give it as `cursor` to read on; null on the last page.")


def storable(text: str) -> str:
    if "\x00" in text or (not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)):
        raise PydanticCustomError("bad_character", "This holds a character that cannot be stored.")
    return text


def _in_range(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("bad_moment", "This moment lies too far from ours.") from None


def _storable_object(value: dict[str, Any]) -> dict[str, Any]:
    if _measure(value, depth=0) > _MOST_JSON_CHARACTERS:
        raise PydanticCustomError("too_long", "This object is too large.")
    return value


def _time_zone(text: str) -> str:
    if not contact_values.is_time_zone(text):
        raise PydanticCustomError("unknown_time_zone", "Name a time zone as in America/Mexico_City.")
    return text


def _measure(value: object, *, depth: int) -> int:
    """About how many characters it takes."""
    if depth > _LONGEST_NESTING:
        raise PydanticCustomError("too_deep", "This is nested too deeply.")
    match value:
        case dict():
            inside = (_measure(each, depth=depth + 1) for each in value.values())
            return sum(len(storable(key)) + 4 for key in value) + sum(inside)
        case list():
            return sum(_measure(each, depth=depth + 1) + 2 for each in value)
        case str():
            return len(storable(value)) + 2
        case float() if not math.isfinite(value):
            raise PydanticCustomError("not_a_number", "NaN and Infinity are no JSON.")
        case _:
            return len(str(value))


Text: TypeAlias = Annotated[str, AfterValidator(storable)]
ShortText: TypeAlias = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(storable)
]
LongText: TypeAlias = Annotated[str, StringConstraints(max_length=10_000), AfterValidator(storable)]
TimeZone: TypeAlias = Annotated[str, AfterValidator(_time_zone)]
JsonObject: TypeAlias = Annotated[dict[str, Any], AfterValidator(_storable_object)]

QueryableText: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(storable)]
Id: TypeAlias = Annotated[int, Field(ge=1, le=LARGEST_ID)]
PathId: TypeAlias = Annotated[int, Path(ge=1, le=LARGEST_ID)]
QueryId: TypeAlias = Annotated[int | None, Query(ge=1, le=LARGEST_ID)]
QueryText: TypeAlias = Annotated[QueryableText | None, Query()]
Limit: TypeAlias = Annotated[int, Query(ge=1, le=200, description="How many items a page holds.")]
Cursor: TypeAlias = Annotated[str | None, Query(description="The `next` of the page before.")]
Since: TypeAlias = Annotated[
    Annotated[AwareDatetime, AfterValidator(_in_range)] | None,
    Query(
        description="What changed at this moment or later, the longest ago first. To keep a copy, ask again from a"
        " minute before the last change that you have seen.",
        examples=["2026-03-14T15:00:00Z"],
    ),
]
