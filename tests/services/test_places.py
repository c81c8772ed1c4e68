"""Runs that began before their contact ever wrote go on in the conversation that there is since."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.services.engine import Engine, at
from tests.services.sending import Desk
from tests.services.test_schedules import people
from tests.webhooks import ALICE

SENDS = {"action_type": "send_message", "action_payload": {"message_template": "hello", "delay_seconds": 3600}}
HOUR = timedelta(hours=1)


@pytest.fixture
def engine(desk: Desk) -> Engine:
    made = Engine(desk)
    made.now = at("2026-03-14T08:55")
    return made


@pytest.fixture
def alice(engine: Engine) -> int:
    """Known by her number, and has not written yet."""
    [id] = people(engine, phone=f"+{ALICE}", time_zone="UTC", birthday=date(9999, 3, 14))
    return id


def begin(engine: Engine, trigger: str, contact_id: int) -> None:
    automation = engine.save(trigger_type=trigger, **SENDS)
    engine.sync()
    if trigger == "manual":
        engine.run_by_hand(automation.id, contact_id)
    else:
        engine.at("2026-03-14T09:00")
    assert [row.conversation_id for row in engine.rows("SELECT * FROM automation_runs")] == [None]


def ended(engine: Engine) -> list[Any]:
    return engine.rows("""
        SELECT l.execution_status AS status, l.contact_id, r.conversation_id, m.conversation_id AS sent_in,
               c.id AS of_them
        FROM automation_logs l JOIN automation_runs r ON r.id = l.run_id
        LEFT JOIN messages m ON m.run_id = r.id LEFT JOIN conversations c ON c.contact_id = r.contact_id
    """)


@pytest.mark.parametrize("trigger", ["manual", "birthday"])
def test_whoever_writes_in_the_meantime_gets_the_message(engine: Engine, alice: int, trigger: str) -> None:
    begin(engine, trigger, alice)

    engine.arrive(wa_id=ALICE)
    engine.pass_time(HOUR, step=HOUR)

    [log] = ended(engine)
    assert (log.status, log.contact_id) == ("success", alice)
    assert log.of_them is not None
    assert log.conversation_id == log.sent_in == log.of_them


def test_who_still_has_not_written_gets_none(engine: Engine, alice: int) -> None:
    begin(engine, "manual", alice)

    engine.pass_time(HOUR, step=HOUR)

    [log] = ended(engine)
    assert (log.status, log.conversation_id, log.sent_in) == ("skipped", None, None)


def test_a_number_that_nobody_claimed_is_no_place_to_write_in(engine: Engine, alice: int) -> None:
    begin(engine, "manual", alice)

    engine.arrive(wa_id=ALICE)
    engine.desk.run("UPDATE channels SET state = 'unclaimed'")
    engine.pass_time(HOUR, step=HOUR)

    [log] = ended(engine)
    assert (log.status, log.sent_in) == ("skipped", None)
