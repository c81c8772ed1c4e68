"""`/`: the way to the phone and to the API's documentation."""

from pathlib import Path
from string import Template

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app.core.config import Settings
from app.dependencies import Config, public

router = APIRouter(include_in_schema=False, dependencies=[Depends(public)])

PAGE = Template(Path(__file__).with_name("front.html").read_text(encoding="utf-8"))
ICON = Path(__file__).with_name("favicon.svg").read_bytes()
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'"

PHONE_CARD = Template(
    '<a class="card main" href="$address"><b>Open the phone</b>'
    "<span>A simulated WhatsApp. Write <q>hola</q> and watch an automation answer.</span></a>"
)


@router.get("/")
def front(request: Request, settings: Config) -> HTMLResponse:
    phone = "" if settings.is_production else PHONE_CARD.substitute(address=phone_address(settings))
    page = PAGE.substitute(phone=phone, root=str(request.scope.get("root_path", "")).rstrip("/"))
    return HTMLResponse(page, headers={"Content-Security-Policy": POLICY})


@router.get("/favicon.svg")
def favicon() -> Response:
    return Response(ICON, media_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"})


def phone_address(settings: Settings) -> str:
    host = settings.simulator_host
    # A wildcard is where it listens, not where a browser finds it.
    return f"http://{'127.0.0.1' if host in {'0.0.0.0', '::', ''} else host}:{settings.simulator_port}/"  # noqa: S104
