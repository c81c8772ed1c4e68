"""Status reports: every one is kept, and each finds its message or waits for it.

A report is ours when it carries our echo (installation, message and attempt) or a wamid that an answer gave us. Other
tools on the same account cause reports too; those stay without a message.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy.orm import Session

from app.database import after_commit, fetch, fetch_values
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
    """A report that nobody has looked at yet."""

    channel_id: int
    wamid: str
    status: str
    at: datetime
    errors: list[dict[str, Any]] | None
    pricing: dict[str, Any] | None
    echo: str | None
    source: str


# Of message_events as e, in the order of _Event.
COLUMNS = "e.channel_id, e.whatsapp_message_id, e.status, e.at, e.errors, e.pricing, e.echo, e.source"

Attempt = tuple[int, int]  # (message id, attempt)


@dataclass(frozen=True, slots=True)
class _Match:
    attempt: Attempt
    is_settled: bool = False  # known to be accepted already


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
    """Keep reports, each moment once and as fully as it came, and let those that are new speak."""
    if not arrived:
        return
    firsts: dict[tuple[int, str, str, datetime, str], Arrived] = {}
    repeats = []
    for one in arrived:
        key = (one.channel_id, one.item.wamid, one.item.status, one.item.at, one.item.participant)
        if firsts.setdefault(key, one) is not one:
            repeats.append(one)
    news = list(firsts.values())
    events = [_event(one) for one in news]
    matches = _match(session, events, installation_id)
    stored = _store(session, news, matches)
    _speak(session, [(events[place], matches[place]) for place in stored if place in matches], now=now)
    repeats += [one for place, one in enumerate(news) if place not in stored]
    _join(session, _keep_fuller(session, repeats), installation_id=installation_id, now=now)


def _event(one: Arrived) -> _Event:
    item = one.item
    return _Event(one.channel_id, item.wamid, item.status, item.at, item.errors, item.pricing, item.echo, one.source)


LOCK_WAMIDS = """
    SELECT pg_advisory_xact_lock(key) FROM (
        SELECT DISTINCT hashtextextended(wamid, 0) AS key FROM unnest(CAST(:wamids AS text[])) AS wamid
        ORDER BY key) AS keys
"""


def lock_wamids(session: Session, wamids: Sequence[str]) -> None:
    """Until commit, nobody else looks for these wamids. Sorted, so that two lockers cannot deadlock."""
    fetch(session, LOCK_WAMIDS, {"wamids": list(wamids)})


WAITING = f"""
    SELECT e.id, {COLUMNS} FROM message_events e
    WHERE e.channel_id = :channel_id AND e.whatsapp_message_id = ANY(:wamids) AND e.message_id IS NULL
"""  # noqa: S608 - ours


def join_waiting(session: Session, channel_id: int, attempts: Mapping[str, Attempt], *, now: datetime) -> None:
    """Let reports speak that came before the answers which tell whose these wamids are. Lock the wamids first."""
    rows = fetch(session, WAITING, {"channel_id": channel_id, "wamids": list(attempts)})
    events = {row[0]: _Event(*row[1:]) for row in rows}
    _claim(session, events, {id: _Match(attempts[event.wamid]) for id, event in events.items()}, now=now)


def rejoin(session: Session, *, installation_id: str, now: datetime) -> int:
    """Look again for the messages of reports that still wait; returns how many were looked at."""
    rows = fetch(
        session,
        f"""
            SELECT e.id, {COLUMNS} FROM message_events e
            WHERE e.message_id IS NULL AND e.received_at > now() - interval '7 days'
              AND (EXISTS (SELECT FROM send_attempts a WHERE a.wamid = e.whatsapp_message_id) OR e.echo LIKE :ours)
            ORDER BY e.id LIMIT :limit
        """,  # noqa: S608 - ours
        {"ours": f"hilo:{installation_id}:%", "limit": REJOIN_BATCH},
    )
    events = {row[0]: _Event(*row[1:]) for row in rows}
    _join(session, events, installation_id=installation_id, now=now)
    return len(events)


VALUES = """
    SELECT channel_id, wamid, status, at, participant, errors, pricing, echo, source, report, message_id, attempt
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS v (
        channel_id bigint, wamid text, status text, at timestamptz, participant text, errors jsonb,
        pricing jsonb, echo text, source text, report jsonb, message_id bigint, attempt int)
"""
INSERT = """
    INSERT INTO message_events AS e (channel_id, whatsapp_message_id, status, at, participant, errors, pricing, echo,
        source, report, message_id, attempt)
"""


def _store(session: Session, arrived: Sequence[Arrived], matches: Mapping[int, _Match]) -> Collection[int]:
    """Write down what was never reported before; returns its places in the list."""
    rows = [_row(one, matches.get(place)) for place, one in enumerate(arrived)]
    ids = fetch_values(
        session, f"{INSERT} {VALUES} ON CONFLICT DO NOTHING RETURNING id", {"rows": orjson.dumps(rows).decode()}
    )
    if len(ids) == len(arrived):
        return range(len(arrived))
    known = fetch(
        session,
        "SELECT channel_id, whatsapp_message_id, status, at, participant FROM message_events WHERE id = ANY(:ids)",
        {"ids": list(ids)},
    )
    new = {tuple(row) for row in known}
    return {
        place
        for place, one in enumerate(arrived)
        if (one.channel_id, one.item.wamid, one.item.status, one.item.at, one.item.participant) in new
    }


def _keep_fuller(session: Session, arrived: Sequence[Arrived]) -> dict[int, _Event]:
    """Let what is stored of these moments give way to a fuller report; returns the changed that wait, by their ids."""
    if not arrived:
        return {}
    found = fetch(
        session,
        f"""
            {INSERT}
            SELECT DISTINCT ON (channel_id, wamid, status, at, participant) * FROM ({VALUES}) AS v
            ORDER BY channel_id, wamid, status, at, participant,
                length(report::text) DESC, report::text COLLATE "C" DESC
            ON CONFLICT (channel_id, whatsapp_message_id, status, at, participant) DO UPDATE SET
                errors = EXCLUDED.errors, pricing = EXCLUDED.pricing, echo = EXCLUDED.echo, source = EXCLUDED.source,
                report = EXCLUDED.report
            WHERE (length(EXCLUDED.report::text), EXCLUDED.report::text COLLATE "C")
                > (length(e.report::text), e.report::text COLLATE "C")
            RETURNING e.message_id IS NULL, e.id, {COLUMNS}
        """,  # noqa: S608 - ours
        {"rows": orjson.dumps([_row(one, None) for one in arrived]).decode()},
    )
    return {row[1]: _Event(*row[2:]) for row in found if row[0]}


def _row(one: Arrived, match: _Match | None) -> dict[str, Any]:
    item = one.item
    message_id, attempt = match.attempt if match else (None, None)
    return {
        "channel_id": one.channel_id,
        "wamid": item.wamid,
        "status": item.status,
        "at": item.at,
        "participant": item.participant,
        "errors": item.errors,
        "pricing": item.pricing,
        "echo": item.echo,
        "source": one.source,
        "report": item.report,
        "message_id": message_id,
        "attempt": attempt,
    }


def _match(session: Session, events: Sequence[_Event], installation_id: str) -> dict[int, _Match]:
    """Whose reports these are, by place in the list. The wamids of those that stay without are locked until commit."""
    matches = _by_echo(session, events, installation_id)
    if len(matches) < len(events):
        matches |= _by_wamid(session, {place: e for place, e in enumerate(events) if place not in matches})
    lost = {place: event for place, event in enumerate(events) if place not in matches}
    if lost:
        lock_wamids(session, [event.wamid for event in lost.values()])
        matches |= _by_wamid(session, lost)
    return matches


def _join(session: Session, events: Mapping[int, _Event], *, installation_id: str, now: datetime) -> None:
    if events:
        found = _match(session, list(events.values()), installation_id)
        _claim(session, events, {id: found[place] for place, id in enumerate(events) if place in found}, now=now)


def _claim(session: Session, events: Mapping[int, _Event], matches: Mapping[int, _Match], *, now: datetime) -> None:
    """Give stored reports their message, and let them speak."""
    if not matches:
        return
    fetch(
        session,
        """
            UPDATE message_events e SET message_id = v.message_id, attempt = v.attempt
            FROM unnest(CAST(:ids AS bigint[]), CAST(:messages AS bigint[]), CAST(:attempts AS int[]))
                 AS v (id, message_id, attempt) WHERE e.id = v.id
        """,
        {
            "ids": list(matches),
            "messages": [match.attempt[0] for match in matches.values()],
            "attempts": [match.attempt[1] for match in matches.values()],
        },
    )
    _speak(session, [(events[id], match) for id, match in matches.items()], now=now)


def _speak(session: Session, ours: Sequence[tuple[_Event, _Match]], *, now: datetime) -> None:
    """Do what reports lead to."""
    of_attempt: defaultdict[tuple[_Match, str], list[_Event]] = defaultdict(list)
    for event, match in ours:
        of_attempt[(match, event.wamid)].append(event)
    proofs = [
        Proof(
            message_id=match.attempt[0],
            attempt=match.attempt[1],
            wamid=wamid,
            by="history" if all(event.source == "history" for event in of) else "report",
            reports=tuple(_reports(of)),
            price=next((event.pricing for event in of if event.pricing), None),
            is_settled=match.is_settled,
        )
        for (match, wamid), of in of_attempt.items()
    ]
    accept(session, proofs, now=now)
    _follow_failures(session, [(match.attempt[0], event) for event, match in ours if event.status == "failed"], now=now)


def _by_echo(session: Session, events: Sequence[_Event], installation_id: str) -> dict[int, _Match]:
    """An echo counts only for an attempt that we made on the channel that reports it."""
    named = {place: attempt for place, e in enumerate(events) if (attempt := parse_echo(e.echo, installation_id))}
    if not named:
        return {}
    rows = fetch(
        session,
        """
            SELECT a.message_id, a.attempt, a.channel_id, a.outcome = 'accepted' FROM send_attempts a
            JOIN unnest(CAST(:messages AS bigint[]), CAST(:attempts AS int[])) AS v (message_id, attempt)
              ON a.message_id = v.message_id AND a.attempt = v.attempt
        """,
        {"messages": [attempt[0] for attempt in named.values()], "attempts": [a[1] for a in named.values()]},
    )
    made = {(row[0], row[1], row[2]): _Match((row[0], row[1]), bool(row[3])) for row in rows}
    keys = {place: (*attempt, events[place].channel_id) for place, attempt in named.items()}
    return {place: made[key] for place, key in keys.items() if key in made}


def _by_wamid(session: Session, events: Mapping[int, _Event]) -> dict[int, _Match]:
    rows = fetch(
        session,
        "SELECT wamid, channel_id, message_id, attempt FROM send_attempts WHERE wamid = ANY(:wamids)",
        {"wamids": [event.wamid for event in events.values()]},
    )
    # Who has the wamid was accepted.
    made = {(row[0], row[1]): _Match((row[2], row[3]), is_settled=True) for row in rows}
    return {
        place: made[(event.wamid, event.channel_id)]
        for place, event in events.items()
        if (event.wamid, event.channel_id) in made
    }


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
    rows = fetch(
        session,
        f"""
            SELECT m.id, m.status, m.dispatch, m.delivery, {IS_TAKEN}, (
                SELECT array_agg((e.errors -> 0 ->> 'code')::numeric::bigint ORDER BY e.at) FROM message_events e
                WHERE e.message_id = m.id AND e.status = 'failed' AND jsonb_typeof(e.errors -> 0 -> 'code') = 'number')
            FROM messages m WHERE m.id = ANY(:ids)
        """,  # noqa: S608 - ours
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
