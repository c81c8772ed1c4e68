"""What answers of the far end lead to, whoever records them and however often."""

from datetime import datetime, timedelta
from itertools import product

import pytest
from sqlalchemy.orm import Session

from app.domain.evidence import Dispatch
from app.models import Message
from app.services import answering
from app.services.sends import Claimed
from app.whatsapp.answers import Answer
from tests.builders import make_user
from tests.services.sending import (
    Desk,
    accepted,
    ambiguous,
    echo,
    make_person,
    make_queued,
    not_sent,
    rejected,
    status,
)


def standing(desk: Desk, claimed: Claimed) -> tuple[str, str, str | None, int | None]:
    row = desk.message(claimed.message_id)
    return row.status, row.dispatch, row.error_message, row.error_code


def outcomes(desk: Desk, claimed: Claimed) -> list[str | None]:
    return [attempt.outcome for attempt in desk.attempts(claimed.message_id)]


def open_alerts(desk: Desk) -> list[tuple[str, int]]:
    rows = desk.rows("SELECT kind, count FROM alerts WHERE resolved_at IS NULL ORDER BY id")
    return [(row.kind, row.count) for row in rows]


def test_an_accepted_message_is_done_and_shows_pending_until_it_is_reported(desk: Desk, claimed: Claimed) -> None:
    desk.record((claimed, accepted("wamid.a")))

    assert standing(desk, claimed) == ("pending", "done", None, None)
    row = desk.message(claimed.message_id)
    assert row.whatsapp_message_id == "wamid.a"
    assert row.accepted_at is not None
    [attempt] = desk.attempts(claimed.message_id)
    assert (attempt.outcome, attempt.wamid, attempt.settled_by) == ("accepted", "wamid.a", "answer")


@pytest.mark.parametrize(
    ("code", "seconds"),
    [
        (130429, (1, 2)),  # throttled
        (131056, (1, 1.25)),  # pair
        (2, (2.5, 7.5)),  # transient
        (131057, (60, 120)),  # maintenance
        (131049, (24 * 3600, 30 * 3600)),  # ecosystem
    ],
)
def test_some_refusals_are_tried_again_after_their_wait(
    desk: Desk, claimed: Claimed, now: datetime, code: int, seconds: tuple[float, float]
) -> None:
    desk.record((claimed, rejected(code)))

    assert standing(desk, claimed) == ("pending", "queued", None, None)
    wait = (desk.message(claimed.message_id).due_at - now).total_seconds()
    assert seconds[0] <= wait <= seconds[1]
    [attempt] = desk.attempts(claimed.message_id)
    assert (attempt.outcome, attempt.error_code, attempt.settled_by) == ("rejected", code, "answer")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (131026, "recipient"),
        (131050, "opt_out"),
        (131048, "quality"),
        (131047, "window"),
        (131030, "configuration"),
        (132001, "configuration"),
        (999_999, "unknown"),
    ],
)
def test_other_refusals_end_the_message_with_their_class(desk: Desk, claimed: Claimed, code: int, reason: str) -> None:
    desk.record((claimed, rejected(code)))

    assert standing(desk, claimed) == ("failed", "done", reason, code)
    assert desk.message(claimed.message_id).error_source == "ours"


def test_a_stop_of_marketing_is_written_into_the_ledger_once(desk: Desk, claimed: Claimed) -> None:
    desk.record((claimed, rejected(131050)))
    desk.report(status("wamid.a", "failed", code=131050, echo=echo(desk, claimed.message_id, 1)))

    [row] = desk.rows("SELECT contact_id, category, state FROM consents")
    assert tuple(row) == (claimed.contact_id, "marketing", "out")


def test_an_account_error_halts_the_channel_with_one_alert_and_holds_everything(
    desk: Desk, session: Session, now: datetime
) -> None:
    for _ in range(3):
        make_queued(session, make_person(session, now), now)
    session.commit()
    claimed = desk.claim(limit=2)

    desk.record(*[(one, rejected(190)) for one in claimed])
    assert desk.claim() == []

    [channel] = desk.rows("SELECT state, halt_reason FROM channels")
    assert tuple(channel) == ("halted", "account (190)")
    assert open_alerts(desk) == [("channel_halted", 1)]
    assert {row.dispatch for row in desk.rows("SELECT dispatch FROM messages")} == {"held"}


def test_transient_errors_are_tried_five_times_and_throttles_in_between_do_not_count(
    desk: Desk, claimed: Claimed, now: datetime
) -> None:
    moment = now
    for number, code in enumerate([2, 130429, 2, 131056, 2, 2, 2], 1):
        desk.record(((claimed.message_id, number), rejected(code)), now=moment)
        moment += timedelta(minutes=15)
        desk.claim(now=moment)

    assert standing(desk, claimed) == ("failed", "done", "retries_exhausted", 2)
    assert len(outcomes(desk, claimed)) == 7


def test_what_was_never_sent_is_tried_again_soon(desk: Desk, claimed: Claimed, now: datetime) -> None:
    waits = []
    for number in range(1, 10):
        desk.record(((claimed.message_id, number), not_sent()))
        waits.append((desk.message(claimed.message_id).due_at - now).total_seconds())
        desk.claim(now=now + timedelta(minutes=2))

    assert 0.25 <= waits[0] <= 0.5
    assert 30 <= waits[-1] <= 60
    assert outcomes(desk, claimed) == ["not_sent"] * 9 + [None]


def test_what_could_not_be_sent_for_a_day_ends_visibly(desk: Desk, claimed: Claimed) -> None:
    desk.age(86_401)

    desk.record((claimed, not_sent()))

    assert standing(desk, claimed) == ("failed", "done", "not_sent", None)


def test_nobody_knows_what_became_of_an_ambiguous_answer(desk: Desk, claimed: Claimed) -> None:
    desk.record((claimed, ambiguous()))

    assert standing(desk, claimed) == ("pending", "unknown", None, None)
    [attempt] = desk.attempts(claimed.message_id)
    assert (attempt.outcome, attempt.settled_by, attempt.settled_at) == ("unknown", None, None)


@pytest.mark.parametrize("answer", [accepted("wamid.a"), rejected(131026), rejected(2), not_sent(), ambiguous()])
def test_a_result_recorded_twice_counts_once(desk: Desk, claimed: Claimed, now: datetime, answer: Answer) -> None:
    desk.record((claimed, answer))
    row = desk.message(claimed.message_id)

    desk.record((claimed, answer), now=now + timedelta(hours=1))

    again = desk.message(claimed.message_id)
    assert _columns(again) == _columns(row)


def _columns(message: Message) -> dict[str, object]:
    return {column.key: getattr(message, column.key) for column in Message.__mapper__.column_attrs}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (accepted("wamid.a"), ("pending", "done", None, None)),
        (rejected(131026), ("failed", "done", "recipient", 131026)),
        (rejected(2), ("pending", "queued", None, None)),
        (not_sent(), ("pending", "queued", None, None)),
        (ambiguous(), ("pending", "unknown", None, None)),
    ],
)
def test_an_old_holder_still_records_what_it_knows(
    desk: Desk, claimed: Claimed, answer: Answer, expected: tuple[str, str, str | None, int | None]
) -> None:
    desk.take()
    assert standing(desk, claimed)[1] == "unknown"

    desk.record((claimed, answer))

    assert standing(desk, claimed) == expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (ambiguous(), accepted("wamid.a"), "accepted"),
        (ambiguous(), rejected(2), "rejected"),
        (rejected(2), ambiguous(), "rejected"),
        (rejected(2), accepted("wamid.a"), "accepted"),
        (accepted("wamid.a"), ambiguous(), "accepted"),
        (accepted("wamid.a"), rejected(2), "accepted"),
        (accepted("wamid.a"), not_sent(), "accepted"),
    ],
)
def test_the_better_evidence_of_an_attempt_stays(
    desk: Desk, claimed: Claimed, first: Answer, second: Answer, expected: str
) -> None:
    desk.record((claimed, first))
    desk.record((claimed, second))

    assert outcomes(desk, claimed) == [expected]


def test_an_answer_that_comes_after_we_gave_up_takes_the_failure_back(desk: Desk, claimed: Claimed) -> None:
    desk.record((claimed, ambiguous()))
    desk.age(100_000)
    desk.settle()
    assert standing(desk, claimed) == ("failed", "done", "outcome_unknown", None)
    assert open_alerts(desk) == [("outcome_unknown", 1)]

    desk.record((claimed, accepted("wamid.a")))

    assert standing(desk, claimed) == ("pending", "done", None, None)
    assert open_alerts(desk) == []


def test_a_result_for_a_message_that_is_gone_harms_nobody(desk: Desk, claimed: Claimed, session: Session) -> None:
    desk.run("DELETE FROM messages")

    for answer in (accepted("wamid.a"), rejected(2), not_sent(), ambiguous()):
        desk.record((claimed, answer))


class TestASecondTry:
    """An earlier try, of which we had proof that it was not sent, was sent after all."""

    @pytest.fixture
    def second(self, desk: Desk, claimed: Claimed) -> Claimed:
        desk.take()
        desk.age(60)
        desk.open_intake(seconds=120)
        assert desk.settle() == 1
        [second] = desk.claim()
        assert second.attempt == 2
        return second

    @pytest.mark.parametrize(
        ("answer", "is_doubled"),
        [(accepted("wamid.b"), True), (rejected(131056), False), (not_sent(), False), (ambiguous(), False)],
    )
    def test_is_the_last_whatever_it_led_to(
        self, desk: Desk, second: Claimed, answer: Answer, is_doubled: bool
    ) -> None:
        desk.report(status("wamid.a", "sent", echo=echo(desk, second.message_id, 1)))
        assert standing(desk, second)[:2] == ("sent", "sending")

        desk.record((second, answer))

        assert standing(desk, second)[:2] == ("sent", "done")
        assert desk.message(second.message_id).is_doubled is is_doubled
        assert open_alerts(desk) == ([("message_doubled", 1)] if is_doubled else [])

    def test_is_not_repeated_when_its_holder_is_gone(self, desk: Desk, second: Claimed) -> None:
        desk.report(status("wamid.a", "sent", echo=echo(desk, second.message_id, 1)))
        desk.take()

        desk.settle()

        assert standing(desk, second)[:2] == ("sent", "done")
        assert desk.claim() == []

    def test_the_alert_tells_once_however_many_reports_follow(self, desk: Desk, second: Claimed) -> None:
        desk.record((second, accepted("wamid.b")))

        for wamid, kind in product(("wamid.a", "wamid.b"), ("sent", "delivered")):
            desk.report(status(wamid, kind, echo=echo(desk, second.message_id, 1 if wamid == "wamid.a" else 2)))

        assert open_alerts(desk) == [("message_doubled", 1)]
        assert desk.message(second.message_id).is_doubled


# What evidence does to dispatch: the message's own attempt is 2, attempt 1 was proved not sent or is still unknown.
# Evidence of a try that is new ends everything but a try under way; evidence of the try under way ends that too.
# Evidence told before ends nothing, unless it says that the person has the message.
NEW_OF_OLD, NEW_OF_CURRENT, SENT_AGAIN, ARRIVED = "new of 1", "new of 2", "again of 1", "delivered of 1"
ENDS = {
    (Dispatch.QUEUED, NEW_OF_OLD): True,
    (Dispatch.QUEUED, NEW_OF_CURRENT): True,
    (Dispatch.QUEUED, SENT_AGAIN): False,
    (Dispatch.QUEUED, ARRIVED): True,
    (Dispatch.HELD, NEW_OF_OLD): True,
    (Dispatch.HELD, NEW_OF_CURRENT): True,
    (Dispatch.HELD, SENT_AGAIN): False,
    (Dispatch.HELD, ARRIVED): True,
    (Dispatch.SENDING, NEW_OF_OLD): False,
    (Dispatch.SENDING, NEW_OF_CURRENT): True,
    (Dispatch.SENDING, SENT_AGAIN): False,
    (Dispatch.SENDING, ARRIVED): False,
    (Dispatch.UNKNOWN, NEW_OF_OLD): True,
    (Dispatch.UNKNOWN, NEW_OF_CURRENT): True,
    (Dispatch.UNKNOWN, SENT_AGAIN): False,
    (Dispatch.UNKNOWN, ARRIVED): True,
    (Dispatch.DONE, NEW_OF_OLD): True,
    (Dispatch.DONE, NEW_OF_CURRENT): True,
    (Dispatch.DONE, SENT_AGAIN): True,
    (Dispatch.DONE, ARRIVED): True,
}


@pytest.mark.parametrize(("dispatch", "evidence"), ENDS)
def test_evidence_ends_dispatching_as_the_table_says(
    desk: Desk, claimed: Claimed, dispatch: Dispatch, evidence: str
) -> None:
    if evidence in (SENT_AGAIN, ARRIVED):
        # The first try was taken and then reported as failed, which is why there is a second.
        desk.record((claimed, accepted("wamid.a")))
        desk.report(status("wamid.a", "failed", code=131049))
    desk.run(
        "INSERT INTO send_attempts (message_id, attempt, channel_id, contact_id, epoch, claimed_at, dead_at)"
        " SELECT id, 2, channel_id, contact_id, 1, now(), now() FROM messages"
    )
    desk.run("UPDATE messages SET attempt = 2, dispatch = :dispatch", dispatch=dispatch)
    attempt, kind = (2, "sent") if evidence == NEW_OF_CURRENT else (1, "delivered" if evidence == ARRIVED else "sent")

    desk.report(status("wamid.a", kind, echo=echo(desk, claimed.message_id, attempt)))

    ends = desk.message(claimed.message_id).dispatch == "done"
    assert ends is ENDS[(dispatch, evidence)]


def test_a_try_asked_for_by_a_person_is_recorded_like_any_other(
    desk: Desk, claimed: Claimed, session: Session, now: datetime
) -> None:
    user = make_user(session)
    session.commit()
    desk.record((claimed, ambiguous()))
    desk.age(100_000)
    desk.settle()
    answering.resend(session, claimed.message_id, user_id=user.id, now=now)
    session.commit()
    assert open_alerts(desk) == []

    [again] = desk.claim()
    desk.record((again, accepted("wamid.b")))

    assert outcomes(desk, claimed) == ["unknown", "accepted"]
    assert desk.message(claimed.message_id).metadata_ == {"resent_by": user.id}
    assert not desk.message(claimed.message_id).is_doubled
