"""What conditions can ask about: `contact.…`, `event.…`, `now.…`, `channel.id`.

The namespaces are closed but for `contact.custom.…`: a misspelt field would be unknown for ever, and unknown never
matches, so it is refused when the automation is saved. A field that is blank or was never filled reads as `None`;
an empty list of tags is a known, empty list.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias
from zoneinfo import ZoneInfo

from app.domain.facts import Fact, MessageReceived, Person, text_of
from app.domain.moments import Yearless
from app.domain.problems import suggestion


class Kind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "true or false"
    LIST = "list"
    DATE = "date"
    MOMENT = "moment"
    OPEN = "custom"


Value: TypeAlias = str | int | float | bool | date | datetime | Yearless | tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a condition is judged against. `now.…` and calendar days are read in `zone`."""

    person: Person
    fact: Fact | None
    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    kind: Kind
    read: Callable[[Context], Value] = field(repr=False, compare=False)


class UnknownField(LookupError):
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def find_field(name: str, *, bare: bool = False) -> Field:
    """The field of that name. `bare` reads version 0 names: `tags` is `contact.tags`, any other is a custom field."""
    for prefix in _CUSTOM:
        if name.startswith(prefix) and len(name) > len(prefix):
            return _custom(name.removeprefix(prefix))
    if name in FIELDS:
        return FIELDS[name]
    if bare and "." not in name:
        return FIELDS.get(f"contact.{name}") or _custom(name)
    if name in _LATER or name.startswith(tuple(prefix for prefix in _LATER if prefix.endswith("."))):
        raise UnknownField("not_supported", f'"{name}" cannot be used in conditions yet.')
    if not bare and f"contact.{name}" in FIELDS:
        raise UnknownField("unknown_field", f'There is no field "{name}". Did you mean "contact.{name}"?')
    near = suggestion(name, FIELDS)
    raise UnknownField(
        "unknown_field",
        f'There is no field "{name}".{near} Fields of your own are written "contact.custom.name".',
    )


def _custom(key: str) -> Field:
    def read(context: Context) -> Value:
        value: object = context.person.custom.get(key)
        if isinstance(value, list | tuple):
            return tuple(text for item in value if (text := text_of(item)) is not None)
        return value if isinstance(value, bool | int | float) else text_of(value)

    return Field(f"contact.custom.{key}", Kind.OPEN, read)


def _birthday(context: Context) -> Value:
    birthday = context.person.birthday
    if birthday is None or context.person.birthday_year_known:
        return birthday
    return Yearless(birthday.month, birthday.day)


def _message(read: Callable[[MessageReceived], str | None]) -> Callable[[Context], Value]:
    def of_fact(context: Context) -> Value:
        return text_of(read(context.fact)) if isinstance(context.fact, MessageReceived) else None

    return of_fact


def _local(context: Context) -> datetime:
    return context.now.astimezone(context.zone)


_CUSTOM = ("contact.custom.", "contact.metadata.")
_LATER = (
    "contact.consent.",
    "contact.segments",
    "channel.business_hours",
    "channel.name",
    "vars.",
    "event.category",
    "event.order_id",
    "event.tag",
)

# What only a message has; a trigger without messages may not ask for it.
MESSAGE_FIELDS = frozenset({"event.text", "event.type", "event.payload"})

_CONTACT = (
    Field("contact.id", Kind.NUMBER, lambda context: context.person.id),
    Field("contact.name", Kind.TEXT, lambda context: text_of(context.person.name)),
    Field("contact.first_name", Kind.TEXT, lambda context: context.person.given_name),
    Field("contact.phone", Kind.TEXT, lambda context: text_of(context.person.phone)),
    Field("contact.email", Kind.TEXT, lambda context: text_of(context.person.email)),
    Field("contact.birthday", Kind.DATE, _birthday),
    Field("contact.tags", Kind.LIST, lambda context: context.person.tags),
    Field("contact.language", Kind.TEXT, lambda context: text_of(context.person.language)),
    Field("contact.time_zone", Kind.TEXT, lambda context: text_of(context.person.time_zone)),
    Field("contact.is_active", Kind.BOOLEAN, lambda context: context.person.is_active),
    Field("contact.created_at", Kind.MOMENT, lambda context: context.person.created_at),
    Field("contact.last_contacted", Kind.MOMENT, lambda context: context.person.last_contacted),
)
_SURROUNDINGS = (
    Field("event.text", Kind.TEXT, _message(lambda fact: fact.text)),
    Field("event.type", Kind.TEXT, _message(lambda fact: fact.type)),
    Field("event.payload", Kind.TEXT, _message(lambda fact: fact.payload)),
    # Nothing is thrown away for being old; whoever does not want to answer yesterday's message asks for its age.
    Field(
        "event.age_seconds",
        Kind.NUMBER,
        lambda context: (context.now - context.fact.at).total_seconds() if context.fact else None,
    ),
    Field("now.weekday", Kind.NUMBER, lambda context: _local(context).isoweekday()),
    Field("now.hour", Kind.NUMBER, lambda context: _local(context).hour),
    Field("now.date", Kind.DATE, lambda context: context.today),
    Field("channel.id", Kind.NUMBER, lambda context: context.fact.channel_id if context.fact else None),
)
FIELDS: Mapping[str, Field] = {item.name: item for item in (*_CONTACT, *_SURROUNDINGS)}
