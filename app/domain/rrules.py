"""iCalendar rules (`FREQ=WEEKLY;BYDAY=MO;BYHOUR=9`), as far as they are taken.

The library looks for the next occurrence of a rule step by step until the year 9999. So a rule that never comes true is
refused before it is asked.
"""

import re
from calendar import monthrange
from collections.abc import Mapping

_RULE = re.compile(r"[A-Z0-9=;,+-]{1,500}")
_UNTIL_UTC = re.compile(r"(UNTIL=\d{8}T\d{6})Z")
_ALWAYS = frozenset({"FREQ", "INTERVAL", "UNTIL", "BYHOUR", "BYMINUTE", "BYDAY", "WKST"})
_PARTS: Mapping[str, frozenset[str]] = {
    "HOURLY": _ALWAYS,
    "DAILY": _ALWAYS | {"BYMONTH"},
    "WEEKLY": _ALWAYS | {"BYMONTH"},
    "MONTHLY": _ALWAYS | {"BYMONTH", "BYMONTHDAY", "BYSETPOS"},
    "YEARLY": _ALWAYS | {"BYMONTH", "BYMONTHDAY", "BYSETPOS", "BYYEARDAY", "BYWEEKNO"},
}
_LONGEST_INTERVAL = {"HOURLY": 24, "DAILY": 366, "WEEKLY": 52, "MONTHLY": 120, "YEARLY": 10}
# With an interval of so many steps it is always the same day of the week.
_WEEK = {"HOURLY": 24, "DAILY": 7}
_LEAP_YEAR = 2024


def read_rule(text: str) -> str:
    """The rule as it is kept; raises `ValueError` with what is wrong. UNTIL is taken as local time."""
    rule = _UNTIL_UTC.sub(r"\1", text.strip().upper().removeprefix("RRULE:").removesuffix(";"))
    if not _RULE.fullmatch(rule):
        raise ValueError("it holds other characters")
    parts = rule_parts(rule)
    if "COUNT" in parts:
        raise ValueError("it counts, which needs a beginning; say UNTIL instead")
    frequency = parts.get("FREQ", "")
    if frequency not in _PARTS:
        raise ValueError("FREQ must be YEARLY, MONTHLY, WEEKLY, DAILY or HOURLY")
    if unknown := sorted(set(parts) - _PARTS[frequency]):
        raise ValueError(f"{unknown[0][:20]} is not possible with {frequency}")
    interval, most = parts.get("INTERVAL", "1"), _LONGEST_INTERVAL[frequency]
    if not interval.isdigit() or not 1 <= int(interval) <= most:
        raise ValueError(f"INTERVAL must be a whole number from 1 to {most}")
    if "BYDAY" in parts and int(interval) % _WEEK.get(frequency, int(interval) + 1) == 0:
        raise ValueError("with days of the week such an INTERVAL is the same day each time")
    if any(abs(place) > 31 for place in _numbers(parts, "BYSETPOS")):
        raise ValueError("BYSETPOS must be a number from -31 to 31")
    months, days = _numbers(parts, "BYMONTH"), _numbers(parts, "BYMONTHDAY")
    if days and not any(0 < abs(day) <= _length(month) for day in days for month in months or [1]):
        raise ValueError("there is no such day")
    return rule


def rule_parts(rule: str) -> dict[str, str]:
    """`{"FREQ": "DAILY", …}`."""
    return {name: value for name, _, value in (part.partition("=") for part in rule.split(";"))}


def _numbers(parts: Mapping[str, str], name: str) -> list[int]:
    return [int(number) for number in parts[name].split(",")] if name in parts else []


def _length(month: int) -> int:
    return monthrange(_LEAP_YEAR, month)[1] if 1 <= month <= 12 else 0
