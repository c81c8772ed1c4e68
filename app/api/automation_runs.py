"""Runs of automations: starting them by hand, and what each of them did."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from app.api.automation_logs import AutomationLogAnswer
from app.api.automation_logs import answer_of as log_answer_of
from app.api.fields import Answer, Cursor, Id, Limit, PageAnswer, PathId, QueryId, Strict
from app.api.once import InvalidIdempotencyKey, OnceDep
from app.api.refusals import OF_PAGES, refusals
from app.dependencies import CurrentUser, Db, Now, requires
from app.models import Start
from app.services import automation_runs, starts
from app.services.automation_runs import RunNotFound
from app.services.automations import AutomationNotFound
from app.services.idempotency import IdempotencyMismatch, RequestInProgress
from app.services.starts import (
    MOST_CONTACTS,
    AutomationNotRunning,
    SegmentsNotSupported,
    StartNotFound,
    WorkspacePaused,
)

router = APIRouter(prefix="/api/v1/automations", tags=["automations"])
Reading = [Depends(requires("automations:read"))]
Running = [Depends(requires("automations:run"))]


class RunBody(Strict):
    model_config = ConfigDict(json_schema_extra={"examples": [{"contact_ids": [1, 2, 3]}]})

    contact_ids: Annotated[list[Id], Field(min_length=1, max_length=MOST_CONTACTS)] | None = None
    segment_id: Id | None = Field(None, description="Not possible yet: refused as `segments_not_supported`.")

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        if (self.contact_ids is None) == (self.segment_id is None):
            raise PydanticCustomError("missing", "Say for whom: `contact_ids` or `segment_id`, one of the two.")
        return self


class StartAnswer(Answer):
    id: int
    automation_id: int
    event: str
    occurrence: str = Field(description="Its local time, or the request.")
    zone: str = Field(description="Whose contacts; empty: everyone's.")
    due_at: datetime
    contacts: int | None = Field(description="How many were named; null where the conditions say who.")
    enrolled: int
    refused: dict[str, int] = Field(description="How many were not let in, by reason.")
    waiting: int | None = Field(description="How many of those named have not been looked at yet.")
    outcome: Literal["done", "missed", "stopped"] | None = Field(
        description="Null while it is under way; stopped: its automation was switched off, or it failed, with an alert."
    )
    created_at: datetime
    ended_at: datetime | None


class RunAnswer(Answer):
    id: int
    automation_id: int
    version_id: int
    contact_id: int
    conversation_id: UUID | None
    event: str
    event_key: str
    entry_key: str
    state: str
    cursor: str | None = Field(description="The node where it stands; null once it is over.")
    wake_at: datetime | None
    started_at: datetime
    ended_at: datetime | None


class StepAnswer(Answer):
    seq: int
    node: str
    visit: int
    kind: str
    decision: dict[str, Any]
    output: dict[str, Any]
    started_at: datetime


class RunMessageAnswer(Answer):
    id: int
    node: str | None
    visit: int | None
    status: str
    dispatch: str
    whatsapp_message_id: str | None
    error_message: str | None
    gates: list[dict[str, Any]] | None = Field(description="What each gate said when it was to leave.")


class RunEffectAnswer(Answer):
    id: int
    kind: str
    node: str
    visit: int
    state: str
    attempt: int
    outcome: str | None
    error: str | None
    due_at: datetime
    ended_at: datetime | None


class RunStoryAnswer(RunAnswer):
    steps: list[StepAnswer]
    messages: list[RunMessageAnswer]
    effects: list[RunEffectAnswer]
    log: AutomationLogAnswer | None


def _start_answer(start: Start) -> StartAnswer:
    named = None if start.contact_ids is None else len(start.contact_ids)
    return StartAnswer(
        id=start.id,
        automation_id=start.automation_id,
        event=start.event,
        occurrence=start.occurrence,
        zone=start.zone,
        due_at=start.due_at,
        contacts=named,
        enrolled=start.enrolled,
        refused=start.refused,
        waiting=None if named is None else max(0, named - start.position),
        outcome=start.outcome,
        created_at=start.created_at,
        ended_at=start.ended_at,
    )


@router.post(
    "/{automation_id}/run",
    summary="Run an automation for these contacts",
    status_code=201,
    response_model=StartAnswer,
    dependencies=Running,
    responses=refusals(
        AutomationNotFound,
        AutomationNotRunning,
        SegmentsNotSupported,
        WorkspacePaused,
        IdempotencyMismatch,
        RequestInProgress,
        InvalidIdempotencyKey,
    ),
)
def run_automation(
    automation_id: PathId, body: RunBody, once: OnceDep, session: Db, user: CurrentUser, now: Now
) -> JSONResponse:
    """Whatever its trigger is; its conditions count. The first 500 are let in before the answer, the rest right after:
    ask for the start again to see how far it is."""

    def work() -> StartAnswer:
        if body.contact_ids is None:
            raise SegmentsNotSupported("Name the contacts as `contact_ids`; segments cannot be run yet.")
        return _start_answer(
            starts.run_by_hand(
                session, automation_id, body.contact_ids, user_id=user.id, username=user.username, now=now
            )
        )

    return once.answer(body, status=201, work=work)


@router.get(
    "/{automation_id}/starts",
    summary="List what started it for many people, newest first",
    dependencies=Reading,
    responses=OF_PAGES | refusals(AutomationNotFound),
)
def list_starts(
    automation_id: PathId, session: Db, limit: Limit = 50, cursor: Cursor = None
) -> PageAnswer[StartAnswer]:
    """Occurrences of its schedule, and runs by hand."""
    page = starts.list_starts(session, automation_id, limit=limit, cursor=cursor)
    return PageAnswer(items=[_start_answer(start) for start in page.items], next=page.next)


@router.get(
    "/{automation_id}/starts/{start_id}",
    summary="Show how far a start is",
    dependencies=Reading,
    responses=refusals(StartNotFound),
)
def get_start(automation_id: PathId, start_id: PathId, session: Db) -> StartAnswer:
    return _start_answer(starts.get_start(session, automation_id, start_id))


@router.get(
    "/{automation_id}/runs",
    summary="List its runs, newest first",
    dependencies=Reading,
    responses=OF_PAGES | refusals(AutomationNotFound),
)
def list_runs(
    automation_id: PathId,
    session: Db,
    contact_id: QueryId = None,
    state: Literal["active", "waiting", "sending", "done"] | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> PageAnswer[RunAnswer]:
    page = automation_runs.list_runs(
        session, automation_id, contact_id=contact_id, state=state, limit=limit, cursor=cursor
    )
    return PageAnswer(items=[RunAnswer.model_validate(run) for run in page.items], next=page.next)


@router.get(
    "/{automation_id}/runs/{run_id}",
    summary="Show a run, step by step",
    dependencies=Reading,
    responses=refusals(RunNotFound),
)
def get_run(automation_id: PathId, run_id: PathId, session: Db) -> RunStoryAnswer:
    """Every decision that it made, its messages with what each gate said, its e-mails, and its end."""
    story = automation_runs.get_run(session, automation_id, run_id)
    return RunStoryAnswer(
        **RunAnswer.model_validate(story.run).model_dump(),
        steps=[StepAnswer.model_validate(step) for step in story.steps],
        messages=[RunMessageAnswer.model_validate(message) for message in story.messages],
        effects=[RunEffectAnswer.model_validate(effect) for effect in story.effects],
        log=None if story.log is None else log_answer_of(story.log),
    )
