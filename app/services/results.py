"""Record what became of posted messages, idempotently by (message, attempt), whoever brings it and however late."""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.database import after_commit
from app.domain import retry
from app.domain.evidence import Dispatch, Standing, Status
from app.domain.failures import Scope
from app.services import breakers, consents, journal, reports, runs
from app.services.evidence import IS_TAKEN, Proof, accept, lock_messages
from app.services.messages import Move, move
from app.whatsapp.answers import Accepted, Ambiguous, Answer, NotSent, Rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    message_id: int
    attempt: int
    answer: Answer


@dataclass(frozen=True, slots=True)
class _Stands:
    dispatch: str
    attempt: int
    is_taken: bool  # an earlier try reached Meta after all, so this was the last
    is_old: bool  # the first try was longer ago than anybody waits
    codes: list[int]  # of earlier rejected attempts, oldest first
    tries: int


def record(
    session: Session, results: Sequence[Result], *, channel_id: int, give_up_seconds: float, now: datetime
) -> None:
    journal.answered(session, [result.answer for result in results])
    accepted = [result for result in results if isinstance(result.answer, Accepted)]
    _record_accepted(session, accepted, channel_id=channel_id, now=now)
    others = [result for result in results if not isinstance(result.answer, Accepted)]
    if not others:
        return
    lock_messages(session, [result.message_id for result in others])
    open_ = _close_attempts(session, others)
    stands = _stands(session, [result.message_id for result in others], give_up_seconds=give_up_seconds)
    moves = []
    for result in others:
        stand = stands.get(result.message_id)
        is_current = stand is not None and stand.attempt == result.attempt
        if stand is None or not is_current or (result.message_id, result.attempt) not in open_:
            continue  # settled meanwhile by better evidence, or a later try is under way
        if stand.dispatch not in (Dispatch.SENDING, Dispatch.UNKNOWN):
            continue
        moves.append(_next(session, result, stand, channel_id=channel_id, now=now))
    runs.settle(session, move(session, moves), now=now)
    after_commit(session, "messages.send", channel_id=channel_id)


def _record_accepted(session: Session, accepted: Sequence[Result], *, channel_id: int, now: datetime) -> None:
    attempts = {
        result.answer.wamid: (result.message_id, result.attempt)
        for result in accepted
        if isinstance(result.answer, Accepted)
    }
    # The lock makes a report that comes at this very moment either see our wamid or be seen by us.
    reports.lock_wamids(session, list(attempts))
    proofs = [
        Proof(message_id=message_id, attempt=attempt, wamid=wamid, by="answer")
        for wamid, (message_id, attempt) in attempts.items()
    ]
    accept(session, proofs, now=now)
    reports.join_waiting(session, channel_id, attempts, now=now)


def _close_attempts(session: Session, results: Sequence[Result]) -> set[tuple[int, int]]:
    """Write outcomes of attempts that have none that is better; returns those that were open."""
    outcomes = [_outcome(result.answer) for result in results]
    found = session.execute(
        text("""
            UPDATE send_attempts a SET outcome = v.outcome, error_code = v.code, error_message = v.message,
                settled_by = CASE WHEN v.outcome = 'unknown' THEN NULL ELSE 'answer' END,
                settled_at = CASE WHEN v.outcome = 'unknown' THEN NULL ELSE clock_timestamp() END
            FROM unnest(CAST(:messages AS bigint[]), CAST(:attempts AS int[]), CAST(:outcomes AS text[]),
                        CAST(:codes AS int[]), CAST(:texts AS text[]))
                 AS v (message_id, attempt, outcome, code, message)
            WHERE a.message_id = v.message_id AND a.attempt = v.attempt
              AND (a.outcome IS NULL OR (a.outcome = 'unknown' AND v.outcome <> 'unknown'))
            RETURNING a.message_id, a.attempt
        """),
        {
            "messages": [result.message_id for result in results],
            "attempts": [result.attempt for result in results],
            "outcomes": [outcome for outcome, _, _ in outcomes],
            "codes": [code for _, code, _ in outcomes],
            "texts": [reason for _, _, reason in outcomes],
        },
    )
    return {(message_id, attempt) for message_id, attempt in found}


def _outcome(answer: Answer) -> tuple[str, int | None, str | None]:
    match answer:
        case Rejected(code=code, message=message):
            return "rejected", code, message
        case NotSent(reason=reason):
            return "not_sent", None, reason
        case Ambiguous(reason=reason):
            return "unknown", None, reason
        case Accepted():
            return "accepted", None, None
        case _:
            assert_never(answer)


def _stands(session: Session, message_ids: Sequence[int], *, give_up_seconds: float) -> dict[int, _Stands]:
    rows = session.execute(
        text(f"""
            SELECT m.id, m.dispatch, m.attempt, {IS_TAKEN},
                min(a.claimed_at) OVER (PARTITION BY m.id) < clock_timestamp() - make_interval(secs => :give_up),
                a.error_code
            FROM messages m JOIN send_attempts a ON a.message_id = m.id
            WHERE m.id = ANY(:ids) ORDER BY m.id, a.attempt
        """),  # noqa: S608 - ours
        {"ids": list(message_ids), "give_up": give_up_seconds},
    )
    codes: defaultdict[int, list[int]] = defaultdict(list)
    tries: defaultdict[int, int] = defaultdict(int)
    stands = {}
    for id, dispatch, attempt, is_taken, is_old, code in rows:
        tries[id] += code is None
        if code is not None:
            codes[id].append(code)
        stands[id] = _Stands(dispatch, attempt, is_taken, is_old, codes[id], tries[id])
    return stands


def _next(
    session: Session,
    result: Result,
    stand: _Stands,
    *,
    channel_id: int,
    now: datetime,
) -> Move:
    """What a try that was not accepted leads to."""
    jitter = random.random()  # noqa: S311 - spreads retries, guards nothing
    if stand.is_taken:
        return Move(message_id=result.message_id, dispatch=Dispatch.DONE)
    match result.answer:
        case Ambiguous():
            return Move(message_id=result.message_id, dispatch=Dispatch.UNKNOWN)
        case NotSent():
            if stand.is_old:
                return _failed(result, "not_sent")
            again = retry.not_sent(attempt=stand.tries, jitter=jitter)
            return _again(result, again.after_seconds, now=now)
        case Rejected() as answer:
            return _after_refusal(session, result, answer, stand, jitter, channel_id=channel_id, now=now)
        case Accepted():
            raise ValueError("an accepted message has nothing to follow")
        case _:
            assert_never(result.answer)


def _after_refusal(
    session: Session,
    result: Result,
    answer: Rejected,
    stand: _Stands,
    jitter: float,
    *,
    channel_id: int,
    now: datetime,
) -> Move:
    if answer.code == consents.OPT_OUT_CODE:
        consents.record_opt_out_code(session, result.message_id, now=now)
    verdict = retry.after_answer(
        answer.code, attempt=retry.attempt_of(stand.codes), jitter=jitter, subcode=answer.subcode
    )
    match verdict:
        case retry.Resend(after_seconds=seconds):
            return _again(result, seconds, now=now)
        case retry.Fail(reason=reason):
            return _failed(result, reason, answer.code)
        case retry.Halt(scope=scope, reason=reason, after_seconds=seconds):
            if scope == Scope.CHANNEL:
                breakers.halt_channel(session, channel_id, reason=reason, code=answer.code, now=now)
                return Move(message_id=result.message_id, dispatch=Dispatch.HELD)
            if seconds is not None:
                return _again(result, seconds, now=now)
            # A template at fault: nobody could release what waited for it, so the message ends where people see it.
            return _failed(result, reason, answer.code)
        case _:
            assert_never(verdict)


def _again(result: Result, seconds: float, *, now: datetime) -> Move:
    due_at = now + timedelta(seconds=seconds)
    return Move(message_id=result.message_id, dispatch=Dispatch.QUEUED, due_at=due_at)


def _failed(result: Result, reason: str, code: int | None = None) -> Move:
    standing = Standing(status=Status.FAILED, error_code=code, error_message=reason, is_ours=True)
    return Move(message_id=result.message_id, dispatch=Dispatch.DONE, standing=standing)
