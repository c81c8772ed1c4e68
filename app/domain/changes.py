"""What an automation may change of a contact: fields, fields of your own, tags.

Identities (phone numbers) and what the system keeps (ids, moments) are not among them: nothing that an automation
writes may make one person another.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from zoneinfo import ZoneInfo

from app.domain import birthdays
from app.domain.birthdays import BirthdayError
from app.domain.facts import Person, Scalar
from app.domain.problems import Problems, join, read_object, read_text

LONGEST_VALUE = 1_000
LONGEST_NAME = 64
MOST_FIELDS = 50
MOST_TAGS = 50
LONGEST_TAG = 200

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_LANGUAGE = re.compile(r"[a-z]{2,3}([_-][A-Za-z]{2,4})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """`columns` are by the names of the table; a value of `None` empties a field."""

    columns: Mapping[str, str | date | None] = field(default_factory=dict)
    custom: Mapping[str, Scalar] = field(default_factory=dict)
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()

    def apply(self, person: Person) -> Person:
        """The person as the rest of the run shall see them."""
        told: dict[str, object] = {
            _OF_PERSON.get(name, name): value for name, value in self.columns.items() if name != "notes"
        }
        if "birthday" in self.columns:
            day = self.columns["birthday"]
            told["birthday_year_known"] = not (isinstance(day, date) and birthdays.is_year_unknown(day))
        custom = {key: value for key, value in {**person.custom, **self.custom}.items() if value is not None}
        kept = [tag for tag in person.tags if tag not in self.remove_tags]
        tags = tuple(dict.fromkeys([*kept, *(tag for tag in self.add_tags if tag not in self.remove_tags)]))
        return replace(person, **told, custom=custom, tags=tags)  # type: ignore[arg-type]

    def to_json(self) -> dict[str, object]:
        """What is recorded of it: which fields, never their values."""
        return {
            "set": sorted([*self.columns, *self.custom]),
            "add_tags": list(self.add_tags),
            "remove_tags": list(self.remove_tags),
        }


_OF_PERSON = {"given_name": "first_name"}


def parse_changes(raw: Mapping[str, object], *, path: str, problems: Problems) -> Changes | None:
    known = len(problems)
    columns: dict[str, str | date | None] = {}
    custom: dict[str, Scalar] = {}
    if (given := raw.get("set")) is not None:
        _parse_set(given, columns, custom, join(path, "set"), problems)
    add = _tags(raw.get("add_tags"), join(path, "add_tags"), problems)
    remove = _tags(raw.get("remove_tags"), join(path, "remove_tags"), problems)
    for tag in sorted(set(add) & set(remove)):
        problems.add(join(path, "remove_tags"), "contradiction", f'"{tag}" cannot be both added and removed.')
    if len(problems) == known and not (columns or custom or add or remove):
        problems.add(join(path, "set"), "nothing_to_do", 'Give "set", "add_tags" or "remove_tags".')
    if len(problems) > known:
        return None
    return Changes(columns=columns, custom=custom, add_tags=add, remove_tags=remove)


def _parse_set(
    raw: object, columns: dict[str, str | date | None], custom: dict[str, Scalar], path: str, problems: Problems
) -> None:
    node = read_object(raw, path, problems)
    if node is None:
        return
    if len(node) > MOST_FIELDS:
        problems.add(path, "too_many", f"At most {MOST_FIELDS} fields can be set at once.")
        return
    for name, value in node.items():
        where = join(path, name)
        bare = name.removeprefix("contact.")
        if bare in UNSETTABLE:
            problems.add(where, "not_settable", f'"{name[:60]}" cannot be set by an automation.{UNSETTABLE[bare]}')
        elif bare in SETTABLE:
            column, read = SETTABLE[bare]
            columns[column] = None if value is None else read(value, where, problems)
        else:
            key = bare.removeprefix("custom.").removeprefix("metadata.")
            _set_custom(key, value, custom, where, problems)


def _set_custom(key: str, value: object, custom: dict[str, Scalar], path: str, problems: Problems) -> None:
    if not key.strip() or len(key) > LONGEST_NAME or "\x00" in key:
        problems.add(path, "bad_name", f"The name of a field has 1 to {LONGEST_NAME} characters.")
    elif isinstance(value, str) and value.strip():
        custom[key] = read_text(value, path, problems, longest=LONGEST_VALUE)
    elif value is None or value == "" or isinstance(value, bool | int | float):
        custom[key] = None if value == "" else value
    else:
        problems.add(path, "not_a_value", "This must be one text, number or true/false, or null to empty it.")


def _tags(raw: object, path: str, problems: Problems) -> tuple[str, ...]:
    if raw is None:
        return ()
    if not isinstance(raw, list | tuple) or len(raw) > MOST_TAGS:
        problems.add(path, "not_a_list", f'This must be a list of at most {MOST_TAGS} tags, like ["vip"].')
        return ()
    found = [read_text(tag, join(path, index), problems, longest=LONGEST_TAG) for index, tag in enumerate(raw)]
    return tuple(dict.fromkeys(tag.strip() for tag in found if tag is not None))


def _name(raw: object, path: str, problems: Problems) -> str | None:
    return read_text(raw, path, problems, longest=200)


def _notes(raw: object, path: str, problems: Problems) -> str | None:
    return read_text(raw, path, problems, longest=10_000)


def _email(raw: object, path: str, problems: Problems) -> str | None:
    text = read_text(raw, path, problems, longest=254)
    if text is not None and not EMAIL.fullmatch(text.strip()):
        problems.add(path, "invalid_email", "This is not an e-mail address.")
    return text and text.strip()


def _birthday(raw: object, path: str, problems: Problems) -> date | None:
    text = read_text(raw, path, problems, longest=10)
    try:
        parsed = None if text is None else birthdays.parse(text)
    except BirthdayError as error:
        problems.add(path, "invalid_birthday", f"{str(error).capitalize()}.")
        return None
    return None if parsed is None else parsed.to_date()


def _language(raw: object, path: str, problems: Problems) -> str | None:
    text = read_text(raw, path, problems, longest=8)
    if text is not None and not _LANGUAGE.fullmatch(text):
        problems.add(path, "invalid_language", 'Write a language as "es" or "es-MX".')
    return text


def _time_zone(raw: object, path: str, problems: Problems) -> str | None:
    text = read_text(raw, path, problems, longest=64)
    if text is not None and not is_zone(text):
        problems.add(path, "unknown_time_zone", 'Name a time zone as in "America/Mexico_City".')
    return text


def is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return False
    return True


Reader = Callable[[object, str, Problems], str | date | None]

SETTABLE: Mapping[str, tuple[str, Reader]] = {
    "name": ("name", _name),
    "first_name": ("given_name", _name),
    "email": ("email", _email),
    "birthday": ("birthday", _birthday),
    "notes": ("notes", _notes),
    "language": ("language", _language),
    "time_zone": ("time_zone", _time_zone),
}
UNSETTABLE: Mapping[str, str] = {
    "id": "",
    "phone": " It says who somebody is.",
    "tags": ' Use "add_tags" and "remove_tags".',
    "is_active": "",
    "created_at": "",
    "updated_at": "",
    "last_contacted": "",
}
