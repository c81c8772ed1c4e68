from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import evidence
from app.domain.evidence import Report, ReportKind, Standing, Status

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)

moments = st.integers(0, 5).map(lambda minutes: NOON + timedelta(minutes=minutes))
errors = st.tuples(st.none() | st.sampled_from([131026, 131047, 131049]), st.none() | st.sampled_from(["a", "b"]))
reports = st.builds(
    lambda kind, at, error: Report(kind=kind, at=at, error_code=error[0], error_message=error[1]),
    st.sampled_from(ReportKind),
    moments,
    errors,
)
standings = st.builds(
    lambda status, is_ours, sent, delivered, read, error: Standing(
        status=status,
        is_ours=is_ours,
        sent_at=sent,
        delivered_at=delivered,
        read_at=read,
        error_code=error[0],
        error_message=error[1],
    ),
    st.sampled_from(Status),
    st.booleans(),
    st.none() | moments,
    st.none() | moments,
    st.none() | moments,
    errors,
)


def report(kind: str, minute: int = 0, **error: object) -> Report:
    return Report(kind=ReportKind(kind), at=NOON + timedelta(minutes=minute), **error)  # type: ignore[arg-type]


def rank_of(standing: Standing) -> int:
    return evidence.rank(standing.status, is_ours=standing.is_ours)


def test_the_ranks_stand_in_the_order_of_the_design() -> None:
    order = [
        evidence.rank(Status.PENDING, is_ours=False),
        evidence.rank(Status.FAILED, is_ours=True),
        evidence.rank(Status.SENT, is_ours=False),
        evidence.rank(Status.FAILED, is_ours=False),
        evidence.rank(Status.DELIVERED, is_ours=False),
        evidence.rank(Status.READ, is_ours=False),
    ]

    assert all(lower < higher for lower, higher in pairwise(order))


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.FAILED])
def test_only_a_failure_can_be_ours(status: Status) -> None:
    assert evidence.rank(status, is_ours=True) == evidence.rank(status, is_ours=False)


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (["sent"], Status.SENT),
        (["sent", "delivered"], Status.DELIVERED),
        (["delivered", "sent"], Status.DELIVERED),
        (["read", "delivered", "sent"], Status.READ),
        (["sent", "failed"], Status.FAILED),
        (["failed", "sent"], Status.FAILED),
        (["failed", "delivered"], Status.DELIVERED),
        (["delivered", "failed"], Status.DELIVERED),
        (["played"], Status.READ),
        ([], Status.PENDING),
    ],
)
def test_the_best_evidence_shows_in_whatever_order_it_came(kinds: list[str], expected: Status) -> None:
    assert evidence.best(Standing(), [report(kind) for kind in kinds]).status is expected


def test_a_late_sent_report_corrects_a_message_that_we_gave_up() -> None:
    given_up = Standing(status=Status.FAILED, is_ours=True, error_message="outcome_unknown")

    standing = evidence.best(given_up, [report("sent", 3)])

    assert standing == Standing(status=Status.SENT, sent_at=NOON + timedelta(minutes=3))


def test_a_failure_of_ours_does_not_undo_what_meta_reported() -> None:
    given_up = Standing(status=Status.FAILED, is_ours=True, error_message="outcome_unknown")
    sent = Standing(status=Status.SENT, sent_at=NOON)

    assert evidence.merge(sent, given_up) == sent


def test_delivery_clears_the_error_of_an_earlier_failure() -> None:
    reports = [report("failed", error_code=131026, error_message="undeliverable"), report("delivered", 1)]

    standing = evidence.best(Standing(), reports)

    assert standing.error_code is None
    assert standing.error_message is None


def test_a_failure_keeps_its_details() -> None:
    standing = evidence.best(Standing(), [report("failed", error_code=131047, error_message="re-engagement")])

    assert (standing.error_code, standing.error_message, standing.is_ours) == (131047, "re-engagement", False)


def test_times_are_the_least_that_meta_reported() -> None:
    twice = [report("sent", 2), report("sent", 1), report("played", 9), report("read", 4), report("read", 7)]

    standing = evidence.best(Standing(), twice)

    assert standing.sent_at == NOON + timedelta(minutes=1)
    assert standing.delivered_at is None
    assert standing.read_at == NOON + timedelta(minutes=4)


@given(st.lists(reports, max_size=6), st.data())
def test_order_duplication_and_batching_do_not_matter(given_reports: list[Report], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(given_reports + given_reports[:2]))
    cut = data.draw(st.integers(0, len(shuffled)))

    in_one_go = evidence.best(Standing(), given_reports)
    in_batches = evidence.best(evidence.best(Standing(), shuffled[:cut]), shuffled[cut:])

    assert in_batches == in_one_go


@given(standings, standings, standings)
def test_merging_is_a_join(one: Standing, two: Standing, three: Standing) -> None:
    assert evidence.merge(one, one) == one
    assert evidence.merge(one, two) == evidence.merge(two, one)
    assert evidence.merge(one, evidence.merge(two, three)) == evidence.merge(evidence.merge(one, two), three)


@given(standings, st.lists(reports, max_size=4))
def test_evidence_never_moves_backwards(standing: Standing, later: list[Report]) -> None:
    assert rank_of(evidence.best(standing, later)) >= rank_of(standing)
