"""One box that looks everywhere: contacts, the conversations with them, and what was said lately."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import Message
from app.services import contact_lists, contact_search, conversations
from app.services.contacts import Known
from app.services.conversations import Thread

# An index of all that was ever said would be written with every message and, as a report changes an indexed column,
# with every report: a message takes 52 µs of PostgreSQL's CPU without one, 88 with trigrams and 70 with words; a report
# 36, 68 and 56 (PostgreSQL 18, GIN with fastupdate, eight words a message). Lately is where people look.
MESSAGES_SEARCHED = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    contacts: list[Known]
    conversations: list[Thread]
    messages: Sequence[Message]


def search(session: Session, q: str, *, limit: int, now: datetime) -> Found:
    """Newest first, each kind for itself."""
    people = contact_lists.list_contacts(session, contact_lists.Filter(q=q, is_active=True), limit=limit, cursor=None)
    threads = conversations.list_conversations(session, conversations.Filter(q=q), limit=limit, cursor=None, now=now)
    return Found(contacts=people.items, conversations=threads.items, messages=_messages(session, q, limit=limit))


def _messages(session: Session, q: str, *, limit: int) -> Sequence[Message]:
    patterns = contact_search.patterns(session, q)
    if not patterns:
        return []
    latest = select(func.max(Message.id) - MESSAGES_SEARCHED).scalar_subquery()
    text = func.folded(" " + Message.text)  # so that short words are found at its beginning too
    statement = select(Message).where(Message.id > latest, *(text.like(pattern) for pattern in patterns))
    return session.scalars(statement.order_by(Message.id.desc()).limit(limit)).all()
