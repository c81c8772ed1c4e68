"""A birthday, and how it is written and stored when its year is unknown.

At every edge (API, imports, exports) an unknown year is 9999. The column is a DATE, and 9999 is no leap year: that one
day is stored as 9996-02-29 and still written 9999-02-29.
"""

import re
from calendar import isleap
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

_UNKNOWN_YEAR = 9999
_UNKNOWN_LEAP_DAY = date(9996, 2, 29)
_ANY_LEAP_YEAR = 2000
_EDGE_FORMAT = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
# Outside of these it is a placeholder of some other system (0001-01-01) or a slip of the keyboard.
_FIRST_YEAR, _LAST_YEAR = 1800, 2999


class Feb29(StrEnum):
    """When those born on 29 February celebrate in a year that has none."""

    FEB28 = "feb28"
    MAR1 = "mar1"
    LEAP_ONLY = "leap_only"

    def celebrated(self, month: int, day: int, year: int) -> date | None:
        """The date of that year on which a birthday is celebrated; `None` for a year that goes without."""
        if (month, day) != (2, 29) or isleap(year):
            return date(year, month, day)
        if self is Feb29.LEAP_ONLY:
            return None
        return date(year, 2, 28) if self is Feb29.FEB28 else date(year, 3, 1)


class BirthdayError(ValueError):
    """The text is no birthday; the message tells the person who typed it why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Birthday:
    """`year` is `None` when it is unknown: there is no age then."""

    year: int | None
    month: int
    day: int

    def __post_init__(self) -> None:
        try:
            date(self.year or _ANY_LEAP_YEAR, self.month, self.day)
        except ValueError as error:
            raise BirthdayError(f"no such day: {error}") from error

    @property
    def is_year_unknown(self) -> bool:
        return self.year is None

    def to_date(self) -> date:
        """What the `birthday` column holds."""
        if self.year is not None:
            return date(self.year, self.month, self.day)
        if (self.month, self.day) == (2, 29):
            return _UNKNOWN_LEAP_DAY
        return date(_UNKNOWN_YEAR, self.month, self.day)

    def to_edge(self) -> str:
        """What people and other programs read."""
        year = _UNKNOWN_YEAR if self.year is None else self.year
        return f"{year:04}-{self.month:02}-{self.day:02}"


def parse(text: str) -> Birthday | None:
    """Read the edge format; `None` for blank text, which is no birthday, and `BirthdayError` for anything else."""
    text = text.strip()
    if not text:
        return None
    written = _EDGE_FORMAT.fullmatch(text)
    if written is None:
        raise BirthdayError("write a birthday as 1990-05-15, or as 9999-05-15 when the year is unknown")
    year, month, day = (int(part) for part in written.groups())
    # 9996-02-29 is our own storage form: it comes back in from dumps of the table.
    if year == _UNKNOWN_YEAR or (year, month, day) == (9996, 2, 29):
        return Birthday(year=None, month=month, day=day)
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise BirthdayError(f"nobody was born in {year:04}; write 9999 when the year is unknown")
    return Birthday(year=year, month=month, day=day)


def from_date(stored: date) -> Birthday:
    year = None if is_year_unknown(stored) else stored.year
    return Birthday(year=year, month=stored.month, day=stored.day)


def is_year_unknown(stored: date) -> bool:
    return stored.year == _UNKNOWN_YEAR or stored == _UNKNOWN_LEAP_DAY
