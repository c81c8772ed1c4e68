"""Whether the installation is well. `/health` is for people and monitors, `/health/live` for whoever restarts us.

Both are answered on the event loop: they must not wait for a thread or a connection that others have taken.
"""

from typing import Any, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from app.api.shared import Shared
from app.dependencies import Config, public
from app.services import health
from app.services.health import Health

router = APIRouter(tags=["health"], dependencies=[Depends(public)])

_examination: Shared[Health] = Shared()


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


SICK = {"status": "failing", "error": "unhealthy", "detail": "The broker does not answer.", "broker": "…"}


class LiveAnswer(BaseModel):
    status: Literal["ok"] = "ok"


@router.get(
    "/health",
    summary="Is everything well?",
    response_model=HealthAnswer,
    responses={
        503: {
            "model": SickAnswer,
            "description": "`unhealthy`: `detail` names the parts.",
            "content": {"application/json": {"examples": {"unhealthy": {"value": SICK}}}},
        }
    },
)
async def get_health(settings: Config) -> JSONResponse:
    """Answered within seconds whatever is wrong, and as often as one likes: it is found out once at a time."""
    found = await _examination.ask(lambda: health.examine(settings))
    parts: dict[str, Any] = dict.fromkeys(health.PARTS, "ok")
    parts |= {part: trouble.detail for part, trouble in found.troubles.items()}
    if found.is_well:
        return JSONResponse({"status": "ok", **parts})
    detail = " ".join(trouble.detail for trouble in found.troubles.values())
    return JSONResponse({"status": "failing", "error": "unhealthy", "detail": detail, **parts}, 503)


@router.get(
    "/health/live",
    summary="Is this process alive?",
    response_model=LiveAnswer,
    responses={503: {"description": "`stuck`: restart this process."}},
)
async def get_liveness(request: Request) -> Any:
    """200 as long as this process can do its work; it asks neither the database nor the broker."""
    gate = getattr(request.app, "gate", None)
    if gate is not None and not gate.is_alive:
        return JSONResponse({"error": "stuck", "detail": "Webhooks are not taken in any more: restart."}, 503)
    return LiveAnswer()
