"""Which automations an inbound item starts, and how their runs go on: `decide` and `advance`; and `start` for one that
the clock, a person or another automation starts.

Preview, tests, dry run, replay and production call these and nothing else. All are functions of their
arguments alone: the same item gives the same decisions, whatever the order in which automations are passed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from app.domain.automation import Definition
from app.domain.book import Book
from app.domain.conditions import evaluate
from app.domain.effects import Effect, StopRuns
from app.domain.entry import Entry, Policy, WhenActive, default_entry
from app.domain.facts import Fact, Occurred, Person
from app.domain.fields import Context
from app.domain.runs import (
    EffectMemo,
    EffectSettled,
    PutOff,
    Run,
    RunEvent,
    Started,
    Stopped,
    TimerDue,
    idempotency_key,
)
from app.domain.walk import advance, new_run

__all__ = [
    "Book",
    "Decision",
    "EffectMemo",
    "EffectSettled",
    "Enrol",
    "PutOff",
    "Refuse",
    "RefuseReason",
    "Run",
    "RunEvent",
    "Started",
    "Stopped",
    "TimerDue",
    "advance",
    "decide",
    "idempotency_key",
    "start",
]

RefuseReason: TypeAlias = Literal[
    "lower_priority",
    "already_entered",
    "already_active",
    "no_key",
    "paused",
    "conditions",
    "contact_inactive",
    "missed",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrol:
    """Start a run: `run` has already taken its first steps, and `effects` are theirs. Runs that are parallel may stand
    side by side in one person."""

    definition: Definition
    fact: Fact
    entry_key: str
    is_parallel: bool
    run: Run
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """A real match that was not let in. What does not match is nobody's refusal, unless somebody named the contact."""

    automation_id: int
    fact: Fact
    reason: RefuseReason


Decision: TypeAlias = Enrol | Refuse


def decide(
    facts: Sequence[Fact],
    automations: Sequence[Definition] | Book,
    person: Person,
    *,
    now: datetime,
    zone: ZoneInfo,
) -> list[Decision]:
    """What one inbound item starts. All `facts` are of that item; a book makes many automations cheap.

    An automation starts at most once for an item. In an `exclusive_group` the first match that is let in, by priority
    and then id, takes the group. A match refused as `already_active` takes it too, for its run is
    still answering; one refused as `already_entered` leaves it to the next.
    """
    book = automations if isinstance(automations, Book) else Book(automations)
    contexts = {id(fact): Context(person=person, fact=fact, now=now, zone=zone) for fact in facts}
    taken: set[str] = set()
    decisions: list[Decision] = []
    for definition, starts in book.candidates(facts):
        trigger = definition.trigger
        matched = [
            (contexts[id(fact)], fact, event.entry)
            for fact, event in starts
            if evaluate(trigger.where, contexts[id(fact)]) is True
        ]
        if not matched:
            continue
        group = trigger.exclusive_group
        decision: Decision
        if group is not None and group in taken:
            decision = Refuse(automation_id=definition.automation_id, fact=matched[0][1], reason="lower_priority")
        else:
            decision = _enter(definition, matched, person, now)
        decisions.append(decision)
        if group is not None and (isinstance(decision, Enrol) or decision.reason == "already_active"):
            taken.add(group)
    return decisions


def start(
    definition: Definition,
    fact: Occurred,
    person: Person,
    *,
    lineage: tuple[int, ...] = (),
    by: str | None = None,
    not_before: datetime | None = None,
    now: datetime,
    zone: ZoneInfo,
) -> Decision:
    """Let one person into one automation. Its conditions count, whoever starts it; where its trigger does not know the
    event, whoever starts it may do so again and again."""
    refusal: RefuseReason | None = None
    if not person.is_active:
        refusal = "contact_inactive"
    context = Context(person=person, fact=fact, now=now, zone=zone)
    if refusal is None and evaluate(definition.trigger.where, context) is not True:
        refusal = "conditions"
    if refusal is not None:
        return Refuse(automation_id=definition.automation_id, fact=fact, reason=refusal)
    known = (event.entry for event in definition.trigger.events if event.kind == fact.event)
    entry = next(known, default_entry(Policy.ALWAYS))
    run = new_run(definition, lineage=lineage, by=by)
    return _enter(definition, [(context, fact, entry)], person, now, run=run, not_before=not_before)


def _enter(
    definition: Definition,
    matched: Sequence[tuple[Context, Fact, Entry]],
    person: Person,
    now: datetime,
    *,
    run: Run | None = None,
    not_before: datetime | None = None,
) -> Decision:
    """The entry by the first fact that may enter, else the refusal of the first."""
    refusal: Refuse | None = None
    for context, fact, entry in matched:
        key, reason = _admit(definition.automation_id, fact, entry, context)
        if key is None or reason is not None:
            refusal = refusal or Refuse(automation_id=definition.automation_id, fact=fact, reason=reason or "no_key")
            continue
        first = run or new_run(definition)
        entered, effects = advance(first, Started(not_before), definition, person, now=now)
        active = person.active.get(definition.automation_id)
        if active and entry.when_active is WhenActive.RESTART:
            stop = StopRuns(
                automation_id=definition.automation_id, entry_keys=tuple(sorted(active)), reason="restarted"
            )
            effects = (stop, *effects)
        return Enrol(
            definition=definition,
            fact=fact,
            entry_key=key,
            is_parallel=entry.when_active is WhenActive.PARALLEL,
            run=entered,
            effects=effects,
        )
    if refusal is None:
        raise ValueError("nothing matched")
    return refusal


def _admit(automation_id: int, fact: Fact, entry: Entry, context: Context) -> tuple[str | None, RefuseReason | None]:
    """The entry key, and why the person may not enter with it (`None`: they may)."""
    key = entry.key_for(fact, context)
    if key is None:
        return None, "no_key"
    active = context.person.active.get(automation_id, frozenset())
    if key in active or key in context.person.entries.get(automation_id, ()):
        return key, "already_entered"
    if active and entry.when_active is WhenActive.SKIP:
        return key, "already_active"
    return key, None
