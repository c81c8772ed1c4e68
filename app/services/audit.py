"""The audit log: who changed what, before and after.

A route does nothing for it. Whoever calls is attached to the session as its actor, and what the session then adds,
changes and deletes is noted as it is flushed and written with the commit. A statement over many rows does not pass
there: it needs a `record` of its own. Without an actor, as in all machine work, nothing is noted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pydantic_core import to_jsonable_python
from sqlalchemy import event, insert, inspect, select, update
from sqlalchemy.orm import InstanceState, Mapper, Session, UOWTransaction

from app.models import (
    Alert,
    ApiKey,
    AuditEntry,
    Automation,
    Base,
    Channel,
    Contact,
    ContactField,
    Conversation,
    Group,
    Message,
    User,
    WebhookEvent,
    Workspace,
)
from app.services import pages
from app.services.pages import Page

# What people change. All other tables are the machine's own books.
SUBJECTS: Mapping[type[Base], str] = {
    Alert: "alert",
    ApiKey: "api_key",
    Automation: "automation",
    Channel: "channel",
    Contact: "contact",
    ContactField: "field",
    Conversation: "conversation",
    Group: "group",
    Message: "message",
    User: "user",
    WebhookEvent: "webhook_event",
    Workspace: "settings",
}
HIDDEN = "[hidden]"
_NOISE = {"id", "created_at", "updated_at"}

Values = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who it was, under the name of that moment."""

    kind: Literal["user", "command", "start"]
    name: str
    at: datetime
    id: int | None = None
    api_key_id: int | None = None
    trace: str | None = None


@dataclass(slots=True)
class _Change:
    verb: str
    before: Values
    after: Values

    def then(self, later: "_Change") -> "_Change | None":
        """Both as one; `None` for what came and went."""
        if later.verb == "deleted":
            return None if self.verb == "created" else _Change("deleted", later.before | self.before, {})
        before = later.before | self.before if self.verb == "updated" else {}
        return _Change(self.verb, before, self.after | later.after)


@dataclass(slots=True)
class _Notes:
    actor: Actor
    changes: dict[tuple[str, str], _Change] = field(default_factory=dict)
    entries: list[dict[str, Any]] = field(default_factory=list)


def attach(session: Session, actor: Actor) -> None:
    """From now on this session's changes are the actor's."""
    earlier: _Notes | None = session.info.get("audit")
    session.info["audit"] = _Notes(actor, entries=earlier.entries if earlier else [])


def record(
    session: Session,
    action: str,
    *,
    subject_id: object = None,
    before: Values | None = None,
    after: Values | None = None,
) -> None:
    """What no flush shows: a statement over many rows, or something that is no change. Nothing without an actor.

    `action` begins with the kind of its subject: `session.ended`.
    """
    notes: _Notes | None = session.info.get("audit")
    if notes is not None:
        notes.entries.append(_entry(notes.actor, action, subject_id, before, after))


def forget(session: Session, kind: str, subject_id: object) -> None:
    """Leave of somebody who asked to be forgotten only that and when something was changed, not what."""
    session.execute(
        update(AuditEntry)
        .where(AuditEntry.subject_kind == kind, AuditEntry.subject_id == str(subject_id))
        .values(before=None, after=None)
    )


def values_of(row: Base) -> Values:
    """What a line would show of it: for `record`."""
    state: InstanceState[Any] = inspect(row)
    return {
        column.name: _shown(state.attrs[name].loaded_value, is_secret=column.info.get("audit") == "secret")
        for name, column in columns_of(state.mapper)
        if name not in state.unloaded and state.attrs[name].loaded_value is not None
    }


def list_entries(
    session: Session,
    *,
    actor_id: int | None,
    action: str | None,
    subject_kind: str | None,
    subject_id: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    cursor: str | None,
) -> Page[AuditEntry]:
    statement = select(AuditEntry)
    if actor_id is not None:
        statement = statement.where(AuditEntry.actor_id == actor_id)
    if action is not None:
        statement = statement.where(AuditEntry.action == action)
    if subject_kind is not None:
        statement = statement.where(AuditEntry.subject_kind == subject_kind)
    if subject_id is not None:
        statement = statement.where(AuditEntry.subject_id == subject_id)
    if since is not None:
        statement = statement.where(AuditEntry.at >= since)
    if until is not None:
        statement = statement.where(AuditEntry.at < until)
    return pages.by_moment(session, statement, AuditEntry.at, AuditEntry.id, limit=limit, cursor=cursor)


@event.listens_for(Session, "after_flush")
def _note(session: Session, _: UOWTransaction) -> None:
    notes: _Notes | None = session.info.get("audit")
    if notes is None:
        return
    for verb, rows in (("created", session.new), ("updated", session.dirty), ("deleted", session.deleted)):
        for row in rows:
            kind = SUBJECTS.get(type(row))
            if kind is None:
                continue
            change = _change(verb, row)
            if change is None:
                continue
            key = (kind, _id_of(row))
            both = notes.changes.pop(key).then(change) if key in notes.changes else change
            if both is not None:
                notes.changes[key] = both


@event.listens_for(Session, "before_commit")
def _write(session: Session) -> None:
    notes: _Notes | None = session.info.get("audit")
    if notes is None:
        return
    session.flush()
    entries = [
        _entry(notes.actor, f"{kind}.{change.verb}", subject_id, change.before, change.after)
        for (kind, subject_id), change in notes.changes.items()
        if change.verb != "updated" or change.before != change.after or HIDDEN in change.after.values()
    ] + notes.entries
    notes.changes, notes.entries = {}, []
    if entries:
        session.execute(insert(AuditEntry), entries)


def _change(verb: str, row: Base) -> _Change | None:
    if verb == "created":
        return _Change(verb, {}, values_of(row))
    if verb == "deleted":
        return _Change(verb, values_of(row), {})
    before: Values = {}
    after: Values = {}
    state: InstanceState[Any] = inspect(row)
    for name, column in columns_of(state.mapper):
        history = state.attrs[name].history
        if history.has_changes():
            is_secret = column.info.get("audit") == "secret"
            before[column.name] = _shown(history.deleted[0] if history.deleted else None, is_secret=is_secret)
            after[column.name] = _shown(history.added[0] if history.added else None, is_secret=is_secret)
    return _Change(verb, before, after) if after else None


def columns_of(mapper: Mapper[Any]) -> list[tuple[str, Any]]:
    """What of such a row is told, by attribute."""
    return [
        (attribute.key, attribute.columns[0])
        for attribute in mapper.column_attrs
        if attribute.columns[0].name not in _NOISE and attribute.columns[0].info.get("audit") != "noise"
    ]


def _shown(value: object, *, is_secret: bool) -> Any:
    return HIDDEN if is_secret and value is not None else to_jsonable_python(value, bytes_mode="base64", fallback=str)


def _id_of(row: Base) -> str:
    """The first column of the key: of a partitioned table the rest says only where the row lies."""
    return str(inspect(row).mapper.primary_key_from_instance(row)[0])


def _entry(
    actor: Actor, action: str, subject_id: object, before: Values | None, after: Values | None
) -> dict[str, Any]:
    return {
        "at": actor.at,
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "actor_name": actor.name,
        "api_key_id": actor.api_key_id,
        "action": action,
        "subject_kind": action.partition(".")[0],
        "subject_id": None if subject_id is None else str(subject_id),
        "before": before or None,
        "after": after or None,
        "trace": actor.trace,
    }
