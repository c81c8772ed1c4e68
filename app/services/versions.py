"""Versions of automations: what runs never changes, so whoever is under way finishes what they began.

An original row (version 0) has no draft: saving it publishes it, also when it was saved by plain SQL, and then
`publish_missing` writes the version that is due. A row whose JSON says `"v": 1` runs only what was published.
"""

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import structlog
from sqlalchemy import insert, select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.models import Automation, AutomationVersion
from app.services import audit

log = structlog.get_logger()

DEFINING = ("trigger_type", "trigger_conditions", "action_type", "action_payload", "schedule_config")


def publish(session: Session, automation_ids: Collection[int], *, user_id: int | None) -> None:
    """Make what these rows say now a version, where it is none yet, and have it run."""
    # Looked at again under the lock: another process may have published them meanwhile.
    rows = session.scalars(
        select(Automation)
        .where(Automation.id.in_(automation_ids))
        .order_by(Automation.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    latest = _latest(session, automation_ids)
    changed = [row for row in rows if row.id not in latest or latest[row.id].checksum != checksum(row)]
    current = {automation_id: version.version_id for automation_id, version in latest.items()}
    if changed:
        made = session.execute(
            insert(AutomationVersion).returning(AutomationVersion.automation_id, AutomationVersion.id),
            [
                {name: getattr(row, name) for name in DEFINING}
                | {
                    "automation_id": row.id,
                    "number": latest[row.id].number + 1 if row.id in latest else 1,
                    "checksum": checksum(row),
                    "created_by": user_id,
                }
                for row in changed
            ],
        )
        current |= {row.automation_id: row.id for row in made}
    moved = {row.id: current[row.id] for row in rows if row.published_version_id != current[row.id]}
    if moved:
        # One statement, so that the epoch is raised once.
        session.execute(
            text("""
                UPDATE automations SET published_version_id = v.version_id
                FROM unnest(CAST(:ids AS bigint[]), CAST(:version_ids AS bigint[])) AS v (id, version_id)
                WHERE automations.id = v.id
            """),
            {"ids": list(moved), "version_ids": list(moved.values())},
        )
        for automation_id, version_id in moved.items():
            audit.record(
                session, "automation.published", subject_id=automation_id, after={"published_version_id": version_id}
            )
        for row in rows:
            session.expire(row)
        log.info("automations_published", version_ids=sorted(moved.values()))


def publish_missing(session: Session, *, user_id: int | None = None) -> None:
    """Write the version that each active version 0 row lacks, however the row was saved."""
    rows = session.scalars(
        select(Automation).where(Automation.is_active).execution_options(populate_existing=True)
    ).all()
    due = _due([row for row in rows if not _has_draft(row)], _latest(session, [row.id for row in rows]))
    if due:
        publish(session, due, user_id=user_id)


def checksum(row: Automation | AutomationVersion) -> str:
    """Equal for rows that do the same, however their JSON was written."""
    canonical = json.dumps(
        {name: getattr(row, name) for name in DEFINING}, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Latest:
    version_id: int
    number: int
    checksum: str


def _due(rows: Iterable[Automation], latest: dict[int, _Latest]) -> list[int]:
    due = []
    for row in rows:
        version = latest.get(row.id)
        if version is None or version.checksum != checksum(row) or version.version_id != row.published_version_id:
            due.append(row.id)
    return due


def _latest(session: Session, automation_ids: Collection[int]) -> dict[int, _Latest]:
    statement = (
        select(
            AutomationVersion.automation_id, AutomationVersion.id, AutomationVersion.number, AutomationVersion.checksum
        )
        .ext(distinct_on(AutomationVersion.automation_id))
        .where(AutomationVersion.automation_id.in_(automation_ids))
        .order_by(AutomationVersion.automation_id, AutomationVersion.number.desc())
    )
    return {
        automation_id: _Latest(version_id=version_id, number=number, checksum=digest)
        for automation_id, version_id, number, digest in session.execute(statement)
    }


def _has_draft(row: Automation) -> bool:
    columns: tuple[object, ...] = (row.trigger_conditions, row.action_payload)
    return any(isinstance(column, dict) and column.get("v") == 1 for column in columns)
