"""The one switch: while everything is paused nothing is decided and nothing is sent, and nothing is lost."""

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.database import in_transaction
from app.services import workspace
from tests.builders import make_automation
from tests.services.sending import Desk, make_person, make_queued
from tests.services.test_runs import TWICE, answer, arrive, logs, make_graph, wake


def pause(desk: Desk) -> None:
    in_transaction(lambda session: workspace.pause(session, reason="Wrong prices", user_id=None, now=desk.now))


def resume(desk: Desk) -> None:
    in_transaction(lambda session: workspace.resume(session, now=desk.now))


def test_what_is_to_be_sent_waits_and_goes_on(desk: Desk, session: Session) -> None:
    make_queued(session, make_person(session, desk.now), desk.now)
    session.commit()

    pause(desk)
    while_paused = desk.claim()
    resume(desk)
    desk.run("UPDATE messages SET dispatch = 'queued' WHERE dispatch = 'held'")  # as the sweep does

    assert (while_paused, len(desk.claim())) == ([], 1)


def test_what_comes_in_is_stored_and_starts_nothing_also_not_afterwards(desk: Desk, session: Session) -> None:
    make_automation(session)
    session.commit()
    pause(desk)

    arrive(desk)
    resume(desk)
    arrive(desk, "hola otra vez")

    assert desk.rows("SELECT count(*) FROM messages WHERE direction = 'inbound'") == [(2,)]
    assert desk.rows("SELECT event_key FROM automation_runs") == desk.rows(
        "SELECT whatsapp_message_id FROM messages WHERE text = 'hola otra vez'"
    )
    assert ("skipped", "paused", 1) in logs(desk)


def test_a_run_that_waits_wakes_when_the_pause_is_over(desk: Desk, session: Session) -> None:
    make_graph(session, TWICE)
    arrive(desk)
    answer(desk)
    pause(desk)

    while_paused = wake(desk, after=timedelta(minutes=11))
    resume(desk)

    assert (while_paused, wake(desk, after=timedelta(minutes=11))) == (0, 1)


def test_an_opt_out_counts_also_while_everything_is_paused(desk: Desk) -> None:
    pause(desk)

    arrive(desk, "STOP")

    assert desk.rows("SELECT category, state FROM consents") == [("all", "out")]


def test_a_new_word_counts_from_the_next_message_on(desk: Desk, session: Session) -> None:
    arrive(desk, "ya no")
    session.execute(text("SELECT 1"))
    before = desk.rows("SELECT count(*) FROM consents")

    in_transaction(lambda session: workspace.update_workspace(session, {"opt_out_words": ["ya no"]}))
    arrive(desk, "¡YA NO!")

    assert (before, desk.rows("SELECT category, state FROM consents")) == ([(0,)], [("all", "out")])
