"""Conversations: one per contact and business number."""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from app.api.fields import Answer, Cursor, Id, Limit, PageAnswer, QueryableText, QueryId, Since, Strict
from app.api.messages import SAYS, MessageAnswer
from app.api.refusals import OF_PAGES, refusals
from app.dependencies import Db, Now, requires
from app.services import conversations, threads
from app.services.conversations import AssigneeNotFound, ConversationNotFound, Filter, Thread

router = APIRouter(prefix="/api/v1/conversations", tags=["conversations"])
Reading = [Depends(requires("conversations:read"))]
Writing = [Depends(requires("conversations:write"))]


class Assignment(Strict):
    model_config = ConfigDict(json_schema_extra={"examples": [{"user_id": 3}]})

    user_id: Id | None


class PersonAnswer(BaseModel):
    id: int
    name: str | None
    phone: str | None


class LastMessageAnswer(BaseModel):
    at: datetime
    direction: str | None
    text: str | None


class WindowAnswer(Answer):
    """Until when free text may be sent."""

    expires_at: datetime | None
    is_open: bool
    seconds_left: int


class ConversationAnswer(BaseModel):
    id: UUID
    channel_id: int
    contact_id: int
    contact: PersonAnswer
    state: str
    assignee_id: int | None
    last_message: LastMessageAnswer | None
    unread: int = Field(description="Messages received later than `read_until`.")
    read_until: datetime | None
    window: WindowAnswer
    created_at: datetime
    updated_at: datetime


def answer_of(thread: Thread, *, now: datetime) -> ConversationAnswer:
    conversation, contact = thread.conversation, thread.contact
    last = conversation.last_message_at
    return ConversationAnswer(
        id=conversation.id,
        channel_id=conversation.channel_id,
        contact_id=conversation.contact_id,
        contact=PersonAnswer(id=contact.id, name=contact.name or contact.profile_name, phone=contact.phone),
        state=conversation.state,
        assignee_id=conversation.assignee_id,
        last_message=None
        if last is None
        else LastMessageAnswer(
            at=last, direction=conversation.last_message_direction, text=conversation.last_message_text
        ),
        unread=thread.unread,
        read_until=conversation.read_until,
        window=WindowAnswer.model_validate(conversations.window_of(conversation, now=now)),
        created_at=conversation.created_at,
        updated_at=conversation.updated_at,
    )


def _wanted(
    q: Annotated[QueryableText | None, Query(description="Finds the contact, as in the list of contacts.")] = None,
    contact_id: QueryId = None,
    channel_id: QueryId = None,
    state: Literal["open", "closed"] | None = None,
    assignee_id: QueryId = None,
    is_assigned: Annotated[bool | None, Query(description="Whether it is anybody's.")] = None,
    is_unread: bool | None = None,
    is_window_open: Annotated[bool | None, Query(description="Whether free text may be sent.")] = None,
    updated_since: Since = None,
) -> Filter:
    return Filter(
        q=q,
        contact_id=contact_id,
        channel_id=channel_id,
        state=state,
        assignee_id=assignee_id,
        is_assigned=is_assigned,
        is_unread=is_unread,
        is_window_open=is_window_open,
        updated_since=updated_since,
    )


Wanted: TypeAlias = Annotated[Filter, Depends(_wanted)]


@router.get("", summary="List conversations, the latest message first", dependencies=Reading, responses=OF_PAGES)
def list_conversations(
    wanted: Wanted, session: Db, now: Now, limit: Limit = 50, cursor: Cursor = None
) -> PageAnswer[ConversationAnswer]:
    page = conversations.list_conversations(session, wanted, limit=limit, cursor=cursor, now=now)
    return PageAnswer(items=[answer_of(thread, now=now) for thread in page.items], next=page.next)


@router.get(
    "/{conversation_id}", summary="Show a conversation", dependencies=Reading, responses=refusals(ConversationNotFound)
)
def get_conversation(conversation_id: UUID, session: Db, now: Now) -> ConversationAnswer:
    return answer_of(conversations.get_conversation(session, conversation_id), now=now)


@router.get(
    "/{conversation_id}/messages",
    summary="List a conversation's messages, newest first",
    dependencies=[Depends(requires("messages:read"))],
    responses=OF_PAGES | refusals(ConversationNotFound),
)
def list_conversation_messages(
    conversation_id: UUID,
    session: Db,
    q: Annotated[QueryableText | None, Query(description=SAYS)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> PageAnswer[MessageAnswer]:
    page = threads.list_thread(session, conversation_id, q=q, limit=limit, cursor=cursor)
    return PageAnswer(items=[MessageAnswer.model_validate(row) for row in page.items], next=page.next)


@router.post(
    "/{conversation_id}/read", summary="Mark as read", dependencies=Writing, responses=refusals(ConversationNotFound)
)
def read_conversation(conversation_id: UUID, session: Db, now: Now) -> ConversationAnswer:
    """What was received so far is read, and the customer sees blue ticks."""
    return answer_of(conversations.read_conversation(session, conversation_id, now=now), now=now)


@router.post(
    "/{conversation_id}/assign",
    summary="Give a conversation to somebody",
    dependencies=Writing,
    responses=refusals(ConversationNotFound, AssigneeNotFound),
)
def assign_conversation(conversation_id: UUID, body: Assignment, session: Db, now: Now) -> ConversationAnswer:
    """Whoever it was given to before has it no longer; null gives it to nobody."""
    return answer_of(conversations.assign_conversation(session, conversation_id, user_id=body.user_id), now=now)


@router.post(
    "/{conversation_id}/close",
    summary="Close a conversation",
    dependencies=Writing,
    responses=refusals(ConversationNotFound),
)
def close_conversation(conversation_id: UUID, session: Db, now: Now) -> ConversationAnswer:
    """What was said is dealt with; when the contact writes again, it is open again by itself."""
    return answer_of(conversations.close_conversation(session, conversation_id, now=now), now=now)


@router.post(
    "/{conversation_id}/reopen",
    summary="Open a closed conversation",
    dependencies=Writing,
    responses=refusals(ConversationNotFound),
)
def reopen_conversation(conversation_id: UUID, session: Db, now: Now) -> ConversationAnswer:
    return answer_of(conversations.reopen_conversation(session, conversation_id), now=now)
