"""Let the automations decide on what just arrived, once per item, in the transaction that stored it; and on contacts
that no message made."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.domain.automation import Definition
from app.domain.engine import Enrol, Refuse, decide
from app.domain.facts import ContactCreated, Fact, MessageReceived, Person, Source
from app.services import book, entries
from app.services.book import Workspace
from app.services.entries import Entered
from app.whatsapp.inbound import MessageItem


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """An inbound message that was stored for the first time, where it ended up."""

    item: MessageItem
    contact_id: int
    conversation_id: UUID
    channel_id: int
    is_new_contact: bool


# What WhatsApp says about a person, and what only touches an earlier message, starts no automation.
SILENT_KINDS = {"system", "edit", "revoke", "reaction"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What happened to one contact at once, and the thread in which an answer goes out, where there is one."""

    facts: Sequence[Fact]
    contact_id: int
    conversation_id: UUID | None = None
    channel_id: int | None = None
    trace: str | None


def decide_all(session: Session, items: Sequence[NewItem], workspace: Workspace, *, now: datetime) -> None:
    """In order of (Meta's time, wamid); what one item starts is known to the next of the same person."""
    in_order = sorted(items, key=lambda item: (item.item.at, item.item.wamid))
    asked = [
        _Asked(
            facts=_facts(item),
            contact_id=item.contact_id,
            conversation_id=item.conversation_id,
            channel_id=item.channel_id,
            trace=item.item.trace,
        )
        for item in in_order
    ]
    _decide(session, asked, workspace, now=now)


def decide_created(session: Session, contact_id: int, *, source: Source, trace: str | None, now: datetime) -> None:
    """Of a contact whom somebody added, and who has written to nobody yet."""
    fact = ContactCreated(key=f"contact:{contact_id}", at=now, contact_id=contact_id, source=source)
    asked = _Asked(facts=[fact], contact_id=contact_id, trace=trace)
    _decide(session, [asked], book.workspace(session), now=now)


def started_by(session: Session, source: Source, *, now: datetime) -> list[Definition]:
    """The automations that a contact from there may start, first those of the highest priority."""
    fact = ContactCreated(key="", at=now, contact_id=0, source=source)
    return [definition for definition, _ in book.workspace(session).book.candidates([fact])]


def _decide(session: Session, items: Sequence[_Asked], workspace: Workspace, *, now: datetime) -> None:
    # Most messages start nothing: only of those that may is it worth reading who wrote them.
    asked = [item for item in items if workspace.book.candidates(item.facts)]
    if not asked:
        return
    people = book.people(session, {item.contact_id for item in asked}, workspace.book)
    entered: list[Entered] = []
    refused: list[Refuse] = []
    for item in asked:
        person = people[item.contact_id]
        if item.conversation_id is None:
            person = replace(person, has_conversation=False)
        for decision in decide(item.facts, workspace.book, person, now=now, zone=workspace.zone):
            if isinstance(decision, Refuse):
                refused.append(decision)
                continue
            if workspace.is_paused:
                refused.append(_paused(decision))
                continue
            entered.append(
                Entered(
                    enrol=decision,
                    contact_id=item.contact_id,
                    conversation_id=item.conversation_id,
                    channel_id=item.channel_id,
                    trace=item.trace,
                )
            )
            person = people[item.contact_id] = _after(person, decision)
    refused += entries.start(session, entered, now=now)
    entries.refuse(session, refused, now=now)


def _facts(new: NewItem) -> list[Fact]:
    item = new.item
    facts: list[Fact] = []
    if new.is_new_contact:
        facts.append(ContactCreated(key=item.wamid, at=item.at, contact_id=new.contact_id, channel_id=new.channel_id))
    if item.type not in SILENT_KINDS:
        facts.append(
            MessageReceived(
                key=item.wamid,
                at=item.at,
                contact_id=new.contact_id,
                channel_id=new.channel_id,
                conversation_id=new.conversation_id,
                type=item.type,
                text=item.text,
                payload=item.payload,
                context_id=item.context_id,
            )
        )
    return facts


def _paused(enrol: Enrol) -> Refuse:
    """Not put off until later: an answer to yesterday's question would only confuse."""
    return Refuse(automation_id=enrol.definition.automation_id, fact=enrol.fact, reason="paused")


def _after(person: Person, enrol: Enrol) -> Person:
    automation_id, key = enrol.definition.automation_id, frozenset({enrol.entry_key})
    entered = {**person.entries, automation_id: person.entries.get(automation_id, frozenset()) | key}
    if enrol.run.state == "done":
        return replace(person, entries=entered)
    active = {**person.active, automation_id: person.active.get(automation_id, frozenset()) | key}
    return replace(person, entries=entered, active=active)
