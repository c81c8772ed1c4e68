"""Batches: what they take, what their death leaves, and that nobody does one twice."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import orjson
import psycopg
import pytest
from sqlalchemy import Engine, make_url, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.core.config import get_settings
from app.database import conninfo_of, in_transaction, make_engine
from app.models import (
    Contact,
    ContactIdentity,
    Conversation,
    Lane,
    Message,
    MessageEvent,
    WebhookEvent,
)
from app.services import bodies, webhook_events
from app.services.bodies import DEADLY_BATCHES
from app.services.drain import Drained, Turn, _batch, drain
from tests.conftest import MakeDatabase
from tests.services.arriving import (
    NOW,
    TURN,
    arrive,
    every,
    number_of,
    run,
    state_of,
    texts,
    the,
)
from tests.waiting import eventually, is_blocked
from tests.webhooks import (
    BOB,
    NOON,
    WABA_ID,
    body,
    body_of,
    change,
    message,
    put,
    status,
    the_event,
)


def test_a_batch_takes_every_entry_change_and_item(session: Session) -> None:
    one = body(
        change(messages=[message("1"), message("2", wa_id=BOB)], statuses=[status("sent"), status("read")]),
        change(messages=[message("3")], phone_number_id="999"),
    )
    two = orjson.dumps(
        {"entry": [{"id": "1", "changes": [change(messages=[message("4")])]}, {"id": "2", "changes": []}]}
    )

    ids = arrive(session, one, two)

    assert sorted(row.text for row in every(session, Message)) == ["1", "2", "3", "4"]
    assert [state_of(session, event_id) for event_id in ids] == ["done", "done"]
    assert number_of(session, MessageEvent) == 2


def test_a_body_longer_than_a_batch_is_gone_on_with_where_it_was_left(session: Session) -> None:
    messages = [message(str(number), at=NOON + number) for number in range(7)]
    (event_id,) = put(session, body_of(*messages))

    drain_once(batch_items=3)

    assert (the_event(session, event_id).items_done, texts(session)) == (3, ["0", "1", "2"])
    assert state_of(session, event_id) == "pending"
    run(batch_items=3)
    session.expire_all()
    assert len(texts(session)) == 7
    assert state_of(session, event_id) == "done"


def drain_once(*, batch_items: int = 1_000, lane: str = "intake") -> None:
    """One batch, whatever the time allows."""
    in_transaction(lambda session: bodies.begin(session, lane, "somebody", batch_items=batch_items))
    turn = Turn(lane=lane, batch_items=batch_items, now=NOW, holder="somebody")
    in_transaction(lambda session: _batch(session, turn))


def test_history_takes_the_slow_lane(session: Session) -> None:
    history = orjson.dumps({"entry": [{"id": WABA_ID, "changes": [{"field": "history", "value": {"history": []}}]}]})

    (event_id,) = arrive(session, history)

    assert (the_event(session, event_id).lane, state_of(session, event_id)) == ("history", "pending")
    run("history")
    assert state_of(session, event_id) == "done"


def test_a_body_whose_process_died_again_and_again_is_parked_whole(session: Session) -> None:
    deadly, harmless = put(session, body_of(message("1")), body_of(message("2")))
    session.execute(update(WebhookEvent).where(WebhookEvent.id == deadly).values(attempts=3, parked={"0": "earlier"}))
    session.execute(update(Lane).where(Lane.name == "intake").values(epoch=2))  # batches that never ended
    session.commit()

    run()
    session.expire_all()

    assert set(the_event(session, deadly).parked) == {"0", "*"}
    assert state_of(session, harmless) == "done"
    assert texts(session) == ["2"]
    assert session.get_one(Lane, "intake").epoch == 0


def test_a_batch_whose_process_died_leaves_a_trace_and_is_tried_body_by_body_in_the_end(session: Session) -> None:
    put(session, body_of(message("1")), body_of(message("2")))

    # What a process that is killed in the middle of its batch has committed before.
    seen = [_begin_and_die(session) for _ in range(4)]
    run()
    session.expire_all()

    assert seen == [0, 0, 2, 2]
    assert texts(session) == ["1", "2"]
    assert [event.attempts for event in session.scalars(select(WebhookEvent))] == [1, 1]


def _begin_and_die(session: Session) -> int:
    begun = _begin("somebody")
    session.execute(update(Lane).where(Lane.name == "intake").values(beat_at=Lane.beat_at - timedelta(seconds=2)))
    session.commit()
    assert begun is not None
    return begun


def _begin(holder: str) -> int | None:
    return in_transaction(lambda session: bodies.begin(session, "intake", holder, batch_items=1_000))


def test_several_who_begin_at_once_do_not_take_each_other_for_dead(session: Session) -> None:
    (event_id,) = put(session, body_of(message("1")))

    begun = [_begin("first")]
    session.execute(update(Lane).where(Lane.name == "intake").values(beat_at=Lane.beat_at + timedelta(minutes=1)))
    session.commit()  # who begins at once does so within a second, on whatever machine
    begun += [_begin(holder) for holder in ("second", "third")]
    done = in_transaction(lambda session: _batch(session, Turn(**TURN, holder="first")))

    assert begun == [0, None, None]
    assert done is Drained.SOME
    assert state_of(session, event_id) == "done"
    assert session.get_one(Lane, "intake").epoch == 0


def test_who_has_begun_waits_for_whoever_only_looks(session: Session, database: Engine) -> None:
    put(session, body_of(message("1")))
    _begin("first")

    with database.connect() as looker, ThreadPoolExecutor(1) as thread:
        looker.execute(text("SELECT FROM lanes WHERE name = 'intake' FOR UPDATE"))
        batch = thread.submit(in_transaction, lambda session: _batch(session, Turn(**TURN, holder="first")))
        eventually(lambda: is_blocked(database))
        looker.rollback()

        assert batch.result() is Drained.SOME


def test_a_batch_whose_bodies_somebody_else_did_has_ended_too(session: Session) -> None:
    put(session, body_of(message("1")))
    _begin("somebody")
    session.execute(update(WebhookEvent).values(processed_at=NOW))
    session.commit()

    done = in_transaction(lambda session: _batch(session, Turn(**TURN, holder="somebody")))

    lane = session.get_one(Lane, "intake")
    assert (done, lane.epoch, lane.holder) == (Drained.NOTHING, 0, None)


def test_who_was_taken_for_dead_does_nothing_when_it_wakes_up(session: Session) -> None:
    (event_id,) = put(session, body_of(message("1")))
    _begin_and_die(session)
    _begin("the next")

    done = in_transaction(lambda session: _batch(session, Turn(**TURN, holder="somebody")))
    alone = in_transaction(lambda session: bodies.count_attempt(session, event_id, "intake", "somebody"))

    assert (done, alone) == (Drained.BUSY, None)
    assert state_of(session, event_id) == "pending"


def test_only_the_bodies_of_the_deadly_batch_are_tried_alone_however_many_wait(session: Session) -> None:
    put(session, *(body_of(message(str(number))) for number in range(6)))
    session.execute(update(Lane).where(Lane.name == "intake").values(epoch=2))
    session.commit()

    run(batch_items=2)
    session.expire_all()

    handled_alone = [event.attempts for event in session.scalars(select(WebhookEvent).order_by(WebhookEvent.id))]
    assert handled_alone == [1, 1, 0, 0, 0, 0]
    assert session.get_one(Lane, "intake").epoch == 0


def test_a_batch_that_ends_leaves_no_trace(session: Session) -> None:
    arrive(session, body_of(message("1")))

    assert session.get_one(Lane, "intake").epoch == 0
    assert the(session, WebhookEvent).attempts == 0


def test_faults_of_locks_count_against_nobody(session: Session, database: Engine) -> None:
    (event_id,) = put(session, body_of(message("1")))
    with database.connect() as other:
        other.execute(text("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(OperationalError):
            drain(lane="intake", batch_items=1_000, now=NOW)
        other.rollback()

    event = the_event(session, event_id)
    assert (event.attempts, event.parked, event.processed_at) == (0, {}, None)
    assert session.get_one(Lane, "intake").epoch == 0
    run()
    assert state_of(session, event_id) == "done"


def test_a_database_that_goes_away_makes_no_batch_suspicious(make_database: MakeDatabase, database_server: str) -> None:
    address = make_database(prepared=True)
    name = make_url(address).database
    ours = make_engine(get_settings().model_copy(update={"database_url": address}))
    with Session(ours) as session:
        (event_id,) = put(session, body_of(message("1")))

    with psycopg.connect(conninfo_of(database_server), autocommit=True) as server:
        for _ in range(DEADLY_BATCHES + 1):
            other = psycopg.connect(conninfo_of(address))
            other.execute("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE")
            batch = Cut(ours)
            batch.start()
            eventually(lambda: is_blocked(ours))
            server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
            server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            batch.join()
            other.close()
            assert isinstance(batch.error, OperationalError)
            server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())

    drain(lane="intake", batch_items=1_000, now=NOW, bind=ours)

    with Session(ours) as session:
        event = the_event(session, event_id)
        assert (state_of(session, event_id), event.attempts) == ("done", 0)
    ours.dispose()


class Cut(threading.Thread):
    """A drain that does not come to its end."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine = engine
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            drain(lane="intake", batch_items=1_000, now=NOW, bind=self._engine)
        except Exception as error:
            self.error = error


def test_faults_of_locks_while_bodies_are_done_alone_count_against_nobody(session: Session, database: Engine) -> None:
    (event_id,) = put(session, body_of(message("1")))
    session.execute(update(Lane).where(Lane.name == "intake").values(epoch=9))
    session.commit()
    with database.connect() as other:
        other.execute(text("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(OperationalError):
            drain(lane="intake", batch_items=1_000, now=NOW)
        other.rollback()

    assert the_event(session, event_id).attempts == 0


def test_a_batch_that_is_rolled_back_leaves_nothing_half_done(session: Session, database: Engine) -> None:
    (event_id,) = put(session, body_of(message("1"), statuses=[status()]))

    _begin("somebody")
    with Session(database) as dying:
        assert _batch(dying, Turn(**TURN, holder="somebody")) is Drained.SOME
        dying.rollback()

    for model in (Contact, ContactIdentity, Conversation, Message, MessageEvent):
        assert number_of(session, model) == 0
    assert state_of(session, event_id) == "pending"


def test_whoever_does_not_have_the_lane_does_nothing(session: Session, database: Engine) -> None:
    (event_id,) = put(session, body_of(message("1")))
    with database.connect() as other:
        other.execute(text("SELECT FROM lanes WHERE name = 'intake' FOR UPDATE"))

        more = drain(lane="intake", batch_items=1_000, now=NOW)

        other.rollback()
    assert not more
    assert state_of(session, event_id) == "pending"
    assert the_event(session, event_id).attempts == 0


def test_two_drainers_at_once_store_everything_once(session: Session) -> None:
    sent = [
        body_of(message(str(n), wamid=f"wamid.{n}", wa_id=f"1650555{n % 9:04}"), statuses=[status()]) for n in range(60)
    ]
    put(session, *sent, *sent)
    drainers = [threading.Thread(target=run, kwargs={"batch_items": 7}) for _ in range(2)]

    for drainer in drainers:
        drainer.start()
    for drainer in drainers:
        drainer.join()
    run()

    assert number_of(session, Message) == 60
    assert number_of(session, Contact) == 9
    assert {webhook_events.state_of(event) for event in session.scalars(select(WebhookEvent))} == {"done"}


def test_bodies_of_megabytes_are_taken_a_few_at_a_time(session: Session) -> None:
    large = "x" * (3 * 1024 * 1024)
    put(session, *(body_of(message(str(n), text={"body": large}, at=NOON + n)) for n in range(4)))

    drain_once()

    assert 0 < number_of(session, Message) < 4
    run()
    assert number_of(session, Message) == 4
