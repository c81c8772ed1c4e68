"""Search: one question to everything."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from app.api.contacts import ContactAnswer
from app.api.contacts import answer_of as contact_of
from app.api.conversations import ConversationAnswer
from app.api.conversations import answer_of as conversation_of
from app.api.fields import QueryableText
from app.api.messages import MessageAnswer
from app.dependencies import Db, Now, requires
from app.services import search
from app.services.message_search import STRETCH

router = APIRouter(prefix="/api/v1/search", tags=["search"])


class FoundAnswer(BaseModel):
    contacts: list[ContactAnswer]
    conversations: list[ConversationAnswer] = Field(description="With contacts who are found.")
    messages: list[MessageAnswer] = Field(description=f"Among the latest {STRETCH}.")


@router.get("", summary="Search everything", dependencies=[Depends(requires("messages:read"))])
def search_all(
    session: Db,
    now: Now,
    q: Annotated[QueryableText, Query(description="Each word must be found; case and accents do not matter.")],
    limit: Annotated[int, Query(ge=1, le=50, description="Of each kind.")] = 10,
) -> FoundAnswer:
    """The best of each kind, newest first. To see more of one, ask its own list. Of contacts and conversations all are
    looked at, of messages those that came or went lately: `GET /api/v1/messages?q=` goes further back, and looks at
    all of one contact or conversation.
    """
    found = search.search(session, q, limit=limit, now=now)
    return FoundAnswer(
        contacts=[contact_of(known) for known in found.contacts],
        conversations=[conversation_of(thread, now=now) for thread in found.conversations],
        messages=[MessageAnswer.model_validate(row) for row in found.messages],
    )
