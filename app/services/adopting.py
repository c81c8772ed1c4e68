"""Contacts that came into their table past the application, as from the system before by `psql`: they are given what
identifies them.

Without it nobody would know them by their number, and whoever writes from it would be another contact. What is written
is the table's own column, in the one form in which numbers compare.
"""

from functools import partial

import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.database import afterwards
from app.domain import phones

log = structlog.get_logger()

BATCH = 1_000
# Ids are given out before they are committed: this far back somebody may still come.
NEARBY = 1_000

_looked_until: dict[str, int] = {}  # by installation: the contact as far as whom this process has looked


def adopt_all(session: Session) -> None:
    """Before anybody writes: at the start of a database that another system filled."""
    since: int | None = 0
    while since is not None:
        since = _batch(session, since)


def adopt_new(session: Session) -> bool:
    """A batch of those that came since this process looked; returns whether there may be more."""
    installation, last = session.execute(
        text("SELECT installation_id::text, (SELECT COALESCE(max(id), 0) FROM contacts) FROM settings WHERE id = 1")
    ).one()
    since = _looked_until.get(installation, 0)
    more = _batch(session, since)
    until = max(since, last - NEARBY) if more is None else more
    afterwards(session, partial(_looked_until.__setitem__, installation, until))
    return more is not None


def _batch(session: Session, since: int) -> int | None:
    """Returns the id from which to go on. Numbers that are none, or somebody else's, stay as they are."""
    rows = session.execute(
        text("""
            SELECT c.id, c.phone FROM contacts c
            WHERE c.id > :since AND c.phone IS NOT NULL
              AND NOT EXISTS (SELECT FROM contact_identities i WHERE i.contact_id = c.id)
            ORDER BY c.id LIMIT :limit FOR NO KEY UPDATE OF c
        """),
        {"since": since, "limit": BATCH},
    ).all()
    if rows:
        known = {row.id: number for row in rows if (number := phones.canonical(row.phone)) is not None}
        log.info("contacts_adopted", found=len(rows), adopted=_own(session, known))
    return rows[-1].id if len(rows) == BATCH else None


def _own(session: Session, known: dict[int, str]) -> int:
    owned = session.execute(
        text("""
            WITH owned AS (
                INSERT INTO contact_identities (contact_id, kind, value)
                SELECT id, 'phone', phone FROM unnest(CAST(:ids AS bigint[]), CAST(:phones AS text[])) AS v (id, phone)
                ORDER BY phone, id ON CONFLICT DO NOTHING RETURNING contact_id, value
            ), written AS (
                UPDATE contacts c SET phone = o.value FROM owned o WHERE c.id = o.contact_id AND c.phone <> o.value
            )
            SELECT contact_id FROM owned
        """),
        {"ids": list(known), "phones": list(known.values())},
    )
    return len(owned.all())
