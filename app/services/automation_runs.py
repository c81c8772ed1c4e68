"""What runs did, step by step, and what became of it: the answer to "why did she get that message"."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.models import Automation, AutomationLog, AutomationRun, AutomationStep, Effect, Message
from app.services import automation_logs, contacts, pages
from app.services.automation_logs import Told
from app.services.automations import AutomationNotFound
from app.services.pages import Page


class RunNotFound(NotFound):
    code = "run_not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStory:
    run: AutomationRun
    steps: Sequence[AutomationStep]
    messages: Sequence[Message]
    effects: Sequence[Effect]
    log: Told | None


def list_runs(
    session: Session,
    automation_id: int,
    *,
    contact_id: int | None,
    state: str | None,
    limit: int,
    cursor: str | None,
) -> Page[AutomationRun]:
    if session.get(Automation, automation_id) is None:
        raise AutomationNotFound(f"There is no automation {automation_id}.")
    statement = select(AutomationRun).where(AutomationRun.automation_id == automation_id)
    if contact_id is not None:
        statement = statement.where(AutomationRun.contact_id == contacts.current_id(session, contact_id))
    if state is not None:
        statement = statement.where(AutomationRun.state == state)
    return pages.by_id(session, statement, AutomationRun.id, limit=limit, cursor=cursor)


def get_run(session: Session, automation_id: int, run_id: int) -> RunStory:
    run = session.get(AutomationRun, run_id)
    if run is None or run.automation_id != automation_id:
        raise RunNotFound(f"There is no run {run_id} of automation {automation_id}.")
    logs = session.scalars(select(AutomationLog).where(AutomationLog.run_id == run_id)).all()
    return RunStory(
        run=run,
        steps=session.scalars(
            select(AutomationStep).where(AutomationStep.run_id == run_id).order_by(AutomationStep.seq)
        ).all(),
        messages=session.scalars(select(Message).where(Message.run_id == run_id).order_by(Message.id)).all(),
        effects=session.scalars(select(Effect).where(Effect.run_id == run_id).order_by(Effect.id)).all(),
        log=next(iter(automation_logs.told(session, logs)), None),
    )
