"""Let people into one automation, in a set: for the clock, for a person who runs it, for another automation.

Everything is written in the caller's transaction. A contact and an occurrence meet once: the key of the run sees to it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.automation import Definition
from app.domain.engine import Refuse, RefuseReason, start
from app.domain.facts import Occurred
from app.domain.schedule import spread
from app.domain.triggers import CLOCK
from app.services import book, entries
from app.services.book import Workspace
from app.services.entries import Entered
from app.services.places import places_of

# Nobody named these contacts, so that one whom it does not fit, or who is in already, is no refusal to be told of.
_UNTOLD: frozenset[RefuseReason] = frozenset({"conditions", "contact_inactive", "already_entered"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One contact, and the occurrence that it would enter for; where it is too late, it is told of as missed."""

    contact_id: int
    key: str
    at: datetime
    is_late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    enrolled: frozenset[int]
    refused: Mapping[int, RefuseReason]

    @property
    def reasons(self) -> Counter[str]:
        return Counter(self.refused.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Who starts it, and what led there."""

    event: str
    trace: str
    lineage: tuple[int, ...] = ()
    by: str | None = None


def enrol(
    session: Session,
    definition: Definition,
    wishes: Sequence[Wish],
    workspace: Workspace,
    cause: Cause,
    *,
    now: datetime,
) -> Outcome:
    """At most one wish for each contact; contacts end up locked."""
    if not wishes:
        return Outcome(enrolled=frozenset(), refused={})
    session.execute(
        text("SELECT id FROM contacts WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE"),
        {"ids": sorted(wish.contact_id for wish in wishes)},
    )
    ids = {wish.contact_id for wish in wishes}
    people = book.people(session, ids, workspace.book)
    places = places_of(session, ids)
    entered: list[Entered] = []
    refused: list[Refuse] = []
    for wish in wishes:
        person = people.get(wish.contact_id)
        if person is None:
            continue  # merged away since; whom it went to has a place of its own
        place = places.get(wish.contact_id)
        fact = Occurred(
            event=cause.event,
            key=wish.key,
            at=wish.at,
            contact_id=wish.contact_id,
            channel_id=place.channel_id if place else None,
        )
        decision = start(
            definition,
            fact,
            replace(person, has_conversation=place is not None),
            lineage=cause.lineage,
            by=cause.by,
            not_before=_not_before(definition, wish),
            now=now,
            zone=workspace.zone,
        )
        if isinstance(decision, Refuse):
            refused.append(decision)
            continue
        if wish.is_late:
            refused.append(Refuse(automation_id=definition.automation_id, fact=fact, reason="missed"))
            continue
        entered.append(
            Entered(
                enrol=decision,
                contact_id=wish.contact_id,
                conversation_id=place.conversation_id if place else None,
                channel_id=place.channel_id if place else None,
                trace=cause.trace,
            )
        )
    refused += entries.start(session, entered, now=now)
    is_clock = cause.event in CLOCK
    entries.refuse(session, [one for one in refused if not (is_clock and one.reason in _UNTOLD)], now=now)
    reasons = {one.fact.contact_id: one.reason for one in refused}
    return Outcome(enrolled=frozenset({one.contact_id for one in entered} - reasons.keys()), refused=reasons)


def _not_before(definition: Definition, wish: Wish) -> datetime | None:
    schedule = definition.schedule
    return None if schedule is None else spread(schedule, wish.key, wish.contact_id, at=wish.at)
