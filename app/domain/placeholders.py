"""Version 0 templates: `¡Hola {name}!`.

A placeholder is one name in single or double braces, on one line: `{name}`, `{ name }`, `{{name}}`. The name begins
with a letter or `_` and goes on with letters, digits, `_` and `-`; it is one of name, first_name, phone, email,
birthday, tags, or else a custom field. All other braces (`{`, `{}`, `{{`, `{1}`, `{"a": 1}`, `{a b}`) are text.

A missing value is the empty string, and the gap it leaves is closed: a space doubled by it, or left by it before
punctuation or at a line's end, goes; at a line's beginning a comma, colon or semicolon goes with it. Only gaps
are closed: the author's own spacing is never touched, and a value is never read as a template again.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from app.domain.facts import Person, format_birthday, text_of

_PLACEHOLDER = re.compile(r"\{\{ *(?P<double>[^\W\d][\w-]{0,63}) *\}\}|\{ *(?P<single>[^\W\d][\w-]{0,63}) *\}")
_CLOSING = tuple(",.;:!?…)]}»”\n ")


@dataclass(frozen=True, slots=True)
class Placeholder:
    name: str


@dataclass(frozen=True, slots=True)
class Template:
    parts: tuple[str | Placeholder, ...]

    @property
    def names(self) -> frozenset[str]:
        return frozenset(part.name for part in self.parts if isinstance(part, Placeholder))

    def render(self, person: Person) -> str:
        text, gap = "", False
        for part in self.parts:
            piece = part if isinstance(part, str) else value_of(part.name, person)
            if piece == "":
                gap = True
                continue
            text = _close_gap(text, piece) if gap else text + piece
            gap = False
        return _close_gap(text, "") if gap else text


@lru_cache(maxsize=1024)
def compile_template(text: str) -> Template:
    parts: list[str | Placeholder] = []
    end = 0
    for found in _PLACEHOLDER.finditer(text):
        if found.start() > end:
            parts.append(text[end : found.start()])
        parts.append(Placeholder(found["double"] or found["single"]))
        end = found.end()
    if end < len(text):
        parts.append(text[end:])
    return Template(tuple(parts))


def literal(text: str) -> Template:
    """A template in which every character stands for itself."""
    return Template((text,))


def value_of(name: str, person: Person) -> str:
    """What a placeholder shows: the empty string where nothing is known. Fixed names ignore case, custom fields prefer
    the exact spelling."""
    fixed = FIXED.get(name.casefold())
    if fixed is not None:
        return fixed(person) or ""
    if name in person.custom:
        return text_of(person.custom[name]) or ""
    wanted = name.casefold()
    alike = sorted(key for key in person.custom if key.casefold() == wanted)
    return (text_of(person.custom[alike[0]]) or "") if alike else ""


def _birthday(person: Person) -> str | None:
    if person.birthday is None:
        return None
    return format_birthday(person.birthday, year_known=person.birthday_year_known)


FIXED: Mapping[str, Callable[[Person], str | None]] = {
    "name": lambda person: text_of(person.name),
    "first_name": lambda person: person.given_name,
    "phone": lambda person: text_of(person.phone),
    "email": lambda person: text_of(person.email),
    "birthday": _birthday,
    "tags": lambda person: ", ".join(person.tags),
}


def _close_gap(before: str, after: str) -> str:
    if not before or before.endswith("\n"):
        return before + re.sub(r"^[,;:]? *", "", after)
    if not after or after.startswith(_CLOSING):
        return before.rstrip(" ") + after
    return before + after
