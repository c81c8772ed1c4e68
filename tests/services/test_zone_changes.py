"""Contacts who come into another time zone: nobody is passed over in silence, nobody is written to twice."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.database import in_transaction
from app.services import schedules, zone_changes
from tests.services.engine import Engine, at
from tests.services.sending import Desk
from tests.services.test_schedules import entered, missed, people

NINE = {"trigger_type": "scheduled", "schedule_config": {"cron": "0 9 * * *", "tz": "contact"}}
LOS_ANGELES, NEW_YORK = "America/Los_Angeles", "America/New_York"
HALF_PAST_NINE = "2026-03-14T13:30"  # in New York; in Los Angeles it is 06:30


@pytest.fixture
def engine(desk: Desk) -> Engine:
    made = Engine(desk)
    made.now = at("2026-03-14T12:00")
    return made


def look_until(engine: Engine, moment: str | datetime) -> None:
    until = at(moment) if isinstance(moment, str) else moment
    while engine.now < until:
        engine.pass_time(timedelta(minutes=15), step=timedelta(minutes=15))


def test_who_is_taken_past_nine_o_clock_starts_within_the_grace(engine: Engine) -> None:
    [ana] = people(engine, time_zone=LOS_ANGELES)
    engine.save(**NINE)
    look_until(engine, HALF_PAST_NINE)

    engine.set_contact(time_zone=NEW_YORK)
    engine.tick()

    assert (entered(engine), missed(engine)) == ([(ana, "2026-03-14T09:00:00")], [])
    engine.set_contact(time_zone=LOS_ANGELES)
    look_until(engine, "2026-03-14T18:00")
    assert len(entered(engine)) == 1


@pytest.mark.parametrize(
    ("config", "moment"), [({}, "2026-03-14T15:00"), ({"v": 1, "misfire": "skip"}, HALF_PAST_NINE)]
)
def test_past_the_grace_it_is_missed_and_told_of(engine: Engine, config: dict[str, Any], moment: str) -> None:
    people(engine, time_zone=LOS_ANGELES, tags=["vip"])
    people(engine, time_zone=LOS_ANGELES)
    config = NINE["schedule_config"] | config  # type: ignore[operator]
    engine.save(**NINE | {"schedule_config": config}, trigger_conditions={"tags": "vip"})
    look_until(engine, moment)

    engine.set_contact(time_zone=NEW_YORK)
    engine.tick()
    engine.tick()

    # Of the one whom the automation means.
    assert (entered(engine), missed(engine)) == ([], [1])


@pytest.mark.parametrize("trigger", ["scheduled", "birthday"])
def test_who_leaves_before_a_long_start_has_come_to_them_is_not_forgotten(engine: Engine, trigger: str) -> None:
    [ana] = people(engine, time_zone=LOS_ANGELES, birthday=date(9999, 3, 14))
    config = {"v": 1, "tz": "contact", "grace": "PT3H"} | ({"cron": "0 9 * * *"} if trigger == "scheduled" else {})
    engine.save(trigger_type=trigger, schedule_config=config)
    look_until(engine, "2026-03-14T15:45")
    for moment in ("16:00", "16:15"):  # when it is nine o'clock in Los Angeles, and somebody else has the turn
        engine.now = at(f"2026-03-14T{moment}")
        while in_transaction(lambda session: schedules.look(session, now=engine.now), engine.desk.engine):
            continue

    engine.set_contact(time_zone="America/Denver")
    engine.now = at("2026-03-14T16:20")
    engine.tick()

    assert ([id for id, _ in entered(engine)], missed(engine)) == ([ana], [])


def test_a_new_number_may_be_a_new_zone(engine: Engine) -> None:
    [ana] = people(engine, phone="+14155550100", time_zone=None)
    engine.desk.run("UPDATE settings SET time_zone = :zone", zone=LOS_ANGELES)
    engine.save(**NINE)
    look_until(engine, "2026-03-14T14:30")

    engine.set_contact(phone="+573001234567")  # in Colombia it is half past nine
    engine.tick()

    assert entered(engine) == [(ana, "2026-03-14T09:00:00")]


def test_a_schedule_of_one_zone_for_all_passes_nobody_over(engine: Engine) -> None:
    people(engine, time_zone=LOS_ANGELES)
    engine.save(**NINE | {"schedule_config": {"cron": "0 9 * * *", "tz": NEW_YORK}})
    look_until(engine, HALF_PAST_NINE)
    before = entered(engine)

    engine.set_contact(time_zone=NEW_YORK)
    engine.tick()

    assert entered(engine) == before


def test_a_pause_keeps_it_until_it_is_over(engine: Engine) -> None:
    people(engine, time_zone=LOS_ANGELES)
    engine.save(**NINE)
    look_until(engine, HALF_PAST_NINE)
    engine.desk.run("UPDATE settings SET is_paused = true")

    engine.set_contact(time_zone=NEW_YORK)
    engine.tick()
    assert entered(engine) == []
    engine.desk.run("UPDATE settings SET is_paused = false")
    engine.tick()

    assert len(entered(engine)) == 1


def test_only_what_may_change_a_zone_is_noted(engine: Engine) -> None:
    people(engine, time_zone=LOS_ANGELES, phone="+14155550100")

    engine.set_contact(name="Ana", phone="+573001234567", last_contacted=engine.now)
    assert engine.rows("SELECT FROM zone_changes") == []
    engine.set_contact(time_zone=NEW_YORK)
    engine.set_contact(time_zone="Asia/Tokyo")

    assert [row.time_zone for row in engine.rows("SELECT time_zone FROM zone_changes")] == [LOS_ANGELES]


def test_who_is_busy_elsewhere_comes_next_time(engine: Engine) -> None:
    [ana, ben] = people(engine, 2, time_zone=LOS_ANGELES)
    engine.set_contact(time_zone=NEW_YORK)

    with Session(engine.desk.engine) as drain:
        drain.execute(text("SELECT FROM contacts WHERE id = :id FOR NO KEY UPDATE"), {"id": ana})
        done = in_transaction(lambda session: zone_changes.work(session, now=engine.now), engine.desk.engine)

    assert done == 1
    assert [row.contact_id for row in engine.rows("SELECT contact_id FROM zone_changes")] == [ana]
    assert ben != ana


class TestAWorkspaceThatMoves:
    """And takes with it whoever has no time zone of their own, and the schedules that name none."""

    @pytest.fixture(autouse=True)
    def _begins_in_los_angeles(self, engine: Engine) -> None:
        self.move(engine, LOS_ANGELES)

    def move(self, engine: Engine, zone: str) -> None:
        engine.desk.run("UPDATE settings SET time_zone = :zone", zone=zone)

    def test_takes_its_contacts_past_nine_o_clock_once(self, engine: Engine) -> None:
        [ana] = people(engine)
        [in_new_york] = people(engine, time_zone=NEW_YORK)
        [in_bogota] = people(engine, phone="+573001234567")
        engine.save(**NINE)
        look_until(engine, HALF_PAST_NINE)
        assert [id for id, _ in entered(engine)] == [in_new_york]

        self.move(engine, NEW_YORK)
        engine.tick()
        assert [id for id, _ in entered(engine)] == [ana, in_new_york]
        self.move(engine, LOS_ANGELES)
        look_until(engine, "2026-03-14T18:00")

        assert [id for id, _ in entered(engine)] == [ana, in_new_york, in_bogota]
        assert missed(engine) == []

    def test_tells_whom_it_takes_past_the_grace(self, engine: Engine) -> None:
        people(engine, 2)
        engine.save(**NINE)
        look_until(engine, "2026-03-14T15:00")

        self.move(engine, NEW_YORK)
        engine.tick()
        engine.tick()

        assert (entered(engine), missed(engine)) == ([], [2])

    def test_knows_what_a_contact_followed_who_left_it_first(self, engine: Engine) -> None:
        [ana] = people(engine)
        engine.save(**NINE)
        look_until(engine, HALF_PAST_NINE)

        engine.set_contact(time_zone=NEW_YORK)
        self.move(engine, NEW_YORK)
        engine.tick()

        assert entered(engine) == [(ana, "2026-03-14T09:00:00")]

    def test_greets_whom_it_takes_past_their_birthday(self, engine: Engine) -> None:
        [ana] = people(engine, birthday=date(9999, 3, 14))
        engine.save(trigger_type="birthday")
        look_until(engine, HALF_PAST_NINE)

        self.move(engine, NEW_YORK)
        look_until(engine, "2026-03-14T17:00")

        assert (entered(engine), missed(engine)) == ([(ana, "2026")], [])

    @pytest.mark.parametrize(
        ("rule", "moment", "keys", "told"),
        [
            # An hour that comes anyhow, but which the last look was past already: in Denver it is nine now.
            ({"cron": "0 8,9 * * *"}, "2026-03-14T15:10", ["08:00", "09:00"], []),
            ({"v": 1, "cron": "0 8,9 * * *", "grace": "PT6M"}, "2026-03-14T15:10", ["08:00"], [1]),
            # Saved at ten past eight, for nine o'clock of that day.
            ({"at": "2026-03-14T09:00"}, "2026-03-14T15:30", ["09:00"], []),
            ({"at": "2026-03-14T09:00", "tz": LOS_ANGELES}, "2026-03-14T15:30", [], []),
        ],
    )
    def test_takes_a_schedule_past_an_occurrence(
        self, engine: Engine, rule: dict[str, Any], moment: str, keys: list[str], told: list[int]
    ) -> None:
        people(engine, time_zone="Asia/Tokyo")
        engine.now = at("2026-03-14T14:50" if "cron" in rule else "2026-03-14T15:10")
        engine.save(trigger_type="scheduled", schedule_config=rule)
        engine.sync()
        look_until(engine, moment)

        self.move(engine, "America/Denver")
        engine.tick()
        self.move(engine, LOS_ANGELES)
        engine.at("2026-03-14T15:45", "2026-03-14T15:50")

        assert [key for _, key in entered(engine)] == [f"2026-03-14T{key}:00" for key in keys]
        assert missed(engine) == told

    def test_in_a_pause_is_made_up_for_after_it(self, engine: Engine) -> None:
        people(engine)
        engine.save(trigger_type="scheduled", schedule_config={"at": "2026-03-14T09:00"})
        engine.save(**NINE)
        look_until(engine, HALF_PAST_NINE)
        engine.desk.run("UPDATE settings SET is_paused = true")

        self.move(engine, "America/Denver")
        engine.sync()
        self.move(engine, NEW_YORK)
        engine.sync()
        engine.desk.run("UPDATE settings SET is_paused = false")
        engine.tick()

        assert len(entered(engine)) == 2

    def test_tells_nobody_of_what_had_begun_before_the_clock_was_put_back(self, engine: Engine) -> None:
        people(engine)
        self.move(engine, NEW_YORK)
        engine.save(trigger_type="scheduled", schedule_config={"cron": "0 9 * * *"})
        look_until(engine, HALF_PAST_NINE)

        self.move(engine, LOS_ANGELES)
        engine.tick()
        engine.at("2026-03-14T19:00")  # an outage, in which it was nine o'clock again

        assert (len(entered(engine)), missed(engine)) == (1, [])


class TestABirthdayAfterAnOutage:
    """From noon on nobody looked. In New York it was time at 13:00, in Los Angeles at 16:00."""

    @pytest.fixture(autouse=True)
    def _nobody_looks_any_more(self, engine: Engine) -> None:
        people(engine, time_zone=LOS_ANGELES, birthday=date(9999, 3, 14))
        engine.save(trigger_type="birthday")
        engine.sync()

    def test_comes_where_it_is_late_by_the_new_clock_alone(self, engine: Engine) -> None:
        engine.set_contact(time_zone=NEW_YORK)
        engine.at("2026-03-14T16:30", "2026-03-14T16:45")

        assert (len(entered(engine)), missed(engine)) == (1, [])

    def test_is_missed_where_it_is_late_by_both(self, engine: Engine) -> None:
        engine.set_contact(time_zone=NEW_YORK)
        engine.at("2026-03-14T17:30", "2026-03-14T17:45")

        assert (len(entered(engine)), missed(engine)) == (0, [1])

    def test_comes_to_whom_a_later_change_takes_past_it(self, engine: Engine) -> None:
        engine.set_contact(time_zone="Pacific/Honolulu")
        engine.at("2026-03-14T16:30")

        engine.set_contact(time_zone=NEW_YORK)
        engine.at("2026-03-14T16:31", "2026-03-14T16:45")

        assert (len(entered(engine)), missed(engine)) == (1, [])

    def test_that_was_missed_by_minutes_is_not_found_again(self, engine: Engine) -> None:
        engine.at("2026-03-14T15:50", "2026-03-14T17:04", "2026-03-14T17:15")

        assert (len(entered(engine)), missed(engine)) == (0, [1])


SPREAD = {"v": 1, "cron": "0 9 * * *", "tz": "contact", "jitter": "PT2H", "grace": "PT3H"}


class TestARunThatWaitsForItsTurn:
    """Within the jitter of a schedule."""

    def waits_until(self, engine: Engine) -> datetime:
        [run] = engine.rows("SELECT * FROM automation_runs")
        assert run.state == "waiting"
        assert datetime.fromisoformat(run.vars["wake_at"]) == run.wake_at
        return run.wake_at  # type: ignore[no-any-return]

    @pytest.mark.parametrize("trigger", ["scheduled", "birthday"])
    def test_has_it_by_the_new_clock(self, engine: Engine, trigger: str) -> None:
        people(engine, time_zone=NEW_YORK, birthday=date(9999, 3, 14))
        config = SPREAD if trigger == "scheduled" else {"v": 1, "jitter": "PT2H"}
        engine.save(trigger_type=trigger, schedule_config=config)
        look_until(engine, "2026-03-14T13:00")
        before = self.waits_until(engine)

        engine.set_contact(time_zone=LOS_ANGELES)
        engine.tick()

        assert self.waits_until(engine) == before + timedelta(hours=3)
        look_until(engine, before + timedelta(hours=2, minutes=40))
        engine.now = before + timedelta(hours=3)
        engine.tick()
        [log] = engine.rows("SELECT * FROM automation_logs")
        assert (log.execution_status, log.execution_time) == ("success", pytest.approx(0, abs=1))

    def test_begins_at_once_where_its_moment_is_over(self, engine: Engine) -> None:
        people(engine, time_zone=LOS_ANGELES)
        engine.save(trigger_type="scheduled", schedule_config=SPREAD)
        look_until(engine, "2026-03-14T16:00")
        self.waits_until(engine)

        engine.set_contact(time_zone=NEW_YORK)
        engine.tick()

        assert [row.execution_status for row in engine.rows("SELECT * FROM automation_logs")] == ["success"]

    def test_that_has_begun_goes_on_as_it_was(self, engine: Engine) -> None:
        people(engine, time_zone=NEW_YORK)
        wait = {"message": "later", "delay_seconds": 7200}
        engine.save(trigger_type="scheduled", schedule_config=NINE["schedule_config"], action_payload=wait)
        look_until(engine, "2026-03-14T13:00")
        before = self.waits_until(engine)

        engine.set_contact(time_zone=LOS_ANGELES)
        engine.tick()

        assert self.waits_until(engine) == before
