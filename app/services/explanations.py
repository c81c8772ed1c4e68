"""Why a message was sent or was not: from recorded facts alone, whatever has changed since."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Automation, AutomationRun, AutomationVersion, Message, MessageEvent, SendAttempt
from app.services import messages

MOST_EVENTS = 100  # of one message there are five, or somebody makes them up


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    automation_id: int
    automation_name: str
    version: int
    run_id: int
    event: str
    event_key: str
    node: str | None
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    message: Message
    cause: Cause | None
    attempts: Sequence[SendAttempt]
    events: Sequence[MessageEvent]


def explain(session: Session, message_id: int) -> Explanation:
    message = messages.get_message(session, message_id)
    attempts = session.scalars(
        select(SendAttempt).where(SendAttempt.message_id == message_id).order_by(SendAttempt.attempt)
    )
    events = session.scalars(
        select(MessageEvent)
        .where(MessageEvent.message_id == message_id)
        .order_by(MessageEvent.at, MessageEvent.id)
        .limit(MOST_EVENTS)
    )
    return Explanation(message=message, cause=_cause(session, message), attempts=attempts.all(), events=events.all())


def _cause(session: Session, message: Message) -> Cause | None:
    if message.run_id is None:
        return None
    row = session.execute(
        select(AutomationRun, Automation.name, AutomationVersion.number)
        .join(Automation, Automation.id == AutomationRun.automation_id)
        .join(AutomationVersion, AutomationVersion.id == AutomationRun.version_id)
        .where(AutomationRun.id == message.run_id)
    ).one_or_none()
    if row is None:
        return None
    run, name, number = row
    return Cause(
        automation_id=run.automation_id,
        automation_name=name,
        version=number,
        run_id=run.id,
        event=run.event,
        event_key=run.event_key,
        node=message.node,
        started_at=run.started_at,
    )
