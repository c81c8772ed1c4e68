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
# How many contacts a transaction looks through: most were made by the application, and lack nothing.
STRETCH = 20_000
# Ids are given out before they are committed: this far back somebody may still come.
NEARBY = 1_000

_looked_until: dict[str, int] = {}  # by installation: the contact as far as whom this process has looked


def adopt_all(session: Session) -> None:
    """Before anybody writes: at the start of a database that another system filled."""
    since = 0
    while (until := _stretch(session, since)) is not None:
        since = _adopt(session, since, until)


def adopt_new(session: Session) -> bool:
    """Those that came since this process looked, or a stretch of them; returns whether there may be more."""
    installation, last = session.execute(
        text("SELECT installation_id::text, (SELECT COALESCE(max(id), 0) FROM contacts) FROM settings WHERE id = 1")
    ).one()
    since = _looked_until.get(installation, 0)
    until = _stretch(session, since)
    reached = since if until is None else _adopt(session, since, until)
    is_all = reached >= last
    afterwards(
        session, partial(_looked_until.__setitem__, installation, max(since, last - NEARBY) if is_all else reached)
    )
    return not is_all


def _stretch(session: Session, since: int) -> int | None:
    """The last contact of a stretch behind this one."""
    return session.execute(
        text("SELECT max(id) FROM (SELECT id FROM contacts WHERE id > :since ORDER BY id LIMIT :stretch) AS stretch"),
        {"since": since, "stretch": STRETCH},
    ).scalar()


def _adopt(session: Session, since: int, until: int) -> int:
    """Returns the contact from which to go on. Numbers that are none, or somebody else's, stay as they are."""
    rows = session.execute(
        text("""
            SELECT c.id, c.phone FROM contacts c
            WHERE c.id > :since AND c.id <= :until AND c.phone IS NOT NULL
              AND NOT EXISTS (SELECT FROM contact_identities i WHERE i.contact_id = c.id)
            ORDER BY c.id LIMIT :limit FOR NO KEY UPDATE OF c
        """),
        {"since": since, "until": until, "limit": BATCH},
    ).all()
    if rows:
        known = {row.id: number for row in rows if (number := phones.canonical(row.phone)) is not None}
        log.info("contacts_adopted", found=len(rows), adopted=_own(session, known))
    return int(rows[-1].id) if len(rows) == BATCH else until


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
