"""Whether the installation is well. `/health` is for people and monitors, `/health/live` for whoever restarts us."""

from typing import Any, Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from app.dependencies import Config
from app.services import health

router = APIRouter(tags=["health"])


class HealthAnswer(BaseModel):
    """Each part is `ok`, or says in a sentence what is wrong."""

    status: Literal["ok", "failing"]
    database: str
    broker: str
    workers: str
    beat: str
    lag: str
    signature: str


class SickAnswer(HealthAnswer):
    error: str
    detail: str


class LiveAnswer(BaseModel):
    status: Literal["ok"] = "ok"


@router.get(
    "/health",
    summary="Is everything well?",
    response_model=HealthAnswer,
    responses={503: {"model": SickAnswer, "description": "`unhealthy`: `detail` names the parts."}},
)
def get_health(settings: Config) -> JSONResponse:
    found = health.examine(settings)
    parts: dict[str, Any] = {part: found.troubles.get(part, "ok") for part in health.PARTS}
    if found.is_well:
        return JSONResponse({"status": "ok", **parts})
    detail = " ".join(found.troubles.values())
    return JSONResponse({"status": "failing", "error": "unhealthy", "detail": detail, **parts}, 503)


@router.get("/health/live", summary="Does the process answer?")
def get_liveness() -> LiveAnswer:
    return LiveAnswer()
