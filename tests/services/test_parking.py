"""What cannot be applied is parked, alone, and can be replayed."""

import pytest
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from app.models import (
    Contact,
    Conversation,
    Message,
    MessageEvent,
    WebhookEvent,
)
from app.services import webhook_events
from tests.builders import the_channel
from tests.services.arriving import NOW, POISON, arrive, number_of, run, state_of, texts
from tests.webhooks import (
    BOB,
    body_of,
    message,
    put,
    status,
    the_event,
)


@pytest.mark.parametrize("raw", [b"", b"not json", b"[]", b'{"entry":[{}]}'])
def test_what_is_no_webhook_is_parked_whole(session: Session, raw: bytes) -> None:
    bad, good = arrive(session, raw, body_of(message()))

    event = the_event(session, bad)
    assert (state_of(session, bad), state_of(session, good)) == ("parked", "done")
    assert set(event.parked) == {"*"}
    assert event.error == event.parked["*"]
    assert event.channel_ids == []


def test_an_item_that_cannot_be_read_is_parked_and_the_others_are_applied(session: Session) -> None:
    (event_id,) = arrive(session, body_of(message("1"), message() | {"timestamp": "never"}, message("3")))

    event = the_event(session, event_id)
    assert set(event.parked) == {"1"}
    assert event.channel_ids == [the_channel(session).id]
    assert sorted(filter(None, texts(session))) == ["1", "3"]


def test_an_item_that_the_database_refuses_is_parked_and_the_others_are_applied(session: Session) -> None:
    poisoned, good = arrive(
        session, body_of(message("1"), POISON, message("3"), statuses=[status()]), body_of(message("4"))
    )

    event = the_event(session, poisoned)
    assert set(event.parked) == {"1"}
    assert event.channel_ids == [the_channel(session).id]
    assert event.parked["1"].startswith("OperationalError: index row requires")
    assert sorted(filter(None, texts(session))) == ["1", "3", "4"]
    assert number_of(session, MessageEvent) == 1
    assert state_of(session, good) == "done"


def test_a_parked_item_never_shows_what_the_message_said(session: Session) -> None:
    secret = POISON | {"text": {"body": "my card is 4111 1111"}}

    (event_id,) = arrive(session, body_of(secret))

    event = the_event(session, event_id)
    assert event.parked
    assert "4111" not in str(event.parked) + str(event.error)


def test_a_poisoned_item_leaves_nothing_of_itself_behind(session: Session) -> None:
    arrive(session, body_of(POISON | {"from": BOB}))

    assert number_of(session, Contact) == 0
    assert number_of(session, Conversation) == 0


def test_items_that_failed_in_an_earlier_batch_stay_parked(session: Session) -> None:
    bad = message() | {"timestamp": "never"}
    messages = [bad, message("1"), message("2"), message("3"), bad | {"id": "wamid.2"}]

    (event_id,) = arrive(session, body_of(*messages), batch_items=2)

    assert set(the_event(session, event_id).parked) == {"0", "4"}
    assert number_of(session, Message) == 3


def test_a_replay_does_exactly_the_parked_items_again(session: Session) -> None:
    (event_id,) = arrive(session, body_of(message("1"), message("2"), message("3")))
    # As if the second had failed, and meanwhile the first contact had been deleted.
    session.execute(text("DELETE FROM contacts"))
    session.execute(text("UPDATE webhook_events SET parked = '{\"1\": \"failed\"}', error = 'failed'"))

    webhook_events.replay(session, event_id, now=NOW)
    session.commit()
    run()
    session.expire_all()

    assert texts(session) == ["2"]
    assert state_of(session, event_id) == "done"
    assert the_event(session, event_id).error is None


def test_a_replay_of_what_still_cannot_be_read_parks_it_again(session: Session) -> None:
    (event_id,) = arrive(session, body_of(message("1"), message() | {"timestamp": "never"}))

    webhook_events.replay(session, event_id, now=NOW)
    session.commit()
    run()

    assert set(the_event(session, event_id).parked) == {"1"}
    assert number_of(session, Message) == 1


def test_a_replay_of_a_whole_body_begins_where_it_was_left(session: Session) -> None:
    (event_id,) = put(session, body_of(message("1"), message() | {"timestamp": "never"}, message("3")))
    session.execute(
        update(WebhookEvent).values(items_done=2, parked={"1": "old", "*": "died"}, processed_at=NOW, error="died")
    )
    session.commit()

    webhook_events.replay(session, event_id, now=NOW)
    session.commit()
    run()
    session.expire_all()

    assert texts(session) == ["3"]
    assert set(the_event(session, event_id).parked) == {"1"}
