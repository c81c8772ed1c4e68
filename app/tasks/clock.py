"""The clock that tasks read, once each, at their entrance."""

from functools import lru_cache

from app.core.clock import Clock
from app.core.config import get_settings


@lru_cache
def clock() -> Clock:
    return Clock(get_settings().clock_file)
