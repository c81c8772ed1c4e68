"""`messages.move`: the only code that changes what a message shows and where its sending stands."""

from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.domain.evidence import Dispatch, Report, ReportKind, Standing, Status, merge, standing_of
from app.services.messages import Move, move
from tests.builders import make_conversation, make_message

FIRST = datetime(2026, 3, 14, tzinfo=UTC)

STANDINGS = [
    Standing(),
    Standing(status=Status.FAILED, error_message="window_closed", is_ours=True),
    Standing(status=Status.FAILED, error_code=131047, error_message="window", is_ours=True),
    *(standing_of(Report(kind=kind, at=FIRST)) for kind in ReportKind if kind is not ReportKind.FAILED),
    standing_of(Report(kind=ReportKind.FAILED, at=FIRST)),
    standing_of(Report(kind=ReportKind.FAILED, at=FIRST, error_code=131026, error_message="undeliverable")),
    standing_of(Report(kind=ReportKind.FAILED, at=FIRST, error_code=131049, error_message="ecosystem")),
    standing_of(Report(kind=ReportKind.FAILED, at=FIRST, error_code=131049, error_message="other words")),
]

reports = st.builds(
    Report,
    kind=st.sampled_from(ReportKind),
    at=st.integers(0, 5).map(lambda hours: FIRST + timedelta(hours=hours)),
    error_code=st.sampled_from([None, 131026, 131049]),
    error_message=st.sampled_from([None, "a", "b", "é"]),
)
standings = reports.map(standing_of) | st.sampled_from(STANDINGS)


def make(session: Session, **columns: object) -> int:
    return make_message(session, make_conversation(session), direction="outbound", **columns).id


def shown(session: Session, message_id: int) -> Standing:
    row = session.execute(text("SELECT * FROM messages WHERE id = :id"), {"id": message_id}).one()
    return Standing(
        status=Status(row.status),
        sent_at=row.sent_at,
        delivered_at=row.delivered_at,
        read_at=row.read_at,
        error_code=row.error_code,
        error_message=row.error_message,
        is_ours=row.error_source == "ours",
    )


def dispatch_of(session: Session, message_id: int) -> str:
    return session.execute(text("SELECT dispatch FROM messages WHERE id = :id"), {"id": message_id}).scalar_one()


@pytest.mark.parametrize(("first", "second"), list(product(STANDINGS, STANDINGS)))
def test_two_standings_show_what_the_domain_says(session: Session, first: Standing, second: Standing) -> None:
    message_id = make(session)

    for standing in (first, second):
        move(session, [Move(message_id=message_id, standing=standing)])

    assert shown(session, message_id) == merge(merge(Standing(), first), second)


@settings(max_examples=50)
@given(many=st.lists(standings, max_size=6))
def test_any_sequence_shows_what_the_domain_says(session: Session, many: list[Standing]) -> None:
    message_id = make(session)

    for standing in many:
        move(session, [Move(message_id=message_id, standing=standing)])

    assert shown(session, message_id) == reduce(merge, many, Standing())


def test_a_failure_of_ours_is_withdrawn_and_one_of_meta_is_not_a_choice_of_move(session: Session) -> None:
    ours = make(session, status="failed", error_source="ours", error_message="outcome_unknown", dispatch="done")

    move(session, [Move(message_id=ours, dispatch=Dispatch.QUEUED, is_withdrawn=True)])

    assert shown(session, ours) == Standing()
    assert dispatch_of(session, ours) == "queued"


def test_a_withdrawal_together_with_evidence_shows_the_evidence(session: Session) -> None:
    message_id = make(session, status="failed", error_source="ours", error_message="outcome_unknown", dispatch="done")
    sent = standing_of(Report(kind=ReportKind.SENT, at=FIRST))

    move(session, [Move(message_id=message_id, standing=sent, is_withdrawn=True)])

    assert shown(session, message_id) == sent


def test_being_doubled_is_never_forgotten(session: Session) -> None:
    message_id = make(session)

    move(session, [Move(message_id=message_id, is_doubled=True)])
    move(session, [Move(message_id=message_id)])

    assert session.scalar(text("SELECT is_doubled FROM messages WHERE id = :id"), {"id": message_id})


def test_verdicts_price_and_wamid_stay_until_there_are_others(session: Session) -> None:
    message_id = make(session)
    gates = [{"gate": "window", "verdict": "pass", "reason": None, "until": None}]

    move(session, [Move(message_id=message_id, gates=gates, price={"billable": True}, wamid="wamid.1")])
    move(session, [Move(message_id=message_id, dispatch=Dispatch.DONE)])

    row = session.execute(text("SELECT * FROM messages WHERE id = :id"), {"id": message_id}).one()
    assert (row.gates, row.price, row.whatsapp_message_id) == (gates, {"billable": True}, "wamid.1")
    assert row.accepted_at is not None


@pytest.mark.parametrize(("was", "to"), list(product(Dispatch, Dispatch)))
def test_a_dispatch_may_follow_any_other_and_tells_which_it_was(session: Session, was: str, to: Dispatch) -> None:
    message_id = make(session, dispatch=was)

    [moved] = move(session, [Move(message_id=message_id, dispatch=to)])

    assert (moved.was, moved.dispatch, dispatch_of(session, message_id)) == (was, to, to)


def test_unknown_keeps_its_first_moment_and_loses_it_with_the_next_dispatch(session: Session) -> None:
    message_id = make(session, dispatch="sending")
    moments = []

    for dispatch in (Dispatch.UNKNOWN, Dispatch.UNKNOWN, None, Dispatch.QUEUED):
        move(session, [Move(message_id=message_id, dispatch=dispatch)])
        moments.append(session.scalar(text("SELECT unknown_at FROM messages WHERE id = :id"), {"id": message_id}))

    assert moments[0] is not None
    assert moments == [moments[0]] * 3 + [None]


def test_two_that_move_the_same_rows_the_other_way_round_do_not_deadlock(database: Engine, session: Session) -> None:
    ids = [make(session) for _ in range(2)]
    session.commit()
    with Session(database) as one, Session(database) as other:
        move(one, [Move(message_id=id, dispatch=Dispatch.HELD) for id in ids])
        other.execute(text("SET LOCAL lock_timeout = '200ms'"))
        # Were the second row locked first, the first session could not take it now.
        with pytest.raises(Exception, match="lock timeout"):
            move(other, [Move(message_id=id, dispatch=Dispatch.DONE) for id in reversed(ids)])
        one.execute(text("SELECT FROM messages WHERE id = :id FOR UPDATE NOWAIT"), {"id": ids[1]})
        one.commit()

    assert {dispatch_of(session, id) for id in ids} == {"held"}
