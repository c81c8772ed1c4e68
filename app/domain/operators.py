"""The operators of conditions, one entry each in `OPERATORS`.

An operator prepares a test from the value that the definition gives, once, when it is parsed; the test answers
true, false, or `None` for unknown. A missing field, or a value that cannot be compared, is unknown to all but
`is_set`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

import re2

from app.domain.durations import BadDuration, is_whole_days, parse_duration
from app.domain.facts import text_of
from app.domain.fields import Context, Field, Kind, Value
from app.domain.matching import normalise
from app.domain.moments import Yearless, anniversary, compare_moments, day_of, local_day, moment_of

Truth: TypeAlias = bool | None
Test: TypeAlias = Callable[[Value, Context], Truth]

LONGEST_TEXT = 1024
LONGEST_PATTERN = 256
MOST_CHOICES = 500


class BadValue(ValueError):
    """The definition's value does not suit the operator and field; the message says what would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    prepare: Callable[[object, Field, bool], Test]
    kinds: frozenset[Kind]
    example: Mapping[str, object]
    needs_value: bool = True


def negate(truth: Truth) -> Truth:
    return None if truth is None else not truth


def _scalar(raw: object) -> str | int | float | bool:
    if not isinstance(raw, str | int | float | bool) or (isinstance(raw, str) and not raw.strip()):
        raise BadValue("The value must be one text, number or true/false, and not empty.")
    if isinstance(raw, str) and len(raw) > LONGEST_TEXT:
        raise BadValue(f"The value is longer than {LONGEST_TEXT} characters.")
    return raw


def _scalars(raw: object) -> list[str | int | float | bool]:
    if not isinstance(raw, list | tuple) or not 1 <= len(raw) <= MOST_CHOICES:
        raise BadValue(f'The value must be a list of 1 to {MOST_CHOICES} entries, like ["vip", "lead"].')
    return [_scalar(item) for item in raw]


def _text(raw: object, fold: bool) -> str:
    if not isinstance(raw, str):
        raise BadValue("The value must be text.")
    return normalise(str(_scalar(raw)), fold=fold)


def _number_of(value: object) -> float | None:
    """A number, also one kept as text: custom fields often hold "12"."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            return None
        return number if number - number == 0 else None  # "nan" and "inf" are words here
    return None


def _same(value: Value, wanted: str | int | float | bool, fold: bool) -> Truth:
    if isinstance(value, tuple):
        return any(_same(item, wanted, fold) for item in value)
    if isinstance(value, int | float) and isinstance(wanted, int | float):
        return isinstance(value, bool) == isinstance(wanted, bool) and value == wanted
    text = text_of(value)
    # An accepted value is never blank, so its text is never missing.
    return None if text is None else normalise(text, fold=fold) == normalise(text_of(wanted) or "", fold=fold)


def _same_day(value: Value, wanted: date | Yearless, zone: ZoneInfo) -> Truth:
    if isinstance(value, str):
        value = day_of(value)
    if isinstance(value, Yearless):
        if (value.month, value.day) != (wanted.month, wanted.day):
            return False
        return True if isinstance(wanted, Yearless) else None
    if not isinstance(value, date):
        return None
    return isinstance(wanted, date) and local_day(value, zone) == wanted


def _eq(raw: object, field: Field, fold: bool) -> Test:
    if field.kind is Kind.LIST and isinstance(raw, list | tuple):
        return _has_all(raw, field, fold)
    wanted = _scalar(raw)
    if field.kind is Kind.DATE:
        day = day_of(wanted) if isinstance(wanted, str) else None
        if day is None:
            raise BadValue('The value must be a day, like "1990-05-15" ("9999-05-15" where the year is unknown).')
        return lambda value, context: _same_day(value, day, context.zone)
    if field.kind is Kind.NUMBER and (isinstance(wanted, bool) or not isinstance(wanted, int | float)):
        raise BadValue("The value must be a number.")
    if field.kind is Kind.BOOLEAN and not isinstance(wanted, bool):
        raise BadValue("The value must be true or false.")
    return lambda value, _: _same(value, wanted, fold)


def _ne(raw: object, field: Field, fold: bool) -> Test:
    equal = _eq(raw, field, fold)
    return lambda value, context: negate(equal(value, context))


def _in(raw: object, field: Field, fold: bool) -> Test:
    tests = [_eq(item, field, fold) for item in _scalars(raw)]

    def test(value: Value, context: Context) -> Truth:
        answers = [equal(value, context) for equal in tests]
        return True if True in answers else None if None in answers else False

    return test


def _not_in(raw: object, field: Field, fold: bool) -> Test:
    among = _in(raw, field, fold)
    return lambda value, context: negate(among(value, context))


def _ordered(accept: Callable[[float], bool]) -> Callable[[object, Field, bool], Test]:
    def prepare(raw: object, field: Field, fold: bool) -> Test:
        if field.kind in (Kind.DATE, Kind.MOMENT) or isinstance(raw, str):
            return _timed(accept)(raw, field, fold)
        limit = None if isinstance(raw, str) else _number_of(raw)
        if limit is None:
            raise BadValue("The value must be a number.")

        def test(value: Value, _: Context) -> Truth:
            number = _number_of(value)
            return None if number is None else accept(number - limit)

        return test

    return prepare


def _timed(accept: Callable[[float], bool]) -> Callable[[object, Field, bool], Test]:
    def prepare(raw: object, field: Field, _: bool) -> Test:
        limit = moment_of(raw) if isinstance(raw, str) and field.kind is not Kind.NUMBER else None
        if limit is None:
            if field.kind is Kind.NUMBER:
                raise BadValue("The value must be a number.")
            raise BadValue('The value must be a day or moment, like "2026-01-31" or "2026-01-31T09:00:00Z".')

        def test(value: Value, context: Context) -> Truth:
            moment = moment_of(value)
            return None if moment is None else accept(compare_moments(moment, limit, context.zone))

        return test

    return prepare


def _of_text(accept: Callable[[str, str], bool]) -> Callable[[object, Field, bool], Test]:
    def prepare(raw: object, _: Field, fold: bool) -> Test:
        wanted = _text(raw, fold)

        def test(value: Value, _: Context) -> Truth:
            text = text_of(value)
            return None if text is None else accept(normalise(text, fold=fold), wanted)

        return test

    return prepare


def _contains(raw: object, field: Field, fold: bool) -> Test:
    inside = _of_text(lambda text, wanted: wanted in text)(raw, field, fold)
    member = _eq(raw, field, fold)
    return lambda value, context: member(value, context) if isinstance(value, tuple) else inside(value, context)


def _matches(raw: object, _: Field, fold: bool) -> Test:
    if not isinstance(raw, str) or not raw or len(raw) > LONGEST_PATTERN:
        raise BadValue(f"The value must be a pattern of 1 to {LONGEST_PATTERN} characters.")
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = 1 << 20
    try:
        pattern = re2.compile(raw, options)
    except (re2.error, UnicodeEncodeError) as wrong:
        raise BadValue(f"The pattern is not valid: {wrong}.") from wrong

    def test(value: Value, _: Context) -> Truth:
        text = text_of(value)
        if text is None:
            return None
        # A lone surrogate, which JSON can carry, has no UTF-8 form.
        readable = normalise(text, fold=fold).encode("utf-8", "replace").decode("utf-8")
        return pattern.search(readable) is not None

    return test


def _has(accept: Callable[[list[bool]], bool]) -> Callable[[object, Field, bool], Test]:
    def prepare(raw: object, _: Field, fold: bool) -> Test:
        wanted = {normalise(text_of(item) or "", fold=fold) for item in _scalars(raw)}

        def test(value: Value, _: Context) -> Truth:
            items = value if isinstance(value, tuple) else (text_of(value),)
            if None in items:
                return None
            known = {normalise(item or "", fold=fold) for item in items}
            return accept([item in known for item in wanted])

        return test

    return prepare


_has_all = _has(all)


def _is_set(raw: object, _: Field, __: bool) -> Test:
    if not isinstance(raw, bool):
        raise BadValue("The value must be true (it is filled in) or false (it is not).")
    return lambda value, _: (value is not None and value != ()) is raw


def _age(accept: Callable[[float, float], bool]) -> Callable[[object, Field, bool], Test]:
    """Judges how long ago a moment is; both numbers are in seconds, or in days for a plain day."""

    def prepare(raw: object, field: Field, _: bool) -> Test:
        length = _length(raw, whole_days=field.kind is Kind.DATE)

        def test(value: Value, context: Context) -> Truth:
            moment = moment_of(value)
            if moment is None:
                return None
            if isinstance(moment, datetime):
                return accept(compare_moments(context.now, moment, context.zone), length.total_seconds())
            return accept((context.today - moment).days, length / timedelta(days=1))

        return test

    return prepare


def _length(raw: object, *, whole_days: bool) -> timedelta:
    try:
        length = parse_duration(raw)
    except BadDuration as wrong:
        raise BadValue(str(wrong)) from wrong
    if whole_days and not is_whole_days(length):
        raise BadValue('A day can only be compared in whole days, like "P7D".')
    return length


def _anniversary_in(raw: object, _: Field, __: bool) -> Test:
    ahead = _length(raw, whole_days=True)

    def test(value: Value, context: Context) -> Truth:
        day = day_of(value) if isinstance(value, str) else value
        if isinstance(day, datetime):
            day = local_day(day, context.zone)
        if not isinstance(day, date | Yearless):
            return None
        today = context.today
        coming = (anniversary(day, year) for year in (today.year, today.year + 1))
        return next(day - today for day in coming if day >= today) <= ahead

    return test


_COMPARABLE = frozenset(Kind) - {Kind.MOMENT}
_ORDERED = frozenset({Kind.NUMBER, Kind.DATE, Kind.MOMENT, Kind.OPEN})
_TIMED = frozenset({Kind.DATE, Kind.MOMENT, Kind.OPEN})
_TEXT = frozenset({Kind.TEXT, Kind.OPEN})
_LISTED = frozenset({Kind.LIST, Kind.OPEN})


def _leaf(name: str, op: str, value: object) -> dict[str, object]:
    return {"field": name, "op": op, "value": value}


OPERATORS: Mapping[str, Operator] = {
    "eq": Operator(prepare=_eq, kinds=_COMPARABLE, example=_leaf("contact.language", "eq", "es")),
    "ne": Operator(prepare=_ne, kinds=_COMPARABLE, example=_leaf("contact.language", "ne", "es")),
    "in": Operator(prepare=_in, kinds=_COMPARABLE, example=_leaf("now.weekday", "in", [1, 2, 3, 4, 5])),
    "not_in": Operator(prepare=_not_in, kinds=_COMPARABLE, example=_leaf("contact.language", "not_in", ["es", "pt"])),
    "lt": Operator(prepare=_ordered(lambda d: d < 0), kinds=_ORDERED, example=_leaf("now.hour", "lt", 18)),
    "le": Operator(prepare=_ordered(lambda d: d <= 0), kinds=_ORDERED, example=_leaf("now.hour", "le", 17)),
    "gt": Operator(prepare=_ordered(lambda d: d > 0), kinds=_ORDERED, example=_leaf("contact.custom.orders", "gt", 3)),
    "ge": Operator(prepare=_ordered(lambda d: d >= 0), kinds=_ORDERED, example=_leaf("now.hour", "ge", 9)),
    "contains": Operator(prepare=_contains, kinds=_TEXT | _LISTED, example=_leaf("event.text", "contains", "precio")),
    "starts": Operator(prepare=_of_text(str.startswith), kinds=_TEXT, example=_leaf("contact.phone", "starts", "593")),
    "ends": Operator(
        prepare=_of_text(str.endswith), kinds=_TEXT, example=_leaf("contact.email", "ends", "@example.com")
    ),
    "matches": Operator(prepare=_matches, kinds=_TEXT, example=_leaf("event.text", "matches", r"\b\d{4,6}\b")),
    "has_any": Operator(prepare=_has(any), kinds=_LISTED, example=_leaf("contact.tags", "has_any", ["vip", "lead"])),
    "has_all": Operator(prepare=_has_all, kinds=_LISTED, example=_leaf("contact.tags", "has_all", ["vip", "lead"])),
    "is_set": Operator(
        prepare=_is_set, kinds=frozenset(Kind), needs_value=False, example={"field": "contact.email", "op": "is_set"}
    ),
    "before": Operator(
        prepare=_timed(lambda d: d < 0), kinds=_TIMED, example=_leaf("contact.created_at", "before", "2026-01-01")
    ),
    "after": Operator(
        prepare=_timed(lambda d: d > 0),
        kinds=_TIMED,
        example=_leaf("contact.last_contacted", "after", "2026-01-01T09:00:00Z"),
    ),
    "within_last": Operator(
        prepare=_age(lambda age, length: 0 <= age <= length),
        kinds=_TIMED,
        example=_leaf("contact.last_contacted", "within_last", "P7D"),
    ),
    "older_than": Operator(
        prepare=_age(lambda age, length: age > length),
        kinds=_TIMED,
        example=_leaf("contact.created_at", "older_than", "P30D"),
    ),
    "anniversary_in": Operator(
        prepare=_anniversary_in, kinds=_TIMED, example=_leaf("contact.birthday", "anniversary_in", "P0D")
    ),
}
