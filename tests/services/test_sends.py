"""Claims: every gate on real rows at the moment a message leaves, the order within a person, and the fence."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.orm import Session

from app.database import fetch
from app.domain.gates import AUTOMATION_SENDS_PER_DAY, outcome
from app.models import Automation, AutomationRun, AutomationVersion, Channel, Conversation, Message
from app.services import answering, channels, lanes, lines, messages, sends, sweeps, turns
from app.services.lanes import LaneLost
from app.services.versions import publish_missing
from tests.builders import make_automation, make_channel, make_contact, make_conversation, make_user
from tests.conftest import MakeDatabase
from tests.services.sending import (
    Desk,
    accepted,
    ambiguous,
    desk_of,
    make_person,
    make_queued,
    not_sent,
    rejected,
)
from tests.waiting import eventually, is_blocked


def make_run(session: Session, conversation: Conversation, now: datetime) -> AutomationRun:
    """A run that waits for what becomes of its one send."""
    automation = make_automation(session)
    publish_missing(session)
    version = session.scalars(select(AutomationVersion).filter_by(automation_id=automation.id)).one()
    run = AutomationRun(
        automation_id=automation.id,
        version_id=version.id,
        contact_id=conversation.contact_id,
        conversation_id=conversation.id,
        channel_id=conversation.channel_id,
        entry_key="wamid.1",
        active_key="wamid.1",
        event="message_received",
        event_key="wamid.1",
        cursor="send",
        state="sending",
        started_at=now,
        vars={
            "automation_id": automation.id,
            "version_id": version.id,
            "cursor": "send",
            "state": "sending",
            "sends": [{"node": "send", "visit": 1}],
            "visits": {"send": 1},
            "path": ["send"],
            "steps": 1,
        },
    )
    session.add(run)
    session.flush()
    return run


def make_automated(session: Session, now: datetime) -> tuple[AutomationRun, Message]:
    conversation = make_person(session, now)
    run = make_run(session, conversation, now)
    return run, make_queued(session, conversation, now, run_id=run.id, node="send", visit=1, origin="automation")


def ended(desk: Desk, message_id: int) -> tuple[str, str, str | None, str | None]:
    row = desk.message(message_id)
    return row.status, row.dispatch, row.error_message, row.error_source


def log_of(desk: Desk, run_id: int) -> tuple[str, str | None]:
    [row] = desk.rows("SELECT execution_status, error_message FROM automation_logs WHERE run_id = :id", id=run_id)
    return row.execution_status, row.error_message


def last_verdict(desk: Desk, message_id: int) -> dict[str, Any]:
    gates = desk.message(message_id).gates
    assert gates is not None
    return gates[-1]


def test_a_claim_leaves_an_attempt_and_says_where_to_send(desk: Desk, session: Session, now: datetime) -> None:
    conversation = make_person(session, now)
    message = make_queued(session, conversation, now, text="hi")
    session.commit()

    [claimed] = desk.claim()

    [attempt] = desk.attempts(message.id)
    assert (claimed.message_id, claimed.attempt, claimed.content) == (message.id, 1, message.content)
    assert claimed.recipient.to is not None
    assert claimed.recipient.to.lstrip("+") == conversation.wa_id
    assert (attempt.attempt, attempt.epoch, attempt.outcome, attempt.wamid) == (1, desk.epoch, None, None)
    assert attempt.dead_at - attempt.claimed_at == timedelta(seconds=40)
    row = desk.message(message.id)
    assert (row.status, row.dispatch, row.attempt) == ("pending", "sending", 1)
    assert [gate["verdict"] for gate in row.gates or []] == ["pass"] * 7


def test_a_claimed_message_is_not_claimed_again(desk: Desk, session: Session, now: datetime) -> None:
    make_queued(session, make_person(session, now), now)
    session.commit()

    assert len(desk.claim()) == 1
    assert desk.claim() == []


def test_a_window_that_shuts_before_the_message_leaves_ends_it(desk: Desk, session: Session, now: datetime) -> None:
    run, message = make_automated(session, now)
    session.commit()

    assert desk.claim(now=now + timedelta(hours=25)) == []

    assert ended(desk, message.id) == ("failed", "done", "window_closed", "ours")
    assert log_of(desk, run.id) == ("skipped", "window_closed")
    assert desk.attempts(message.id) == []


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("UPDATE automations SET is_active = false", "automation_inactive"),
        ("UPDATE automation_versions SET is_killed = true", "automation_inactive"),
        ("UPDATE contacts SET is_active = false", "contact_inactive"),
        ("UPDATE messages SET expires_at = due_at", "expired"),
        ("UPDATE channels SET state = 'unclaimed'", "channel_unclaimed"),
        (
            "INSERT INTO consents (contact_id, category, state, source, source_key, at)"
            " SELECT id, 'all', 'out', 'test', '1', now() FROM contacts",
            "opted_out",
        ),
        (
            "INSERT INTO consents (contact_id, category, state, source, source_key, at)"
            " SELECT id, 'all', state, 'test', state, '2026-01-01' FROM contacts, unnest('{in,out}'::text[]) state",
            "opted_out",
        ),
    ],
)
def test_what_happened_before_the_claim_counts(
    desk: Desk, session: Session, now: datetime, statement: str, reason: str
) -> None:
    run, message = make_automated(session, now)
    session.commit()
    desk.run(statement)

    assert desk.claim() == []

    assert ended(desk, message.id) == ("failed", "done", reason, "ours")
    assert log_of(desk, run.id) == ("skipped", reason)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE automations SET is_active = false",
        "UPDATE consents SET at = at",
        "INSERT INTO consents (contact_id, category, state, source, source_key, at)"
        " SELECT id, 'marketing', 'out', 'test', '1', now() FROM contacts",
        "INSERT INTO consents (contact_id, category, state, source, source_key, at)"
        " SELECT id, 'all', state, 'test', state, CASE state WHEN 'in' THEN timestamptz '2026-02-01'"
        " ELSE '2026-01-01' END FROM contacts, unnest('{in,out}'::text[]) AS state",
    ],
)
def test_what_does_not_concern_a_persons_own_words_lets_them_pass(
    desk: Desk, session: Session, now: datetime, statement: str
) -> None:
    make_automation(session)
    make_queued(session, make_person(session, now), now)
    session.commit()
    desk.run(statement)

    assert len(desk.claim()) == 1


def test_somebody_without_any_address_fails_and_does_not_raise(desk: Desk, session: Session, now: datetime) -> None:
    conversation = make_person(session, now)
    conversation.wa_id = None
    message = make_queued(session, conversation, now)
    session.commit()
    desk.run("UPDATE contacts SET phone = NULL")

    assert desk.claim() == []

    assert ended(desk, message.id) == ("failed", "done", "no_recipient", "ours")


def test_a_number_that_somebody_else_holds_by_now_is_not_written_to(
    desk: Desk, session: Session, now: datetime
) -> None:
    conversation = make_person(session, now)
    heir = make_contact(session, phone=None)
    message = make_queued(session, conversation, now)
    session.commit()
    desk.run(f"UPDATE contact_identities SET contact_id = {heir.id} WHERE contact_id = {conversation.contact_id}")

    assert desk.claim() == []

    assert ended(desk, message.id) == ("failed", "done", "no_recipient", "ours")


@pytest.mark.parametrize(
    ("halt", "resume", "reason"),
    [
        ("UPDATE channels SET state = 'halted'", None, "channel_halted"),
        ("UPDATE settings SET is_paused = true", "UPDATE settings SET is_paused = false", "workspace_paused"),
    ],
)
def test_a_halt_holds_messages_until_it_ends(
    desk: Desk, session: Session, now: datetime, halt: str, resume: str | None, reason: str
) -> None:
    message = make_queued(session, make_person(session, now), now)
    session.commit()
    desk.run(halt)
    assert desk.claim() == []
    assert ended(desk, message.id) == ("pending", "held", None, None)
    assert last_verdict(desk, message.id)["reason"] == reason
    assert sweeps.channels_to_release(session) == []
    session.rollback()

    if resume is None:
        channels.resume_channel(session, desk.channel_id, now=now)
    else:
        desk.run(resume)
        [channel_id] = sweeps.channels_to_release(session)
        messages.release_held(session, channel_id, now=now)
    session.commit()

    assert len(desk.claim()) == 1


def test_a_message_that_was_held_while_its_channel_was_resumed_is_found(
    desk: Desk, session: Session, now: datetime
) -> None:
    make_queued(session, make_person(session, now), now, dispatch="held")
    session.commit()

    assert sweeps.channels_to_release(session) == [desk.channel_id]


def test_the_daily_stop_ends_what_automations_send_beyond_it(desk: Desk, session: Session, now: datetime) -> None:
    run, message = make_automated(session, now)
    conversation = session.get_one(Conversation, message.conversation_id)
    earlier = [
        make_queued(session, conversation, now, run_id=run.id, dispatch="done") for _ in range(AUTOMATION_SENDS_PER_DAY)
    ]
    by_hand = make_queued(session, conversation, now)
    session.commit()
    desk.run(
        "INSERT INTO send_attempts (message_id, attempt, channel_id, contact_id, epoch, claimed_at, dead_at)"
        " SELECT id, 1, channel_id, contact_id, 1, clock_timestamp() - interval '23 hours', now()"
        " FROM messages WHERE id = ANY(:ids)",
        ids=[one.id for one in earlier],
    )

    desk.claim()
    claimed = desk.claim()

    assert ended(desk, message.id) == ("failed", "done", "daily_stop", "ours")
    assert [one.message_id for one in claimed] == [by_hand.id]


def test_the_pair_rate_defers_to_its_moment(desk: Desk, session: Session, now: datetime, database: Engine) -> None:
    message = make_queued(session, make_person(session, now), now)
    session.commit()
    later = now + timedelta(seconds=6)
    lane = {"channel_id": desk.channel_id, "epoch": desk.epoch}

    [candidate] = sends.due(session, limit=1, now=now, **lane)
    judged = sends.judge_candidate(candidate, replace(candidate.case, pair_ready_at=later), now=now)
    claimed = sends.claim(session, [judged], timing=sends.Timing(start_within=5, send_timeout=30), now=now, **lane)
    session.commit()

    assert outcome(judged.verdicts).reason == "pair_rate"
    assert claimed == []
    row = desk.message(message.id)
    assert (row.dispatch, row.due_at, row.attempt) == ("queued", later, 0)


def test_what_arrived_while_it_waited_to_be_repeated_is_not_sent_again(
    desk: Desk, session: Session, now: datetime
) -> None:
    message = make_queued(session, make_person(session, now), now, status="delivered", attempt=1)
    session.commit()

    assert desk.claim() == []

    assert ended(desk, message.id) == ("delivered", "done", None, None)


def test_somebody_who_opts_out_while_a_claim_waits_for_them_is_not_written_to(
    desk: Desk, session: Session, now: datetime, database: Engine
) -> None:
    message = make_queued(session, make_person(session, now), now)
    session.commit()
    with Session(database) as drain, ThreadPoolExecutor() as pool:
        drain.execute(text("SELECT FROM contacts WHERE id = :id FOR NO KEY UPDATE"), {"id": message.contact_id})
        claim = pool.submit(desk.claim)
        eventually(lambda: is_blocked(database))
        drain.execute(
            text(
                "INSERT INTO consents (contact_id, category, state, source, source_key, at)"
                " VALUES (:id, 'all', 'out', 'test', '1', now())"
            ),
            {"id": message.contact_id},
        )
        drain.commit()
        claimed = claim.result()

    assert claimed == []
    assert ended(desk, message.id)[2] == "opted_out"


class TestOrder:
    @pytest.fixture
    def pair(self, desk: Desk, session: Session, now: datetime) -> tuple[int, int]:
        conversation = make_person(session, now)
        ids = [make_queued(session, conversation, now).id for _ in range(2)]
        session.commit()
        return ids[0], ids[1]

    def ids(self, desk: Desk, **more: Any) -> list[int]:
        return [one.message_id for one in desk.claim(**more)]

    def test_one_message_of_a_person_leaves_at_a_time(self, desk: Desk, pair: tuple[int, int]) -> None:
        assert self.ids(desk) == [pair[0]]
        assert self.ids(desk) == []

        desk.record(((pair[0], 1), accepted("wamid.a")))

        assert self.ids(desk) == [pair[1]]

    @pytest.mark.parametrize("answer", [rejected(2), rejected(131056), not_sent()])
    def test_a_later_message_waits_while_an_earlier_backs_off(
        self, desk: Desk, pair: tuple[int, int], now: datetime, answer: Any
    ) -> None:
        desk.claim()

        desk.record(((pair[0], 1), answer))

        assert self.ids(desk) == []
        assert self.ids(desk, now=now + timedelta(seconds=10)) == [pair[0]]

    def test_a_later_message_does_not_wait_for_one_that_is_put_off_until_tomorrow(
        self, desk: Desk, pair: tuple[int, int]
    ) -> None:
        desk.claim()

        desk.record(((pair[0], 1), rejected(131049)))

        assert self.ids(desk) == [pair[1]]

    def test_a_later_message_waits_for_a_young_unknown_and_passes_an_old_one(
        self, desk: Desk, pair: tuple[int, int]
    ) -> None:
        desk.claim()
        desk.record(((pair[0], 1), ambiguous()))

        desk.run(
            "UPDATE messages SET unknown_at = clock_timestamp() - interval '10 seconds' WHERE dispatch = 'unknown'"
        )
        assert self.ids(desk) == []
        desk.run(
            "UPDATE messages SET unknown_at = clock_timestamp() - interval '61 seconds' WHERE dispatch = 'unknown'"
        )
        assert self.ids(desk) == [pair[1]]

    def test_a_held_message_does_not_hold_others(self, desk: Desk, pair: tuple[int, int]) -> None:
        desk.run("UPDATE messages SET dispatch = 'held' WHERE id = :id", id=pair[0])

        assert self.ids(desk) == [pair[1]]

    def test_what_waits_for_its_turn_is_nothing_to_do(
        self, desk: Desk, session: Session, pair: tuple[int, int], now: datetime
    ) -> None:
        assert turns.has_due(session, desk.channel_id, now=now)
        desk.claim()

        # A holder that looked once more and saw work which it cannot claim would never come to rest.
        assert not turns.has_due(session, desk.channel_id, now=now)
        assert sweeps.channels_with_work(session, now=now) == []

    def test_people_do_not_wait_for_one_another(self, desk: Desk, session: Session, now: datetime) -> None:
        firsts = [make_queued(session, make_person(session, now), now).id for _ in range(3)]
        session.commit()

        assert self.ids(desk) == firsts

    def test_the_limit_takes_who_is_due_first(self, desk: Desk, session: Session, now: datetime) -> None:
        late = make_queued(session, make_person(session, now), now)
        early = make_queued(session, make_person(session, now), now - timedelta(seconds=1))
        session.commit()

        assert self.ids(desk, limit=0) == []
        assert self.ids(desk, limit=1) == [early.id]
        assert self.ids(desk, limit=1) == [late.id]

    def test_what_is_not_due_waits(self, desk: Desk, session: Session, now: datetime) -> None:
        make_queued(session, make_person(session, now), now + timedelta(seconds=1))
        session.commit()

        assert self.ids(desk) == []


def test_a_lane_is_taken_without_reading_all_that_its_number_ever_sent(
    desk: Desk, session: Session, now: datetime
) -> None:
    message = make_queued(session, make_person(session, now), now, dispatch="done")
    session.execute(
        text(
            "INSERT INTO send_attempts (message_id, attempt, channel_id, contact_id, epoch, claimed_at, dead_at)"
            " SELECT :id, n, :channel_id, :contact_id, 1, now() - interval '1 day', now()"
            " FROM generate_series(1, 5000) AS n"
        ),
        {"id": message.id, "channel_id": desk.channel_id, "contact_id": message.contact_id},
    )
    session.execute(text("ANALYZE send_attempts"))
    read = text("SELECT pg_stat_get_xact_tuples_returned('send_attempts'::regclass)")
    before = session.scalar(read) or 0

    assert lines.recent_rate(session, desk.channel_id) == [(0.5, 0)]
    assert lines.recent_pairs(session, desk.channel_id) == []

    assert (session.scalar(read) or 0) - before < 100


class TestFence:
    def test_a_lost_lane_cannot_claim(self, desk: Desk, session: Session, now: datetime) -> None:
        message = make_queued(session, make_person(session, now), now)
        session.commit()
        old = desk.epoch
        desk.take()

        with pytest.raises(LaneLost):
            desk.claim(epoch=old)

        assert desk.message(message.id).dispatch == "queued"
        assert len(desk.claim()) == 1

    def test_a_released_lane_cannot_claim(self, desk: Desk, session: Session) -> None:
        desk.run("UPDATE lanes SET holder = NULL")

        with pytest.raises(LaneLost):
            desk.claim()

    def test_a_lane_is_taken_from_a_holder_that_went_silent_and_from_no_other(
        self, desk: Desk, session: Session, database: Engine
    ) -> None:
        name = lanes.send_lane(desk.channel_id)

        assert lanes.take(session, name, "other") is None
        desk.run("UPDATE lanes SET beat_at = clock_timestamp() - interval '6 seconds'")
        assert lanes.take(session, name, "other") == desk.epoch + 1

    def test_nobody_takes_a_lane_while_its_holder_is_writing(self, desk: Desk, database: Engine) -> None:
        name = lanes.send_lane(desk.channel_id)
        desk.run("UPDATE lanes SET beat_at = clock_timestamp() - interval '6 seconds'")
        with Session(database) as holder, Session(database) as other:
            assert lanes.keep(holder, name, desk.epoch)
            assert lanes.take(other, name, "other") is None
            holder.commit()
            assert lanes.take(other, name, "other") is None

    def test_two_claims_at_once_share_nothing(self, desk: Desk, session: Session, now: datetime) -> None:
        for _ in range(20):
            make_queued(session, make_person(session, now), now)
        session.commit()

        with ThreadPoolExecutor() as pool:
            claimed = [one for part in pool.map(lambda _: desk.claim(limit=5), range(4)) for one in part]

        assert len({one.message_id for one in claimed}) == len(claimed) == 20

    def test_channels_have_lanes_of_their_own(
        self, desk: Desk, session: Session, database: Engine, now: datetime
    ) -> None:
        other: Channel = make_channel(session)
        here = make_queued(session, make_person(session, now), now)
        there = make_queued(session, make_conversation(session, channel=other, window_from=now), now)
        session.commit()
        second = desk_of(database, now, other)
        desk.take()
        second.epoch = second.take()

        assert [one.message_id for one in second.claim()] == [there.id]
        desk.take()
        assert [one.message_id for one in desk.claim()] == [here.id]


class TestResend:
    def test_a_person_sends_again_what_has_failed(self, desk: Desk, session: Session, now: datetime) -> None:
        message = make_queued(session, make_person(session, now), now)
        user = make_user(session)
        session.commit()
        desk.claim()
        desk.record(((message.id, 1), rejected(131026)))
        assert ended(desk, message.id)[:2] == ("failed", "done")

        answering.resend(session, message.id, user_id=user.id, now=now)
        session.commit()

        assert ended(desk, message.id) == ("pending", "queued", None, None)
        [again] = desk.claim()
        assert again.attempt == 2
        assert [attempt.outcome for attempt in desk.attempts(message.id)] == ["rejected", None]

    def test_what_is_under_way_or_arrived_cannot_be_sent_again(
        self, desk: Desk, session: Session, now: datetime
    ) -> None:
        conversation = make_person(session, now)
        for status, dispatch in (
            ("pending", "queued"),
            ("pending", "done"),
            ("delivered", "done"),
            ("failed", "queued"),
        ):
            message = make_queued(session, conversation, now, status=status, dispatch=dispatch)
            with pytest.raises(answering.NotResendable):
                answering.resend(session, message.id, user_id=1, now=now)


def test_an_automation_is_read_at_the_claim_and_not_from_a_cache(desk: Desk, session: Session, now: datetime) -> None:
    run, first = make_automated(session, now)
    session.commit()
    automation = session.get_one(Automation, run.automation_id)
    automation.is_active = False
    session.commit()
    automation.is_active = True
    session.commit()

    assert [one.message_id for one in desk.claim()] == [first.id]


def test_what_automations_sent_somebody_is_counted_from_their_own_tries(
    make_database: MakeDatabase, now: datetime
) -> None:
    """The planner last looked when no message belonged to a run, and so takes all messages of runs for few.

    In a database of its own: what a planner takes depends on what other tests left behind in a table, too.
    """
    engine = create_engine(make_database(prepared=True))
    with Session(engine) as session:
        plan = plan_of_look(session, now)
    engine.dispose()

    assert not [line for (line,) in plan if "messages_run" in line]


def plan_of_look(session: Session, now: datetime) -> list[tuple[str]]:
    person = make_person(session, now)
    session.execute(
        text("""
            INSERT INTO messages (contact_id, conversation_id, channel_id, direction, message_type, content, origin)
            SELECT :contact_id, :id, :channel_id, 'outbound', 'text', '{}', 'user' FROM generate_series(1, 500)
        """),
        {"contact_id": person.contact_id, "id": person.id, "channel_id": person.channel_id},
    )
    session.execute(text("ANALYZE messages"))
    return list(fetch(session, "EXPLAIN " + sends.LOOK, {"ids": [1, 2], "now": now}))
