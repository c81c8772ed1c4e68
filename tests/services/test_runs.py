"""Runs after their start: they wait, wake, hear what became of their sends, and end with one log row each."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.database import in_transaction
from app.domain.effects import StopRuns
from app.services import automations, merging, runs
from app.services.drain import drain
from tests.builders import make_automation, make_contact, make_conversation, make_user
from tests.clean_slate import CleanSlate
from tests.services.sending import Desk, accepted, desk_of, rejected
from tests.waiting import eventually, is_blocked
from tests.webhooks import ALICE, BOB, NOON, block, body_of, message, put


def send(body: str, *, next: str | None) -> dict[str, Any]:
    return {"type": "send", "message": {"kind": "text", "body": body}, "next": next}


SECOND = send("two", next=None)
PAUSE = {"type": "wait", "duration": "PT10M", "next": "second"}
TWICE = {"v": 1, "start": "first", "nodes": {"first": send("one", next="pause"), "pause": PAUSE, "second": SECOND}}
AT_ONCE = {"v": 1, "start": "first", "nodes": {"first": send("one", next="second"), "second": SECOND}}


def make_graph(session: Session, graph: dict[str, Any], *, word: str = "hola", **entry: Any) -> int:
    """A published automation of the new kind."""
    automation = make_automation(
        session,
        trigger_conditions={
            "v": 1,
            "on": [{"event": "message_received", "match": {"kind": "keyword", "words": [word], "mode": "word"}}],
            **({"entry": entry} if entry else {}),
        },
        action_payload=graph,
    )
    user = make_user(session)
    automations.publish_automation(session, automation.id, user_id=user.id)
    session.commit()
    return automation.id


def arrive(desk: Desk, text: str = "hola", *, wa_id: str = ALICE, at: int = NOON) -> None:
    with Session(desk.engine) as session:
        put(session, body_of(message(text, wa_id=wa_id, at=at), contacts=[block(wa_id)]))
    drain(lane="intake", batch_items=1000, now=desk.now, bind=desk.engine)


def wake(desk: Desk, *, after: timedelta) -> int:
    return in_transaction(lambda session: runs.wake(session, now=desk.now + after), desk.engine)


def answer(desk: Desk, *, code: int | None = None, now: datetime | None = None) -> int:
    """Send what is due, and have it accepted or refused; how many there were."""
    claimed = desk.claim(now=now)
    for one in claimed:
        wamid = f"wamid.out.{one.message_id}.{one.attempt}"
        desk.record((one, accepted(wamid) if code is None else rejected(code)), now=now)
    return len(claimed)


def the_run(desk: Desk) -> Any:
    [row] = desk.rows("SELECT * FROM automation_runs")
    return row


def logs(desk: Desk) -> list[tuple[Any, ...]]:
    rows = desk.rows("SELECT execution_status, error_message, contacts_affected FROM automation_logs ORDER BY id")
    return [tuple(row) for row in rows]


def texts(desk: Desk) -> list[str]:
    return [row.text for row in desk.rows("SELECT text FROM messages WHERE direction = 'outbound' ORDER BY id")]


class TestADelay:
    @pytest.fixture(autouse=True)
    def late(self, session: Session, desk: Desk) -> None:
        action = {"message_template": "¡Hola!", "delay_seconds": 5}
        make_automation(session, action_payload=action)
        session.commit()
        arrive(desk)

    def test_holds_the_message_back_until_its_moment(self, desk: Desk) -> None:
        assert (the_run(desk).state, texts(desk)) == ("waiting", [])
        assert wake(desk, after=timedelta(seconds=4.9)) == 0

        assert wake(desk, after=timedelta(seconds=5)) == 1

        assert texts(desk) == ["¡Hola!"]
        assert (the_run(desk).state, the_run(desk).wake_at) == ("sending", None)

    def test_is_over_once_however_many_look(self, desk: Desk) -> None:
        with ThreadPoolExecutor() as pool:
            woken = list(pool.map(lambda _: wake(desk, after=timedelta(seconds=5)), range(4)))

        assert sum(woken) == 1
        assert len(texts(desk)) == 1

    def test_is_no_time_at_work(self, desk: Desk) -> None:
        wake(desk, after=timedelta(seconds=6))
        answer(desk, now=desk.now + timedelta(seconds=7))

        [row] = desk.rows("SELECT execution_time, execution_status, execution_details FROM automation_logs")
        assert (row.execution_time, row.execution_status) == (pytest.approx(2), "success")
        assert row.execution_details["path"] == ["wait", "send"]

    def test_waits_on_while_its_person_is_busy_elsewhere(self, desk: Desk, database: Engine) -> None:
        with Session(database) as drain:
            drain.execute(text("SELECT FROM contacts FOR NO KEY UPDATE"))
            assert wake(desk, after=timedelta(seconds=5)) == 0

        assert wake(desk, after=timedelta(seconds=5)) == 1

    def test_ends_visibly_where_its_version_can_no_longer_be_read(self, desk: Desk) -> None:
        desk.run("UPDATE automation_versions SET action_payload = '{\"nonsense\": 1}'")
        desk.run("UPDATE automations SET name = 'renamed, so that it is read anew'")

        assert wake(desk, after=timedelta(seconds=5)) == 1

        assert logs(desk) == [("failed", "definition_unreadable", 0)]
        assert wake(desk, after=timedelta(seconds=5)) == 0

    def test_counts_only_as_long_as_it_lasted_where_the_run_is_stopped(self, desk: Desk, session: Session) -> None:
        run = the_run(desk)
        stop = StopRuns(automation_id=run.automation_id, entry_keys=(run.entry_key,), reason="restarted")
        runs.stop(session, stop, contact_id=run.contact_id, now=desk.now + timedelta(seconds=2))
        session.commit()

        [row] = desk.rows("SELECT execution_time, execution_status FROM automation_logs")
        assert (row.execution_time, row.execution_status) == (pytest.approx(0), "skipped")


class TestAGraph:
    def test_sends_waits_and_sends(self, desk: Desk, session: Session) -> None:
        make_graph(session, TWICE)
        arrive(desk)
        assert texts(desk) == ["one"]
        answer(desk)
        assert (the_run(desk).state, texts(desk)) == ("waiting", ["one"])

        wake(desk, after=timedelta(minutes=10))
        answer(desk, now=desk.now + timedelta(minutes=10))

        assert texts(desk) == ["one", "two"]
        assert (the_run(desk).state, logs(desk)) == ("done", [("success", None, 1)])
        steps = desk.rows("SELECT seq, kind FROM automation_steps ORDER BY seq")
        assert [row.seq for row in steps] == list(range(1, len(steps) + 1))

    def test_sends_the_next_when_the_last_was_accepted(self, desk: Desk, session: Session) -> None:
        make_graph(session, AT_ONCE)
        arrive(desk)

        assert [answer(desk), answer(desk), answer(desk)] == [1, 1, 0]

        assert texts(desk) == ["one", "two"]
        assert logs(desk) == [("success", None, 1)]

    def test_ends_where_a_send_fails(self, desk: Desk, session: Session) -> None:
        make_graph(session, AT_ONCE)
        arrive(desk)

        answer(desk, code=131026)

        assert texts(desk) == ["one"]
        assert logs(desk) == [("failed", "recipient", 0)]

    def test_begins_anew_where_its_entry_says_so(self, desk: Desk, session: Session) -> None:
        make_graph(session, TWICE, policy="always", when_active="restart")
        arrive(desk)
        arrive(desk, at=NOON + 1)

        states = [row.state for row in desk.rows("SELECT state FROM automation_runs ORDER BY id")]
        assert states == ["done", "waiting"] or states == ["done", "sending"]
        assert logs(desk) == [("skipped", "restarted", 0)]


class TestAMerge:
    """Two contacts turn out to be one person while a run of one of them is under way."""

    def absorbed(self, desk: Desk) -> tuple[int, int]:
        with Session(desk.engine) as session:
            loser = session.scalars(text("SELECT contact_id FROM automation_runs")).one()
            winner = make_contact(session, phone="+14155550100")
            make_conversation(session, winner)
            session.commit()
            return loser, winner.id

    def test_takes_the_run_along(self, desk: Desk, session: Session) -> None:
        make_graph(session, AT_ONCE)
        arrive(desk)
        loser, winner = self.absorbed(desk)
        merging.absorb(session, loser=loser, winner=winner)
        merging.summarise(session, {winner})
        session.commit()

        assert [answer(desk), answer(desk)] == [1, 1]

        rows = desk.rows("SELECT contact_id, text FROM messages WHERE direction = 'outbound' ORDER BY id")
        assert [tuple(row) for row in rows] == [(winner, "one"), (winner, "two")]
        assert logs(desk) == [("success", None, 1)]

    @pytest.mark.parametrize("what", ["wake", "settle"])
    def test_under_way_loses_no_message_that_the_run_is_just_writing(
        self, desk: Desk, session: Session, what: str
    ) -> None:
        make_graph(session, TWICE if what == "wake" else AT_ONCE)
        arrive(desk)
        if what == "wake":
            answer(desk)
        loser, winner = self.absorbed(desk)
        claimed = desk.claim()
        go_on = {
            "wake": lambda: wake(desk, after=timedelta(minutes=10)),
            "settle": lambda: desk.record(*[(one, accepted("wamid.out")) for one in claimed]),
        }[what]

        with ThreadPoolExecutor() as pool:
            session.execute(text("SELECT FROM contacts ORDER BY id FOR NO KEY UPDATE"))
            merging.absorb(session, loser=loser, winner=winner)
            going = pool.submit(go_on)
            eventually(lambda: going.done() or is_blocked(desk.engine))
            merging.summarise(session, {winner})
            session.commit()
            going.result()
        if what == "wake":
            wake(desk, after=timedelta(minutes=10))

        assert texts(desk) == ["one", "two"]
        assert {row.contact_id for row in desk.rows("SELECT contact_id FROM messages")} == {winner}


def test_a_run_whose_message_was_held_back_tells_which_gate_said_no(desk: Desk, session: Session) -> None:
    make_graph(session, AT_ONCE)
    arrive(desk)
    desk.now += timedelta(hours=25)
    desk.claim()
    desk.claim()

    [log] = desk.rows("SELECT execution_details FROM automation_logs")

    verdicts = [gate["verdicts"][-1] for gate in log.execution_details["gates"]]
    assert {verdict["reason"] for verdict in verdicts} == {"window_closed"}


def test_a_refused_entry_is_counted_in_one_row_for_its_reason_and_day(desk: Desk, session: Session) -> None:
    make_graph(session, TWICE, policy="once")
    for number in range(4):
        arrive(desk, at=NOON + number)
    desk.now += timedelta(days=1)
    arrive(desk, at=NOON + 100)

    rows = desk.rows(
        "SELECT refused_reason, refused_on, contacts_affected FROM automation_logs"
        " WHERE refused_reason IS NOT NULL ORDER BY refused_on"
    )
    today = desk.now.date()
    assert [tuple(row) for row in rows] == [
        ("already_entered", today - timedelta(days=1), 3),
        ("already_entered", today, 1),
    ]


STEPS = st.sampled_from(["alice", "bob", "alice", "wake", "accept", "refuse", "throttle", "shut"])


@settings(max_examples=12)
@given(steps=st.lists(STEPS, min_size=4, max_size=20))
def test_every_run_that_ends_has_one_log_row_and_every_refusal_is_counted(
    slate: CleanSlate, now: datetime, steps: Sequence[str]
) -> None:
    slate.wipe()
    with Session(slate.engine) as session:
        make_graph(session, TWICE, policy="always", when_active="skip")
        make_automation(session, action_payload={"message_template": "v0", "delay_seconds": 60})
        session.commit()
    desk = desk_of(slate.engine, now)
    written = 0

    for number, step in enumerate(steps):
        match step:
            case "alice" | "bob":
                arrive(desk, wa_id=ALICE if step == "alice" else BOB, at=NOON + number)
                written += 1
            case "wake":
                desk.now += timedelta(minutes=10)
                wake(desk, after=timedelta())
            case "accept":
                answer(desk)
            case "refuse":
                answer(desk, code=131026)
            case "throttle":
                answer(desk, code=130429)
            case "shut":
                desk.now += timedelta(hours=25)
                desk.claim()

    ended = {row.id for row in desk.rows("SELECT id FROM automation_runs WHERE ended_at IS NOT NULL")}
    logged = [row.run_id for row in desk.rows("SELECT run_id FROM automation_logs WHERE run_id IS NOT NULL")]
    assert sorted(logged) == sorted(ended)
    [counts] = desk.rows(
        "SELECT (SELECT count(*) FROM automation_runs) AS runs,"
        " (SELECT COALESCE(sum(contacts_affected), 0) FROM automation_logs WHERE refused_reason IS NOT NULL) AS refused"
    )
    assert counts.runs + counts.refused == 2 * written
    waiting_for_nothing = desk.rows(
        "SELECT FROM automation_runs r WHERE r.state = 'sending'"
        " AND NOT EXISTS (SELECT FROM messages m WHERE m.run_id = r.id AND m.dispatch <> 'done')"
    )
    assert waiting_for_nothing == []
