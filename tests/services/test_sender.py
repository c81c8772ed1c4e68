"""The sender itself, over a real socket to the simulator, through what goes wrong on the way."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from app.database import in_transaction, url_of
from app.services import answering, inquiries, settling
from tests.builders import make_channel, make_conversation
from tests.services.sending import make_queued
from tests.services.wire import NOBODY, Wire, proxy, wire_of
from tests.simulator.machine import Business, Simulator, running
from tests.waiting import eventually

# What people wrote used up the number's rate at the far end, and it is whole again after a second.
FILLS_SECONDS = 1.1


@pytest.fixture(scope="module")
def _simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    business = Business()
    business.start()
    with running(tmp_path_factory.mktemp("simulator"), business) as simulator:
        yield simulator
    business.stop()


@pytest.fixture
def wire(_simulator: Simulator, database: Engine) -> Iterator[Wire]:
    _simulator.sim("POST", "/reset")
    eventually(lambda: _simulator.sim("GET", "/health")["pending_webhooks"] == 0)
    _simulator.business.webhooks.clear()
    wire = wire_of(database, _simulator)
    yield wire
    wire.stop()


def test_many_messages_leave_once_each_and_in_order_within_a_person(wire: Wire) -> None:
    ids = wire.queue(people=50, each=4)

    wire.sender().wake(wire.channel_id)
    eventually(wire.fed_until_done)

    ledger = wire.ledger()
    assert sorted(wire.sent_ids()) == ids
    for person in {item["to"] for item in ledger}:
        theirs = [id for id, item in zip(wire.sent_ids(), ledger, strict=True) if item["to"] == person]
        assert theirs == sorted(theirs)
        assert len(theirs) == 4
    assert wire.values("outcome", "send_attempts") == ["accepted"] * 200
    assert not any(wire.values("is_doubled"))


def test_a_number_is_never_faster_than_it_may_be(wire: Wire) -> None:
    wire.run("UPDATE channels SET messages_per_second = 20")
    wire.simulator.faults(messages_per_second=20)

    def refused() -> int:
        ids = wire.queue(people=50)
        sleep(FILLS_SECONDS)
        began = monotonic()
        wire.wake_until(wire.sender(), wire.all_done)
        assert monotonic() - began > 1.4
        return wire.refused_of(ids)

    # A busy machine may let some arrive together after all; the far end then says so. At once, it would refuse thirty
    # each time.
    eventually(lambda: refused() <= 10)


def test_a_new_holder_does_not_begin_with_a_full_burst(wire: Wire) -> None:
    wire.run("UPDATE channels SET messages_per_second = 20")
    wire.simulator.faults(messages_per_second=20)

    def refused() -> int:
        before, ids = len(wire.ledger()), wire.queue(people=40)
        sleep(FILLS_SECONDS)
        first = wire.sender()
        wire.wake_until(first, lambda: len(wire.ledger()) >= before + 20)
        first.stop()
        wire.wake_until(wire.sender(), wire.all_done)
        return wire.refused_of(ids)

    eventually(lambda: refused() <= 8)  # a full burst has some fifteen refused each time


def test_a_lane_that_nobody_else_held_goes_on_as_fast_as_it_was(wire: Wire) -> None:
    wire.run("UPDATE channels SET messages_per_second = 20")
    wire.simulator.faults(messages_per_second=100_000)
    wire.queue(people=18)
    sleep(FILLS_SECONDS)
    sender = wire.sender()
    sender.wake(wire.channel_id)
    eventually(lambda: wire.rows("SELECT FROM lanes WHERE name LIKE 'send:%' AND epoch = 1 AND holder IS NULL"))
    wire.run("UPDATE send_attempts SET claimed_at = claimed_at - interval '1 hour'")  # rows would allow a full burst
    wire.queue(people=40)

    began = monotonic()
    wire.wake_until(sender, wire.all_done)

    assert monotonic() - began > 1.0


@pytest.mark.parametrize(
    "fault", ["reset_after_accepting", "500_after_accepting", "invalid_json_after_accepting", "webhook_duplicate"]
)
def test_lost_answers_are_found_by_their_reports(wire: Wire, fault: str) -> None:
    wire.simulator.faults(messages_per_second=100_000, seed=3, **{fault: 0.4})
    ids = wire.queue(people=20, each=2)

    sender = wire.sender()

    wire.wake_until(sender, wire.fed_until_done)

    assert sorted(wire.sent_ids()) == ids
    assert not any(wire.values("is_doubled"))
    assert set(wire.values("attempt", "send_attempts")) == {1}


def test_what_was_reset_before_it_was_taken_waits_for_proof(wire: Wire) -> None:
    wire.simulator.faults(reset_before_accepting=1)
    [message_id] = wire.queue()
    sender = wire.sender()
    sender.wake(wire.channel_id)
    eventually(lambda: wire.values("dispatch") == ["unknown"])

    wire.simulator.faults()
    wire.run(
        "UPDATE send_attempts SET claimed_at = claimed_at - interval '1 hour', dead_at = dead_at - interval '1 hour'"
    )
    wire.run(
        "INSERT INTO intake_open (opened_at, stamped_at)"
        " SELECT clock_timestamp() - interval '1 minute', clock_timestamp()"
    )
    rules = settling.Rules(silence=20, give_up=86_400)
    in_transaction(lambda session: settling.settle(session, rules, now=datetime.now(UTC)), wire.engine)
    sender.wake(wire.channel_id)
    eventually(wire.all_done)

    assert wire.sent_ids() == [message_id]
    assert wire.values("outcome", "send_attempts") == ["not_sent", "accepted"]


def test_nothing_is_sent_where_nobody_listens(wire: Wire) -> None:
    wire.queue(people=3)

    sender = wire.sender(whatsapp_api_url=NOBODY)
    wire.wake_until(sender, lambda: len(wire.values("outcome", "send_attempts")) > 4)

    assert {(row[0], row[1]) for row in wire.rows("SELECT outcome, error_message FROM send_attempts")} <= {
        ("not_sent", "ClientConnectorError"),
        (None, None),
    }
    assert wire.ledger() == []


def test_a_far_end_that_is_too_slow_is_not_asked_again(wire: Wire) -> None:
    wire.simulator.faults(send_latency_seconds=[2, 2])
    [message_id] = wire.queue()

    wire.sender(send_timeout_seconds=0.5).wake(wire.channel_id)
    eventually(lambda: wire.values("dispatch") == ["unknown"])
    eventually(wire.fed_until_done)

    assert wire.sent_ids() == [message_id]
    assert [tuple(row) for row in wire.rows("SELECT outcome, settled_by FROM send_attempts")] == [
        ("accepted", "report")
    ]


@pytest.mark.parametrize("code", [130429, 131056])
def test_throttles_are_tried_again_until_they_end(wire: Wire, code: int) -> None:
    wire.simulator.faults(send_errors=[{"code": code, "probability": 1}])
    [message_id] = wire.queue()
    sender = wire.sender()
    sender.wake(wire.channel_id)
    eventually(lambda: "rejected" in wire.values("outcome", "send_attempts"))

    wire.simulator.faults()

    wire.wake_until(sender, wire.all_done)
    assert wire.sent_ids() == [message_id]


def test_a_wrong_token_halts_the_channel_and_sends_nothing(wire: Wire) -> None:
    wire.queue(people=5)

    wire.sender(whatsapp_token=SecretStr("nobody's")).wake(wire.channel_id)
    eventually(lambda: set(wire.values("dispatch")) == {"held"})

    assert [tuple(row) for row in wire.rows("SELECT state, halt_reason FROM channels")] == [("halted", "account (190)")]
    assert [tuple(row) for row in wire.rows("SELECT kind, count FROM alerts")] == [("channel_halted", 1)]


def test_a_post_is_not_begun_later_than_it_may(wire: Wire) -> None:
    wire.queue(people=3)

    sender = wire.sender(start_within_seconds=0.0)
    wire.wake_until(sender, lambda: wire.values("outcome", "send_attempts").count("not_sent") >= 3)

    assert set(wire.values("error_message", "send_attempts")) <= {"not_started", None}
    assert wire.ledger() == []


def test_a_lost_lane_claims_nothing_more_and_records_what_it_had(wire: Wire) -> None:
    wire.simulator.faults(send_latency_seconds=[0.8, 0.8])
    [first] = wire.queue()
    sender = wire.sender()
    sender.wake(wire.channel_id)
    eventually(wire.sent_ids)

    wire.run("UPDATE lanes SET epoch = epoch + 1, holder = 'other', beat_at = clock_timestamp() + interval '1 minute'")
    second = wire.queue()
    sender.wake(wire.channel_id)
    eventually(lambda: "accepted" in wire.values("outcome", "send_attempts"))
    sender.wake(wire.channel_id)
    sleep(0.3)

    assert wire.sent_ids() == [first]
    assert wire.rows("SELECT FROM send_attempts WHERE message_id = :id", id=second[0]) == []
    assert [row.holder for row in wire.rows("SELECT holder FROM lanes WHERE name LIKE 'send:%'")] == ["other"]


def test_an_idle_lane_is_given_back_and_taken_again(wire: Wire) -> None:
    sender = wire.sender()
    holders = "SELECT holder FROM lanes WHERE name LIKE 'send:%'"
    for round in (1, 2):
        wire.queue()
        sender.wake(wire.channel_id)
        eventually(lambda: wire.all_done() and [row.holder for row in wire.rows(holders)] == [None])
        assert len(wire.ledger()) == round


def test_an_idle_holder_rests_while_a_message_waits_for_its_turn(wire: Wire) -> None:
    [first] = wire.queue()
    wire.run("UPDATE messages SET due_at = clock_timestamp() + interval '1 minute' WHERE id = :id", id=first)
    [conversation_id] = wire.values("conversation_id")
    wire.queue_for(conversation_id)

    def epochs() -> list[int]:
        return [row.epoch for row in wire.rows("SELECT epoch FROM lanes WHERE name LIKE 'send:%' AND epoch > 0")]

    wire.sender().wake(wire.channel_id)
    eventually(epochs)
    sleep(1)

    assert epochs() == [1]
    assert wire.ledger() == []


def test_stopping_lets_posts_end_and_gives_the_lane_back(wire: Wire) -> None:
    wire.simulator.faults(send_latency_seconds=[0.3, 0.3])
    wire.queue(people=3)
    sender = wire.sender()
    sender.wake(wire.channel_id)
    eventually(lambda: len(wire.sent_ids()) == 3)

    sender.stop()

    assert wire.values("outcome", "send_attempts") == ["accepted"] * 3
    assert [row.holder for row in wire.rows("SELECT holder FROM lanes WHERE name LIKE 'send:%'")] == [None]


def test_stopping_does_not_wait_for_a_far_end_that_hangs(wire: Wire) -> None:
    wire.simulator.faults(send_latency_seconds=[60, 60])
    wire.queue(people=3)
    sender = wire.sender()
    sender.wake(wire.channel_id)
    eventually(lambda: len(wire.sent_ids()) == 3)

    began = monotonic()
    sender.stop()

    assert monotonic() - began < 20
    assert wire.values("outcome", "send_attempts") == ["unknown"] * 3
    assert [row.holder for row in wire.rows("SELECT holder FROM lanes WHERE name LIKE 'send:%'")] == [None]


def test_results_are_kept_while_the_database_is_away(wire: Wire) -> None:
    wire.simulator.faults(send_latency_seconds=[0.6, 0.6])
    ids = wire.queue(people=5, each=2)
    sender = wire.sender()
    sender.wake(wire.channel_id)
    eventually(lambda: len(wire.sent_ids()) == 5)

    ends = monotonic() + 1.5
    while monotonic() < ends:
        wire.end_sessions()
        sleep(0.02)
    wire.engine.dispose()  # what the sender left in the pool was cut too, and is not for the questions that follow
    eventually(wire.all_done)

    assert sorted(wire.sent_ids()) == ids
    assert set(wire.values("outcome", "send_attempts")) <= {"accepted", "not_sent"}


def test_a_claim_whose_commit_was_not_answered_is_posted_by_nobody_and_tried_again(wire: Wire) -> None:
    [message_id] = wire.queue()
    seen: dict[str, bool] = {"claim": False, "cut": False}

    def cut(data: bytes) -> bool:
        seen["claim"] |= b"INSERT INTO send_attempts" in data
        if seen["claim"] and not seen["cut"] and b"COMMIT" in data:
            seen["cut"] = True
            return True
        return False

    with proxy(wire.engine, cut=cut) as address:
        engine = create_engine(url_of(address), pool_pre_ping=True)
        sender = wire.sender(engine=engine)
        wire.wake_until(sender, wire.all_done)
        wire.stop()
        engine.dispose()

    assert seen["cut"]
    assert wire.sent_ids() == [message_id]
    assert [tuple(row) for row in wire.rows("SELECT outcome, error_message FROM send_attempts ORDER BY attempt")] == [
        ("not_sent", "not_started"),
        ("accepted", None),
    ]


def test_one_result_that_cannot_be_kept_holds_up_no_other(wire: Wire) -> None:
    bad, *others = wire.queue(people=4)
    wire.run(f"ALTER TABLE send_attempts ADD CONSTRAINT refuses CHECK (message_id <> {bad} OR wamid IS NULL)")
    try:
        sender = wire.sender()
        sender.wake(wire.channel_id)
        done = "SELECT id FROM messages WHERE dispatch = 'done' ORDER BY id"
        eventually(lambda: [row.id for row in wire.rows(done)] == others)
        eventually(lambda: wire.rows("SELECT FROM lanes WHERE name LIKE 'send:%' AND holder IS NULL"))
    finally:
        wire.run("ALTER TABLE send_attempts DROP CONSTRAINT refuses")

    # As if its answer had never come: its report settles it.
    sender.wake(wire.channel_id)
    eventually(wire.fed_until_done)
    assert sorted(wire.sent_ids()) == [bad, *others]


def test_a_person_whose_row_is_busy_for_long_only_delays(wire: Wire) -> None:
    wire.queue(people=2)
    with Session(wire.engine) as session:
        session.execute(text("SELECT FROM contacts LIMIT 1 FOR UPDATE"))
        sender = wire.sender()
        sender.wake(wire.channel_id)
        sleep(2.4)  # longer than a lock is waited for

    eventually(wire.all_done)
    assert [row.epoch for row in wire.rows("SELECT epoch FROM lanes WHERE name LIKE 'send:%'")] == [1]


def test_a_channel_that_cannot_be_served_leaves_others_alone(wire: Wire) -> None:
    with Session(wire.engine) as session:
        broken = make_channel(session, encrypted_token="not a token")
        now = datetime.now(UTC)
        make_queued(session, make_conversation(session, channel=broken, window_from=now), now)
        session.commit()
        broken_id = broken.id
    ids = wire.queue(people=2)
    sender = wire.sender()

    for _ in range(3):
        sender.wake(broken_id)
        sender.wake(wire.channel_id)
        sleep(0.05)

    eventually(lambda: sorted(wire.sent_ids()) == ids)


def test_two_senders_share_a_channel_without_sending_twice(wire: Wire) -> None:
    ids = wire.queue(people=20, each=3)
    senders = [wire.sender(), wire.sender()]

    def is_done() -> bool:
        for sender in senders:
            sender.wake(wire.channel_id)
        return wire.all_done()

    eventually(is_done)

    assert sorted(wire.sent_ids()) == ids


class TestInquiries:
    def test_what_an_operator_read_gets_its_blue_ticks(self, wire: Wire) -> None:
        wire.queue(people=2)
        eventually(lambda: len(wire.simulator.business.items("messages")) == 2)
        wire.feed()
        wire.run("UPDATE messages SET dispatch = 'done'")
        conversations = [row.id for row in wire.rows("SELECT id FROM conversations")]

        with Session(wire.engine) as session:
            for conversation_id in conversations:
                answering.mark_read(session, conversation_id, now=datetime.now(UTC))
            session.commit()
        sender = wire.sender()
        sender.run(inquiries.tell_read(wire.channel_id, wire.settings(), sender.client, wire.engine))

        threads = [wire.simulator.thread(str(row.wa_id)) for row in wire.rows("SELECT wa_id FROM conversations")]
        assert [[item["status"] for item in thread if item["direction"] == "inbound"] for thread in threads] == [
            ["read"],
            ["read"],
        ]
        assert wire.rows("SELECT FROM conversations WHERE read_told_until IS DISTINCT FROM read_until") == []

    def test_ticks_that_could_not_be_told_are_told_later(self, wire: Wire) -> None:
        wire.queue()
        eventually(lambda: wire.simulator.business.items("messages"))
        wire.feed()
        with Session(wire.engine) as session:
            answering.mark_read(session, wire.values("conversation_id")[0], now=datetime.now(UTC))
            session.commit()
        sender = wire.sender(whatsapp_api_url=NOBODY)

        sender.run(inquiries.tell_read(wire.channel_id, wire.settings(), sender.client, wire.engine))

        assert len(wire.rows("SELECT FROM conversations WHERE read_told_until IS NULL")) == 1

    @pytest.mark.parametrize("is_away", [False, True])
    def test_a_message_that_nobody_reports_is_asked_about(self, wire: Wire, is_away: bool) -> None:
        wire.simulator.faults(webhook_drop_statuses=1)
        wire.queue(people=2)
        sender = wire.sender()
        sender.wake(wire.channel_id)
        eventually(wire.all_done)
        wire.simulator.settle()
        assert wire.values("status") == ["pending"] * 2
        wire.run("UPDATE messages SET accepted_at = accepted_at - interval '11 minutes'")
        asking = sender
        if is_away:
            asking = wire.sender(whatsapp_api_url=NOBODY)

        sender.run(inquiries.ask_history(wire.settings(), asking.client, wire.engine, now=datetime.now(UTC)))

        assert wire.values("status") == (["pending"] * 2 if is_away else ["read"] * 2)
        sources = {row.source for row in wire.rows("SELECT source FROM message_events")}
        assert sources == (set() if is_away else {"history"})
        asked: list[Any] = wire.values("asked_at")
        assert all(moment > datetime.now(UTC) - timedelta(minutes=1) for moment in asked)
