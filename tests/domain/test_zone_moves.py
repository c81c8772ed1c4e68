from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.domain.schedule import Cron, Due, Every, Misfire, Once, Schedule, Timing, Yearly
from app.domain.zone_moves import due_after_move, passed_over

LOS_ANGELES, NEW_YORK = ZoneInfo("America/Los_Angeles"), ZoneInfo("America/New_York")
KIRITIMATI = ZoneInfo("Pacific/Kiritimati")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("was", "zone", "now", "misfire", "fired", "missed"),
    [
        # Nine o'clock in New York was half an hour ago, and is in Los Angeles in two and a half hours.
        ("America/Los_Angeles", "America/New_York", "2026-03-14T13:30", Misfire.FIRE_ONCE, 1, 0),
        ("America/Los_Angeles", "America/New_York", "2026-03-14T13:30", Misfire.CATCH_UP, 1, 0),
        ("America/Los_Angeles", "America/New_York", "2026-03-14T13:30", Misfire.SKIP, 0, 1),
        # Two hours ago: too late.
        ("America/Los_Angeles", "America/New_York", "2026-03-14T15:00", Misfire.FIRE_ONCE, 0, 1),
        # It is to come there too, or had come in both.
        ("America/Los_Angeles", "America/New_York", "2026-03-14T12:00", Misfire.FIRE_ONCE, 0, 0),
        ("America/Los_Angeles", "America/New_York", "2026-03-14T17:00", Misfire.FIRE_ONCE, 0, 0),
        # Westwards it comes again, as the same occurrence.
        ("America/New_York", "America/Los_Angeles", "2026-03-14T13:30", Misfire.FIRE_ONCE, 0, 0),
        # Another day there.
        ("Pacific/Midway", "Pacific/Kiritimati", "2026-03-14T19:30", Misfire.FIRE_ONCE, 1, 1),
    ],
)
def test_what_a_change_of_zone_takes_somebody_past(
    was: str, zone: str, now: str, misfire: Misfire, fired: int, missed: int
) -> None:
    schedule = Schedule(timing=Cron("0 9 * * *"), per_contact=True, misfire=misfire)

    found = passed_over(
        schedule, was=ZoneInfo(was), zone=ZoneInfo(zone), looked_at=at(now), reached=at(now), now=at(now), birthday=None
    )

    assert (len(found.fire), len(found.missed)) == (fired, missed)


@pytest.mark.parametrize("timing", [Every(3600), Once(at("2026-03-14T09:00"))])
def test_what_comes_to_all_at_one_moment_passes_nobody_over(timing: Timing) -> None:
    now = at("2026-03-14T12:00")
    schedule = Schedule(timing=timing)

    found = passed_over(schedule, was=NEW_YORK, zone=KIRITIMATI, looked_at=now, reached=now, now=now, birthday=None)

    assert found == Due(fire=(), missed=())


# Nine o'clock on the birthday is at 13:00 in New York, and at 16:00 in Los Angeles.
@pytest.mark.parametrize(
    ("was", "zone", "looked_at", "now", "fired", "missed"),
    [
        # It had not come there, and here it is over: however late, there is but one a year.
        (LOS_ANGELES, NEW_YORK, "15:30", "15:30", 1, 0),
        # Nobody looked for hours. By the clock that was left it is not too late yet; by both it is.
        (LOS_ANGELES, NEW_YORK, "12:00", "16:30", 1, 0),
        (LOS_ANGELES, NEW_YORK, "13:30", "18:30", 0, 1),
        # What this clock alone tells the next look, it tells.
        (LOS_ANGELES, NEW_YORK, "12:00", "18:30", 0, 0),
        (LOS_ANGELES, NEW_YORK, "12:00", "12:30", 0, 0),
        # It had come.
        (LOS_ANGELES, NEW_YORK, "16:30", "16:30", 0, 0),
        (NEW_YORK, LOS_ANGELES, "13:30", "13:30", 0, 0),
        (NEW_YORK, LOS_ANGELES, "13:30", "16:30", 0, 0),
    ],
)
def test_a_birthday_is_late_only_by_both_clocks(
    was: ZoneInfo, zone: ZoneInfo, looked_at: str, now: str, fired: int, missed: int
) -> None:
    schedule = Schedule(timing=Yearly(), per_contact=True)

    found = passed_over(
        schedule,
        was=was,
        zone=zone,
        looked_at=at(f"2026-03-14T{looked_at}"),
        reached=at(f"2026-03-14T{looked_at}"),
        now=at(f"2026-03-14T{now}"),
        birthday=date(9999, 3, 14),
    )

    assert (len(found.fire), len(found.missed)) == (fired, missed)


@pytest.mark.parametrize(
    ("was", "zone", "looked_at", "now", "misfire", "fired", "missed"),
    [
        (LOS_ANGELES, NEW_YORK, "13:30", "13:30", Misfire.FIRE_ONCE, ["09:00"], []),
        (LOS_ANGELES, NEW_YORK, "13:30", "13:30", Misfire.SKIP, [], ["09:00"]),
        (LOS_ANGELES, NEW_YORK, "14:30", "14:30", Misfire.FIRE_ONCE, [], ["09:00"]),
        # What was passed over and what came since are held back by one outage.
        (LOS_ANGELES, NEW_YORK, "13:30", "15:10", Misfire.FIRE_ONCE, ["11:00"], ["09:00"]),
        (LOS_ANGELES, NEW_YORK, "14:30", "15:10", Misfire.CATCH_UP, ["11:00"], ["09:00"]),
        # It had come: ordered to the second.
        (LOS_ANGELES, NEW_YORK, "16:00", "16:00", Misfire.FIRE_ONCE, ["11:00"], []),
        (NEW_YORK, LOS_ANGELES, "13:30", "13:30", Misfire.FIRE_ONCE, [], []),
    ],
)
def test_a_schedule_that_is_taken_to_another_zone_loses_nothing(
    was: ZoneInfo, zone: ZoneInfo, looked_at: str, now: str, misfire: Misfire, fired: list[str], missed: list[str]
) -> None:
    schedule = Schedule(timing=Cron("0 9,11 * * *"), misfire=misfire, grace=timedelta(hours=1))

    found = due_after_move(
        schedule, was=was, zone=zone, looked_at=at(f"2026-03-14T{looked_at}"), now=at(f"2026-03-14T{now}")
    )

    assert [one.key for one in found.fire] == [f"2026-03-14T{time}:00" for time in fired]
    assert [one.key for one in found.missed] == [f"2026-03-14T{time}:00" for time in missed]
