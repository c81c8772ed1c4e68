"""Automations that start automations: rows of `effects` that runs wrote, done once each, in a transaction of their own.

What keeps them from going round for ever is looked at here, when the other would start: how long the chain is, and
whether it is in the chain already.
"""

from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.database import is_operational
from app.domain.chains import refusal
from app.services import book, enrolling, runs
from app.services.effects import START
from app.services.enrolling import Cause, Wish
from app.services.runs import Settled

log = structlog.get_logger()

BATCH = 100


def work(session: Session, *, now: datetime) -> int:
    """Start what runs asked for; returns how many, at most a batch."""
    due = session.execute(
        text("""
            SELECT e.id, e.key, e.run_id, e.node, e.visit, e.payload, r.contact_id, r.trace, r.automation_id
            FROM effects e JOIN automation_runs r ON r.id = e.run_id
            WHERE e.kind = :kind AND e.state = 'pending' AND e.due_at <= :now
              AND NOT (SELECT is_paused FROM settings WHERE id = 1)
            ORDER BY e.due_at, e.id LIMIT :limit FOR UPDATE OF e SKIP LOCKED
        """),
        {"kind": START, "now": now, "limit": BATCH},
    ).all()
    if not due:
        return 0
    # People first, as everyone locks.
    session.execute(
        text("SELECT id FROM contacts WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE"),
        {"ids": sorted({row.contact_id for row in due})},
    )
    settled = [_try(session, row, now=now) for row in due]
    session.execute(
        text("""
            UPDATE effects e SET state = 'done', attempt = 1, outcome = v.outcome, error = v.error,
                claimed_at = clock_timestamp(), ended_at = :now
            FROM unnest(CAST(:ids AS bigint[]), CAST(:outcomes AS text[]), CAST(:errors AS text[]))
                 AS v (id, outcome, error) WHERE e.id = v.id
        """),
        {
            "ids": [row.id for row in due],
            "outcomes": ["accepted" if one.result == "done" else one.result for one in settled],
            "errors": [one.reason for one in settled],
            "now": now,
        },
    )
    runs.settle_effects(session, settled, now=now)
    return len(due)


def _try(session: Session, row: Any, *, now: datetime) -> Settled:
    try:
        with session.begin_nested():
            return _start(session, row, now=now)
    except Exception as error:
        if is_operational(error):
            raise
        log.exception("chain_failed", effect_id=row.id)
        return _settled(row, "failed", "internal_error")


def _start(session: Session, row: Any, *, now: datetime) -> Settled:
    workspace = book.workspace(session)
    definition = workspace.book.find(row.payload["automation_id"])
    if definition is None:
        return _settled(row, "failed", "automation_not_running")
    lineage = tuple(row.payload["lineage"])
    reason = refusal(lineage, definition)
    if reason is not None:
        return _settled(row, "failed", reason)
    wish = Wish(contact_id=row.contact_id, key=row.key, at=now)
    cause = Cause(event="automation", trace=row.trace or f"r{row.run_id}", lineage=lineage)
    outcome = enrolling.enrol(session, definition, [wish], workspace, cause, now=now)
    if row.contact_id in outcome.enrolled:
        return _settled(row, "done", None)
    return _settled(row, "skipped", outcome.refused.get(row.contact_id, "contact_not_found"))


def _settled(row: Any, result: Any, reason: str | None) -> Settled:
    return Settled(run_id=row.run_id, node=row.node, visit=row.visit, result=result, reason=reason)
