"""Claim messages for sending, and record what became of each try.

A claim passes every gate in the transaction that makes it, and leaves a `send_attempts` row that outlives any crash. A
result is recorded whoever brings it and however late, idempotently by (message, attempt); only claims are fenced.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.database import fetch
from app.domain.consent import Choice, Entry, state
from app.domain.evidence import Dispatch, Standing, Status
from app.domain.gates import ALL_PASSED, Case, ChannelState, Outcome, Recipient, Verdict, address, judge, outcome
from app.services import lanes, reports, runs, turns
from app.services.messages import Move, move


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A message that must be posted now, or be reported `not_started`."""

    message_id: int
    attempt: int
    contact_id: int
    recipient: Recipient
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A due message whose turn it is, and all that the gates look at but pacing."""

    message_id: int
    attempt: int
    contact_id: int
    run_id: int | None
    content: Mapping[str, Any]
    status: str
    is_expired: bool
    case: Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long a try may take; see the settings of the same names. In seconds."""

    start_within: float
    send_timeout: float

    @property
    def dead_after(self) -> float:
        return self.start_within + self.send_timeout + 5


def due(
    session: Session, *, channel_id: int, epoch: int, limit: int, now: datetime, must_beat: bool = True
) -> list[Candidate]:
    """Beat the lane, and lock what may leave next: the first due message of each person, in order of being due.

    Where nothing may leave and no beat is due, nothing is written: a look at a lane that ran dry costs no commit.
    """
    lane = lanes.send_lane(channel_id)
    if must_beat:
        lanes.beat(session, lane, epoch)
    picked = turns.first_due(session, channel_id, limit=limit, now=now)
    if not picked:
        return []
    if not must_beat:
        lanes.beat(session, lane, epoch)
    fetch(session, LOCK_CONTACTS, {"ids": sorted(set(picked.values()))})
    found = _look(session, list(picked), now=now)
    return [found[message_id] for message_id in picked if message_id in found]


LOCK_CONTACTS = "SELECT id FROM contacts WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE"

# What the gates look at is read here, in the claiming transaction, after the locks: never from a cache.
LOOK = """
    SELECT m.id, m.attempt, m.contact_id, m.run_id, m.content, m.status, m.category, m.expires_at <= :now AS is_expired,
        s.is_paused, ch.state AS channel_state, a.is_active AS automation_active, v.is_killed AS version_killed,
        c.is_active AS contact_active, o.bsuid,
        -- a number that somebody else holds by now is no address of this person
        (SELECT value FROM contact_identities
         WHERE kind = 'wa_id' AND value = o.wa_id AND contact_id = m.contact_id) AS wa_id,
        (SELECT value FROM contact_identities
         WHERE kind = 'phone' AND value = c.phone AND contact_id = m.contact_id) AS phone,
        GREATEST(o.service_window_expires_at, o.entry_window_expires_at) AS window_expires_at,
        (SELECT jsonb_agg(jsonb_build_array(e.category, e.state, e.at)) FROM (
            SELECT DISTINCT ON (category) category, state, at FROM consents
            WHERE contact_id = m.contact_id ORDER BY category, at DESC, state = 'out' DESC) AS e) AS consents,
        -- a subquery, not a join: a planner that has seen few runs would begin at all messages of runs
        CASE WHEN m.run_id IS NOT NULL THEN (
            SELECT count(*) FROM send_attempts t
            WHERE t.contact_id = m.contact_id AND t.claimed_at > statement_timestamp() - interval '1 day'
              AND (SELECT run_id FROM messages WHERE id = t.message_id) IS NOT NULL) ELSE 0 END AS automation_sends
    FROM messages m
    JOIN settings s ON s.id = 1
    JOIN channels ch ON ch.id = m.channel_id
    JOIN contacts c ON c.id = m.contact_id
    JOIN conversations o ON o.id = m.conversation_id
    LEFT JOIN automation_runs r ON r.id = m.run_id
    LEFT JOIN automations a ON a.id = r.automation_id
    LEFT JOIN automation_versions v ON v.id = r.version_id
    WHERE m.id = ANY(:ids) AND m.dispatch = 'queued'
    ORDER BY m.id FOR NO KEY UPDATE OF m
"""


def _look(session: Session, message_ids: list[int], *, now: datetime) -> dict[int, Candidate]:
    rows = fetch(session, LOOK, {"ids": message_ids, "now": now})
    return {row[0]: _candidate(*row) for row in rows}


def _candidate(
    message_id: int,
    attempt: int,
    contact_id: int,
    run_id: int | None,
    content: Mapping[str, Any],
    status: str,
    category: str,
    is_expired: bool | None,
    workspace_paused: bool,
    channel_state: str,
    automation_active: bool | None,
    version_killed: bool | None,
    contact_active: bool,
    bsuid: str | None,
    wa_id: str | None,
    phone: str | None,
    window_expires_at: datetime | None,
    consents: list[list[str]] | None,
    automation_sends: int,
) -> Candidate:
    """From the columns of LOOK, in their order."""
    return Candidate(
        message_id=message_id,
        attempt=attempt + 1,
        contact_id=contact_id,
        run_id=run_id,
        content=content,
        status=status,
        is_expired=bool(is_expired),
        case=Case(
            workspace_paused=workspace_paused,
            channel_state=ChannelState(channel_state),
            is_automated=run_id is not None,
            automation_active=bool(automation_active),
            version_killed=bool(version_killed),
            contact_active=contact_active,
            wa_id=wa_id,
            bsuid=bsuid,
            phone=phone,
            category=category,
            is_template=content.get("type") == "template",
            consents=_choices(consents),
            window_expires_at=window_expires_at,
            automation_sends_today=automation_sends,
        ),
    )


def _choices(rows: list[list[str]] | None) -> Mapping[str, Choice]:
    if not rows:
        return {}
    entries = [
        Entry(category=category, choice=Choice(choice), at=datetime.fromisoformat(at)) for category, choice, at in rows
    ]
    return state(entries)


ATTEMPT = """
    INSERT INTO send_attempts (message_id, attempt, channel_id, contact_id, epoch, claimed_at, dead_at)
    SELECT v.message_id, v.attempt, :channel_id, v.contact_id, :epoch, claim.at,
           claim.at + make_interval(secs => :dead_after)
    FROM (SELECT clock_timestamp() AS at) claim,
         unnest(CAST(:messages AS bigint[]), CAST(:attempts AS int[]), CAST(:contacts AS bigint[]))
         AS v (message_id, attempt, contact_id)
"""
CONTACTED = (
    "UPDATE contacts SET last_contacted = GREATEST(last_contacted, CAST(:now AS timestamptz)) WHERE id = ANY(:ids)"
)


@dataclass(frozen=True, slots=True)
class Judged:
    candidate: Candidate
    verdicts: tuple[Verdict, ...]


def claim(
    session: Session, judged: Sequence[Judged], *, channel_id: int, epoch: int, timing: Timing, now: datetime
) -> list[Claimed]:
    """Write the verdicts down: an attempt for what passes, the end or another time for what does not."""
    passed = [one.candidate for one in judged if outcome(one.verdicts).verdict is Outcome.PASS]
    if passed:
        fetch(
            session,
            ATTEMPT,
            {
                "messages": [one.message_id for one in passed],
                "attempts": [one.attempt for one in passed],
                "contacts": [one.contact_id for one in passed],
                "channel_id": channel_id,
                "epoch": epoch,
                "dead_after": timing.dead_after,
            },
        )
        fetch(session, CONTACTED, {"ids": [one.contact_id for one in passed], "now": now})
    moved = move(session, [_verdict_move(one) for one in judged])
    runs.settle(session, moved, now=now)
    return [
        Claimed(
            message_id=one.message_id,
            attempt=one.attempt,
            contact_id=one.contact_id,
            recipient=recipient,
            content=one.content,
        )
        for one in passed
        if (recipient := address(one.case)) is not None
    ]


def open_claims(session: Session, *, channel_id: int, epoch: int) -> list[tuple[int, int]]:
    """(message, attempt) of this epoch's claims without an outcome. Waits for a claim that is still committing."""
    lanes.beat(session, lanes.send_lane(channel_id), epoch)
    rows = session.execute(
        text("""
            SELECT message_id, attempt FROM send_attempts
            WHERE channel_id = :channel_id AND epoch = :epoch AND outcome IS NULL
        """),
        {"channel_id": channel_id, "epoch": epoch},
    )
    return [(message_id, attempt) for message_id, attempt in rows]


def echo_of(installation_id: str, claimed: Claimed) -> str:
    return reports.echo_of(installation_id, claimed.message_id, claimed.attempt)


def judge_candidate(candidate: Candidate, case: Case, *, now: datetime) -> Judged:
    return Judged(candidate, judge(case, now=now))


def finish_settled(session: Session, candidates: Sequence[Candidate], *, now: datetime) -> list[Candidate]:
    """End what needs no sending any more: delivered while it waited to be repeated, or past its time."""
    ended = [
        Move(
            message_id=one.message_id, dispatch=Dispatch.DONE, standing=None if _has_arrived(one) else _ours("expired")
        )
        for one in candidates
        if _has_arrived(one) or one.is_expired
    ]
    runs.settle(session, move(session, ended), now=now)
    return [one for one in candidates if not _has_arrived(one) and not one.is_expired]


def _has_arrived(candidate: Candidate) -> bool:
    return candidate.status in (Status.DELIVERED, Status.READ)


PASSED = [verdict.to_record() for verdict in ALL_PASSED]


def _verdict_move(judged: Judged) -> Move:
    last = outcome(judged.verdicts)
    gates = PASSED if judged.verdicts is ALL_PASSED else [verdict.to_record() for verdict in judged.verdicts]
    message_id = judged.candidate.message_id
    if last.verdict is Outcome.PASS:
        return Move(message_id=message_id, dispatch=Dispatch.SENDING, attempt=judged.candidate.attempt, gates=gates)
    if last.verdict is Outcome.DEFER:
        dispatch = Dispatch.QUEUED if last.until else Dispatch.HELD
        return Move(message_id=message_id, dispatch=dispatch, due_at=last.until, gates=gates)
    return Move(message_id=message_id, dispatch=Dispatch.DONE, standing=_ours(last.reason or "refused"), gates=gates)


def _ours(reason: str, code: int | None = None) -> Standing:
    return Standing(status=Status.FAILED, error_code=code, error_message=reason, is_ours=True)
