"""ISO-8601 lengths of time, as definitions write them: `PT20H`, `P3D`, `P2W`, `P1DT12H`.

Months and years are refused: they have no fixed length, and "one month after 31 January" has no good answer.
"""

import re
from datetime import timedelta

_SHAPE = re.compile(
    r"P(?:(?P<weeks>\d{1,5})W)?(?:(?P<days>\d{1,5})D)?"
    r"(?:T(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,8})M)?(?:(?P<seconds>\d{1,9})S)?)?",
    re.ASCII,
)
_MONTHS_OR_YEARS = re.compile(r"P[\dYM]*\d[YM]", re.ASCII)


class BadDuration(ValueError):
    """The text is not a length of time that we read; the message says why."""


def parse_duration(raw: object) -> timedelta:
    if not isinstance(raw, str):
        raise BadDuration('A length of time is text such as "PT30M", "PT20H" or "P3D".')
    if _MONTHS_OR_YEARS.match(raw):
        raise BadDuration(f'"{raw}" counts months or years, which differ in length; use days, such as "P30D".')
    found = _SHAPE.fullmatch(raw)
    if found is None or raw.endswith("T") or not any(found.groupdict().values()):
        raise BadDuration(f'"{raw[:40]}" is not a length of time; write for example "PT30M", "PT20H" or "P3D".')
    return timedelta(**{unit: int(amount) for unit, amount in found.groupdict().items() if amount})


def is_whole_days(length: timedelta) -> bool:
    return length.seconds == 0 and length.microseconds == 0
