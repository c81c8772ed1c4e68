"""Automations: what is saved is checked, and tells what else would answer the same."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.core.errors import Conflict as ConflictError
from app.core.errors import Invalid, NotFound
from app.domain import automation as rules
from app.domain.automation import Definition, DefinitionError
from app.domain.chains import circle
from app.domain.overlaps import Conflict, conflicts
from app.domain.problems import join
from app.domain.schedule import is_over
from app.domain.timing import RULES
from app.models import Automation, AutomationLog, AutomationRun, AutomationVersion, Workspace
from app.services import audit, notices, pages, versions
from app.services.pages import Page

log = structlog.get_logger()


class AutomationNotFound(NotFound):
    code = "automation_not_found"


class InvalidAutomation(Invalid):
    code = "invalid_automation"


class AutomationHasHistory(ConflictError):
    code = "automation_has_history"


class AutomationInUse(ConflictError):
    code = "automation_in_use"


class AutomationFields(TypedDict, total=False):
    """What a caller writes; a missing key leaves the column alone."""

    name: str
    description: str | None
    trigger_type: str
    trigger_conditions: dict[str, Any]
    action_type: str
    action_payload: dict[str, Any]
    schedule_config: dict[str, Any] | None
    is_active: bool
    priority: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    automation: Automation
    conflicts: list[Conflict]


def list_automations(
    session: Session, *, trigger_type: str | None, is_active: bool | None, limit: int, cursor: str | None
) -> Page[Automation]:
    statement = select(Automation)
    if trigger_type is not None:
        statement = statement.where(Automation.trigger_type == trigger_type)
    if is_active is not None:
        statement = statement.where(Automation.is_active == is_active)
    return pages.by_id(session, statement, Automation.id, limit=limit, cursor=cursor)


def get_automation(session: Session, automation_id: int) -> Saved:
    automation = session.get(Automation, automation_id)
    if automation is None:
        raise _missing(automation_id)
    return Saved(automation=automation, conflicts=_conflicts(session, automation))


def create_automation(session: Session, fields: AutomationFields, *, user_id: int, now: datetime) -> Saved:
    automation = Automation(**fields, created_by=user_id)
    _check(session, automation, now=now)
    session.add(automation)
    return _save(session, automation, user_id=user_id)


def update_automation(
    session: Session, automation_id: int, fields: AutomationFields, *, user_id: int, now: datetime
) -> Saved:
    automation = _lock(session, automation_id)
    for name, value in fields.items():
        setattr(automation, name, value)
    # One that no longer parses can still be renamed, and above all switched off.
    if fields.keys() & {*versions.DEFINING, "priority"} or fields.get("is_active"):
        starts_anew = "schedule_config" in fields or fields.get("is_active")
        _check(session, automation, now=now if starts_anew else None)
    elif "name" in fields and (nameless := _nameless(automation)):
        raise _refused(nameless)
    return _save(session, automation, user_id=user_id)


def publish_automation(session: Session, automation_id: int, *, user_id: int) -> Saved:
    """Make the draft what runs; runs under way finish with the version that they began with."""
    automation = _lock(session, automation_id)
    _check(session, automation, now=None)
    versions.publish(session, [automation_id], user_id=user_id)
    return _save(session, automation, user_id=user_id)


def delete_automation(session: Session, automation_id: int) -> None:
    """Only one that never ran: the records of what it did are the answer to "why did she get that message"."""
    automation = session.get(Automation, automation_id, with_for_update=True, populate_existing=True)
    if automation is None:
        raise _missing(automation_id)
    ran = select(AutomationRun.id).where(AutomationRun.automation_id == automation_id).limit(1)
    refused = select(AutomationLog.id).where(AutomationLog.automation_id == automation_id).limit(1)
    if session.scalar(ran) is not None or session.scalar(refused) is not None:
        raise AutomationHasHistory("This automation has run, and its records stay: switch it off instead.")
    starter = next((other for other in _others(session, automation_id) if automation_id in other.starts), None)
    if starter is not None:
        raise AutomationInUse(
            f'"{starter.name}" ({starter.automation_id}) starts this automation: change that one first.'
        )
    session.execute(text("DELETE FROM automations WHERE id = :id"), {"id": automation_id})
    audit.record(session, "automation.deleted", subject_id=automation_id, before=audit.values_of(automation))
    session.expunge(automation)
    notices.changed(session, "automation", automation_id)
    log.info("automation_deleted", automation_id=automation_id)


def _save(session: Session, automation: Automation, *, user_id: int) -> Saved:
    session.flush()
    versions.publish_missing(session, user_id=user_id)
    session.refresh(automation)
    notices.changed(session, "automation", automation.id)
    log.info("automation_saved", automation_id=automation.id, user_id=user_id)
    return Saved(automation=automation, conflicts=_conflicts(session, automation))


def _check(session: Session, automation: Automation, *, now: datetime | None) -> None:
    """Refuses with all that is wrong at once. `now` where its schedule must still have something to come."""
    wrong = _nameless(automation)
    try:
        definition = _parse(automation, automation)
    except DefinitionError as error:
        wrong += [{"field": problem.path, "code": problem.code, "detail": problem.detail} for problem in error.problems]
    else:
        wrong += _chain(session, definition)
        if now is not None:
            wrong += _past(session, automation, definition, now=now)
    if wrong:
        raise _refused(wrong)


def _nameless(automation: Automation) -> list[dict[str, str]]:
    # Not by the route's body: that would tell of the name alone, and of all else only at the next attempt.
    if automation.name:
        return []
    return [{"field": "name", "code": "string_too_short", "detail": "Give it a name."}]


def _past(session: Session, automation: Automation, definition: Definition, *, now: datetime) -> list[dict[str, str]]:
    """A schedule with nothing to come would be saved, and never start anything."""
    schedule = definition.schedule
    zone = ZoneInfo(session.scalars(select(Workspace.time_zone)).one())
    if automation.is_active is False or schedule is None or not is_over(schedule, zone, now=now):
        return []
    rule = next((name for name in RULES if name in (automation.schedule_config or {})), "")
    path = join("schedule_config", rule) if rule else "schedule_config"
    return [{"field": path, "code": "over", "detail": "This is over: choose a moment that is still to come."}]


def _chain(session: Session, definition: Definition) -> list[dict[str, str]]:
    """The automations that it starts must be there, and not lead back to it."""
    if not definition.starts:
        return []
    statement = select(Automation.id).where(Automation.id.in_(definition.starts))
    missing = definition.starts - set(session.scalars(statement))
    path = "action_payload.automation_id"
    if missing:
        detail = f"There is no automation {min(missing)}."
        return [{"field": path, "code": "unknown_automation", "detail": detail}]
    others = {other.automation_id: other.starts for other in _others(session, definition.automation_id)}
    way = None if definition.settings.allow_recursion else circle(definition.automation_id, definition.starts, others)
    if way is None:
        return []
    detail = f"These automations would start one another for ever: {' → '.join(map(str, way))}."
    return [{"field": path, "code": "circle", "detail": detail}]


def _refused(fields: list[dict[str, str]]) -> InvalidAutomation:
    return InvalidAutomation("This automation cannot be saved as it stands.", fields=fields)


def _parse(automation: Automation, source: Automation | AutomationVersion) -> Definition:
    return rules.parse(
        automation_id=automation.id or 0,
        version_id=source.id if isinstance(source, AutomationVersion) else None,
        name=automation.name,
        priority=5 if automation.priority is None else automation.priority,
        trigger_type=source.trigger_type,
        trigger_conditions=source.trigger_conditions,
        action_type=source.action_type,
        action_payload=source.action_payload,
        schedule_config=source.schedule_config,
    )


def _conflicts(session: Session, automation: Automation) -> list[Conflict]:
    """Who else answers the same; nobody can be told where this one cannot be read."""
    try:
        mine = _parse(automation, automation)
    except DefinitionError:
        return []
    return conflicts(mine, _others(session, automation.id))


def _others(session: Session, automation_id: int) -> list[Definition]:
    """What runs besides this one."""
    running = session.execute(
        select(Automation, AutomationVersion)
        .join(AutomationVersion, AutomationVersion.id == Automation.published_version_id)
        .where(Automation.is_active, Automation.id != automation_id)
    )
    others = []
    for other, version in running:
        try:
            others.append(_parse(other, version))
        except DefinitionError:
            continue  # written by plain SQL; it starts nothing
    return others


def _lock(session: Session, automation_id: int) -> Automation:
    automation = session.get(Automation, automation_id, with_for_update={"key_share": True}, populate_existing=True)
    if automation is None:
        raise _missing(automation_id)
    return automation


def _missing(automation_id: int) -> AutomationNotFound:
    return AutomationNotFound(f"There is no automation {automation_id}.")
