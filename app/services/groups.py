"""Groups: static lists of contacts.

A contact is locked before it is put on a list, so that a merge under way carries the place along.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.errors import Conflict, NotFound
from app.models import ContactGroup, Group
from app.services import audit, notices, pages
from app.services.pages import Page


class GroupNotFound(NotFound):
    code = "group_not_found"


class GroupNameTaken(Conflict):
    code = "group_name_taken"


def list_groups(session: Session, *, limit: int, cursor: str | None) -> Page[Group]:
    return pages.by_id(session, select(Group), Group.id, limit=limit, cursor=cursor)


def count_members(session: Session, group_ids: Collection[int]) -> dict[int, int]:
    """By group; one without members is left out."""
    rows = session.execute(
        select(ContactGroup.group_id, func.count())
        .where(ContactGroup.group_id.in_(group_ids))
        .group_by(ContactGroup.group_id)
    )
    return {row[0]: row[1] for row in rows}


def get_group(session: Session, group_id: int) -> Group:
    group = session.get(Group, group_id)
    if group is None:
        raise GroupNotFound(f"There is no group {group_id}.")
    return group


def create_group(session: Session, *, name: str, description: str | None, user_id: int | None) -> Group:
    new = insert(Group).values(name=name, description=description, created_by=user_id)
    group = session.scalars(new.on_conflict_do_nothing().returning(Group)).one_or_none()
    if group is None:
        raise GroupNameTaken(f'There is a group "{name}" already.')
    audit.record(session, "group.created", subject_id=group.id, after={"name": name, "description": description})
    notices.changed(session, "group", group.id)
    return group


def update_group(session: Session, group_id: int, *, name: str, description: str | None) -> Group:
    group = session.get(Group, group_id, with_for_update={"key_share": True})
    if group is None:
        raise GroupNotFound(f"There is no group {group_id}.")
    group.name, group.description = name, description
    try:
        with session.begin_nested():
            session.flush()
    except IntegrityError:
        raise GroupNameTaken(f'There is a group "{name}" already.') from None
    session.refresh(group)
    notices.changed(session, "group", group_id)
    return group


def delete_group(session: Session, group_id: int) -> None:
    """The list alone: its contacts stay."""
    session.delete(get_group(session, group_id))
    session.flush()
    notices.changed(session, "group", group_id)


def add_contacts(session: Session, group_id: int, contact_ids: Collection[int]) -> list[int]:
    """Put contacts on the list; returns those that were not on it before. Unknown ids are left out."""
    found = _lock(session, contact_ids)
    if not found:
        return []
    notices.changed(session, "group", group_id)
    new = insert(ContactGroup).values([{"group_id": group_id, "contact_id": id} for id in found])
    added = list(session.scalars(new.on_conflict_do_nothing().returning(ContactGroup.contact_id)))
    if added:
        audit.record(session, "group.contacts_added", subject_id=group_id, after={"contact_ids": added})
    return added


def remove_contacts(session: Session, group_id: int, contact_ids: Collection[int]) -> list[int]:
    """Take contacts off the list; returns those that were on it."""
    removed = list(
        session.scalars(
            text("""
                DELETE FROM contact_groups WHERE group_id = :group_id AND contact_id = ANY(:ids) RETURNING contact_id
            """),
            {"group_id": group_id, "ids": list(contact_ids)},
        )
    )
    if removed:
        audit.record(session, "group.contacts_removed", subject_id=group_id, before={"contact_ids": removed})
        notices.changed(session, "group", group_id)
    return removed


def add_by_name(session: Session, places: Sequence[tuple[str, int]]) -> None:
    """Put contacts, locked by the caller, on lists by name: `(group, contact)`. A list that is missing is made."""
    if not places:
        return
    names = sorted({name for name, _ in places})
    parameters = {"names": names}
    session.execute(
        text("INSERT INTO groups (name) SELECT unnest(CAST(:names AS text[])) ON CONFLICT DO NOTHING"), parameters
    )
    # In a new statement, which sees the row of whoever made the same list meanwhile.
    session.execute(
        text("""
            INSERT INTO contact_groups (group_id, contact_id)
            SELECT DISTINCT g.id, v.contact_id
            FROM unnest(CAST(:of AS text[]), CAST(:contacts AS bigint[])) AS v (name, contact_id)
            JOIN groups g ON lower(g.name) = lower(v.name)
            ORDER BY 1, 2 ON CONFLICT DO NOTHING
        """),
        {"of": [name for name, _ in places], "contacts": [contact_id for _, contact_id in places]},
    )
    notices.changed(session, "group")


def _lock(session: Session, contact_ids: Collection[int]) -> list[int]:
    return list(
        session.scalars(
            text("SELECT id FROM contacts WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE"),
            {"ids": sorted(set(contact_ids))},
        )
    )
