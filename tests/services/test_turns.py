"""Whose turn it is: the same answer as the plain rule gives, however long the queue is and whoever stands in front."""

from datetime import datetime, timedelta
from random import Random

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.models import Channel
from app.services.turns import LOOK_AT, READY, READY_PARAMETERS, first_due
from tests.builders import make_channel, make_contact, make_conversation, the_channel
from tests.services.sending import make_person, make_queued

LIMIT = 4
STATES = ["queued"] * 6 + ["later", "tomorrow", "sending", "unknown", "long unknown", "held", "done"]


def ready(session: Session, channel: Channel, now: datetime) -> set[int]:
    """By the rule alone, message by message."""
    found = session.scalars(
        text(f"SELECT m.id FROM messages m WHERE m.channel_id = :channel_id AND {READY}"),
        {"channel_id": channel.id, "now": now} | READY_PARAMETERS,
    )
    return set(found)


def queue_many(session: Session, channel: Channel, people: int, each: int, now: datetime) -> None:
    """Each person's messages one behind the other, all due before anybody else's."""
    conversations = [
        make_conversation(session, make_contact(session, phone=None), channel=channel) for _ in range(people)
    ]
    session.execute(
        text("""
            INSERT INTO messages (contact_id, conversation_id, channel_id, direction, message_type, content, origin,
                due_at)
            SELECT contact_id, id, channel_id, 'outbound', 'text', '{}', 'user', CAST(:now AS timestamptz)
            FROM conversations, generate_series(1, :each) WHERE id = ANY(:ids) ORDER BY id
        """),
        {"ids": [one.id for one in conversations], "each": each, "now": now - timedelta(hours=1)},
    )


@pytest.mark.parametrize("seed", range(12))
def test_a_look_finds_as_many_as_are_wanted_and_nobody_whose_turn_it_is_not(
    session: Session, now: datetime, seed: int
) -> None:
    random, channel = Random(seed), the_channel(session)
    for _ in range(random.randint(1, 8)):
        person = make_person(session, now)
        for _ in range(random.randint(1, 12)):
            make_in_state(session, person, random.choice(STATES), now)
    queue_many(session, make_channel(session), people=3, each=2, now=now)
    expected = ready(session, channel, now)

    for limit in (1, LIMIT, 50):
        found = first_due(session, channel.id, limit=limit, now=now)

        assert set(found) <= expected
        assert len(found) == min(limit, len(expected))


def make_in_state(session: Session, person: object, state: str, now: datetime) -> None:
    due_at = {"later": now + timedelta(minutes=5), "tomorrow": now + timedelta(days=1)}.get(state, now)
    dispatch = {"later": "queued", "tomorrow": "queued", "long unknown": "unknown"}.get(state, state)
    message = make_queued(session, person, now, due_at=due_at, dispatch=dispatch)  # type: ignore[arg-type]
    age = {"unknown": 1, "long unknown": 3600}.get(state)
    if age is not None:
        session.execute(
            text("UPDATE messages SET unknown_at = clock_timestamp() - make_interval(secs => :age) WHERE id = :id"),
            {"age": age, "id": message.id},
        )


def test_few_people_with_many_messages_hide_nobody_behind_them(session: Session, now: datetime) -> None:
    channel = the_channel(session)
    queue_many(session, channel, people=1, each=10 * LIMIT * LOOK_AT, now=now)
    others = [make_queued(session, make_person(session, now), now) for _ in range(LIMIT)]

    found = first_due(session, channel.id, limit=LIMIT, now=now)

    assert len(found) == LIMIT
    assert len({message.id for message in others} & set(found)) >= LIMIT - 1


def test_whoever_waits_longest_comes_first(session: Session, now: datetime) -> None:
    late, early = (
        make_queued(session, make_person(session, now), now, due_at=now - timedelta(seconds=seconds))
        for seconds in (1, 2)
    )

    assert list(first_due(session, the_channel(session).id, limit=LIMIT, now=now)) == [early.id, late.id]


def test_a_look_costs_the_same_however_many_messages_few_people_have(
    database: Engine, session: Session, now: datetime
) -> None:
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM messages"))  # rows of earlier tests would cost too
    channel = the_channel(session)
    queue_many(session, make_channel(session), people=100, each=1, now=now)
    queue_many(session, channel, people=2, each=2_000, now=now)
    session.execute(text("ANALYZE messages"))

    before = read_by_index(session)
    first_due(session, channel.id, limit=LIMIT, now=now)

    assert read_by_index(session) - before < 400


def read_by_index(session: Session) -> int:
    """Index entries of messages that this transaction has read."""
    return int(
        session.scalar(
            text(
                "SELECT sum(pg_stat_get_xact_tuples_fetched(indexrelid)) FROM pg_index"
                " WHERE indrelid = 'messages'::regclass"
            )
        )
        or 0
    )
