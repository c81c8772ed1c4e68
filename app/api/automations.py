"""Automations: what starts them and what they do."""

from datetime import datetime
from typing import Annotated, Any, TypeAlias, cast

from fastapi import APIRouter, Depends, Response
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from app.api.fields import (
    Answer,
    Cursor,
    JsonObject,
    Limit,
    LongText,
    PageAnswer,
    PathId,
    QueryText,
    ShortText,
    Strict,
    storable,
)
from app.api.once import InvalidIdempotencyKey, OnceDep
from app.api.refusals import OF_PAGES, refusals
from app.dependencies import CurrentUser, Db, Now, requires
from app.domain.catalogue import automation_schema
from app.services import automations
from app.services.automations import (
    AutomationFields,
    AutomationHasHistory,
    AutomationInUse,
    AutomationNotFound,
    InvalidAutomation,
    Saved,
)
from app.services.idempotency import IdempotencyMismatch, RequestInProgress

router = APIRouter(prefix="/api/v1/automations", tags=["automations"])
Reading = [Depends(requires("automations:read"))]
Writing = [Depends(requires("automations:write"))]

_EXAMPLE: JsonDict = {
    "name": "Prices",
    "trigger_type": "keyword",
    "trigger_conditions": {"keywords": ["price", "precio"], "exclusive_group": "greeting"},
    "action_type": "send_message",
    "action_payload": {"message_template": "¡Hola {name}! …", "delay_seconds": 5},
    "priority": 7,
}


# That it is there is checked with all else that an automation needs, so that one answer tells of everything.
Name: TypeAlias = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=200),
    AfterValidator(storable),
    Field(json_schema_extra={"minLength": 1}),
]


class AutomationBody(Strict):
    description: LongText | None = None
    trigger_conditions: JsonObject = Field(default_factory=dict)
    action_payload: JsonObject = Field(default_factory=dict)
    schedule_config: JsonObject | None = None
    is_active: bool = True
    priority: Annotated[int, Field(ge=1, le=10, description="10 comes first.")] = 5


class NewAutomation(AutomationBody):
    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    name: Name
    trigger_type: ShortText
    action_type: ShortText


class AutomationPatch(AutomationBody):
    """A key left out stays as it is; the JSON columns are replaced whole."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"is_active": False}]})

    # The defaults stand for "left out" and are never written.
    name: Name = ""
    trigger_type: ShortText = ""
    action_type: ShortText = ""


class AutomationAnswer(Answer):
    id: int
    name: str
    description: str | None
    trigger_type: str
    trigger_conditions: Any
    action_type: str
    action_payload: Any
    schedule_config: Any
    is_active: bool
    priority: int
    published_version_id: int | None = Field(description="What runs; null while nothing was published.")
    created_at: datetime
    updated_at: datetime
    created_by: int | None


class ConflictAnswer(Answer):
    automation_id: int
    name: str
    reason: str


class SavedAutomationAnswer(AutomationAnswer):
    conflicts: list[ConflictAnswer] = Field(description="Other active automations that answer the same message.")


def _answer_of(saved: Saved) -> SavedAutomationAnswer:
    columns = AutomationAnswer.model_validate(saved.automation).model_dump()
    return SavedAutomationAnswer(
        **columns, conflicts=[ConflictAnswer.model_validate(conflict) for conflict in saved.conflicts]
    )


def _written(body: AutomationBody) -> AutomationFields:
    return cast(AutomationFields, body.model_dump(exclude_unset=True))


@router.get("", summary="List automations, newest first", dependencies=Reading, responses=OF_PAGES)
def list_automations(
    session: Db,
    trigger_type: QueryText = None,
    is_active: bool | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> PageAnswer[AutomationAnswer]:
    page = automations.list_automations(
        session, trigger_type=trigger_type, is_active=is_active, limit=limit, cursor=cursor
    )
    return PageAnswer(items=[AutomationAnswer.model_validate(row) for row in page.items], next=page.next)


@router.post(
    "",
    summary="Add an automation",
    status_code=201,
    response_model=SavedAutomationAnswer,
    dependencies=Writing,
    responses=refusals(InvalidAutomation, IdempotencyMismatch, RequestInProgress, InvalidIdempotencyKey),
)
def create_automation(body: NewAutomation, once: OnceDep, session: Db, user: CurrentUser, now: Now) -> JSONResponse:
    """Saving publishes it, unless its JSON says `"v": 1`: that is a draft until it is published."""

    def work() -> SavedAutomationAnswer:
        return _answer_of(automations.create_automation(session, _written(body), user_id=user.id, now=now))

    return once.answer(body, status=201, work=work)


@router.get("/schema", summary="Show the JSON Schema of automations", dependencies=Reading)
def show_schema() -> dict[str, Any]:
    """Each kind of trigger and action with its title, description, schema and example, below `$defs`.

    It describes version 0, what a form fills in; what it leaves open is checked when an automation is saved.
    """
    return automation_schema()


@router.get(
    "/{automation_id}", summary="Show an automation", dependencies=Reading, responses=refusals(AutomationNotFound)
)
def get_automation(automation_id: PathId, session: Db) -> SavedAutomationAnswer:
    return _answer_of(automations.get_automation(session, automation_id))


@router.patch(
    "/{automation_id}",
    summary="Change an automation",
    dependencies=Writing,
    responses=refusals(AutomationNotFound, InvalidAutomation),
)
def update_automation(
    automation_id: PathId, body: AutomationPatch, session: Db, user: CurrentUser, now: Now
) -> SavedAutomationAnswer:
    """`{"is_active": false}` switches it off: nothing of it starts, and what it has queued is not sent."""
    return _answer_of(automations.update_automation(session, automation_id, _written(body), user_id=user.id, now=now))


@router.post(
    "/{automation_id}/publish",
    summary="Publish the draft",
    dependencies=Writing,
    responses=refusals(AutomationNotFound, InvalidAutomation),
)
def publish_automation(automation_id: PathId, session: Db, user: CurrentUser) -> SavedAutomationAnswer:
    """For automations of version 1. Runs under way finish with the version that they began with."""
    return _answer_of(automations.publish_automation(session, automation_id, user_id=user.id))


@router.delete(
    "/{automation_id}",
    summary="Delete an automation that never ran",
    status_code=204,
    dependencies=Writing,
    responses=refusals(AutomationNotFound, AutomationHasHistory, AutomationInUse),
)
def delete_automation(automation_id: PathId, session: Db) -> Response:
    """One that has run keeps its records and can only be switched off."""
    automations.delete_automation(session, automation_id)
    return Response(status_code=204)
