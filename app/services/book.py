"""What a decision needs to know besides the item: the active automations, the workspace, the people.

The automations are compiled once and kept until their epoch moves; every batch reads the epoch in its own transaction,
so a change counts from the next batch on, in every process.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.database import fetch
from app.domain import automation as rules
from app.domain.automation import Definition, DefinitionError
from app.domain.birthdays import is_year_unknown
from app.domain.book import Book
from app.domain.facts import Person
from app.models import Automation, AutomationVersion
from app.services.versions import publish_missing

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    epoch: int
    zone: ZoneInfo
    is_paused: bool
    installation_id: str
    opt_out_words: frozenset[str]
    opt_in_words: frozenset[str]
    book: Book


_loaded: dict[str, Workspace] = {}  # by database, which in production is one
# By what a version says, besides its id: versions never change, but a backup may be put in the place of all of them.
_definitions: dict[tuple[int, str, str, int], Definition] = {}


def workspace(session: Session) -> Workspace:
    row = session.execute(text("SELECT automations_epoch, installation_id FROM settings WHERE id = 1")).one()
    held = _loaded.get(str(row.installation_id))
    if held is not None and held.epoch == row.automations_epoch:
        return held
    publish_missing(session)
    # Read again: publishing raises the epoch, and so may others while we load.
    settings = session.execute(text("SELECT * FROM settings WHERE id = 1")).one()
    loaded = Workspace(
        epoch=settings.automations_epoch,
        zone=ZoneInfo(settings.time_zone),
        is_paused=settings.is_paused,
        installation_id=str(settings.installation_id),
        opt_out_words=frozenset(settings.opt_out_words),
        opt_in_words=frozenset(settings.opt_in_words),
        book=Book(_running(session)),
    )
    _loaded[loaded.installation_id] = loaded
    return loaded


def _running(session: Session) -> list[Definition]:
    rows = session.execute(
        select(Automation, AutomationVersion)
        .join(AutomationVersion, AutomationVersion.id == Automation.published_version_id)
        .where(Automation.is_active, AutomationVersion.is_killed.is_(False))
        .execution_options(populate_existing=True)
    )
    return [definition for automation, version in rows if (definition := _compiled(automation, version))]


def definitions(session: Session, version_ids: Collection[int]) -> dict[int, Definition]:
    """The definitions of versions that runs are under way in, whether or not their automation is still active."""
    called = """
        SELECT v.id, v.checksum, a.name, a.priority
        FROM automation_versions v JOIN automations a ON a.id = v.automation_id WHERE v.id = ANY(:ids)
    """
    keys = [tuple(row) for row in fetch(session, called, {"ids": list(version_ids)})]
    known = {key[0]: _definitions[key] for key in keys if key in _definitions}
    if len(known) == len(keys):
        return known
    rows = session.execute(
        select(Automation, AutomationVersion)
        .join(AutomationVersion, AutomationVersion.automation_id == Automation.id)
        .where(AutomationVersion.id.in_(set(version_ids) - set(known)))
    )
    found = [(version.id, _compiled(automation, version)) for automation, version in rows]
    return known | {version_id: definition for version_id, definition in found if definition is not None}


def _compiled(automation: Automation, version: AutomationVersion) -> Definition | None:
    key = (version.id, version.checksum, automation.name, automation.priority)
    if key not in _definitions:
        try:
            _definitions[key] = rules.parse(
                automation_id=automation.id,
                version_id=version.id,
                name=automation.name,
                priority=automation.priority,
                trigger_type=version.trigger_type,
                trigger_conditions=version.trigger_conditions,
                action_type=version.action_type,
                action_payload=version.action_payload,
                schedule_config=version.schedule_config,
                version=version.number,
            )
        except DefinitionError as error:
            # Written by plain SQL, past every check: it starts nothing, and the rest goes on.
            log.warning("automation_unreadable", automation_id=automation.id, problems=len(error.problems))
            return None
    return _definitions[key]


def people(session: Session, contact_ids: Collection[int], book: Book | None = None) -> dict[int, Person]:
    """Snapshots of contacts; with a book, also the entries that its automations remember and the runs under way."""
    rows = session.execute(
        text("""
            SELECT id, COALESCE(name, profile_name) AS name, given_name, phone, email, birthday, tags, language,
                   time_zone, is_active, metadata, created_at, last_contacted
            FROM contacts WHERE id = ANY(:ids)
        """),
        {"ids": list(contact_ids)},
    ).all()
    entries, active = _entries(session, contact_ids, book) if book is not None and book.definitions else ({}, {})
    return {
        row.id: Person(
            id=row.id,
            name=row.name,
            first_name=row.given_name,
            phone=row.phone,
            email=row.email,
            birthday=row.birthday,
            birthday_year_known=row.birthday is None or not is_year_unknown(row.birthday),
            tags=tuple(row.tags),
            language=row.language,
            time_zone=row.time_zone,
            is_active=row.is_active,
            custom={key: value for key, value in row.metadata.items() if not isinstance(value, dict | list)},
            created_at=row.created_at,
            last_contacted=row.last_contacted,
            entries=entries.get(row.id, {}),
            active=active.get(row.id, {}),
        )
        for row in rows
    }


Keys = dict[int, dict[int, frozenset[str]]]


def _entries(session: Session, contact_ids: Collection[int], book: Book) -> tuple[Keys, Keys]:
    rows = session.execute(
        text("""
            SELECT contact_id, automation_id, entry_key, ended_at IS NULL FROM automation_runs
            WHERE contact_id = ANY(:ids) AND (ended_at IS NULL OR automation_id = ANY(:remembered))
        """),
        {"ids": list(contact_ids), "remembered": list(book.remembers)},
    )
    entries: defaultdict[int, defaultdict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    active: defaultdict[int, defaultdict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for contact_id, automation_id, key, is_active in rows:
        entries[contact_id][automation_id].add(key)
        if is_active:
            active[contact_id][automation_id].add(key)
    return _frozen(entries), _frozen(active)


def _frozen(keys: defaultdict[int, defaultdict[int, set[str]]]) -> Keys:
    return {contact: {automation: frozenset(of) for automation, of in inner.items()} for contact, inner in keys.items()}
