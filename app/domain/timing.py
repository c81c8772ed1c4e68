"""`schedule_config`: when an automation starts by the clock, read for each kind of trigger.

Version 0 is one rule with a zone; version 1 (`"v": 1`) says besides what becomes of occurrences that were missed.
"""

import re
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.domain.birthdays import Feb29
from app.domain.durations import BadDuration, parse_duration
from app.domain.problems import (
    Problems,
    check_keys,
    join,
    read_choice,
    read_object,
    read_text,
    read_version,
    read_whole_number,
)
from app.domain.rrules import read_rule
from app.domain.schedule import (
    ANCHOR,
    DEFAULT_GRACE,
    After,
    Cron,
    Every,
    Misfire,
    Once,
    Recurrence,
    Rule,
    Schedule,
    Timing,
    Yearly,
    next_wall,
)
from app.domain.triggers import EventKind, Trigger
from app.domain.zones import named

RULES = ("cron", "rrule", "every_seconds", "at")
LEAST_SECONDS, MOST_SECONDS = 60, 366 * 86_400
LONGEST_GRACE = timedelta(days=7)
LONGEST_JITTER = timedelta(hours=12)
_OF_VERSION_1 = frozenset({"grace", "jitter"})
_DAILY_CRON = re.compile(r"([0-5]?\d) ([01]?\d|2[0-3]) \* \* \*")
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


def parse_timing(
    trigger_type: str, trigger: Trigger | None, raw: object, *, path: str, problems: Problems
) -> Schedule | None:
    """The schedule, where a trigger has one; problems are added for one that is missing, wrong or of no use."""
    if trigger is None:
        return None
    kinds = {event.kind for event in trigger.events}
    timed = [kind for kind in (EventKind.SCHEDULED, EventKind.BIRTHDAY, EventKind.TIME_BASED) if kind in kinds]
    if not timed:
        if raw not in (None, {}):
            problems.add(
                path, "not_used", f'A schedule has no meaning with the trigger "{trigger_type}"; leave it out.'
            )
        return None
    if len(timed) > 1:
        problems.add("trigger_conditions.on", "one_clock", "Only one of the events may be one of the clock's.")
        return None
    node = read_object({} if raw is None else raw, path, problems)
    if node is None:
        return None
    reader = _Reader(node, path, problems)
    match timed[0]:
        case EventKind.BIRTHDAY:
            return reader.birthday()
        case EventKind.TIME_BASED:
            after = next((event.after for event in trigger.events if event.after is not None), None)
            return None if after is None else reader.time_based(after)
        case _:
            return reader.scheduled()


class _Reader:
    def __init__(self, node: Mapping[str, object], path: str, problems: Problems) -> None:
        self._node = node
        self._path = path
        self._problems = problems
        self._extra = frozenset({"v"})
        if read_version(node, path, problems):
            self._extra |= _OF_VERSION_1

    def scheduled(self) -> Schedule | None:
        self._keys({*RULES, "tz", *(["misfire"] if "grace" in self._extra else [])})
        given = [name for name in RULES if name in self._node]
        if len(given) != 1:
            self._add(
                given[1] if given else "cron",
                "exclusive" if given else "missing",
                'Say when it starts, by one of "cron", "rrule", "every_seconds" or "at", like {"cron": "0 9 * * 1"}.',
            )
            return None
        rule = self._rule(given[0])
        return None if rule is None else self._made(rule, default_tz=None)

    def birthday(self) -> Schedule | None:
        self._keys({"time", "cron", "tz", "feb29"})
        if "time" in self._node and "cron" in self._node:
            self._add("cron", "exclusive", 'Give either "time" or "cron", not both.')
            return None
        chosen = time(9)
        if "time" in self._node:
            found = _TIME.fullmatch(str(self._node["time"]))
            if found is None:
                self._add("time", "bad_time", 'Write a time of day as "09:00".')
                return None
            chosen = time(int(found[1]), int(found[2]))
        elif "cron" in self._node:
            found = _DAILY_CRON.fullmatch(str(self._node["cron"]).strip())
            if found is None:
                self._add("cron", "bad_cron", 'A birthday comes once a year: only a time of day counts, "0 9 * * *".')
                return None
            chosen = time(int(found[2]), int(found[1]))
        word = self._choice("feb29", Feb29.FEB28, {str(item) for item in Feb29})
        return self._made(Yearly(time=chosen, feb29=Feb29(word)), default_tz="contact")

    def time_based(self, after: After) -> Schedule | None:
        self._keys(set())
        return self._made(after, default_tz=None)

    def _made(self, timing: Timing, *, default_tz: str | None) -> Schedule | None:
        known = len(self._problems)
        zone, per_contact = self._zone(default_tz)
        if per_contact and isinstance(timing, Once) and timing.at.tzinfo is not None:
            self._add("tz", "not_used", "This moment says its own zone, so it is the same for every contact.")
        schedule = Schedule(
            timing=timing,
            zone=zone,
            per_contact=per_contact,
            misfire=Misfire(self._choice("misfire", Misfire.FIRE_ONCE, {str(item) for item in Misfire})),
            grace=self._length("grace", DEFAULT_GRACE, least=timedelta(minutes=1), most=LONGEST_GRACE),
            jitter=self._length("jitter", timedelta(), least=timedelta(), most=LONGEST_JITTER),
        )
        return schedule if len(self._problems) == known else None

    def _rule(self, name: str) -> Rule | None:
        raw = self._node[name]
        match name:
            case "cron":
                return self._cron(raw)
            case "rrule":
                return self._rrule(raw)
            case "every_seconds":
                seconds = read_whole_number(
                    raw, join(self._path, name), self._problems, least=LEAST_SECONDS, most=MOST_SECONDS
                )
                return None if seconds is None else Every(seconds)
            case _:
                return self._at(raw)

    def _cron(self, raw: object) -> Cron | None:
        from cronsim import CronSimError

        words = read_text(raw, join(self._path, "cron"), self._problems, longest=200)
        if words is None:
            return None
        rule = Cron(" ".join(words.split()))
        try:
            if len(words.split()) != 5:
                raise CronSimError("it needs five fields")
            if next_wall(rule, ANCHOR) is not None:
                return rule
            self._add("cron", "never", f'"{rule.text[:60]}" never comes.')
        except CronSimError as wrong:
            self._add("cron", "bad_cron", f'This is no cron expression like "0 9 * * 1" ({wrong}).')
        return None

    def _rrule(self, raw: object) -> Recurrence | None:
        words = read_text(raw, join(self._path, "rrule"), self._problems, longest=500)
        if words is None:
            return None
        try:
            rule = Recurrence(read_rule(words))
            if next_wall(rule, ANCHOR) is not None:
                return rule
            wrong = "it never comes"
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            wrong = str(error)[:100] or "it cannot be read"
        self._add("rrule", "bad_rrule", f'This is no rule like "FREQ=DAILY;BYHOUR=9" ({wrong}).')
        return None

    def _at(self, raw: object) -> Once | None:
        words = read_text(raw, join(self._path, "at"), self._problems, longest=40)
        try:
            at = None if words is None else datetime.fromisoformat(words.strip())
        except ValueError:
            at = None
        if at is not None and 2000 <= at.year <= 2200:
            return Once(at)
        if words is not None:
            self._add("at", "bad_moment", 'Write a moment as "2026-12-24T18:00", or with its zone, "…T18:00Z".')
        return None

    def _zone(self, default: str | None) -> tuple[ZoneInfo | None, bool]:
        name = self._node.get("tz", default)
        if name is None:
            return None, False
        if name == "contact":
            return None, True
        zone = named(name) if isinstance(name, str) else None
        if zone is None:
            self._add("tz", "unknown_time_zone", 'Name a time zone as in "America/Mexico_City", or "contact".')
        return zone, False

    def _length(self, name: str, default: timedelta, *, least: timedelta, most: timedelta) -> timedelta:
        if name not in self._node:
            return default
        try:
            length = parse_duration(self._node[name])
        except BadDuration as wrong:
            self._add(name, "bad_duration", str(wrong))
            return default
        if not least <= length <= most:
            self._add(name, "out_of_range", f"This lasts from {least} to {most}.")
            return default
        return length

    def _choice(self, name: str, default: str, known: set[str]) -> str:
        if name not in self._node:
            return default
        return read_choice(self._node[name], join(self._path, name), self._problems, known=known) or default

    def _keys(self, own: set[str]) -> None:
        check_keys(self._node, self._path, self._problems, allowed=own | self._extra)

    def _add(self, key: str, code: str, detail: str) -> None:
        self._problems.add(join(self._path, key), code, detail)
