"""Status reports: each is kept and finds its message, before or after the answer, with or without an echo."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.services import reports, results
from app.services.reports import Arrived
from app.services.results import Result
from app.services.sends import Claimed
from app.whatsapp.answers import Accepted
from app.whatsapp.inbound import StatusItem
from tests.builders import make_channel, make_message
from tests.services.sending import (
    GIVE_UP,
    Desk,
    accepted,
    ambiguous,
    echo,
    installation_id,
    make_person,
    make_queued,
    status,
)
from tests.waiting import eventually, is_blocked

EARLY = datetime(2026, 3, 14, 15, 1, tzinfo=UTC)
LATE = EARLY + timedelta(minutes=5)
PRICING = {"billable": True, "category": "service", "pricing_model": "PMP"}


def shown(desk: Desk, claimed: Claimed) -> tuple[str, str]:
    row = desk.message(claimed.message_id)
    return row.status, row.dispatch


def events(desk: Desk) -> list[tuple[str, int | None]]:
    rows = desk.rows("SELECT status, attempt FROM message_events ORDER BY id")
    return [(row.status, row.attempt) for row in rows]


@pytest.mark.parametrize("with_echo", [True, False])
@pytest.mark.parametrize("answer_first", [True, False])
def test_a_report_finds_its_message_in_either_order(
    desk: Desk, claimed: Claimed, with_echo: bool, answer_first: bool
) -> None:
    item = status(
        "wamid.a",
        "delivered",
        at=EARLY,
        echo=echo(desk, claimed.message_id, 1) if with_echo else None,
        pricing=PRICING,
    )
    steps = [lambda: desk.record((claimed, accepted("wamid.a"))), lambda: desk.report(item)]

    for step in steps if answer_first else reversed(steps):
        step()

    row = desk.message(claimed.message_id)
    assert (row.status, row.dispatch, row.delivered_at) == ("delivered", "done", EARLY)
    assert (row.whatsapp_message_id, row.price) == ("wamid.a", PRICING)
    [attempt] = desk.attempts(claimed.message_id)
    assert (attempt.outcome, attempt.wamid) == ("accepted", "wamid.a")
    assert events(desk) == [("delivered", 1)]


def test_an_echo_ends_a_send_whose_answer_was_lost(desk: Desk, claimed: Claimed) -> None:
    desk.record((claimed, ambiguous()))

    desk.report(status("wamid.a", "sent", echo=echo(desk, claimed.message_id, 1)))

    assert shown(desk, claimed) == ("sent", "done")
    [attempt] = desk.attempts(claimed.message_id)
    assert (attempt.outcome, attempt.wamid, attempt.settled_by) == ("accepted", "wamid.a", "report")


@pytest.mark.parametrize("answer_commits_first", [True, False])
def test_a_report_and_an_answer_at_the_same_moment_do_not_miss_each_other(
    desk: Desk, claimed: Claimed, database: Engine, answer_commits_first: bool
) -> None:
    """Each looks for the other and then commits; whoever comes second waits for the first before it looks."""
    item = status("wamid.a", "delivered", at=EARLY)
    result = Result(message_id=claimed.message_id, attempt=1, answer=Accepted(wamid="wamid.a"))

    def answer(session: Session) -> None:
        results.record(session, [result], channel_id=desk.channel_id, give_up_seconds=GIVE_UP, now=desk.now)

    def report(session: Session) -> None:
        arrived = [Arrived(channel_id=desk.channel_id, item=item)]
        reports.apply(session, arrived, installation_id=installation_id(session), now=desk.now)

    first, second = (answer, report) if answer_commits_first else (report, answer)
    with Session(database) as one, Session(database) as other, ThreadPoolExecutor() as pool:
        first(one)

        def follow() -> None:
            second(other)
            other.commit()

        following = pool.submit(follow)
        eventually(lambda: is_blocked(database))
        one.commit()
        following.result()

    assert shown(desk, claimed) == ("delivered", "done")
    assert events(desk) == [("delivered", 1)]


def test_an_echo_of_another_installation_is_kept_and_moves_nothing(desk: Desk, claimed: Claimed) -> None:
    foreign = f"hilo:00000000-0000-0000-0000-000000000000:{claimed.message_id}:1"

    desk.report(status("wamid.x", "delivered", echo=foreign), status("wamid.y", "read", echo="somebody's own"))

    assert shown(desk, claimed) == ("pending", "sending")
    assert events(desk) == [("delivered", None), ("read", None)]


def test_an_echo_counts_only_on_the_channel_that_sent(desk: Desk, claimed: Claimed, session: Session) -> None:
    other = make_channel(session)
    session.commit()

    desk.report(status("wamid.a", "delivered", echo=echo(desk, claimed.message_id, 1)), channel_id=other.id)

    assert shown(desk, claimed) == ("pending", "sending")
    assert events(desk) == [("delivered", None)]


@pytest.mark.parametrize("damage", ["{echo}:", "{echo}0", "hilo::1:1", "{echo}x", "", "hilo", "hilo:{id}:٣:1"])
def test_an_echo_that_names_no_attempt_of_ours_moves_nothing(desk: Desk, claimed: Claimed, damage: str) -> None:
    ours = echo(desk, claimed.message_id, 1)

    desk.report(status("wamid.a", "delivered", echo=damage.format(echo=ours, id=ours.split(":")[1])))

    assert shown(desk, claimed) == ("pending", "sending")


def test_a_report_that_names_an_inbound_message_is_kept_and_moves_nothing(
    desk: Desk, session: Session, now: datetime
) -> None:
    inbound = make_message(session, make_person(session, now))
    session.commit()

    desk.report(status(inbound.whatsapp_message_id or "", "failed", code=131026))

    assert events(desk) == [("failed", None)]
    assert desk.message(inbound.id).status == "delivered"


def test_the_same_report_is_kept_once(desk: Desk, claimed: Claimed) -> None:
    item = status("wamid.a", "delivered", at=EARLY, echo=echo(desk, claimed.message_id, 1))

    desk.report(item, item)
    desk.report(item)

    assert events(desk) == [("delivered", 1)]


def test_a_late_report_does_not_undo_a_better_one(desk: Desk, claimed: Claimed) -> None:
    desk.record((claimed, accepted("wamid.a")))

    for kind, at in (("read", LATE), ("delivered", EARLY), ("sent", EARLY), ("delivered", LATE)):
        desk.report(status("wamid.a", kind, at=at))

    row = desk.message(claimed.message_id)
    assert (row.status, row.sent_at, row.delivered_at, row.read_at) == ("read", EARLY, EARLY, LATE)


@pytest.mark.parametrize("order", [("delivered", "failed"), ("failed", "delivered")])
def test_delivered_beats_failed_in_any_order_and_both_are_kept(
    desk: Desk, claimed: Claimed, order: tuple[str, str]
) -> None:
    desk.record((claimed, accepted("wamid.a")))

    for kind in order:
        desk.report(status("wamid.a", kind, code=131026 if kind == "failed" else None))

    row = desk.message(claimed.message_id)
    assert (row.status, row.error_code, row.error_message) == ("delivered", None, None)
    assert {kind for kind, _ in events(desk)} == {"delivered", "failed"}


def test_played_is_an_event_and_shows_as_read(desk: Desk, claimed: Claimed) -> None:
    desk.record((claimed, accepted("wamid.a")))

    desk.report(status("wamid.a", "played", at=LATE))

    assert (desk.message(claimed.message_id).status, desk.message(claimed.message_id).read_at) == ("read", LATE)
    assert events(desk) == [("played", 1)]


def test_a_status_that_nobody_knows_yet_is_kept_and_proves_that_it_was_sent(desk: Desk, claimed: Claimed) -> None:
    desk.record((claimed, ambiguous()))

    desk.report(status("wamid.a", "warning", echo=echo(desk, claimed.message_id, 1)))

    assert shown(desk, claimed) == ("pending", "done")
    assert events(desk) == [("warning", 1)]


def test_a_reported_failure_shows_metas_words(desk: Desk, claimed: Claimed) -> None:
    desk.record((claimed, accepted("wamid.a")))

    desk.report(status("wamid.a", "failed", code=131026))

    row = desk.message(claimed.message_id)
    assert (row.status, row.dispatch) == ("failed", "done")
    assert (row.error_code, row.error_message, row.error_source) == (131026, "error 131026", "meta")


@pytest.mark.parametrize("is_early", [False, True])
def test_a_reported_account_error_halts_the_channel_with_one_alert(
    desk: Desk, claimed: Claimed, is_early: bool
) -> None:
    failed = [status("wamid.a", "failed", code=131042), status("wamid.a", "failed", code=131042)]
    if is_early:
        desk.report(*failed)
    desk.record((claimed, accepted("wamid.a")))
    if not is_early:
        desk.report(*failed)

    assert [row.state for row in desk.rows("SELECT state FROM channels")] == ["halted"]
    assert [tuple(row) for row in desk.rows("SELECT kind, count FROM alerts")] == [("channel_halted", 1)]


@pytest.mark.parametrize("is_early", [False, True])
def test_a_reported_stop_of_marketing_reaches_the_ledger(desk: Desk, claimed: Claimed, is_early: bool) -> None:
    failed = status("wamid.a", "failed", code=131050)
    if is_early:
        desk.report(failed)
    desk.record((claimed, accepted("wamid.a")))
    if not is_early:
        desk.report(failed)

    assert [tuple(row) for row in desk.rows("SELECT category, state FROM consents")] == [("marketing", "out")]


class TestAFailureThatMayBeTriedAgain:
    @pytest.fixture
    def failed(self, desk: Desk, claimed: Claimed) -> Claimed:
        desk.record((claimed, accepted("wamid.a")))
        desk.report(status("wamid.a", "failed", code=131049))
        return claimed

    def test_waits_for_as_long_as_meta_says(self, desk: Desk, failed: Claimed, now: datetime) -> None:
        assert shown(desk, failed) == ("failed", "queued")
        assert desk.message(failed.message_id).due_at == now + timedelta(hours=24)
        assert desk.claim(now=now + timedelta(hours=23)) == []

    def test_goes_again_after_its_wait_where_its_window_is_open(
        self, desk: Desk, failed: Claimed, now: datetime
    ) -> None:
        desk.run("UPDATE conversations SET service_window_expires_at = service_window_expires_at + interval '3 days'")

        [again] = desk.claim(now=now + timedelta(hours=24))
        desk.record((again, accepted("wamid.b")))

        row = desk.message(failed.message_id)
        assert (again.attempt, row.dispatch, row.whatsapp_message_id) == (2, "done", "wamid.b")
        # The first never arrived, so nobody got it twice.
        assert not row.is_doubled
        assert desk.rows("SELECT FROM alerts") == []

    def test_ends_in_its_place_where_its_window_has_shut(self, desk: Desk, failed: Claimed, now: datetime) -> None:
        assert desk.claim(now=now + timedelta(hours=25)) == []

        assert shown(desk, failed) == ("failed", "done")

    def test_does_not_go_again_when_it_arrived_elsewhere_meanwhile(
        self, desk: Desk, failed: Claimed, now: datetime
    ) -> None:
        desk.report(status("wamid.a", "delivered"))

        assert shown(desk, failed) == ("delivered", "done")
        assert desk.claim(now=now + timedelta(hours=24)) == []

    def test_told_again_about_the_first_try_leaves_the_second_alone(
        self, desk: Desk, failed: Claimed, now: datetime
    ) -> None:
        desk.run("UPDATE conversations SET service_window_expires_at = service_window_expires_at + interval '3 days'")
        [again] = desk.claim(now=now + timedelta(hours=24))
        desk.record((again, accepted("wamid.b")))

        desk.report(status("wamid.a", "failed", code=131049))

        assert shown(desk, failed) == ("failed", "done")
        assert desk.message(failed.message_id).whatsapp_message_id == "wamid.b"

    def test_counts_as_doubled_when_the_first_try_arrives_after_the_second(
        self, desk: Desk, failed: Claimed, now: datetime
    ) -> None:
        desk.run("UPDATE conversations SET service_window_expires_at = service_window_expires_at + interval '3 days'")
        [again] = desk.claim(now=now + timedelta(hours=24))
        desk.record((again, accepted("wamid.b")))

        desk.report(status("wamid.a", "delivered"))

        row = desk.message(failed.message_id)
        assert (row.is_doubled, row.whatsapp_message_id) == (True, "wamid.a")
        assert [row.kind for row in desk.rows("SELECT kind FROM alerts")] == ["message_doubled"]

    def test_is_tried_three_times_and_no_more(self, desk: Desk, failed: Claimed, now: datetime) -> None:
        desk.run("UPDATE conversations SET service_window_expires_at = service_window_expires_at + interval '30 days'")

        for number in (2, 3):
            [again] = desk.claim(now=now + timedelta(hours=24))
            desk.record((again, accepted(f"wamid.{number}")))
            desk.report(status(f"wamid.{number}", "failed", code=131049))

        assert shown(desk, failed) == ("failed", "done")


@pytest.mark.parametrize("code", [131026, 131047, 131048, 130472, None])
def test_other_failures_are_never_repeated(desk: Desk, claimed: Claimed, code: int | None) -> None:
    desk.record((claimed, accepted("wamid.a")))

    desk.report(status("wamid.a", "failed", code=code))

    assert shown(desk, claimed) == ("failed", "done")


def test_a_message_that_is_never_to_be_repeated_is_not(desk: Desk, claimed: Claimed) -> None:
    desk.run("UPDATE messages SET delivery = 'never_again'")
    desk.record((claimed, accepted("wamid.a")))

    desk.report(status("wamid.a", "failed", code=131049))

    assert shown(desk, claimed) == ("failed", "done")


@pytest.mark.parametrize(
    "item",
    [
        StatusItem(**{**_fields, "errors": errors})
        for _fields in [{name: getattr(status("wamid.a", "failed"), name) for name in StatusItem.__dataclass_fields__}]
        for errors in ([{}], [{"code": "131049"}], [{"code": 10**12}], [{"code": 1.5}], [{"code": None, "title": 7}])
    ],
    ids=str,
)
def test_errors_of_an_odd_shape_are_kept_and_harm_nothing(desk: Desk, claimed: Claimed, item: StatusItem) -> None:
    desk.record((claimed, accepted("wamid.a")))

    desk.report(item)

    assert shown(desk, claimed) == ("failed", "done")


def test_the_sweep_joins_what_found_nothing_when_it_came(desk: Desk, claimed: Claimed, database: Engine) -> None:
    desk.record((claimed, accepted("wamid.a")))
    desk.run(
        "INSERT INTO message_events (channel_id, whatsapp_message_id, status, at, report)"
        " VALUES (:channel_id, 'wamid.a', 'delivered', :at, '{}')",
        channel_id=desk.channel_id,
        at=EARLY,
    )

    with Session(database) as session:
        assert reports.rejoin(session, installation_id=installation_id(session), now=desk.now) == 1
        session.commit()
        assert reports.rejoin(session, installation_id=installation_id(session), now=desk.now) == 0

    assert shown(desk, claimed) == ("delivered", "done")


def test_what_nobody_can_match_is_not_looked_at_for_ever(desk: Desk, session: Session) -> None:
    desk.report(status("wamid.x", "sent"))

    assert reports.rejoin(session, installation_id=installation_id(session), now=desk.now) == 0


def test_reports_of_many_messages_come_in_one_batch(desk: Desk, session: Session, now: datetime) -> None:
    for _ in range(20):
        make_queued(session, make_person(session, now), now)
    session.commit()
    claimed = desk.claim()

    desk.report(
        *(
            status(f"wamid.{one.message_id}", kind, echo=echo(desk, one.message_id, 1))
            for kind in ("read", "sent", "delivered")
            for one in claimed
        )
    )

    assert session.execute(text("SELECT DISTINCT status, dispatch FROM messages")).all() == [("read", "done")]
