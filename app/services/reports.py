"""Status reports: every one is kept, and each finds its message or waits for it.

A report is ours when it carries our echo (installation, message and attempt) or a wamid that an answer gave us. Other
tools on the same account cause reports too; those stay without a message.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.database import after_commit
from app.domain import retry
from app.domain.evidence import Dispatch, Report, ReportKind, Status
from app.domain.failures import Scope, scope_halted
from app.domain.retry import Delivery
from app.services import breakers, consents
from app.services.evidence import IS_TAKEN, Proof, accept
from app.services.messages import Move, move
from app.whatsapp.inbound import StatusItem

KINDS = {kind.value for kind in ReportKind}
REJOIN_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    channel_id: int
    item: StatusItem
    source: str = "webhook"


@dataclass(frozen=True, slots=True)
class _Event:
    """A stored report that nobody has looked at yet."""

    id: int
    channel_id: int
    wamid: str
    status: str
    at: datetime
    errors: list[dict[str, Any]] | None
    pricing: dict[str, Any] | None
    echo: str | None
    source: str


# Of message_events as e, in the order of _Event.
COLUMNS = "e.id, e.channel_id, e.whatsapp_message_id, e.status, e.at, e.errors, e.pricing, e.echo, e.source"

Attempt = tuple[int, int]  # (message id, attempt)


def echo_of(installation_id: str, message_id: int, attempt: int) -> str:
    return f"hilo:{installation_id}:{message_id}:{attempt}"


def parse_echo(echo: str | None, installation_id: str) -> Attempt | None:
    """The attempt that an echo names, if it is of this installation."""
    parts = (echo or "").split(":")
    if len(parts) != 4 or parts[0] != "hilo" or parts[1] != installation_id:
        return None
    if not (parts[2].isdecimal() and parts[3].isdecimal() and len(parts[2]) <= 18 and len(parts[3]) <= 9):
        return None
    return int(parts[2]), int(parts[3])


def apply(session: Session, arrived: Sequence[Arrived], *, installation_id: str, now: datetime) -> None:
    """Keep reports, and let those that are new speak."""
    events = _store(session, arrived)
    if events:
        _join(session, events, installation_id=installation_id, now=now)


def lock_wamids(session: Session, wamids: Sequence[str]) -> None:
    """Until commit, nobody else looks for these wamids. Sorted, so that two lockers cannot deadlock."""
    session.execute(
        text("""
            SELECT pg_advisory_xact_lock(key) FROM (
                SELECT DISTINCT hashtextextended(wamid, 0) AS key FROM unnest(CAST(:wamids AS text[])) AS wamid
                ORDER BY key) AS keys
        """),
        {"wamids": list(wamids)},
    )


def join_waiting(session: Session, channel_id: int, attempts: Mapping[str, Attempt], *, now: datetime) -> None:
    """Let reports speak that came before the answers which tell whose these wamids are. Lock the wamids first."""
    rows = session.execute(
        text(f"""
            SELECT {COLUMNS} FROM message_events e
            WHERE e.channel_id = :channel_id AND e.whatsapp_message_id = ANY(:wamids) AND e.message_id IS NULL
        """),  # noqa: S608 - ours
        {"channel_id": channel_id, "wamids": list(attempts)},
    )
    events = [_Event(*row) for row in rows]
    _speak(session, events, {event.id: attempts[event.wamid] for event in events}, now=now)


def rejoin(session: Session, *, installation_id: str, now: datetime) -> int:
    """Look again for the messages of reports that still wait; returns how many were looked at."""
    rows = session.execute(
        text(f"""
            SELECT {COLUMNS} FROM message_events e
            WHERE e.message_id IS NULL AND e.received_at > clock_timestamp() - interval '7 days'
              AND (EXISTS (SELECT FROM send_attempts a WHERE a.wamid = e.whatsapp_message_id) OR e.echo LIKE :ours)
            ORDER BY e.id LIMIT :limit
        """),  # noqa: S608 - ours
        {"ours": f"hilo:{installation_id}:%", "limit": REJOIN_BATCH},
    )
    events = [_Event(*row) for row in rows]
    if events:
        _join(session, events, installation_id=installation_id, now=now)
    return len(events)


def _store(session: Session, arrived: Sequence[Arrived]) -> list[_Event]:
    """Keep one report of each moment, the fullest that came; returns those that no message has heard yet."""
    if not arrived:
        return []
    rows = [
        {
            "channel_id": one.channel_id,
            "wamid": one.item.wamid,
            "status": one.item.status,
            "at": one.item.at,
            "participant": one.item.participant,
            "errors": one.item.errors,
            "pricing": one.item.pricing,
            "echo": one.item.echo,
            "source": one.source,
            "report": one.item.report,
        }
        for one in arrived
    ]
    found = session.execute(
        text(f"""
            INSERT INTO message_events AS e (channel_id, whatsapp_message_id, status, at, participant, errors, pricing,
                echo, source, report)
            SELECT DISTINCT ON (channel_id, wamid, status, at, participant)
                channel_id, wamid, status, at, participant, errors, pricing, echo, source, report
            FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS v (
                channel_id bigint, wamid text, status text, at timestamptz, participant text, errors jsonb,
                pricing jsonb, echo text, source text, report jsonb)
            ORDER BY channel_id, wamid, status, at, participant,
                length(report::text) DESC, report::text COLLATE "C" DESC
            ON CONFLICT (channel_id, whatsapp_message_id, status, at, participant) DO UPDATE SET
                errors = EXCLUDED.errors, pricing = EXCLUDED.pricing, echo = EXCLUDED.echo, source = EXCLUDED.source,
                report = EXCLUDED.report
            WHERE (length(EXCLUDED.report::text), EXCLUDED.report::text COLLATE "C")
                > (length(e.report::text), e.report::text COLLATE "C")
            RETURNING {COLUMNS}, e.message_id IS NULL
        """),  # noqa: S608 - ours
        {"rows": orjson.dumps(rows).decode()},
    )
    return [_Event(*row) for *row, is_unheard in found if is_unheard]


def _join(session: Session, events: Sequence[_Event], *, installation_id: str, now: datetime) -> None:
    matched = _by_echo(session, events, installation_id) | _by_wamid(session, events)
    lost = [event for event in events if event.id not in matched]
    if lost:
        lock_wamids(session, [event.wamid for event in lost])
        matched |= _by_wamid(session, lost)
    _speak(session, [event for event in events if event.id in matched], matched, now=now)


def _speak(session: Session, ours: Sequence[_Event], matched: Mapping[int, Attempt], *, now: datetime) -> None:
    """Give reports their message, and do what they lead to."""
    if not ours:
        return
    session.execute(
        text("""
            UPDATE message_events e SET message_id = v.message_id, attempt = v.attempt
            FROM unnest(CAST(:ids AS bigint[]), CAST(:messages AS bigint[]), CAST(:attempts AS int[]))
                 AS v (id, message_id, attempt) WHERE e.id = v.id
        """),
        {
            "ids": [event.id for event in ours],
            "messages": [matched[event.id][0] for event in ours],
            "attempts": [matched[event.id][1] for event in ours],
        },
    )
    of_attempt: defaultdict[tuple[Attempt, str], list[_Event]] = defaultdict(list)
    for event in ours:
        of_attempt[(matched[event.id], event.wamid)].append(event)
    proofs = [
        Proof(
            message_id=message_id,
            attempt=attempt,
            wamid=wamid,
            by="history" if all(event.source == "history" for event in of) else "report",
            reports=tuple(_reports(of)),
            price=next((event.pricing for event in of if event.pricing), None),
        )
        for ((message_id, attempt), wamid), of in of_attempt.items()
    ]
    accept(session, proofs, now=now)
    _follow_failures(session, [(matched[event.id][0], event) for event in ours if event.status == "failed"], now=now)


def _by_echo(session: Session, events: Sequence[_Event], installation_id: str) -> dict[int, Attempt]:
    """An echo counts only for an attempt that we made on the channel that reports it."""
    named = {event.id: attempt for event in events if (attempt := parse_echo(event.echo, installation_id))}
    if not named:
        return {}
    made = session.execute(
        text("""
            SELECT a.message_id, a.attempt, a.channel_id FROM send_attempts a
            JOIN unnest(CAST(:messages AS bigint[]), CAST(:attempts AS int[])) AS v (message_id, attempt)
              ON a.message_id = v.message_id AND a.attempt = v.attempt
        """),
        {"messages": [attempt[0] for attempt in named.values()], "attempts": [a[1] for a in named.values()]},
    )
    channels = {(message_id, attempt): channel_id for message_id, attempt, channel_id in made}
    of = {event.id: event.channel_id for event in events}
    return {id: attempt for id, attempt in named.items() if channels.get(attempt) == of[id]}


def _by_wamid(session: Session, events: Sequence[_Event]) -> dict[int, Attempt]:
    made = session.execute(
        text("SELECT wamid, channel_id, message_id, attempt FROM send_attempts WHERE wamid = ANY(:wamids)"),
        {"wamids": [event.wamid for event in events]},
    )
    attempts = {(wamid, channel_id): (message_id, attempt) for wamid, channel_id, message_id, attempt in made}
    return {e.id: attempts[(e.wamid, e.channel_id)] for e in events if (e.wamid, e.channel_id) in attempts}


def _reports(events: Sequence[_Event]) -> list[Report]:
    return [
        Report(kind=ReportKind(event.status), at=event.at, error_code=_code(event), error_message=_title(event))
        for event in events
        if event.status in KINDS
    ]


def _code(event: _Event) -> int | None:
    code = event.errors[0].get("code") if event.errors else None
    return code if isinstance(code, int) and abs(code) < 2**31 else None


def _title(event: _Event) -> str | None:
    title = event.errors[0].get("title") if event.errors else None
    return title if isinstance(title, str) else None


def _follow_failures(session: Session, failures: Sequence[tuple[int, _Event]], *, now: datetime) -> None:
    """What a reported failure leads to besides the status: another try later, a halt, a line in the ledger."""
    if not failures:
        return
    rows = session.execute(
        text(f"""
            SELECT m.id, m.status, m.dispatch, m.delivery, {IS_TAKEN}, (
                SELECT array_agg((e.errors -> 0 ->> 'code')::numeric::bigint ORDER BY e.at) FROM message_events e
                WHERE e.message_id = m.id AND e.status = 'failed' AND jsonb_typeof(e.errors -> 0 -> 'code') = 'number')
            FROM messages m WHERE m.id = ANY(:ids)
        """),  # noqa: S608 - ours
        {"ids": [message_id for message_id, _ in failures]},
    )
    standing = {row[0]: row[1:] for row in rows}
    moves: dict[int, Move] = {}
    for message_id, event in failures:
        code = _code(event)
        status, dispatch, delivery, is_taken, codes = standing[message_id]
        if code == consents.OPT_OUT_CODE:
            consents.record_opt_out_code(session, message_id, now=now)
        if code is not None and scope_halted(code) is Scope.CHANNEL:
            breakers.halt_channel(session, event.channel_id, reason="reported", code=code, now=now)
        again = retry.after_report(
            code,
            attempt=retry.attempt_of(codes or []),
            policy=Delivery(delivery),
            is_delivered=status in (Status.DELIVERED, Status.READ),
        )
        if again is not None and dispatch == Dispatch.DONE and not is_taken:
            due_at = now + timedelta(seconds=again.after_seconds)
            moves[message_id] = Move(message_id=message_id, dispatch=Dispatch.QUEUED, due_at=due_at)
            after_commit(session, "messages.send", channel_id=event.channel_id)
    move(session, list(moves.values()))
