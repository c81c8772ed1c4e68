"""When something is due by the clock: rules in wall time, made into instants, and what is done with those that were
missed.

A local time that does not exist counts as the next that does, and one that comes twice as its first; an occurrence is
named by its local time, so that it stays the same one wherever it is looked at from. The libraries are loaded when a
rule is first asked: most processes never do.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import islice
from typing import TypeAlias, assert_never
from zlib import crc32
from zoneinfo import ZoneInfo

from app.domain.birthdays import Feb29
from app.domain.rrules import rule_parts
from app.domain.zones import instant_of

UTC_ZONE = ZoneInfo("UTC")
DEFAULT_GRACE = timedelta(hours=1)
# A start this late is as good as on time: the sweep looks once a second, and a worker may be restarting.
ON_TIME = timedelta(minutes=1)
# After a long outage nothing that old fires, so it need not be counted one by one.
MOST_OCCURRENCES = 1_000
HORIZON = timedelta(days=6 * 366)
# Rules that count ("every second week") count from here, a Monday.
ANCHOR = datetime(2024, 1, 1)  # noqa: DTZ001 - wall time
# How far apart the same local time can be on earth; local time is ahead of UTC, and behind it, by this much at most.
WORLD = timedelta(hours=26)
AHEAD, BEHIND = timedelta(hours=14), timedelta(hours=12)


class Misfire(StrEnum):
    """What becomes of several occurrences that an outage held back, as far as `grace` allows any of them."""

    FIRE_ONCE = "fire_once"
    SKIP = "skip"
    CATCH_UP = "catch_up"


class Moment(StrEnum):
    CREATED_AT = "created_at"
    LAST_CONTACTED = "last_contacted"
    LAST_INBOUND = "last_inbound"


@dataclass(frozen=True, slots=True)
class Cron:
    text: str


@dataclass(frozen=True, slots=True)
class Recurrence:
    """An iCalendar rule, such as `FREQ=DAILY;BYHOUR=9`."""

    text: str


@dataclass(frozen=True, slots=True)
class Every:
    seconds: int


@dataclass(frozen=True, slots=True)
class Once:
    """A wall time, or an instant where it says its zone."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Yearly:
    """Birthdays, at this time of day."""

    time: time = time(9)
    feb29: Feb29 = Feb29.FEB28


@dataclass(frozen=True, slots=True, kw_only=True)
class After:
    """So long after a moment of the contact's."""

    moment: Moment
    days: int


Rule: TypeAlias = Cron | Recurrence | Every | Once
Timing: TypeAlias = Rule | Yearly | After


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """`zone` is `None` for the workspace's; `per_contact` means that each contact's own counts."""

    timing: Timing
    zone: ZoneInfo | None = None
    per_contact: bool = False
    misfire: Misfire = Misfire.FIRE_ONCE
    grace: timedelta = DEFAULT_GRACE
    jitter: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    key: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    fire: tuple[Occurrence, ...]
    missed: tuple[Occurrence, ...]


def due(schedule: Schedule, zone: ZoneInfo, *, after: datetime, now: datetime) -> Due:
    """What came due since `after`: what fires now, and what an outage made too late."""
    return settled(schedule, occurrences(schedule.timing, zone, after=after, until=now), now=now)


def settled(schedule: Schedule, found: Sequence[Occurrence], *, now: datetime) -> Due:
    """What of these fires by the schedule's grace and misfire, and what is missed."""
    fresh = [one for one in found if now - one.at <= schedule.grace]
    late = [one for one in fresh if now - one.at > ON_TIME]
    match schedule.misfire:
        case Misfire.CATCH_UP:
            fire = fresh
        case Misfire.FIRE_ONCE:
            fire = fresh[-1:]
        case Misfire.SKIP:
            fire = [one for one in fresh if one not in late][-1:]
        case _:
            assert_never(schedule.misfire)
    return Due(fire=tuple(fire), missed=tuple(one for one in found if one not in fire))


def spread(schedule: Schedule, key: str, contact_id: int, *, at: datetime) -> datetime | None:
    """When one contact's turn is within the jitter, always the same; `None` for at once."""
    if not schedule.jitter:
        return None
    share = crc32(f"{contact_id}|{key}".encode()) / 2**32
    return at + schedule.jitter * share


def occurrences(timing: Timing, zone: ZoneInfo, *, after: datetime, until: datetime) -> list[Occurrence]:
    """Those later than `after`, up to and including `until`; of very many the latest."""
    if isinstance(timing, Every):
        return _every(timing, zone, after=after, until=until)
    if isinstance(timing, Once) and timing.at.tzinfo is not None:
        at = timing.at.astimezone(UTC)
        return [Occurrence(key=at.isoformat(), at=at)] if after < at <= until else []
    start = _wall(after, zone) - WORLD
    stop = _wall(until, zone) + WORLD
    found: dict[datetime, Occurrence] = {}
    for wall in islice(_walls(timing, start, stop), 100 * MOST_OCCURRENCES):
        at = instant_of(wall, zone)
        if at > until:
            break
        if after < at and (at not in found or _wall(at, zone) == wall):
            # Of several in a gap of the clock one fires: the one that is due then anyhow, where there is one.
            found[at] = Occurrence(key=wall.isoformat(), at=at)
    return list(found.values())[-MOST_OCCURRENCES:]


def next_after(timing: Timing, zone: ZoneInfo, after: datetime) -> datetime | None:
    """The first instant later than `after`; `None` when there is none for years."""
    match timing:
        case Every(seconds=seconds):
            anchor = instant_of(ANCHOR, zone)
            return anchor + (int((after - anchor) / timedelta(seconds=seconds)) + 1) * timedelta(seconds=seconds)
        case Once(at=at):
            moment = instant_of(at, zone) if at.tzinfo is None else at.astimezone(UTC)
            return moment if moment > after else None  # however many years away
        case _:
            start = _wall(after, zone) - WORLD
            instants = (instant_of(wall, zone) for wall in _walls(timing, start, start + HORIZON))
            return next((at for at in instants if at > after), None)


def next_wall(timing: Timing, after: datetime) -> datetime | None:
    """The first wall time later than that wall time."""
    if isinstance(timing, Once):
        return timing.at if timing.at > after else None
    return next(_walls(timing, after, after + HORIZON), None)


def is_over(schedule: Schedule, zone: ZoneInfo, *, now: datetime) -> bool:
    """Whether it comes to nobody any more; `zone` is the workspace's."""
    match schedule.timing:
        case Every() | Yearly() | After():
            return False
        case timing if schedule.per_contact:
            return next_wall(timing, _wall(now, UTC_ZONE) - BEHIND) is None
        case timing:
            return next_after(timing, schedule.zone or zone, now) is None


def _every(timing: Every, zone: ZoneInfo, *, after: datetime, until: datetime) -> list[Occurrence]:
    step = timedelta(seconds=timing.seconds)
    first = next_after(timing, zone, max(after, until - MOST_OCCURRENCES * step))
    found = []
    while first is not None and first <= until:
        found.append(Occurrence(key=first.isoformat(), at=first))
        first += step
    return found


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


def _walls(timing: Timing, start: datetime, stop: datetime) -> Iterator[datetime]:
    """Wall times later than `start`, up to `stop`, in order."""
    match timing:
        case Cron(text=text):
            from cronsim import CronSim

            for wall in CronSim(text, start):
                if wall > stop:
                    return
                yield wall
        case Recurrence(text=text):
            yield from _recur(text, start, stop)
        case Once(at=at):
            if start < at <= stop:
                yield at
        case Every() | Yearly() | After():
            raise TypeError(f"{timing} has no wall times of its own")
        case _:
            assert_never(timing)


_STEPS = {"HOURLY": timedelta(hours=1), "DAILY": timedelta(days=1), "WEEKLY": timedelta(weeks=1)}


def _recur(text: str, start: datetime, stop: datetime) -> Iterator[datetime]:
    from dateutil.rrule import rrule, rrulestr

    parts = rule_parts(text)
    anchor = ANCHOR
    step = _STEPS.get(parts["FREQ"])
    if step is not None and start > ANCHOR:
        # Begun nearby, on the same beat: a rule of every hour would count through years first.
        beat = step * int(parts.get("INTERVAL", "1"))
        anchor = ANCHOR + (start - ANCHOR) // beat * beat
    # A rule that never comes true ("31 February") would be looked for until the end of the calendar.
    if "UNTIL" in parts:
        stop = min(stop, datetime.strptime(parts["UNTIL"].ljust(15, "_").replace("_" * 7, "T235959"), "%Y%m%dT%H%M%S"))  # noqa: DTZ007
    rule = rrulestr(text, dtstart=anchor)
    assert isinstance(rule, rrule)
    for wall in rule.replace(until=stop):
        if wall > start:
            yield wall


@dataclass(frozen=True, slots=True, kw_only=True)
class Birthday:
    """One year's celebration in one zone."""

    key: str
    at: datetime


def birthdays_near(
    month: int, day: int, timing: Yearly, zone: ZoneInfo, *, after: datetime, until: datetime
) -> Sequence[Birthday]:
    """Celebrations of that day later than `after`, up to `until`."""
    years = range(_wall(after, zone).year, _wall(until, zone).year + 1)
    found = []
    for year in years:
        celebrated = timing.feb29.celebrated(month, day, year)
        if celebrated is not None:
            at = instant_of(datetime.combine(celebrated, timing.time), zone)
            if after < at <= until:
                found.append(Birthday(key=str(year), at=at))
    return found


def days_of_birth(timing: Yearly, dates: Sequence[date]) -> list[tuple[int, int]]:
    """(month, day) of those who celebrate on one of these dates."""
    leaplings = {(2, 29)} if any(timing.feb29.celebrated(2, 29, one.year) == one for one in dates) else set()
    return sorted({(one.month, one.day) for one in dates} | leaplings)
