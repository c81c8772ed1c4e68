"""What automations change of contacts: fields, fields of your own, tags. Only what is named changes."""

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.changes import Changes
from app.services import notices


def apply(session: Session, changes: Sequence[tuple[int, Changes]]) -> None:
    """In order, to contacts that the caller holds locked."""
    left = list(changes)
    while left:
        # One statement changes a row once, so a contact's second change takes another.
        first: dict[int, Changes] = {}
        rest = []
        for contact_id, change in left:
            if contact_id in first:
                rest.append((contact_id, change))
            else:
                first[contact_id] = change
        _apply(session, first)
        left = rest
    if changes:
        notices.changed(session, "contact", *{contact_id for contact_id, _ in changes})


def _apply(session: Session, changes: dict[int, Changes]) -> None:
    session.execute(
        text("""
            UPDATE contacts c SET
                (name, given_name, email, birthday, notes, language, time_zone) = (
                    SELECT n.name, n.given_name, n.email, n.birthday, n.notes, n.language, n.time_zone
                    FROM jsonb_populate_record(c, v.columns) AS n),
                metadata = (c.metadata || v.custom) - v.emptied,
                tags = (
                    SELECT COALESCE(jsonb_agg(tag ORDER BY place), '[]') FROM (
                        SELECT tag, min(place) AS place
                        FROM jsonb_array_elements(c.tags || v.add_tags) WITH ORDINALITY AS t (tag, place)
                        WHERE NOT v.remove_tags @> tag GROUP BY tag) AS kept)
            FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS v (
                id bigint, columns jsonb, custom jsonb, emptied text[], add_tags jsonb, remove_tags jsonb)
            WHERE c.id = v.id
        """),
        {"rows": orjson.dumps([_row(id, change) for id, change in sorted(changes.items())]).decode()},
    )


def _row(contact_id: int, change: Changes) -> dict[str, Any]:
    return {
        "id": contact_id,
        "columns": dict(change.columns),
        "custom": {key: value for key, value in change.custom.items() if value is not None},
        "emptied": [key for key, value in change.custom.items() if value is None],
        "add_tags": change.add_tags,
        "remove_tags": change.remove_tags,
    }
