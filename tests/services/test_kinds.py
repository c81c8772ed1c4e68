"""Each original trigger with each original action: one run, its effect, and its one log row."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from app.domain.automation import ACTIONS, TRIGGERS
from tests.mail import MailServer, mail_server
from tests.services.engine import Engine, at, mailbox_of
from tests.services.sending import Desk

ALICE_ID = "SELECT id FROM contacts"
MORNING = at("2026-03-14T08:59:55")
TEN = timedelta(seconds=10)


@pytest.fixture(scope="module")
def mail() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def engine(desk: Desk, mail: MailServer) -> Engine:
    mail.letters.clear()
    made = Engine(desk, mail=mailbox_of(mail))
    made.now = MORNING
    return made


def contact(engine: Engine) -> int:
    return int(engine.rows(ALICE_ID)[0].id)


def know(engine: Engine, **columns: Any) -> None:
    """Alice wrote a moment ago, before there was any automation."""
    engine.arrive("good morning")
    engine.set_contact(name="Ana", email="ana@example.com", created_at=MORNING, last_contacted=MORNING, **columns)


def a_day_passes(engine: Engine, _: int) -> None:
    """Somebody who wrote lately has an open window."""
    engine.now += timedelta(hours=23)
    engine.arrive("still here")
    engine.pass_time(timedelta(hours=1), step=timedelta(hours=1))
    engine.pass_time(timedelta(minutes=1), step=timedelta(minutes=1))


# What makes each trigger fire: what must be so before the automation is saved, and what happens then.
FIRE: dict[str, tuple[Callable[[Engine], None], Callable[[Engine, int], None], dict[str, Any]]] = {
    "new_contact": (lambda engine: None, lambda engine, _: engine.arrive("good morning"), {}),
    "message_received": (know, lambda engine, _: engine.arrive("anything"), {}),
    "keyword": (
        know,
        lambda engine, _: engine.arrive("the PRICE, please"),
        {"trigger_conditions": {"keyword": "price"}},
    ),
    "birthday": (
        lambda engine: know(engine, birthday=date(1990, 3, 14)),
        lambda engine, _: engine.pass_time(TEN, step=TEN),
        {},
    ),
    "scheduled": (
        know,
        lambda engine, _: engine.pass_time(TEN, step=TEN),
        {"schedule_config": {"cron": "0 9 * * *"}},
    ),
    "time_based": (
        know,
        a_day_passes,
        {"trigger_conditions": {"after": "created_at", "days": 1}},
    ),
    "manual": (know, lambda engine, id: engine.run_by_hand(id, contact(engine)) and None, {}),
}


def sent_texts(engine: Engine, mail: MailServer) -> object:
    return [row.text for row in engine.rows("SELECT text FROM messages WHERE direction = 'outbound'")]


def groups_of(engine: Engine, mail: MailServer) -> object:
    return [row.name for row in engine.rows("SELECT name FROM groups JOIN contact_groups ON group_id = id")]


def what_changed(engine: Engine, mail: MailServer) -> object:
    [row] = engine.rows("SELECT metadata, tags FROM contacts")
    return row.metadata, row.tags


def other_runs(engine: Engine, mail: MailServer) -> object:
    of_other = "automation_id = (SELECT min(id) FROM automations)"
    return [row.execution_status for row in engine.rows(f"SELECT * FROM automation_logs WHERE {of_other}")]


def letters(engine: Engine, mail: MailServer) -> object:
    return [(one["To"], one["Subject"]) for one in mail.received()]


def notes(engine: Engine, mail: MailServer) -> object:
    rows = engine.rows("SELECT output ->> 'message' AS message FROM automation_steps WHERE kind = 'log'")
    return [row.message for row in rows]


EFFECT: dict[str, tuple[dict[str, Any], Callable[[Engine, MailServer], object], object]] = {
    "send_message": ({"message_template": "¡Hola!"}, sent_texts, ["¡Hola!"]),
    "add_to_group": ({"group": "customers"}, groups_of, ["customers"]),
    "update_contact": ({"set": {"city": "Quito"}, "add_tags": ["vip"]}, what_changed, ({"city": "Quito"}, ["vip"])),
    "trigger_automation": ({}, other_runs, ["success"]),
    "send_email": (
        {"to": "shop@example.com", "subject": "News", "body": "It happened."},
        letters,
        [("shop@example.com", "News")],
    ),
    "log_activity": ({"message": "it happened"}, notes, ["it happened"]),
}


def test_every_kind_has_a_row() -> None:
    assert FIRE.keys() == TRIGGERS.keys()
    assert EFFECT.keys() == ACTIONS.keys()


@pytest.mark.parametrize("action", EFFECT)
@pytest.mark.parametrize("trigger", FIRE)
def test_it_ends_in_its_effect_and_one_log_row(engine: Engine, mail: MailServer, trigger: str, action: str) -> None:
    prepare, fire, columns = FIRE[trigger]
    payload, look, expected = EFFECT[action]
    prepare(engine)
    if action == "trigger_automation":
        other = engine.save(trigger_type="manual", action_type="add_to_group", action_payload={"group": "started"})
        payload = {"automation_id": other.id}
    made = engine.save(
        trigger_type=trigger, action_type=action, action_payload={**payload, "delay_seconds": 5}, **columns
    )
    engine.sync()

    fire(engine, made.id)
    engine.pass_time(timedelta(seconds=20), step=timedelta(seconds=10))

    assert look(engine, mail) == expected
    [log] = engine.rows("SELECT * FROM automation_logs WHERE automation_id = :id", id=made.id)
    details = log.execution_details
    assert (log.execution_status, log.contacts_affected, log.error_message) == ("success", 1, None)
    assert log.execution_time < 60
    assert log.contact_id == contact(engine)
    assert (details["v"], details["version"], details["outcome"]) == (1, 1, "done")
    assert details["entry"]["event"] == TRIGGERS[trigger].event
    assert details["path"] == ["wait", ACTIONS[action].node]
    assert [effect["result"] for effect in details["effects"]] in (["accepted"], ["done"])
    assert log.executed_by == ("admin" if trigger == "manual" else "system")
