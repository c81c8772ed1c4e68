"""What may stand in a contact's fields, wherever it comes from."""

import re
from functools import lru_cache
from zoneinfo import available_timezones

LONGEST_EMAIL = 254
LANGUAGE = r"^[a-z]{2,3}([_-][A-Za-z]{2,4})?$"

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_LANGUAGE = re.compile(LANGUAGE)


def is_email(text: str) -> bool:
    return len(text) <= LONGEST_EMAIL and _EMAIL.fullmatch(text) is not None


def is_language(text: str) -> bool:
    return _LANGUAGE.match(text) is not None


def is_time_zone(text: str) -> bool:
    return text in _time_zones()


@lru_cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())
