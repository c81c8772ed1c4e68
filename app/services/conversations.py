"""Conversations: who is spoken with by which number, what is unread, and until when one may write freely."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from app.core.errors import Conflict, NotFound
from app.domain import windows
from app.models import Contact, Conversation, Message, User
from app.services import answering, channels, contact_search, contacts, notices, pages
from app.services.pages import Page


class ConversationNotFound(NotFound):
    code = "conversation_not_found"


class AssigneeNotFound(NotFound):
    code = "assignee_not_found"


class WindowClosed(Conflict):
    code = "window_closed"


class ContactInactive(Conflict):
    code = "contact_inactive"


class ChannelMismatch(Conflict):
    code = "channel_mismatch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    conversation: Conversation
    contact: Contact
    unread: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    expires_at: datetime | None
    is_open: bool
    seconds_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What a list of conversations is narrowed to; `None` leaves it as wide as it is."""

    q: str | None = None
    contact_id: int | None = None
    channel_id: int | None = None
    state: str | None = None
    assignee_id: int | None = None
    is_assigned: bool | None = None
    is_unread: bool | None = None
    is_window_open: bool | None = None
    updated_since: datetime | None = None


def list_conversations(
    session: Session, wanted: Filter, *, limit: int, cursor: str | None, now: datetime
) -> Page[Thread]:
    """The one with the latest message first; with `updated_since`, in the order in which they changed."""
    statement = select(Conversation).where(*_conditions(session, wanted, now=now))
    if wanted.updated_since is not None:
        changes = pages.by_change(
            session, statement, Conversation.updated_at, Conversation.id, limit=limit, cursor=cursor
        )
        return Page(_threads(session, changes.items), changes.next)
    if cursor is not None:
        statement = statement.where(pages.after_moment_or_never(cursor, Conversation.last_message_at, Conversation.id))
    latest = Conversation.last_message_at.desc().nulls_last()
    rows = session.scalars(statement.order_by(latest, Conversation.id).limit(limit + 1)).all()
    page = pages.cut(rows, limit=limit, key=_keyset)
    return Page(_threads(session, page.items), page.next)


def get_conversation(session: Session, conversation_id: UUID) -> Thread:
    conversation = session.get(Conversation, conversation_id)
    if conversation is None:
        raise _missing(conversation_id)
    return _threads(session, [conversation])[0]


def read_conversation(session: Session, conversation_id: UUID, *, now: datetime) -> Thread:
    """Everything received so far has been read; WhatsApp is told."""
    answering.mark_read(session, conversation_id, now=now)
    session.flush()
    session.expire_all()
    return get_conversation(session, conversation_id)


def assign_conversation(session: Session, conversation_id: UUID, *, user_id: int | None) -> Thread:
    """`None` for nobody."""
    conversation = _lock(session, conversation_id)
    active = select(User.id).where(User.id == user_id, User.is_active)
    if user_id is not None and session.scalar(active) is None:
        raise AssigneeNotFound(f"There is no active user {user_id}.")
    conversation.assignee_id = user_id
    return _refreshed(session, conversation)


def close_conversation(session: Session, conversation_id: UUID, *, now: datetime) -> Thread:
    """What the contact has written so far is dealt with; the next word opens it again."""
    conversation = _lock(session, conversation_id)
    # Their time, not ours: what was said before we closed and comes later has not been seen, and opens it.
    conversation.closed_until = conversation.last_inbound_at or now
    return _refreshed(session, conversation)


def reopen_conversation(session: Session, conversation_id: UUID) -> Thread:
    conversation = _lock(session, conversation_id)
    conversation.closed_until = None
    return _refreshed(session, conversation)


def window_of(conversation: Conversation, *, now: datetime) -> Window:
    known = (conversation.service_window_expires_at, conversation.entry_window_expires_at)
    expires_at = max((moment for moment in known if moment is not None), default=None)
    left = 0 if expires_at is None else max(0, int((expires_at - now).total_seconds()))
    return Window(expires_at=expires_at, is_open=windows.is_open(expires_at, now), seconds_left=left)


def take_open_conversation(
    session: Session,
    *,
    contact_id: int | None = None,
    conversation_id: UUID | None = None,
    to: str | None = None,
    channel_id: int | None = None,
    now: datetime,
) -> Conversation:
    """The conversation that a free text goes to; its contact is locked, so that no merge can pass the text by.

    Exactly one of the first three says to whom. Someone who never wrote has no conversation, and no open window.
    """
    if conversation_id is not None:
        named = session.get(Conversation, conversation_id)
        if named is None:
            raise _missing(conversation_id)
        if channel_id is not None and channel_id != named.channel_id:
            raise ChannelMismatch("This conversation is held with another number of yours.")
        contact_id, channel_id = named.contact_id, named.channel_id
    channel = channels.get_sending_channel(session, channel_id)
    if to is not None:
        contact_id = contacts.find_id_by_phone(session, contacts.canonical_phone(to))
    if contact_id is None:
        raise _closed()
    contact = contacts.lock_contact(session, contact_id)
    if not contact.is_active:
        raise ContactInactive("This contact was deactivated: nothing is sent to it.")
    conversation = session.scalar(
        select(Conversation)
        .where(Conversation.channel_id == channel.id, Conversation.contact_id == contact.id)
        .execution_options(populate_existing=True)
    )
    if conversation is None or not window_of(conversation, now=now).is_open:
        raise _closed()
    return conversation


def _conditions(session: Session, wanted: Filter, *, now: datetime) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.q is not None:
        mentioned = select(Contact.id).where(contact_search.mentions(session, wanted.q))
        conditions.append(Conversation.contact_id.in_(mentioned))
    if wanted.contact_id is not None:
        conditions.append(Conversation.contact_id == contacts.current_id(session, wanted.contact_id))
    if wanted.channel_id is not None:
        conditions.append(Conversation.channel_id == wanted.channel_id)
    if wanted.state is not None:
        conditions.append(Conversation.state == wanted.state)
    if wanted.assignee_id is not None:
        conditions.append(Conversation.assignee_id == wanted.assignee_id)
    if wanted.is_assigned is not None:
        nobody = Conversation.assignee_id.is_(None)
        conditions.append(~nobody if wanted.is_assigned else nobody)
    if wanted.is_unread is not None:
        conditions.append(_is_unread() if wanted.is_unread else ~_is_unread())
    if wanted.is_window_open is not None:
        expires_at = func.greatest(Conversation.service_window_expires_at, Conversation.entry_window_expires_at)
        conditions.append(func.coalesce(expires_at > now, False) == wanted.is_window_open)
    if wanted.updated_since is not None:
        conditions.append(Conversation.updated_at >= wanted.updated_since)
    return conditions


def _is_unread() -> ColumnElement[bool]:
    return exists().where(
        Message.conversation_id == Conversation.id,
        Message.direction == "inbound",
        Message.amends.is_(None),
        or_(Conversation.read_until.is_(None), Message.happened_at > Conversation.read_until),
    )


def _lock(session: Session, conversation_id: UUID) -> Conversation:
    conversation = session.get(
        Conversation, conversation_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if conversation is None:
        raise _missing(conversation_id)
    return conversation


def _refreshed(session: Session, conversation: Conversation) -> Thread:
    """With what the database wrote (`state`, `updated_at`)."""
    session.flush()
    session.refresh(conversation)
    notices.changed(session, "conversation", conversation.id)
    return _threads(session, [conversation])[0]


def _threads(session: Session, conversations: Collection[Conversation]) -> list[Thread]:
    ids = {conversation.contact_id for conversation in conversations}
    people = {contact.id: contact for contact in session.scalars(select(Contact).where(Contact.id.in_(ids)))}
    unread = _unread(session, [conversation.id for conversation in conversations])
    return [
        Thread(conversation=each, contact=people[each.contact_id], unread=unread.get(each.id, 0))
        for each in conversations
    ]


def _unread(session: Session, conversation_ids: Collection[UUID]) -> dict[UUID, int]:
    """Counted, not kept: a counter would depend on the order in which webhooks and readers came."""
    statement = (
        select(Message.conversation_id, func.count().label("unread"))
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Message.conversation_id.in_(conversation_ids),
            Message.direction == "inbound",
            Message.amends.is_(None),  # an edit or a revoke is no message more
            or_(Conversation.read_until.is_(None), Message.happened_at > Conversation.read_until),
        )
        .group_by(Message.conversation_id)
    )
    return {row.conversation_id: row.unread for row in session.execute(statement)}


def _keyset(conversation: Conversation) -> list[str | None]:
    at = conversation.last_message_at
    return [None if at is None else at.isoformat(), str(conversation.id)]


def _closed() -> WindowClosed:
    return WindowClosed("This person has not written in the last 24 hours, so free text cannot reach them.")


def _missing(conversation_id: UUID) -> ConversationNotFound:
    return ConversationNotFound(f"There is no conversation {conversation_id}.")
