"""What a form asks for as `schedule_config`, for each kind of trigger that has one; `timing.py` reads it."""

from collections.abc import Mapping

from app.domain.birthdays import Feb29
from app.domain.forms import Json, closed, text
from app.domain.schedule import Misfire
from app.domain.timing import LEAST_SECONDS, MOST_SECONDS, RULES
from app.domain.triggers import EventKind

_TZ = text(
    "Time zone",
    longest=64,
    description="A zone as in America/Mexico_City, \"contact\" for each contact's own, or nothing for the workspace's.",
)
_LATE: Json = {
    "v": {"const": 1},
    "grace": {"type": "string", "title": "At most so late", "default": "PT1H", "examples": ["PT1H"]},
    "jitter": {"type": "string", "title": "Spread over", "default": "PT0S", "examples": ["PT10M"]},
}
_MISFIRE: Json = {
    "title": "After an outage",
    "enum": [str(item) for item in Misfire],
    "default": "fire_once",
    "description": "fire_once: the latest of those held back; skip: none of them; catch_up: each of them.",
}
_NEEDS_VERSION = {"grace": ["v"], "jitter": ["v"]}

_SCHEDULE: Json = closed(
    {
        "cron": text("Cron", longest=200, examples=["0 9 * * 1"], description="Minute, hour, day, month, weekday."),
        "rrule": text("Rule", longest=500, examples=["FREQ=DAILY;BYHOUR=9"], description="An iCalendar rule."),
        "every_seconds": {
            "type": "integer",
            "title": "Every so many seconds",
            "minimum": LEAST_SECONDS,
            "maximum": MOST_SECONDS,
        },
        "at": text("Once, at", longest=40, examples=["2026-12-24T18:00"]),
        "tz": _TZ,
        "misfire": _MISFIRE,
        **_LATE,
    },
    title="Schedule",
    oneOf=[{"required": [name]} for name in RULES],
    dependentRequired=_NEEDS_VERSION | {"misfire": ["v"]},
    examples=[
        {"cron": "0 9 * * 1", "tz": "America/Mexico_City"},
        {"rrule": "FREQ=MONTHLY;BYMONTHDAY=1;BYHOUR=10", "tz": "contact"},
        {"every_seconds": 3600},
        {"at": "2026-12-24T18:00", "tz": "contact"},
        {"v": 1, "cron": "0 9 * * *", "misfire": "skip", "grace": "PT30M", "jitter": "PT10M"},
    ],
)
_BIRTHDAY: Json = closed(
    {
        "time": {"type": "string", "title": "At", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$", "default": "09:00"},
        "cron": text("The same as cron", longest=20, examples=["0 9 * * *"]),
        "tz": {**_TZ, "default": "contact"},
        "feb29": {
            "title": "Born on 29 February",
            "enum": [str(item) for item in Feb29],
            "default": "feb28",
            "description": "When they celebrate in a year without one; leap_only: not at all.",
        },
        **_LATE,
    },
    type=["object", "null"],
    title="Time of day",
    dependentRequired=_NEEDS_VERSION,
    examples=[{"time": "09:00", "tz": "contact", "feb29": "feb28"}],
)
_TIME_BASED: Json = closed(
    {**_LATE},
    type=["object", "null"],
    title="How late it may be",
    dependentRequired=_NEEDS_VERSION,
    examples=[{"v": 1, "grace": "PT6H"}],
)

# What each kind's `schedule_config` looks like, and whether it must be there.
SCHEDULES: Mapping[EventKind, tuple[Json, bool]] = {
    EventKind.SCHEDULED: (_SCHEDULE, True),
    EventKind.BIRTHDAY: (_BIRTHDAY, False),
    EventKind.TIME_BASED: (_TIME_BASED, False),
}
