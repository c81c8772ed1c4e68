"""What another time zone does to what comes by the clock.

Whoever goes east is taken past hours that have not come yet: what was to come in them is late, as after an outage.
Westwards it comes again, as the same occurrence, which counts once.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from app.domain.schedule import (
    ON_TIME,
    WORLD,
    After,
    Cron,
    Due,
    Every,
    Occurrence,
    Once,
    Recurrence,
    Schedule,
    Yearly,
    birthdays_near,
    occurrences,
    settled,
)
from app.domain.zones import instant_of


def passed_over(
    schedule: Schedule,
    *,
    was: ZoneInfo,
    zone: ZoneInfo,
    looked_at: datetime,
    reached: datetime,
    now: datetime,
    birthday: date | None,
) -> Due:
    """What a contact missed by changing zone: it came in the new one before the last look, and in the old one had not
    come to them yet. Everybody was `reached` by what came before that."""
    reached = min(reached, looked_at) - ON_TIME  # what was ordered a moment ago may still be on its way
    if isinstance(schedule.timing, Yearly):
        return _greetings(
            schedule, schedule.timing, was, zone, looked_at=looked_at, reached=reached, now=now, birthday=birthday
        )
    return settled(schedule, _skipped(schedule, was, zone, looked_at=looked_at, reached=reached), now=now)


def due_after_move(schedule: Schedule, *, was: ZoneInfo, zone: ZoneInfo, looked_at: datetime, now: datetime) -> Due:
    """What came due since the last look, for a schedule that itself was in another zone then."""
    skipped = _skipped(schedule, was, zone, looked_at=looked_at, reached=looked_at)
    return settled(schedule, [*skipped, *occurrences(schedule.timing, zone, after=looked_at, until=now)], now=now)


def instant_for(schedule: Schedule, key: str, zone: ZoneInfo, *, birthday: date | None) -> datetime | None:
    """When the occurrence of that key comes by a contact's clock; `None` where their clock does not matter."""
    match schedule.timing:
        case Cron() | Recurrence() | Once() if schedule.per_contact:
            return instant_of(datetime.fromisoformat(key), zone)
        case Yearly(time=at, feb29=feb29) if schedule.per_contact and birthday is not None:
            day = feb29.celebrated(birthday.month, birthday.day, int(key))
            return None if day is None else instant_of(datetime.combine(day, at), zone)
        case _:
            return None


def _skipped(
    schedule: Schedule, was: ZoneInfo, zone: ZoneInfo, *, looked_at: datetime, reached: datetime
) -> list[Occurrence]:
    timing = schedule.timing
    if isinstance(timing, Every | Yearly | After) or (isinstance(timing, Once) and timing.at.tzinfo is not None):
        return []  # at one moment everywhere
    found = occurrences(timing, zone, after=looked_at - WORLD, until=looked_at)
    return [one for one in found if instant_of(datetime.fromisoformat(one.key), was) > reached]


def _greetings(
    schedule: Schedule,
    timing: Yearly,
    was: ZoneInfo,
    zone: ZoneInfo,
    *,
    looked_at: datetime,
    reached: datetime,
    now: datetime,
    birthday: date | None,
) -> Due:
    """There is one a year, so it is late only by both clocks."""
    fire, missed = [], []
    if birthday is not None and schedule.per_contact:
        near = birthdays_near(birthday.month, birthday.day, timing, zone, after=looked_at - WORLD, until=now)
        for one in near:
            before = instant_for(schedule, one.key, was, birthday=birthday)
            if before is None or before <= reached:
                continue
            if now - max(before, one.at) <= schedule.grace:
                fire.append(Occurrence(key=one.key, at=one.at))
            elif one.at <= looked_at:  # else the next look tells of it
                missed.append(Occurrence(key=one.key, at=one.at))
    return Due(fire=tuple(fire), missed=tuple(missed))
