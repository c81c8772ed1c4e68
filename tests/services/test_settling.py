"""Attempts whose outcome nobody knows: what proves that they were not sent, and how they end without proof."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from app.services.sends import Claimed
from tests.builders import make_channel
from tests.services.sending import (
    GIVE_UP,
    Desk,
    accepted,
    ambiguous,
    echo,
    make_person,
    make_queued,
    rejected,
    status,
)

# Long, as the database's clock goes on while a test runs.
SILENCE = 100.0
DEAD_AFTER = 40.0


@pytest.fixture
def proved(desk: Desk, claimed: Claimed) -> Claimed:
    """Nobody knows what became of it, and everything is there that proves that it was not sent."""
    desk.record((claimed, ambiguous()))
    desk.age(DEAD_AFTER + SILENCE + 60)
    desk.open_intake(seconds=SILENCE + 30)
    return claimed


def shown(desk: Desk, claimed: Claimed) -> tuple[str, str, str | None]:
    row = desk.message(claimed.message_id)
    return row.status, row.dispatch, row.error_message


UNKNOWN = ("pending", "unknown", None)
QUEUED = ("pending", "queued", None)
GIVEN_UP = ("failed", "done", "outcome_unknown")


def body(desk: Desk, *, seconds_ago: float, state: str = "NULL, '{}', '{}'") -> None:
    desk.run(
        "INSERT INTO webhook_events (received_at, body, processed_at, parked, channel_ids)"
        f" SELECT clock_timestamp() - make_interval(secs => :s), 'x', {state}",
        s=seconds_ago,
    )


def test_silence_of_open_intake_proves_that_nothing_was_sent(desk: Desk, proved: Claimed) -> None:
    assert desk.settle(silence=SILENCE) == 1

    assert shown(desk, proved) == QUEUED
    [attempt] = desk.attempts(proved.message_id)
    assert (attempt.outcome, attempt.settled_by) == ("not_sent", "proof")
    [again] = desk.claim()
    assert again.attempt == 2


PARKED_OF_THIS = 'now(), \'{"0": "broken"}\', ARRAY[(SELECT min(id) FROM channels)]'
PARKED_UNREADABLE = "now(), '{\"*\": \"unreadable\"}', '{}'"
PARKED_OF_OTHER = 'now(), \'{"0": "broken"}\', ARRAY[0::bigint]'

BLOCKERS: dict[str, Callable[[Desk, Claimed], None]] = {
    "the attempt may still be under way": lambda desk, _: desk.run(
        "UPDATE send_attempts SET dead_at = clock_timestamp() + interval '1 minute'"
    ),
    "silence since the attempt died is too short": lambda desk, _: desk.run(
        "UPDATE send_attempts SET dead_at = clock_timestamp() - interval '40 seconds'"
    ),
    "intake opened again too lately": lambda desk, _: desk.open_intake(seconds=SILENCE - 60),
    "intake is closed": lambda desk, _: desk.open_intake(seconds=SILENCE + 60, until=4),
    "intake was never open": lambda desk, _: desk.run("DELETE FROM intake_open"),
    "a body is unread": lambda desk, _: body(desk, seconds_ago=90),
    "an old body is unread": lambda desk, _: body(desk, seconds_ago=100_000),
    "a body of the channel is parked": lambda desk, _: body(desk, seconds_ago=90, state=PARKED_OF_THIS),
    "a body that nobody can read is parked": lambda desk, _: body(desk, seconds_ago=90, state=PARKED_UNREADABLE),
}


@pytest.mark.parametrize("what", BLOCKERS)
def test_without_one_condition_there_is_no_proof(desk: Desk, proved: Claimed, what: str) -> None:
    BLOCKERS[what](desk, proved)

    assert desk.settle(silence=SILENCE) == 0

    assert shown(desk, proved) == UNKNOWN
    assert desk.attempts(proved.message_id)[0].outcome == "unknown"


HARMLESS: dict[str, Callable[[Desk, Claimed], None]] = {
    "a body of another channel is parked": lambda desk, _: body(desk, seconds_ago=90, state=PARKED_OF_OTHER),
    "a body of the channel was parked before the claim": lambda desk, _: body(
        desk, seconds_ago=1_000, state=PARKED_OF_THIS
    ),
    "a body came after the silence": lambda desk, _: body(desk, seconds_ago=0),
    "bodies are done": lambda desk, _: body(desk, seconds_ago=90, state="now(), '{}', '{}'"),
    "somebody else's message was reported": lambda desk, _: desk.report(status("wamid.x", "delivered")),
}


@pytest.mark.parametrize("what", HARMLESS)
def test_what_cannot_speak_of_the_attempt_does_not_hinder_its_proof(desk: Desk, proved: Claimed, what: str) -> None:
    HARMLESS[what](desk, proved)

    assert desk.settle(silence=SILENCE) == 1

    assert shown(desk, proved) == QUEUED


def test_a_report_of_the_attempt_ends_the_wait(desk: Desk, proved: Claimed) -> None:
    desk.report(status("wamid.a", "sent", echo=echo(desk, proved.message_id, 1)))

    assert desk.settle(silence=SILENCE) == 0

    assert shown(desk, proved) == ("sent", "done", None)


@pytest.mark.parametrize(
    ("closed_seconds", "open_seconds", "is_proved"),
    [(0, 540, False), (0, 602, True), (400, 740, False), (400, 840, True)],
)
def test_unless_set_silence_is_ten_minutes_or_twice_the_time_intake_was_closed(
    desk: Desk, claimed: Claimed, closed_seconds: int, open_seconds: int, is_proved: bool
) -> None:
    desk.record((claimed, ambiguous()))
    # Open from the claim until the attempt was dead, then closed, then open until now.
    desk.age(DEAD_AFTER + closed_seconds + open_seconds)
    desk.open_intake(seconds=open_seconds)
    desk.run(
        "INSERT INTO intake_open (id, opened_at, stamped_at) OVERRIDING SYSTEM VALUE"
        " SELECT 0, min(claimed_at), min(dead_at) FROM send_attempts"
    )
    if not closed_seconds:
        desk.run("UPDATE intake_open SET opened_at = (SELECT min(claimed_at) FROM send_attempts) WHERE id <> 0")
        desk.run("DELETE FROM intake_open WHERE id = 0")

    desk.settle(silence=None)

    assert (shown(desk, claimed) == QUEUED) is is_proved


@pytest.mark.parametrize("delivery", ["at_most_once", "never_again", "at_least_once"])
@pytest.mark.parametrize("is_proved", [True, False])
@pytest.mark.parametrize("seconds", [30, 60, 75, 90_000])
def test_each_policy_does_as_it_promises(
    desk: Desk, claimed: Claimed, delivery: str, is_proved: bool, seconds: int
) -> None:
    desk.run("UPDATE messages SET delivery = :delivery", delivery=delivery)
    desk.record((claimed, ambiguous()))
    desk.age(seconds)
    if is_proved:
        desk.open_intake(seconds=11)

    desk.settle(silence=10)

    is_dead = seconds > DEAD_AFTER
    may_resend = is_dead and (
        (is_proved and delivery != "never_again") or (delivery == "at_least_once" and seconds > DEAD_AFTER + 30)
    )
    expected = QUEUED if may_resend else GIVEN_UP if seconds > GIVE_UP else UNKNOWN
    assert shown(desk, claimed) == expected


def test_at_least_once_is_blind_only_so_often(desk: Desk, claimed: Claimed) -> None:
    desk.run("UPDATE messages SET delivery = 'at_least_once'")
    for attempt in range(1, 6):
        desk.record(((claimed.message_id, attempt), ambiguous()))
        desk.age(75)
        desk.settle()
        desk.claim()

    assert shown(desk, claimed) == UNKNOWN
    assert [attempt.settled_by for attempt in desk.attempts(claimed.message_id)] == ["policy"] * 4 + [None]


def test_giving_up_is_told_once_and_can_be_undone_by_a_late_report(desk: Desk, claimed: Claimed) -> None:
    desk.record((claimed, ambiguous()))
    desk.age(90_000)
    desk.settle()
    desk.settle()
    assert shown(desk, claimed) == GIVEN_UP
    [alert] = desk.rows("SELECT kind, key, count, context FROM alerts WHERE resolved_at IS NULL")
    assert (alert.kind, alert.key, alert.count) == ("outcome_unknown", str(claimed.message_id), 1)

    desk.report(status("wamid.a", "delivered", echo=echo(desk, claimed.message_id, 1)))

    assert shown(desk, claimed) == ("delivered", "done", None)
    assert desk.rows("SELECT FROM alerts WHERE resolved_at IS NULL") == []


def test_nobody_waits_longer_than_a_message_is_worth(desk: Desk, claimed: Claimed) -> None:
    desk.run("UPDATE messages SET expires_at = clock_timestamp() - interval '1 second'")
    desk.record((claimed, ambiguous()))
    desk.age(50)

    desk.settle()

    assert shown(desk, claimed) == GIVEN_UP


def test_a_new_holder_makes_unknown_at_once_what_older_ones_left_open(
    desk: Desk, claimed: Claimed, session: Session, now: datetime
) -> None:
    answered = make_queued(session, make_person(session, now), now)
    session.commit()
    [other] = desk.claim()
    desk.record((other, rejected(2)))

    desk.take()

    assert shown(desk, claimed) == UNKNOWN
    [attempt] = desk.attempts(claimed.message_id)
    assert (attempt.outcome, attempt.error_message) == ("unknown", "holder_gone")
    assert desk.message(answered.id).dispatch == "queued"


def test_a_new_holder_of_one_channel_leaves_others_alone(
    desk: Desk, claimed: Claimed, session: Session, now: datetime
) -> None:
    channel = make_channel(session)
    session.commit()
    other = Desk(desk.engine, channel.id, now)
    other.take()

    assert shown(desk, claimed) == ("pending", "sending", None)


def test_many_that_must_wait_hide_none_that_is_proved(
    desk: Desk, proved: Claimed, session: Session, now: datetime
) -> None:
    conversation = make_person(session, now)
    waiting = [
        make_queued(session, conversation, now, dispatch="unknown", attempt=1, delivery="never_again")
        for _ in range(600)
    ]
    session.commit()
    desk.run(
        "INSERT INTO send_attempts (message_id, attempt, channel_id, contact_id, epoch, claimed_at, dead_at, outcome)"
        " SELECT id, 1, channel_id, contact_id, 1, clock_timestamp() - interval '1 hour',"
        " clock_timestamp() - interval '50 minutes', 'unknown' FROM messages WHERE id = ANY(:ids)",
        ids=[one.id for one in waiting],
    )

    assert desk.settle(silence=SILENCE) == 1

    assert shown(desk, proved) == QUEUED


def test_evidence_that_is_just_being_written_is_waited_for(desk: Desk, proved: Claimed, session: Session) -> None:
    from app.services.evidence import lock_messages

    lock_messages(session, [proved.message_id])

    assert desk.settle(silence=SILENCE) == 0
    session.rollback()
    assert desk.settle(silence=SILENCE) == 1


def test_what_was_proved_passes_every_gate_again(desk: Desk, proved: Claimed, now: datetime) -> None:
    desk.settle(silence=SILENCE)

    assert desk.claim(now=now + timedelta(hours=25)) == []

    assert shown(desk, proved) == ("failed", "done", "window_closed")


def test_a_second_unknown_is_judged_by_itself(desk: Desk, proved: Claimed) -> None:
    desk.settle(silence=SILENCE)
    [again] = desk.claim()
    desk.record((again, ambiguous()))

    assert desk.settle(silence=SILENCE) == 0
    desk.age(DEAD_AFTER + SILENCE + 1)
    assert desk.settle(silence=SILENCE) == 1
    [third] = desk.claim()
    desk.record((third, accepted("wamid.a")))

    assert [attempt.outcome for attempt in desk.attempts(proved.message_id)] == ["not_sent", "not_sent", "accepted"]
