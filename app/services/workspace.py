"""The workspace: its name, its time zone, its words, and the one switch that stops everything.

Who decides and sends reads the row itself: a pause counts from the next decision and the next claim on, in every
process. What came in is stored all the same.
"""

from datetime import datetime
from typing import TypedDict

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database import after_commit
from app.models import Workspace
from app.services import alerts, notices

log = structlog.get_logger()

PAUSED = "workspace_paused"  # the kind of the alert, and the reason why something did not happen


class WorkspaceFields(TypedDict, total=False):
    """What people set; a missing key leaves the column alone."""

    name: str
    time_zone: str
    opt_out_words: list[str]
    opt_in_words: list[str]


def get_workspace(session: Session) -> Workspace:
    return session.scalars(select(Workspace)).one()


def is_paused(session: Session) -> bool:
    return session.scalars(select(Workspace.is_paused)).one()


def update_workspace(session: Session, fields: WorkspaceFields) -> Workspace:
    workspace = _lock(session)
    for name, value in fields.items():
        setattr(workspace, name, value)
    return _refreshed(session, workspace)


def pause(session: Session, *, reason: str | None, user_id: int | None, now: datetime) -> Workspace:
    """No automation starts or goes on, and nothing is sent, until `resume`. Pausing twice changes nothing."""
    workspace = _lock(session)
    if workspace.is_paused:
        return workspace
    workspace.is_paused, workspace.paused_at = True, now
    workspace.paused_by, workspace.pause_reason = user_id, reason
    alerts.raise_alert(
        session,
        kind=PAUSED,
        key="",
        severity="warning",
        title="Everything is paused: no automation runs and nothing is sent",
        detail=reason,
        context={"user_id": user_id},
        now=now,
    )
    log.warning("workspace_paused", user_id=user_id)
    return _refreshed(session, workspace)


def resume(session: Session, *, now: datetime) -> Workspace:
    """What waited goes on, and passes every gate again; what came in meanwhile started no automation, and starts none
    now: an answer to yesterday's question would only confuse.
    """
    workspace = _lock(session)
    if not workspace.is_paused:
        return workspace
    workspace.is_paused, workspace.paused_at, workspace.paused_by, workspace.pause_reason = False, None, None, None
    alerts.resolve_by_key(session, kind=PAUSED, key="", now=now)
    after_commit(session, "sweep.settle")
    after_commit(session, "sweep.wake")
    log.warning("workspace_resumed")
    return _refreshed(session, workspace)


def _lock(session: Session) -> Workspace:
    statement = select(Workspace).with_for_update(key_share=True).execution_options(populate_existing=True)
    return session.scalars(statement).one()


def _refreshed(session: Session, workspace: Workspace) -> Workspace:
    """With what triggers wrote (`updated_at`, the automations' epoch)."""
    session.flush()
    session.refresh(workspace)
    notices.changed(session, "settings")
    return workspace
