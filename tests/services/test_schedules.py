"""The clock of automations on real rows: once for each contact and occurrence, whoever looks and whatever dies."""

import contextlib
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine as Database
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.database import in_transaction
from app.services import schedules, starts
from tests.builders import make_contact
from tests.clean_slate import CleanSlate
from tests.services.engine import Engine, at
from tests.services.sending import Desk, desk_of

NINE = {"trigger_type": "scheduled", "schedule_config": {"cron": "0 9 * * *"}}
FIVE = timedelta(minutes=5)


@pytest.fixture
def engine(desk: Desk) -> Engine:
    made = Engine(desk)
    made.now = at("2026-03-14T08:55")
    return made


def people(engine: Engine, count: int = 1, **columns: Any) -> list[int]:
    with Session(engine.desk.engine) as session:
        defaults: dict[str, Any] = {"phone": None, "created_at": at("2026-01-01T00:00")}
        ids = [make_contact(session, **(defaults | columns)).id for _ in range(count)]
        session.commit()
    return ids


def entered(engine: Engine) -> list[tuple[int, str]]:
    rows = engine.rows("SELECT contact_id, entry_key FROM automation_runs ORDER BY entry_key, contact_id")
    return [(row.contact_id, row.entry_key) for row in rows]


def missed(engine: Engine) -> list[int]:
    rows = engine.rows("SELECT contacts_affected FROM automation_logs WHERE refused_reason = 'missed'")
    return [row.contacts_affected for row in rows]


def test_a_schedule_starts_once_for_everyone_whom_its_conditions_fit(engine: Engine) -> None:
    [vip] = people(engine, tags=["vip"])
    people(engine, tags=["lead"])
    people(engine, tags=["vip"], is_active=False)
    engine.save(**NINE, trigger_conditions={"tags": "vip"})
    engine.sync()

    engine.at("2026-03-14T08:59", "2026-03-14T09:00", "2026-03-14T09:01")

    assert entered(engine) == [(vip, "2026-03-14T09:00:00")]
    assert engine.rows("SELECT outcome, enrolled FROM starts")[0] == ("done", 1)
    engine.at("2026-03-15T08:59", "2026-03-15T09:00", "2026-03-15T09:01")
    assert entered(engine) == [(vip, "2026-03-14T09:00:00"), (vip, "2026-03-15T09:00:00")]


def test_contacts_have_nine_o_clock_when_their_own_clock_says_so(engine: Engine) -> None:
    [tokyo] = people(engine, time_zone="Asia/Tokyo")
    [bogota] = people(engine, phone="+573001234567")
    [here] = people(engine)
    [nowhere] = people(engine, time_zone="Mars/Base")
    engine.now = at("2026-03-13T12:00")
    engine.save(**NINE | {"schedule_config": {"cron": "0 9 14 3 *", "tz": "contact"}})
    engine.sync()
    seen: dict[int, str] = {}

    for hour in ("13T23", "14T00", "14T01", "14T08", "14T09", "14T10", "14T13", "14T14", "14T15", "15T09"):
        engine.at(f"2026-03-{hour}:00")
        for contact, _ in entered(engine):
            seen.setdefault(contact, engine.now.isoformat()[:16])

    assert seen == {
        tokyo: "2026-03-14T00:00",
        here: "2026-03-14T09:00",
        nowhere: "2026-03-14T09:00",
        bogota: "2026-03-14T14:00",
    }
    assert len(entered(engine)) == 4


def test_an_outage_past_the_grace_is_logged_and_not_made_up_for(engine: Engine) -> None:
    people(engine)
    engine.save(**NINE)
    engine.sync()

    engine.now = at("2026-03-14T11:00")
    engine.tick()

    assert (entered(engine), missed(engine)) == ([], [1])
    engine.at("2026-03-15T09:00")
    assert [key for _, key in entered(engine)] == ["2026-03-15T09:00:00"]


def test_an_order_that_waited_too_long_for_a_worker_is_missed_too(engine: Engine) -> None:
    people(engine)
    engine.save(**NINE)
    engine.sync()
    engine.now = at("2026-03-14T09:00")
    in_transaction(lambda session: schedules.look(session, now=engine.now), engine.desk.engine)

    engine.now = at("2026-03-14T10:30")
    engine.tick()

    assert (entered(engine), missed(engine)) == ([], [1])
    assert engine.rows("SELECT outcome FROM starts")[0].outcome == "missed"


def test_a_pause_holds_back_and_what_it_made_too_late_is_missed(engine: Engine) -> None:
    people(engine)
    engine.save(**NINE)
    engine.sync()
    engine.desk.run("UPDATE settings SET is_paused = true")

    engine.pass_time(timedelta(hours=2), step=timedelta(minutes=30))
    engine.desk.run("UPDATE settings SET is_paused = false")
    engine.pass_time(timedelta(hours=1), step=timedelta(minutes=30))

    assert (entered(engine), missed(engine)) == ([], [1])


def test_an_automation_that_is_switched_on_begins_then(engine: Engine) -> None:
    people(engine)
    made = engine.save(**NINE)
    engine.sync()
    engine.desk.run("UPDATE automations SET is_active = false")
    engine.pass_time(timedelta(minutes=10), step=FIVE)
    engine.desk.run("UPDATE automations SET is_active = true")
    engine.pass_time(timedelta(minutes=10), step=FIVE)

    assert (entered(engine), missed(engine)) == ([], [])
    engine.now = at("2026-03-15T09:00")
    engine.tick()
    assert len(entered(engine)) == 1
    assert engine.rows("SELECT automation_id FROM schedules")[0].automation_id == made.id


def test_a_clock_that_is_ahead_of_the_database_s_misses_nothing(engine: Engine) -> None:
    """The simulator's, which somebody has wound on, is ahead by days."""
    [ana] = people(engine)
    engine.now = at("2199-03-14T08:55")
    engine.save(**NINE)

    engine.at("2199-03-14T08:56", "2199-03-14T09:00")

    assert (entered(engine), missed(engine)) == ([(ana, "2199-03-14T09:00:00")], [])


def test_what_was_saved_while_no_worker_looked_is_told_of_all_the_same(engine: Engine) -> None:
    people(engine)
    engine.save(**NINE)
    engine.desk.run("ALTER TABLE automations DISABLE TRIGGER automations_updated_at")
    engine.desk.run("UPDATE automations SET updated_at = clock_timestamp() - interval '95 minutes'")
    engine.desk.run("ALTER TABLE automations ENABLE TRIGGER automations_updated_at")

    engine.at("2026-03-14T10:30", "2026-03-15T09:00")

    assert missed(engine) == [1]
    assert [key for _, key in entered(engine)] == ["2026-03-15T09:00:00"]


def test_another_zone_of_the_workspace_moves_what_comes_next(engine: Engine) -> None:
    people(engine)
    engine.save(**NINE)
    engine.sync()

    engine.desk.run("UPDATE settings SET time_zone = 'America/Bogota'")
    engine.pass_time(timedelta(hours=2), step=timedelta(minutes=30))

    assert entered(engine) == []
    assert engine.rows("SELECT next_at FROM schedules")[0].next_at == at("2026-03-14T14:00")
    engine.now = at("2026-03-14T14:00")
    engine.tick()
    assert [key for _, key in entered(engine)] == ["2026-03-14T09:00:00"]


def test_a_birthday_is_found_by_its_day_and_comes_once(engine: Engine) -> None:
    [ana] = people(engine, birthday=date(1990, 3, 14))
    [unknown] = people(engine, birthday=date(9999, 3, 14))
    people(engine, birthday=date(1990, 3, 15), is_active=False)
    people(engine, birthday=date(1990, 4, 14))
    people(engine)
    engine.save(trigger_type="birthday")
    engine.sync()

    engine.at("2026-03-14T09:00", "2026-03-14T09:15", "2026-03-15T08:59", "2026-03-15T09:00")

    assert entered(engine) == [(ana, "2026"), (unknown, "2026")]


@pytest.mark.parametrize(("policy", "day"), [("feb28", "2027-02-28"), ("mar1", "2027-03-01"), ("leap_only", None)])
def test_those_born_on_29_february_celebrate_as_was_chosen(engine: Engine, policy: str, day: str | None) -> None:
    people(engine, birthday=date(9996, 2, 29))
    engine.now = at("2027-02-27T08:00")
    engine.save(trigger_type="birthday", schedule_config={"feb29": policy})
    engine.sync()

    for told in ("2027-02-27", "2027-02-28", "2027-03-01", "2027-03-02"):
        engine.at(f"{told}T08:59", f"{told}T09:00", f"{told}T09:15")

    found = engine.rows("SELECT started_at FROM automation_runs")
    assert [row.started_at.date().isoformat() for row in found] == ([day] if day else [])


def test_a_contact_whose_zone_moves_past_nine_o_clock_is_greeted_all_the_same(engine: Engine) -> None:
    [ana] = people(engine, birthday=date(1990, 3, 14), time_zone="America/Los_Angeles")
    engine.now = at("2026-03-13T22:00")
    engine.save(trigger_type="birthday")
    engine.sync()
    engine.pass_time(timedelta(hours=14), step=timedelta(hours=1))
    assert entered(engine) == []

    engine.set_contact(time_zone="Asia/Tokyo")  # where it was nine o'clock twelve hours ago
    engine.pass_time(timedelta(hours=1), step=timedelta(hours=1))
    assert entered(engine) == [(ana, "2026")]
    engine.set_contact(time_zone="America/Los_Angeles")
    engine.pass_time(timedelta(hours=5), step=timedelta(hours=1))

    assert entered(engine) == [(ana, "2026")]


def test_a_birthday_that_an_outage_missed_is_not_found_again(engine: Engine) -> None:
    people(engine, birthday=date(1990, 3, 14))
    engine.save(trigger_type="birthday")
    engine.sync()
    engine.pass_time(timedelta(minutes=4), step=FIVE)

    engine.now = at("2026-03-14T12:00")
    engine.pass_time(timedelta(hours=6), step=timedelta(minutes=30))

    assert (entered(engine), missed(engine)) == ([], [1])


@pytest.mark.parametrize("moment", ["created_at", "last_contacted", "last_inbound"])
def test_days_after_a_moment_once_for_each_such_moment(engine: Engine, moment: str) -> None:
    engine.arrive("hello")
    [alice] = [row.id for row in engine.rows("SELECT id FROM contacts")]
    engine.set_contact(created_at=engine.now, last_contacted=engine.now)
    began = engine.now
    engine.save(trigger_type="time_based", trigger_conditions={"after": moment, "days": 3})
    engine.sync()

    engine.at("2026-03-17T08:54")
    assert entered(engine) == []
    engine.at("2026-03-17T08:55", "2026-03-17T08:56", "2026-03-17T09:10")
    assert entered(engine) == [(alice, began.isoformat())]

    again = engine.now
    if moment == "last_inbound":
        engine.arrive("me again")
    else:
        engine.set_contact(**{moment: again})
    engine.at("2026-03-20T09:09", "2026-03-20T09:10", "2026-03-20T09:11")
    assert [key for _, key in entered(engine)] == [began.isoformat(), again.isoformat()]


def test_whoever_wrote_again_is_not_yet_silent_for_three_days(engine: Engine) -> None:
    engine.arrive("hello")
    engine.save(trigger_type="time_based", trigger_conditions={"after": "last_inbound", "days": 3})
    engine.sync()
    engine.at("2026-03-16T09:00")
    engine.arrive("me again")

    engine.at("2026-03-17T08:54", "2026-03-17T08:55", "2026-03-17T08:56")

    assert entered(engine) == []


def test_a_long_list_is_worked_off_in_slices_and_in_turns(engine: Engine) -> None:
    people(engine, 2 * starts.SLICE + 20, is_active=True)
    first = engine.save(**NINE)
    second = engine.save(**NINE)
    engine.sync()
    engine.now = at("2026-03-14T09:00")
    while in_transaction(lambda session: schedules.look(session, now=engine.now), engine.desk.engine):
        continue
    turns = []

    while in_transaction(lambda session: starts.work(session, now=engine.now), engine.desk.engine):
        rows = engine.rows("SELECT automation_id, count(*) AS n FROM automation_runs GROUP BY automation_id")
        turns.append({row.automation_id: row.n for row in rows})
        engine.now += timedelta(seconds=1)

    assert turns[0] in ({first.id: starts.SLICE}, {second.id: starts.SLICE})
    assert turns[1] == {first.id: starts.SLICE, second.id: starts.SLICE}
    assert turns[-1] == {first.id: 2 * starts.SLICE + 20, second.id: 2 * starts.SLICE + 20}


def test_two_schedulers_at_once_start_each_contact_once(engine: Engine) -> None:
    ids = people(engine, 30)
    engine.save(**NINE)
    engine.sync()
    engine.now = at("2026-03-14T09:00")

    def scheduler(_: int) -> None:
        for _ in range(3):
            with contextlib.suppress(Exception):  # whoever came second may have to try again
                in_transaction(lambda session: schedules.look(session, now=engine.now), engine.desk.engine)
                in_transaction(lambda session: starts.work(session, now=engine.now), engine.desk.engine)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(scheduler, range(4)))

    assert [contact for contact, _ in entered(engine)] == ids
    assert len(engine.rows("SELECT id FROM starts")) == 1
    assert len(engine.rows("SELECT id FROM automation_logs")) == len(ids)


class Crash(Exception):
    pass


STEPS = st.sampled_from(["look", "work", "look_dies", "work_dies", "second_look", "wait"])


@settings(max_examples=10)
@given(steps=st.lists(STEPS, min_size=4, max_size=14))
def test_whatever_dies_in_between_nobody_enters_twice_and_nobody_is_left_out(
    slate: CleanSlate, steps: list[str]
) -> None:
    slate.wipe()
    engine = Engine(desk_of(slate.engine, at("2026-03-14T08:55")))
    ids = people(engine, 3)
    engine.save(trigger_type="scheduled", schedule_config={"v": 1, "every_seconds": 3600, "misfire": "catch_up"})
    engine.sync()

    def dies(work: Any) -> None:
        def half(session: Session) -> None:
            work(session, now=engine.now)
            session.flush()
            raise Crash

        with contextlib.suppress(Crash):
            in_transaction(half, slate.engine)

    def twice(database: Database) -> None:
        with Session(database) as one:
            schedules.look(one, now=engine.now)
            in_transaction(lambda session: schedules.look(session, now=engine.now), database)
            one.commit()

    for step in steps:
        match step:
            case "look":
                in_transaction(lambda session: schedules.look(session, now=engine.now), slate.engine)
            case "work":
                in_transaction(lambda session: starts.work(session, now=engine.now), slate.engine)
            case "look_dies":
                dies(schedules.look)
            case "work_dies":
                dies(starts.work)
            case "second_look":
                twice(slate.engine)
            case "wait":
                engine.now += timedelta(minutes=20)
    engine.tick()

    hours = int((engine.now - at("2026-03-14T08:00")).total_seconds() // 3600)
    expected = [(id, (at("2026-03-14T08:00") + timedelta(hours=n + 1)).isoformat()) for n in range(hours) for id in ids]
    told = sum(missed(engine)) * len(ids)
    assert len(set(entered(engine))) == len(entered(engine))
    assert set(entered(engine)) <= set(expected)
    assert len(entered(engine)) + told == len(expected)


def test_one_that_fails_on_its_data_holds_up_no_other(engine: Engine) -> None:
    [ana] = people(engine)
    broken = engine.save(**NINE, priority=9)
    sound = engine.save(**NINE)
    engine.sync()
    engine.now = at("2026-03-14T09:00")
    while in_transaction(lambda session: schedules.look(session, now=engine.now), engine.desk.engine):
        continue
    # A start by hand that names nobody: no code makes one, and none can read it.
    engine.desk.run("UPDATE starts SET event = 'manual' WHERE automation_id = :id", id=broken.id)

    engine.tick()

    assert [row.automation_id for row in engine.rows("SELECT automation_id FROM automation_runs")] == [sound.id]
    assert entered(engine) == [(ana, "2026-03-14T09:00:00")]
    assert [row.outcome for row in engine.rows("SELECT outcome FROM starts ORDER BY automation_id")] == [
        "stopped",
        "done",
    ]
    assert [row.kind for row in engine.rows("SELECT kind FROM alerts")] == ["start_failed"]


class TestByHand:
    def test_it_says_who_was_let_in_and_why_others_were_not(self, engine: Engine) -> None:
        vip, lead = people(engine, tags=["vip"])[0], people(engine, tags=["lead"])[0]
        [gone] = people(engine, tags=["vip"], is_active=False)
        made = engine.save(trigger_type="manual", trigger_conditions={"tags": "vip"})

        start = engine.run_by_hand(made.id, vip, lead, gone, 999_999, vip)

        assert (start.outcome, start.enrolled) == ("done", 1)
        assert start.refused == {"conditions": 1, "contact_inactive": 1, "contact_not_found": 1}
        assert entered(engine) == [(vip, f"start:{start.id}")]

    def test_many_are_let_in_by_the_sweep(self, engine: Engine) -> None:
        ids = people(engine, starts.SLICE + 100)
        made = engine.save(trigger_type="manual")

        start = engine.run_by_hand(made.id, *ids)

        assert (start.outcome, start.enrolled, start.position) == (None, starts.SLICE, starts.SLICE)
        engine.tick()
        assert engine.rows("SELECT outcome, enrolled FROM starts")[0] == ("done", len(ids))
        assert len(entered(engine)) == len(ids)

    def test_what_is_switched_off_or_paused_starts_nothing(self, engine: Engine) -> None:
        [ana] = people(engine)
        off = engine.save(trigger_type="manual", is_active=False)
        made = engine.save(trigger_type="manual")

        with pytest.raises(starts.AutomationNotRunning):
            engine.run_by_hand(off.id, ana)
        engine.desk.run("UPDATE settings SET is_paused = true")
        with pytest.raises(starts.WorkspacePaused):
            engine.run_by_hand(made.id, ana)
        assert entered(engine) == []


def test_only_what_is_due_is_looked_at(engine: Engine) -> None:
    engine.save(**NINE)
    engine.sync()

    with Session(engine.desk.engine) as session:
        session.execute(text("SET enable_seqscan = off"))
        for statement in (
            "SELECT * FROM schedules WHERE next_at <= now() ORDER BY next_at LIMIT 1",
            "SELECT id FROM starts WHERE turn_at <= now() ORDER BY turn_at LIMIT 1",
            "SELECT id FROM effects WHERE kind = 'email' AND state = 'pending' AND due_at <= now()",
            "SELECT id FROM contacts WHERE (EXTRACT(month FROM birthday), EXTRACT(day FROM birthday)) IN ((3, 14))",
            "SELECT id FROM contacts WHERE created_at > now() - interval '1 day'",
            "SELECT id FROM conversations WHERE last_inbound_at > now() - interval '1 day'",
        ):
            plan = " ".join(session.scalars(text(f"EXPLAIN {statement}")))
            assert "Index" in plan, plan
    assert not in_transaction(lambda session: schedules.look(session, now=engine.now), engine.desk.engine)
