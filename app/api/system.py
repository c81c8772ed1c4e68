"""The installation itself: its version, how it fares, and the switch that stops everything."""

import platform
from typing import Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from app.api.fields import ShortText, Strict
from app.api.settings import SettingsAnswer
from app.core.version import VERSION
from app.dependencies import Config, CurrentUser, Db, Now, requires
from app.models import Workspace
from app.services import doctor, workspace

router = APIRouter(prefix="/api/v1/system", tags=["system"])


class Pause(Strict):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "The price list is wrong."}]})

    reason: ShortText | None = None


class CheckAnswer(BaseModel):
    name: str
    state: Literal["ok", "warning", "failing"]
    code: doctor.Code = Field(description="What is so, by a name that stays.")
    detail: str = Field(description="A sentence: what is so, or what to do.")
    values: dict[str, str | int] = Field(description="What the sentence tells: a count, seconds, a reason.")


class SystemAnswer(BaseModel):
    version: str
    python: str
    postgresql: str
    schema_revision: str
    broker: str | None = Field(description="Its kind: redis, amqp, …")
    is_production: bool
    is_paused: bool
    checks: list[CheckAnswer]


@router.get("", summary="Show how the installation fares", dependencies=[Depends(requires("system:read"))])
async def get_system(settings: Config) -> SystemAnswer:
    """What `/health` says, and what a person would look at next when messages do not come or go."""
    found = await doctor.examine(settings)
    return SystemAnswer(
        version=VERSION,
        python=platform.python_version(),
        postgresql=found.postgresql,
        schema_revision=found.schema_revision,
        broker=None if settings.broker_url is None else settings.broker_url.partition(":")[0],
        is_production=settings.is_production,
        is_paused=found.is_paused,
        checks=[CheckAnswer.model_validate(each, from_attributes=True) for each in found.checks],
    )


@router.post(
    "/pause",
    summary="Pause all automations and all sending",
    response_model=SettingsAnswer,
    dependencies=[Depends(requires("system:pause"))],
)
def pause_system(session: Db, user: CurrentUser, now: Now, body: Pause | None = None) -> Workspace:
    """Within a second nothing leaves any more. What comes in is stored, and starts no automation; what is to be sent
    waits. Pausing twice changes nothing.
    """
    return workspace.pause(session, reason=body.reason if body else None, user_id=user.id, now=now)


@router.post(
    "/resume",
    summary="Go on after a pause",
    response_model=SettingsAnswer,
    dependencies=[Depends(requires("system:pause"))],
)
def resume_system(session: Db, now: Now) -> Workspace:
    """What waited is sent, as far as it still may be; runs go on where they stood."""
    return workspace.resume(session, now=now)
