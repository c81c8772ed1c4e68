"""`/metrics`, for Prometheus: one scrape tells of all processes. Who may scrape is decided here.

With METRICS_TOKEN whoever carries it. Without: this machine alone, and in production nobody, because behind a proxy on
the same machine all the world comes from this machine.
"""

import hmac
from ipaddress import ip_address

from fastapi import APIRouter, Depends, Request, Response

from app.api.refusals import refusals
from app.api.shared import Shared
from app.core.config import Settings
from app.core.errors import Forbidden, Unauthorized
from app.database import conninfo_of
from app.dependencies import Config, Now, public
from app.services import metrics

router = APIRouter(tags=["health"], dependencies=[Depends(public)])

# Version 0.0.4 of the text format: what every Prometheus and every program that reads like it understands.
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")

_scrape: Shared[bytes] = Shared()


class MetricsClosed(Forbidden):
    code = "metrics_closed"


@router.get(
    "/metrics",
    summary="Numbers for Prometheus",
    response_class=Response,
    responses=refusals(Unauthorized, MetricsClosed) | {200: {"content": {"text/plain": {}}}},
)
async def get_metrics(request: Request, settings: Config, now: Now) -> Response:
    """`Authorization: Bearer` with METRICS_TOKEN; without such a setting, from this machine alone."""
    _admit(request, settings)
    conninfo = conninfo_of(settings.database_url or "")
    body = await _scrape.ask(lambda: metrics.scrape(conninfo, now=now))
    return Response(body, headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"})


def _admit(request: Request, settings: Settings) -> None:
    if settings.metrics_token is not None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        known = settings.metrics_token.get_secret_value().encode()
        if scheme.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), known):
            raise Unauthorized("Send `Authorization: Bearer` with the METRICS_TOKEN of this installation.")
    elif settings.is_production:
        raise MetricsClosed("Set METRICS_TOKEN to open this page, and send it as `Authorization: Bearer`.")
    elif not _is_from_here(request):
        raise MetricsClosed("Without a METRICS_TOKEN this page is for this machine alone.")


def _is_from_here(request: Request) -> bool:
    if request.client is None or any(header in request.headers for header in FORWARDED):
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False
