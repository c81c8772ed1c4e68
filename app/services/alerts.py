"""What needs a person. One open alert per kind and key: a repeat counts, it does not pile up."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.models import Alert
from app.services import notices, pages
from app.services.pages import Page


class AlertNotFound(NotFound):
    code = "alert_not_found"


def raise_alert(
    session: Session,
    *,
    kind: str,
    key: str,
    severity: str,
    title: str,
    detail: str | None,
    context: Mapping[str, Any],
    now: datetime,
) -> int:
    """The id of the open alert, which now tells the latest case."""
    new = insert(Alert).values(
        kind=kind,
        key=key,
        severity=severity,
        title=title,
        detail=detail,
        context=dict(context),
        first_at=now,
        last_at=now,
    )
    alert_id: int = session.scalars(
        new.on_conflict_do_update(
            index_elements=[Alert.kind, Alert.key],
            index_where=Alert.resolved_at.is_(None),
            set_={
                "count": Alert.count + 1,
                "severity": new.excluded.severity,
                "title": new.excluded.title,
                "detail": new.excluded.detail,
                "context": new.excluded.context,
                "last_at": func.greatest(Alert.last_at, new.excluded.last_at),
            },
        ).returning(Alert.id)
    ).one()
    notices.changed(session, "alert", alert_id)
    return alert_id


def resolve_by_key(session: Session, *, kind: str, key: str, now: datetime) -> None:
    """What the alert spoke of has ended by itself."""
    alert = session.scalar(
        select(Alert).where(Alert.kind == kind, Alert.key == key, Alert.resolved_at.is_(None)).with_for_update()
    )
    if alert is not None:
        alert.resolved_at = now
        notices.changed(session, "alert", alert.id)


def list_alerts(session: Session, *, is_open: bool, limit: int, cursor: str | None) -> Page[Alert]:
    statement = select(Alert).where(Alert.resolved_at.is_(None) if is_open else Alert.resolved_at.is_not(None))
    return pages.by_id(session, statement, Alert.id, limit=limit, cursor=cursor)


def resolve(session: Session, alert_id: int, *, user_id: int, now: datetime) -> Alert:
    """Resolving twice changes nothing: the first person and moment stay."""
    alert = session.get(Alert, alert_id, with_for_update=True)
    if alert is None:
        raise AlertNotFound(f"There is no alert {alert_id}.")
    if alert.resolved_at is None:
        alert.resolved_at, alert.resolved_by = now, user_id
        notices.changed(session, "alert", alert_id)
    return alert
