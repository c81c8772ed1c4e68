"""The operator's pages, where no route of the API answers: their files, and the one page for every address of theirs.

Files whose name holds a hash of their content are kept for ever; everything else is asked for again each time. Where
the pages are not built, `/` says why, and leads to the phone and to the API's documentation.
"""

import asyncio
import hashlib
import mimetypes
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from string import Template

from fastapi import APIRouter, Depends, FastAPI
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.addresses import address
from app.core.config import Settings
from app.core.frontend import Frontend
from app.dependencies import public

router = APIRouter(include_in_schema=False, dependencies=[Depends(public)])

HERE = Path(__file__).parent
FALLBACK = Template((HERE / "front.html").read_text(encoding="utf-8"))
ICON = (HERE / "favicon.svg").read_bytes()

# Addresses below these are the API's: what is not found there is a refusal in JSON, and no page.
NOT_PAGES = ("/api", "/webhooks", "/docs", "/redoc", "/openapi.json", "/health", "/metrics", "/assets")
ENCODINGS = {"br": ".br", "gzip": ".gz"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self';"
    " connect-src 'self'; media-src 'self' blob:; manifest-src 'self'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'"
)
FALLBACK_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'"
)
GUARDS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
BUILDING = "The pages are being built, or not yet: this page looks again by itself. By hand: make pages"

PHONE_CARD = Template(
    '<a class="card main" href="$address"><b>Open the phone</b>'
    "<span>A simulated WhatsApp. Write <q>hola</q> and watch an automation answer.</span></a>"
)


@router.get("/favicon.svg")
def favicon() -> Response:
    return Response(ICON, media_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"})


@dataclass(frozen=True)
class Built:
    """One build: its files by address, and the page."""

    stamp: str
    files: dict[str, Path]
    page: str
    _contents: dict[Path, bytes | None] = field(default_factory=dict)  # read when first asked for

    @classmethod
    def read(cls, folder: Path, stamp: str) -> "Built":
        files = {
            f"/{path.relative_to(folder).as_posix()}": path
            for path in folder.rglob("*")
            if path.is_file() and path.suffix not in {".br", ".gz"} and not path.name.startswith(".")
        }
        return cls(stamp, files, files.pop("/index.html").read_text(encoding="utf-8"))

    def content(self, file: Path) -> bytes | None:
        if file not in self._contents:
            try:
                self._contents[file] = file.read_bytes()
            except FileNotFoundError:
                self._contents[file] = None
        return self._contents[file]


class Pages:
    """Stands behind all routes. What no page is either goes on to `not_found`."""

    def __init__(self, not_found: ASGIApp, settings: Settings, frontend: Frontend) -> None:
        self._not_found = not_found
        self._settings = settings
        self._frontend = frontend
        self._built: Built | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._not_found
        if scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}:
            found = await asyncio.to_thread(self._answer, Request(scope))
            answer = found or answer
        await answer(scope, receive, send)

    def _answer(self, request: Request) -> Response | None:
        path = request.url.path.removeprefix(_root(request))
        is_page = _is_page(path, request.headers)
        built = self._current() if is_page or self._built is None else self._built
        if built is not None and (file := built.files.get(path)) is not None:
            return _file(built, file, path, request.headers)
        if not is_page:
            return None
        return self._fallback(request) if built is None else self._page(built, request.headers)

    def _current(self) -> Built | None:
        stamp = self._frontend.stamp()
        if stamp is None:
            return None
        if self._built is None or self._built.stamp != stamp:
            try:
                self._built = Built.read(self._frontend.built, stamp)
            except (OSError, KeyError):  # it is being replaced at this very moment
                return self._built
        return self._built

    def _page(self, built: Built, headers: Headers) -> Response:
        page = built.page
        if not self._settings.is_production:
            told = f'<meta name="hilo-phone" content="{escape(phone_address(self._settings))}" />'
            page = page.replace("</head>", f"{told}</head>", 1)
        answer = _checked(page.encode(), "text/html", headers)
        answer.headers["Content-Security-Policy"] = POLICY
        return answer

    def _fallback(self, request: Request) -> Response:
        phone = "" if self._settings.is_production else PHONE_CARD.substitute(address=phone_address(self._settings))
        problem = self._frontend.problem
        page = FALLBACK.substitute(
            phone=phone,
            root=_root(request),
            reason=escape(problem or BUILDING),
            again="" if problem else '<meta http-equiv="refresh" content="2">',
        )
        headers = {"Content-Security-Policy": FALLBACK_POLICY, "Cache-Control": "no-store"}
        return HTMLResponse(page, headers=headers)


def add_pages(app: FastAPI, settings: Settings, frontend: Frontend | None = None) -> None:
    app.include_router(router)
    # Not a route for every path: a wrong method would then be one of a page, and not of the API.
    app.router.default = Pages(app.router.default, settings, frontend or Frontend())


def phone_address(settings: Settings) -> str:
    return address(settings.simulator_host, settings.simulator_port) + "/"


def _is_page(path: str, headers: Headers) -> bool:
    if path == "/":
        return True
    is_ours = any(path == each or path.startswith(f"{each}/") for each in NOT_PAGES)
    return not is_ours and "text/html" in headers.get("accept", "")


def _file(built: Built, file: Path, path: str, headers: Headers) -> Response | None:
    accepted = {each.partition(";")[0].strip() for each in headers.get("accept-encoding", "").split(",")}
    content, encoding = built.content(file), None
    for name, suffix in ENCODINGS.items():
        if name in accepted and (compressed := built.content(file.with_name(file.name + suffix))) is not None:
            content, encoding = compressed, name
            break
    if content is None:
        return None
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    if path.startswith("/assets/"):
        answer = Response(content, media_type=kind, headers=GUARDS)
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    else:
        answer = _checked(content, kind, headers)
    answer.headers["Vary"] = "Accept-Encoding"
    if encoding is not None:
        answer.headers["Content-Encoding"] = encoding
    return answer


def _checked(content: bytes, kind: str, headers: Headers) -> Response:
    """Kept by the browser, which asks each time whether it is still so."""
    tag = f'"{hashlib.sha256(content).hexdigest()[:24]}"'
    same = {"ETag": tag, "Cache-Control": "no-cache", **GUARDS}
    if tag in headers.get("if-none-match", ""):
        return Response(status_code=304, headers=same)
    return Response(content, media_type=kind, headers=same)


def _root(request: Request) -> str:
    """Where a proxy has put us, if not at the root."""
    return str(request.scope.get("root_path", "")).rstrip("/")
