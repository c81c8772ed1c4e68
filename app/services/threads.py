"""Reading messages and the reports about them. Writing them is `services.messages`' alone."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Conversation, Message, MessageEvent
from app.services import contacts, message_search, messages, pages
from app.services.conversations import ConversationNotFound
from app.services.pages import Page


def list_messages(
    session: Session,
    *,
    direction: str | None,
    status: str | None,
    conversation_id: UUID | None,
    contact_id: int | None,
    q: str | None = None,
    limit: int,
    cursor: str | None,
) -> Page[Message]:
    """In the order in which we learned of them, newest first. What is looked for in everybody's, by stretches."""
    statement = select(Message)
    if direction is not None:
        statement = statement.where(Message.direction == direction)
    if status is not None:
        statement = statement.where(Message.status == status)
    if conversation_id is not None:
        statement = statement.where(Message.conversation_id == conversation_id)
    if contact_id is not None:
        statement = statement.where(Message.contact_id == contacts.current_id(session, contact_id))
    if q is not None:
        statement = statement.where(message_search.says(session, q))
        if conversation_id is not None:
            # Their messages stand in this order in an index; without it the planner may read everybody's.
            holder = select(Conversation.contact_id).where(Conversation.id == conversation_id).scalar_subquery()
            statement = statement.where(Message.contact_id == holder)
        elif contact_id is None:
            length = message_search.STRETCH
            return pages.by_stretches(session, statement, Message.id, length=length, limit=limit, cursor=cursor)
    return pages.by_id(session, statement, Message.id, limit=limit, cursor=cursor)


def list_thread(
    session: Session, conversation_id: UUID, *, q: str | None = None, limit: int, cursor: str | None
) -> Page[Message]:
    """In the order in which they were said, newest first: a webhook that came late stands where it belongs."""
    if session.get(Conversation, conversation_id) is None:
        raise ConversationNotFound(f"There is no conversation {conversation_id}.")
    statement = select(Message).where(Message.conversation_id == conversation_id)
    if q is not None:
        statement = statement.where(message_search.says(session, q))
    return pages.by_moment(session, statement, Message.happened_at, Message.id, limit=limit, cursor=cursor)


def list_events(session: Session, message_id: int, *, limit: int, cursor: str | None) -> Page[MessageEvent]:
    messages.get_message(session, message_id)
    statement = select(MessageEvent).where(MessageEvent.message_id == message_id)
    return pages.by_moment(session, statement, MessageEvent.at, MessageEvent.id, limit=limit, cursor=cursor)
