"""Tell whoever watches what a transaction changed, once it has committed.

A notice says what kind of thing changed and which, never how: whoever may see it looks for themselves.
"""

from functools import partial
from typing import Literal, TypeAlias
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.notices import MOST_IDS, Notices, notifier
from app.database import afterwards

Kind: TypeAlias = Literal[
    "alert",
    "analytics",
    "automation",
    "automation_log",
    "channel",
    "contact",
    "conversation",
    "group",
    "import",
    "message",
    "settings",
    "user",
]


def changed(session: Session, kind: Kind, *ids: int | UUID) -> None:
    """Without ids: some of them. All that a transaction changed is told at once."""
    notices: Notices | None = session.info.get("notices")
    if notices is None:
        notices = session.info["notices"] = Notices()
        afterwards(session, partial(notifier.tell, notices))
    is_named = 0 < len(ids) <= MOST_IDS
    notices.add(kind, [id if isinstance(id, int) else str(id) for id in ids] if is_named else None)
