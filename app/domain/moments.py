"""Days and moments, compared as people mean them: a day against a moment compares days, in a given zone.

Birthdays often come without a year. Such a day equals its like and has an anniversary, but it is neither before
nor after anything.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias
from zoneinfo import ZoneInfo

Moment: TypeAlias = date | datetime


@dataclass(frozen=True, slots=True)
class Yearless:
    """A day of the year whose year nobody knows; written `9999-05-15` at every edge."""

    month: int
    day: int


def day_of(text: str) -> date | Yearless | None:
    if len(text) == 10 and text.startswith("9999-"):
        # Year 9999 says that nobody knows the year; 9999-02-29 is written so too, though it is no date.
        leap = day_of(f"9996{text[4:]}")
        return Yearless(leap.month, leap.day) if isinstance(leap, date) else None
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def moment_of(value: object) -> Moment | None:
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        day = day_of(value)
        if day is not None:
            return day if isinstance(day, date) else None
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return None
        # At the ends of the calendar a change of zone would leave it.
        return moment if 1 < moment.year < 9999 else None
    return None


def _aware(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def local_day(moment: Moment, zone: ZoneInfo) -> date:
    return _aware(moment, zone).astimezone(zone).date() if isinstance(moment, datetime) else moment


def compare_moments(one: Moment, other: Moment, zone: ZoneInfo) -> float:
    """Below, above or equal to 0. A day against a moment compares days, in the zone of the context."""
    if isinstance(one, datetime) and isinstance(other, datetime):
        return (_aware(one, zone) - _aware(other, zone)).total_seconds()
    return (local_day(one, zone) - local_day(other, zone)).days


def anniversary(day: date | Yearless, year: int) -> date:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return date(year, 2, 28) if (day.month, day.day) == (2, 29) and not leap else date(year, day.month, day.day)
