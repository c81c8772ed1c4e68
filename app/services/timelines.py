"""All that happened with one contact, in one list: what was said, what automations did, what changed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.services import contacts, pages
from app.services.pages import Page


@dataclass(frozen=True, slots=True)
class Happening:
    at: datetime
    kind: str
    id: int
    details: dict[str, Any]


# Each part reads no more than a page of its own.
_PARTS = {
    "message": """
        SELECT happened_at AS at, id, jsonb_build_object('conversation_id', conversation_id, 'direction', direction,
            'message_type', message_type, 'text', text, 'status', status, 'origin', origin) AS details
        FROM messages WHERE contact_id = :contact_id
    """,
    "automation": """
        SELECT l.executed_at AS at, l.id, jsonb_build_object('automation_id', l.automation_id, 'name', a.name,
            'run_id', l.run_id, 'execution_status', l.execution_status, 'error_message', l.error_message) AS details
        FROM automation_logs l JOIN automations a ON a.id = l.automation_id WHERE l.contact_id = :contact_id
    """,
    "consent": """
        SELECT at, id, jsonb_build_object('category', category, 'state', state, 'source', source, 'proof', proof)
            AS details
        FROM consents WHERE contact_id = :contact_id
    """,
    "change": """
        SELECT at, id, jsonb_build_object('action', action, 'actor_name', actor_name, 'before', before, 'after', after)
            AS details
        FROM audit_log WHERE subject_kind = 'contact' AND subject_id = CAST(:contact_id AS text)
    """,
}


def _page() -> str:
    parts = (
        f"""
        (SELECT * FROM (SELECT at, CAST('{kind}' AS text) AS kind, id, details FROM ({part}) p) q
         WHERE CAST(:at AS timestamptz) IS NULL OR (at, kind, id) < (:at, :kind, :id)
         ORDER BY at DESC, id DESC LIMIT :rows)
        """  # noqa: S608 - ours
        for kind, part in _PARTS.items()
    )
    return f"SELECT * FROM ({' UNION ALL '.join(parts)}) t ORDER BY at DESC, kind DESC, id DESC LIMIT :rows"  # noqa: S608


_PAGE = _page()


def list_timeline(session: Session, contact_id: int, *, limit: int, cursor: str | None) -> Page[Happening]:
    """Newest first."""
    known = contacts.get_contact(session, contact_id)
    at, kind, last_id = (None, "", 0) if cursor is None else pages.read_moment_kind_id(cursor)
    parameters = {"contact_id": known.contact.id, "at": at, "kind": kind, "id": last_id, "rows": limit + 1}
    rows = [Happening(*row) for row in session.execute(text(_PAGE), parameters)]
    return pages.cut(rows, limit=limit, key=lambda one: [one.at.isoformat(), one.kind, one.id])
