"""Finding messages by what they say: every word must be there; case and accents do not matter.

No index knows the words. One of all that was ever said would be written with every message and, as a report changes an
indexed column, with every report: a message takes 52 µs of PostgreSQL's CPU without one, 88 with trigrams and 70 with
words; a report 36, 68 and 56 (PostgreSQL 18, GIN with fastupdate, eight words a message). So of one person all messages
are read, and everybody's by stretches, back in time.
"""

from sqlalchemy import ColumnElement, and_, false, func
from sqlalchemy.orm import Session

from app.models import Message
from app.services import contact_search

STRETCH = 20_000  # takes less than a fifth of a second


def says(session: Session, q: str) -> ColumnElement[bool]:
    """The condition on `messages` that `q` stands for."""
    patterns = contact_search.patterns(session, q)
    text = func.folded(" " + Message.text)  # so that short words are found at its beginning too
    return and_(*(text.like(pattern) for pattern in patterns)) if patterns else false()
