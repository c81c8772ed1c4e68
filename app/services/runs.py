"""Runs under way: a moment that came, what became of an effect, or an order to stop takes each on from where it stands.

Everything is written in the transaction of what caused it, keyed so that doing it again changes nothing.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import orjson
from sqlalchemy.orm import Session

from app.database import fetch, fetch_values
from app.domain.effects import AddToGroup, Effect, Finish, SendMessage, StopRuns, UpdateContact
from app.domain.engine import EffectSettled, PutOff, Run, RunEvent, TimerDue, advance
from app.domain.evidence import Dispatch, Status
from app.domain.facts import Person
from app.domain.runs import EffectResult, Stopped
from app.services import book
from app.services.effects import Live, carry_out
from app.services.messages import Moved
from app.services.places import places_of

# A gate's word for "this was not to be sent"; other reasons are failures.
SKIP_REASONS = {
    "automation_inactive",
    "channel_unclaimed",
    "contact_inactive",
    "daily_stop",
    "expired",
    "opted_out",
    "window_closed",
}
WAKE_BATCH = 500


def settle(session: Session, moved: Sequence[Moved], *, now: datetime) -> None:
    """Tell runs what became of their sends, once dispatching them is over."""
    events: defaultdict[int, list[RunEvent]] = defaultdict(list)
    for message in moved:
        is_over = message.dispatch == Dispatch.DONE and message.was != Dispatch.DONE
        if is_over and message.run_id is not None and message.node is not None:
            result, reason = _result(message)
            events[message.run_id].append(
                EffectSettled(
                    node=message.node, visit=message.visit or 1, result=result, reason=reason, wamid=message.wamid
                )
            )
    if events:
        _advance(session, _lock(session, list(events)), events, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of one row of `effects`."""

    run_id: int
    node: str
    visit: int
    result: EffectResult
    reason: str | None = None


def settle_effects(session: Session, settled: Sequence[Settled], *, now: datetime) -> None:
    """Tell runs what became of their e-mails, and of the automations that they started."""
    events: defaultdict[int, list[RunEvent]] = defaultdict(list)
    for one in settled:
        events[one.run_id].append(EffectSettled(node=one.node, visit=one.visit, result=one.result, reason=one.reason))
    if events:
        _advance(session, _lock(session, list(events)), events, now=now)


def wake(session: Session, *, now: datetime) -> int:
    """Go on with runs whose time has come; returns how many, at most a batch, and none while everything is paused."""
    due = fetch(
        session,
        """
            SELECT id, contact_id FROM automation_runs
            WHERE wake_at <= :now AND NOT (SELECT is_paused FROM settings WHERE id = 1)
            ORDER BY wake_at LIMIT :limit
        """,
        {"now": now, "limit": WAKE_BATCH},
    )
    if not due:
        return 0
    # People first, as everyone locks; whoever is busy elsewhere is woken by the next look.
    free = fetch_values(
        session,
        "SELECT id FROM contacts WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED",
        {"ids": [contact_id for _, contact_id in due]},
    )
    ids = fetch_values(
        session,
        """
            UPDATE automation_runs SET wake_seq = wake_seq + 1
            WHERE id IN (SELECT id FROM automation_runs
                         WHERE id = ANY(:ids) AND contact_id = ANY(:free) AND wake_at <= :now
                         ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)
            RETURNING id
        """,
        {"ids": [id for id, _ in due], "free": free, "now": now},
    )
    _advance(session, _lock(session, ids), {id: [TimerDue()] for id in ids}, now=now)
    return len(ids)


def put_off(session: Session, until: Mapping[int, datetime], *, now: datetime) -> None:
    """Begin these runs at another moment, where they have not begun; their people are locked."""
    if until:
        _advance(session, _lock(session, list(until)), {id: [PutOff(moment)] for id, moment in until.items()}, now=now)


def stop(session: Session, order: StopRuns, *, contact_id: int, now: datetime) -> None:
    """End a person's runs of an automation because a new one takes over; what they have queued is still sent."""
    ids = fetch_values(
        session,
        """
            SELECT id FROM automation_runs
            WHERE automation_id = :automation_id AND contact_id = :contact_id AND entry_key = ANY(:keys)
              AND ended_at IS NULL ORDER BY id
        """,
        {"automation_id": order.automation_id, "contact_id": contact_id, "keys": list(order.entry_keys)},
    )
    _advance(session, _lock(session, ids), {id: [Stopped(reason=order.reason)] for id in ids}, now=now)


def _result(message: Moved) -> tuple[EffectResult, str | None]:
    # What Meta reports of an accepted message later, or sooner than its answer, is no result of the sending.
    if message.status != Status.FAILED or message.accepted_at is not None:
        return "accepted", None
    return ("skipped" if message.error_message in SKIP_REASONS else "failed"), message.error_message


def _lock(session: Session, run_ids: Sequence[int]) -> list[Live]:
    rows = fetch(
        session,
        """
            SELECT id, vars, contact_id, conversation_id, channel_id, event, event_key, entry_key, started_at, trace
            FROM automation_runs WHERE id = ANY(:ids) AND ended_at IS NULL ORDER BY id FOR NO KEY UPDATE
        """,
        {"ids": list(run_ids)},
    )
    return [
        Live(
            id=id,
            run=Run.from_json(vars),
            contact_id=contact_id,
            conversation_id=conversation_id,
            channel_id=channel_id,
            event=event,
            event_key=event_key,
            entry_key=entry_key,
            started_at=started_at,
            trace=trace,
        )
        for id, vars, contact_id, conversation_id, channel_id, event, event_key, entry_key, started_at, trace in rows
    ]


def _advance(
    session: Session, lives: Sequence[Live], events: Mapping[int, Sequence[RunEvent]], *, now: datetime
) -> None:
    if not lives:
        return
    definitions = book.definitions(session, {live.run.version_id for live in lives if live.run.version_id})
    people = book.people(session, {live.contact_id for live in lives})
    lives = _placed(session, lives)
    changed: list[tuple[Live, tuple[Effect, ...], str]] = []
    no_effects: tuple[Effect, ...] = ()
    for live in lives:
        definition = definitions.get(live.run.version_id or 0)
        person = people.get(live.contact_id) or Person(id=live.contact_id)
        if live.conversation_id is None:
            person = replace(person, has_conversation=False)
        if definition is None:
            changed.append(_broken(live))
            continue
        run, effects = live.run, no_effects
        for event in events[live.id]:
            run, more = advance(run, event, definition, person, now=now)
            effects += more
        if effects:
            told = replace(live, run=run, version=definition.version)
            changed.append((told, effects, definition.settings.delivery))
    _save(session, [live for live, _, _ in changed], now=now)
    _lock_writers(session, changed)
    carry_out(session, changed, now=now)


def _placed(session: Session, lives: Sequence[Live]) -> list[Live]:
    """Whoever had written to nobody when it began may have done so since: it goes on in their conversation."""
    places = places_of(session, {live.contact_id for live in lives if live.conversation_id is None})
    found = [live for live in lives if live.conversation_id is None and live.contact_id in places]
    if not found:
        return list(lives)
    fetch(
        session,
        """
            UPDATE automation_runs r SET conversation_id = v.conversation_id, channel_id = v.channel_id
            FROM unnest(CAST(:ids AS bigint[]), CAST(:conversations AS uuid[]), CAST(:channels AS bigint[]))
                 AS v (id, conversation_id, channel_id)
            WHERE r.id = v.id
        """,
        {
            "ids": [live.id for live in found],
            "conversations": [places[live.contact_id].conversation_id for live in found],
            "channels": [places[live.contact_id].channel_id for live in found],
        },
    )
    at = {live.id: places[live.contact_id] for live in found}
    return [
        replace(live, conversation_id=at[live.id].conversation_id, channel_id=at[live.id].channel_id)
        if live.id in at
        else live
        for live in lives
    ]


def _broken(live: Live) -> tuple[Live, tuple[Effect, ...], str]:
    """The end of a run whose version nobody can read any more: visible, rather than looked at every second."""
    end = Finish(status="failed", outcome="unreadable", error="definition_unreadable", path=live.run.path)
    return replace(live, run=replace(live.run, state="done", cursor=None, wake_at=None)), (end,), ""


def _lock_writers(session: Session, changed: Sequence[tuple[Live, tuple[Effect, ...], str]]) -> None:
    """Hold the people of whom something is about to be written: a merge under way would take it away with them.

    This may come after locks on messages; where that meets the usual order, one of the two is done again.
    """
    written = SendMessage | UpdateContact | AddToGroup
    ids = {live.contact_id for live, effects, _ in changed if any(isinstance(e, written) for e in effects)}
    if ids:
        fetch(
            session, "SELECT id FROM contacts WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE", {"ids": sorted(ids)}
        )


def _save(session: Session, lives: Sequence[Live], *, now: datetime) -> None:
    rows = [
        {
            "id": live.id,
            "cursor": live.run.cursor,
            "state": live.run.state,
            "wake_at": live.run.wake_at,
            "vars": live.run.to_json(),
            "ended_at": now if live.run.state == "done" else None,
        }
        for live in lives
    ]
    fetch(
        session,
        """
            UPDATE automation_runs r SET cursor = v.cursor, state = v.state, wake_at = v.wake_at, vars = v.vars,
                ended_at = v.ended_at, wake_seq = r.wake_seq + 1
            FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS v (
                id bigint, cursor text, state text, wake_at timestamptz, vars jsonb, ended_at timestamptz)
            WHERE r.id = v.id
        """,
        {"rows": orjson.dumps(rows).decode()},
    )
