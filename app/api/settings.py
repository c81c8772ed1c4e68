"""Settings: what holds for the whole workspace."""

from datetime import datetime
from typing import Annotated, Any, TypeAlias, cast

from fastapi import APIRouter, Depends
from pydantic import AfterValidator, ConfigDict, Field

from app.api.fields import Answer, ShortText, Strict, TimeZone
from app.dependencies import Db, requires
from app.models import Workspace
from app.services import workspace
from app.services.workspace import WorkspaceFields

router = APIRouter(prefix="/api/v1/settings", tags=["settings"])


def _distinct(words: list[str]) -> list[str]:
    return list(dict.fromkeys(words))


Words: TypeAlias = Annotated[list[ShortText], Field(max_length=100), AfterValidator(_distinct)]


class SettingsAnswer(Answer):
    name: str
    time_zone: str = Field(description="Where a contact's own is not known, times of day are meant in this one.")
    opt_out_words: list[str] = Field(description="A message that is one of these opts out, beside the built-in ones.")
    opt_in_words: list[str]
    is_paused: bool = Field(description="Whether everything stands still: see `POST /api/v1/system/pause`.")
    paused_at: datetime | None
    paused_by: int | None
    pause_reason: str | None
    updated_at: datetime


class SettingsPatch(Strict):
    """A key left out stays as it is; words are replaced whole."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"time_zone": "America/Mexico_City", "opt_out_words": ["ya no"]}]}
    )

    name: ShortText = "Hilo"
    time_zone: TimeZone = "UTC"
    opt_out_words: Words = Field(default_factory=list)
    opt_in_words: Words = Field(default_factory=list)

    def written(self) -> WorkspaceFields:
        fields: dict[str, Any] = self.model_dump(exclude_unset=True)
        return cast(WorkspaceFields, fields)


@router.get(
    "", summary="Show the settings", response_model=SettingsAnswer, dependencies=[Depends(requires("settings:read"))]
)
def get_settings(session: Db) -> Workspace:
    return workspace.get_workspace(session)


@router.patch(
    "", summary="Change the settings", response_model=SettingsAnswer, dependencies=[Depends(requires("settings:write"))]
)
def update_settings(body: SettingsPatch, session: Db) -> Workspace:
    """They count from the next message on, in every process."""
    return workspace.update_workspace(session, body.written())
