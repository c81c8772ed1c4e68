"""One box that looks everywhere: contacts, the conversations with them, and what was said lately."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Message
from app.services import contact_lists, conversations, message_search, pages
from app.services.contacts import Known
from app.services.conversations import Thread


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    contacts: list[Known]
    conversations: list[Thread]
    messages: Sequence[Message]


def search(session: Session, q: str, *, limit: int, now: datetime) -> Found:
    """Newest first, each kind for itself."""
    people = contact_lists.list_contacts(session, contact_lists.Filter(q=q, is_active=True), limit=limit, cursor=None)
    threads = conversations.list_conversations(session, conversations.Filter(q=q), limit=limit, cursor=None, now=now)
    said = select(Message).where(message_search.says(session, q))
    lately = pages.by_stretches(session, said, Message.id, length=message_search.STRETCH, limit=limit, cursor=None)
    return Found(contacts=people.items, conversations=threads.items, messages=lately.items)
