"""Tasks: the sweep finds what no nudge told of, and a plain worker serves all queues."""

import os
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection, Exchange, Queue
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from app.core.celery import QUEUES, app
from app.core.config import get_settings
from app.core.nudges import nudger
from app.database import in_transaction
from app.embedded.valkey import Valkey
from app.models import AutomationRun, Lane, Message, User
from app.services import deltas, starts, sweeps
from app.tasks import analytics_tasks, automation_tasks, message_tasks, webhook_tasks
from tests import FOLDER
from tests.builders import make_automation, make_channel, make_contact, make_conversation, make_message, the_channel
from tests.services.sending import make_person, make_queued
from tests.services.wire import wire_of
from tests.simulator.machine import Business, running
from tests.waiting import PATIENCE_SECONDS, eventually
from tests.webhooks import body_of, message, put

ROOT = Path(__file__).parents[2]
MARK = ("sweep.tick", {"marks": "the end"})


@pytest.fixture
def now() -> datetime:
    """Tasks read the clock themselves."""
    return datetime.now(UTC)


def published(connection: Connection) -> list[tuple[str, dict[str, Any]]]:
    """What lies in the queues, taken out."""
    found = []
    channel = connection.default_channel
    for name in QUEUES:
        queue = Queue(name, Exchange(name), routing_key=name)(channel)
        queue.declare()
        while (message := queue.get(no_ack=True)) is not None:
            found.append((message.headers["task"], message.payload[1]))
    return found


@pytest.fixture
def broker() -> Iterator[Connection]:
    """The memory broker of this process, emptied."""
    with app.connection_for_read() as connection:
        for name in QUEUES:
            queue = Queue(name, Exchange(name), routing_key=name)(connection.default_channel)
            queue.declare()
            queue.purge()
        yield connection
        published(connection)


def soon(broker: Connection, task: str, **arguments: Any) -> None:
    found: list[tuple[str, dict[str, Any]]] = []

    def is_there() -> bool:
        found.extend(published(broker))
        return (task, arguments) in found

    eventually(is_there)


def said_so_far(broker: Connection) -> list[tuple[str, dict[str, Any]]]:
    """All that was nudged in this process, taken out once it is published.

    A thread publishes in the order in which nudges may go: the second of two equal ones goes after all that waited
    when the first of them went.
    """
    task, arguments = MARK
    found: list[tuple[str, dict[str, Any]]] = []

    def is_there(times: int) -> bool:
        found.extend(published(broker))
        return found.count(MARK) == times

    for times in (1, 2):
        nudger.nudge(task, **arguments)
        eventually(lambda times=times: is_there(times))
    return [one for one in found if one != MARK]


class TestStart:
    def test_starts_what_the_clock_says(self, session: Session) -> None:
        make_contact(session)
        make_automation(
            session, trigger_type="scheduled", schedule_config={"every_seconds": 3600}, message_template="hello"
        )
        session.commit()
        automation_tasks.start()
        assert session.scalars(select(AutomationRun)).all() == []

        session.execute(text("UPDATE schedules SET looked_at = now() - interval '2 hours', next_at = now()"))
        session.commit()
        automation_tasks.start()

        assert [run.event for run in session.scalars(select(AutomationRun))] == ["scheduled"]

    def test_starts_what_an_automation_starts(self, session: Session, now: datetime) -> None:
        contact = make_contact(session)
        note = {"trigger_type": "manual", "action_type": "log_activity", "action_payload": {"message": "hello"}}
        other = make_automation(session, **note)
        first = make_automation(
            session,
            trigger_type="manual",
            action_type="trigger_automation",
            action_payload={"automation_id": other.id},
        )
        session.commit()
        user = session.scalars(select(User)).first()
        assert user is not None
        starts.run_by_hand(session, first.id, [contact.id], user_id=user.id, username=user.username, now=now)
        session.commit()

        automation_tasks.start()

        found = session.scalars(select(AutomationRun).order_by(AutomationRun.id)).all()
        assert [(run.automation_id, run.state) for run in found] == [(first.id, "done"), (other.id, "done")]

    def test_asks_for_e_mails_that_are_due(self, session: Session, broker: Connection, now: datetime) -> None:
        contact = make_contact(session, email="ana@example.com")
        made = make_automation(
            session, trigger_type="manual", action_type="send_email", action_payload={"subject": "a", "body": "b"}
        )
        session.commit()
        user = session.scalars(select(User)).first()
        assert user is not None
        starts.run_by_hand(session, made.id, [contact.id], user_id=user.id, username=user.username, now=now)
        session.commit()  # without the nudge, as if it was lost

        automation_tasks.start()

        soon(broker, "messages.email")


class TestTick:
    def test_finds_messages_that_are_due(self, session: Session, broker: Connection, now: datetime) -> None:
        make_queued(session, make_person(session, now), now)
        session.commit()

        automation_tasks.tick()

        soon(broker, "messages.send", channel_id=the_channel(session).id)

    @pytest.mark.parametrize("dispatch", ["sending", "queued"])
    @pytest.mark.parametrize(("beat_seconds_ago", "is_found"), [(6, True), (0, False), (None, True)])
    def test_leaves_a_channel_to_whoever_is_at_work_and_finds_it_once_they_are_gone(
        self, session: Session, now: datetime, beat_seconds_ago: int | None, is_found: bool, dispatch: str
    ) -> None:
        make_queued(session, make_person(session, now), now, dispatch=dispatch)
        channel_id = the_channel(session).id
        if beat_seconds_ago is not None:
            beat_at = now - timedelta(seconds=beat_seconds_ago)
            session.add(Lane(name=f"send:{channel_id}", epoch=1, holder="gone", beat_at=beat_at))
        session.flush()

        assert sweeps.channels_with_work(session, now=now) == ([channel_id] if is_found else [])

    def test_finds_bodies_that_nobody_drained(self, session: Session, broker: Connection) -> None:
        put(session, body_of(message()))

        automation_tasks.tick()

        soon(broker, "webhooks.drain", lane="intake")

    def test_finds_what_was_read_and_not_told(self, session: Session, broker: Connection, now: datetime) -> None:
        make_conversation(session, read_until=now)
        session.commit()

        automation_tasks.tick()

        soon(broker, "messages.read", channel_id=the_channel(session).id)

    def test_finds_messages_that_nobody_reported(self, session: Session, broker: Connection, now: datetime) -> None:
        make_queued(session, make_person(session, now), now, dispatch="done", accepted_at=now - timedelta(minutes=11))
        session.commit()

        automation_tasks.tick()

        soon(broker, "messages.ask")

    def test_says_that_it_lives(self, session: Session, database: Engine) -> None:
        automation_tasks.tick()

        beat_at = session.scalars(select(Lane.beat_at).where(Lane.name == "pulse:sweep")).one()
        assert beat_at is not None

    def test_has_nothing_to_say_where_nothing_is_due(
        self, session: Session, database: Engine, broker: Connection, now: datetime
    ) -> None:
        make_queued(session, make_person(session, now), now + timedelta(hours=1))
        make_message(session, make_conversation(session, read_until=now, read_told_until=now))
        make_channel(session)
        session.commit()
        said_so_far(broker)  # by earlier tests

        automation_tasks.tick()

        assert said_so_far(broker) == []


def test_settling_goes_on_from_the_sweep(session: Session, broker: Connection, now: datetime) -> None:
    lost = make_queued(session, make_person(session, now), now, dispatch="unknown", attempt=1, unknown_at=now)
    session.flush()
    session.execute(
        text(
            "INSERT INTO send_attempts"
            " (message_id, attempt, channel_id, contact_id, epoch, claimed_at, dead_at, outcome)"
            " SELECT id, 1, channel_id, contact_id, 1, now() - interval '2 days', now() - interval '2 days', 'unknown'"
            " FROM messages"
        )
    )
    session.commit()

    automation_tasks.settle()

    session.expire_all()
    assert session.get_one(Message, lost.id).error_message == "outcome_unknown"


def test_what_nothing_holds_any_more_goes_from_the_sweep(session: Session, broker: Connection, now: datetime) -> None:
    held = make_queued(session, make_person(session, now), now, dispatch="held")
    session.commit()

    automation_tasks.settle()

    soon(broker, "messages.send", channel_id=held.channel_id)
    session.expire_all()
    assert session.get_one(Message, held.id).dispatch == "queued"


def test_waits_end_from_the_sweep(session: Session, database: Engine, now: datetime) -> None:
    make_automation(session, action_payload={"message_template": "late", "delay_seconds": 1})
    put(session, body_of(message(at=int(now.timestamp()))))
    webhook_tasks.drain_webhooks()
    session.execute(
        text(
            "UPDATE automation_runs SET wake_at = now() - interval '1 second', vars ="
            " jsonb_set(vars, '{wake_at}', to_jsonb(now() - interval '1 second'))"
        )
    )
    session.commit()

    automation_tasks.wake()

    session.expire_all()
    assert session.scalars(select(Message.text).where(Message.direction == "outbound")).all() == ["late"]


def test_a_minute_goes_by_with_nothing_to_do(database: Engine) -> None:
    automation_tasks.minute()
    analytics_tasks.forget()


def test_what_changed_is_rolled_up_beside_the_other_tasks(session: Session, database: Engine) -> None:
    make_message(session)
    session.commit()

    def is_rolled_up() -> bool:
        analytics_tasks.roll_up()
        return in_transaction(deltas.is_empty)

    eventually(is_rolled_up)
    eventually(lambda: not any(thread.name == "rollups" for thread in threading.enumerate()))
    assert session.scalar(text("SELECT count(*) FROM analytics WHERE metric_name = 'received'")) == 3


def test_every_beat_has_its_task_and_expires() -> None:
    assert message_tasks.send.name in app.tasks

    for entry in app.conf.beat_schedule.values():
        assert entry["task"] in app.tasks
        assert entry["options"]["expires"] <= max(entry["schedule"], 2)


@pytest.mark.parametrize("pool", [["--pool", "threads", "-c", "4"], ["--pool", "prefork", "-c", "2"]])
def test_a_plain_worker_takes_in_answers_and_sends(
    session: Session, database: Engine, tmp_path: Path, now: datetime, pool: list[str]
) -> None:
    make_automation(session, message_template="¡Hola!")
    session.commit()
    business = Business()
    business.start()
    folder = FOLDER / f"valkey-{secrets.token_hex(3)}"
    valkey = Valkey(folder=folder, password="secret")
    valkey.start()
    with running(tmp_path, business, SIMULATOR_TOKEN=get_settings().api_token) as simulator:
        wire = wire_of(database, simulator)
        environment = os.environ | {
            "BROKER_URL": valkey.url,
            "DATABASE_URL": database.url.render_as_string(hide_password=False),
            "WHATSAPP_API_URL": f"{simulator.url}/v26.0",
        }
        log = (tmp_path / "worker.log").open("wb")
        command = [sys.executable, "-m", "celery", "-A", "app.core.celery", "worker", *pool]
        worker = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            with Connection(valkey.url) as connection:
                people = ["16505551234", "16505559876"]
                for wa_id in people:
                    simulator.write(wa_id)
                eventually(lambda: len(business.items("messages")) == len(people))
                for hook in list(business.webhooks):
                    put(session, hook.raw)
                # One task for each queue: take in, and then by its nudge send; the sweep shows its pulse.
                _send(connection, "webhooks.drain", "intake")
                _send(connection, "sweep.tick", "sweep")
                eventually(lambda: len(wire.ledger()) == len(people))
                eventually(wire.all_done)
                pulse = "SELECT FROM lanes WHERE name = 'pulse:sweep' AND beat_at IS NOT NULL"
                eventually(lambda: wire.rows(pulse))
        finally:
            worker.send_signal(signal.SIGTERM)
            code = worker.wait(PATIENCE_SECONDS)
            valkey.stop()
            business.stop()

    assert code == 0, (tmp_path / "worker.log").read_text()
    assert [row.holder for row in wire.rows("SELECT holder FROM lanes WHERE name LIKE 'send:%'")] == [None]


def _send(connection: Connection, task: str, queue: str) -> None:
    with app.amqp.Producer(connection) as producer:
        app.send_task(task, queue=queue, producer=producer)
