"""How often the same person may enter an automation, and what happens when they are still in it.

Every entry has a key that is unique for (automation, contact), so a crash, a repeat or a second worker cannot
enrol twice. `once` uses the empty key, `per_window` the window's start, `keyed` the key (an occurrence of the clock
has its own), the others the item's own.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import assert_never

from app.domain.durations import BadDuration, is_whole_days, parse_duration
from app.domain.facts import Fact, text_of
from app.domain.fields import Context, Field, Kind, UnknownField, find_field
from app.domain.problems import Problems, check_keys, join, read_choice, read_object, read_text

_LONGEST_KEY = 200
_KEY_FIELD = re.compile(r"\{\{ *([\w.-]+) *\}\}")
_MONDAY = date(1970, 1, 5)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Policy(StrEnum):
    ONCE = "once"
    PER_WINDOW = "per_window"
    AFTER_EXIT = "after_exit"
    ALWAYS = "always"
    KEYED = "keyed"


class WhenActive(StrEnum):
    SKIP = "skip"
    RESTART = "restart"
    PARALLEL = "parallel"


# Combinations that could never do what they say are refused: who may enter once is never restarted.
_POSSIBLE: Mapping[Policy, frozenset[WhenActive]] = {
    Policy.ONCE: frozenset({WhenActive.SKIP}),
    Policy.PER_WINDOW: frozenset({WhenActive.SKIP, WhenActive.RESTART}),
    Policy.AFTER_EXIT: frozenset({WhenActive.SKIP}),
    Policy.ALWAYS: frozenset(WhenActive),
    Policy.KEYED: frozenset(WhenActive),
}


@dataclass(frozen=True, slots=True)
class KeyTemplate:
    parts: tuple[str | Field, ...]

    def render(self, context: Context) -> str | None:
        """`None` when a field of the key is missing."""
        pieces = []
        for part in self.parts:
            value = part if isinstance(part, str) else text_of(part.read(context))
            if value is None:
                return None
            pieces.append(value)
        key = "".join(pieces).strip()
        if len(key) > _LONGEST_KEY:
            return "sha256:" + hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
        return key or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    policy: Policy
    when_active: WhenActive
    window: timedelta | None = None
    key: KeyTemplate | None = None

    @property
    def remembers(self) -> bool:
        """Whether earlier entries decide, beyond the item's own key."""
        return self.policy in (Policy.ONCE, Policy.PER_WINDOW, Policy.KEYED)

    def key_for(self, fact: Fact, context: Context) -> str | None:
        """The entry key; `None` when the key of a `keyed` entry is missing."""
        match self.policy:
            case Policy.ONCE:
                return ""
            case Policy.PER_WINDOW:
                return window_start(fact.at, self.window or timedelta(days=1), context)
            case Policy.KEYED:
                return self.key.render(context) if self.key else fact.key
            case Policy.ALWAYS | Policy.AFTER_EXIT:
                return fact.key
            case _:
                assert_never(self.policy)


def window_start(at: datetime, window: timedelta, context: Context) -> str:
    """The start of the window that a moment falls in.

    Whole days are calendar days of the context's zone, counted from a Monday so that seven of them are a week;
    shorter windows are counted in seconds from 1970.
    """
    if is_whole_days(window):
        day = at.astimezone(context.zone).date()
        return (day - timedelta(days=(day - _MONDAY).days % window.days)).isoformat()
    since = at - _EPOCH
    return (_EPOCH + (since - since % window)).strftime("%Y-%m-%dT%H:%M:%SZ")


def default_entry(policy: Policy) -> Entry:
    return Entry(policy=policy, when_active=WhenActive.PARALLEL if policy is Policy.ALWAYS else WhenActive.SKIP)


def parse_entry(raw: object, *, default: Policy, path: str, problems: Problems) -> Entry:
    """The entry that `raw` asks for; what it leaves out comes from the event's default policy."""
    fallback = default_entry(default)
    node = read_object(raw, path, problems)
    if node is None:
        return fallback
    check_keys(node, path, problems, allowed={"policy", "window", "key", "when_active"})
    chosen = default
    if "policy" in node:
        word = read_choice(node["policy"], join(path, "policy"), problems, known={str(item) for item in Policy})
        chosen = Policy(word) if word else default
    window = _parse_window(node, chosen, path, problems)
    key = _parse_key(node, chosen, path, problems)
    when_active = _parse_when_active(node, chosen, path, problems)
    return Entry(policy=chosen, when_active=when_active, window=window, key=key)


def _parse_window(node: Mapping[str, object], policy: Policy, path: str, problems: Problems) -> timedelta | None:
    path = join(path, "window")
    if policy is not Policy.PER_WINDOW:
        if "window" in node:
            problems.add(path, "not_used", 'A window only counts with the policy "per_window".')
        return None
    try:
        window = parse_duration(node.get("window"))
    except BadDuration as wrong:
        problems.add(path, "bad_duration", f'"per_window" needs a window. {wrong}')
        return None
    if not timedelta(minutes=1) <= window <= timedelta(days=366):
        problems.add(path, "out_of_range", "A window lasts from one minute (PT1M) to 366 days (P366D).")
        return None
    return window


def _parse_when_active(node: Mapping[str, object], policy: Policy, path: str, problems: Problems) -> WhenActive:
    fallback = default_entry(policy).when_active
    if "when_active" not in node:
        return fallback
    path = join(path, "when_active")
    if node["when_active"] == "queue":
        problems.later(path, 'Queueing ("queue")')
        return fallback
    word = read_choice(node["when_active"], path, problems, known={str(item) for item in WhenActive})
    if word is None:
        return fallback
    chosen = WhenActive(word)
    if chosen not in _POSSIBLE[policy]:
        possible = ", ".join(f'"{item}"' for item in sorted(_POSSIBLE[policy]))
        problems.add(path, "not_possible", f'With the policy "{policy}" only {possible} is possible here.')
    return chosen


def _parse_key(node: Mapping[str, object], policy: Policy, path: str, problems: Problems) -> KeyTemplate | None:
    path = join(path, "key")
    if policy is not Policy.KEYED:
        if "key" in node:
            problems.add(path, "not_used", 'A key only counts with the policy "keyed".')
        return None
    text = read_text(node.get("key"), path, problems, longest=_LONGEST_KEY)
    if text is None:
        return None
    parts: list[str | Field] = []
    end = 0
    for found in _KEY_FIELD.finditer(text):
        parts.append(text[end : found.start()])
        parts.extend(_key_field(found[1], path, problems))
        end = found.end()
    parts.append(text[end:])
    fixed = "".join(part for part in parts if isinstance(part, str))
    if "{{" in fixed or "{%" in fixed:
        problems.later(path, 'A key with more than plain fields, like "{{event.payload}}",')
    elif end == 0:
        problems.add(
            path, "no_field", 'A key must name a field, like "{{event.payload}}"; a fixed one lets nobody in twice.'
        )
    return KeyTemplate(tuple(part for part in parts if part != ""))


def _key_field(name: str, path: str, problems: Problems) -> list[Field]:
    try:
        found = find_field(name)
    except UnknownField as wrong:
        problems.add(path, wrong.code, wrong.detail)
        return []
    if found.kind not in (Kind.TEXT, Kind.NUMBER, Kind.OPEN):
        problems.add(path, "not_a_key", f'"{name}" cannot be part of a key; use a text or a number.')
        return []
    return [found]
