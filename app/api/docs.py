"""`/docs` and `/redoc`, with scripts and styles that we serve: nothing comes from another server.

The policy in their headers makes the browser hold to that, too (ReDoc's own logo would be fetched from its maker).
"""

from importlib.resources import as_file, files

from fastapi import FastAPI
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html, get_swagger_ui_oauth2_redirect_html
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

ASSETS = "/docs/assets"

POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data:; worker-src 'self' blob:; frame-ancestors 'none'"
)


def add_docs(app: FastAPI) -> None:
    with as_file(files("fastapi_offline") / "static") as folder:
        app.mount(ASSETS, StaticFiles(directory=folder), name="docs-assets")
    app.add_route("/docs", _swagger, include_in_schema=False)
    app.add_route("/docs/oauth2-redirect", _oauth2_redirect, include_in_schema=False)
    app.add_route("/redoc", _redoc, include_in_schema=False)


def _swagger(request: Request) -> HTMLResponse:
    root = _root(request)
    page = get_swagger_ui_html(
        openapi_url=f"{root}/openapi.json",
        title="Hilo: API",
        swagger_js_url=f"{root}{ASSETS}/swagger-ui-bundle.js",
        swagger_css_url=f"{root}{ASSETS}/swagger-ui.css",
        swagger_favicon_url=f"{root}/favicon.svg",
        oauth2_redirect_url=f"{root}/docs/oauth2-redirect",
        swagger_ui_parameters=request.app.swagger_ui_parameters,
    )
    return _guarded(page)


def _redoc(request: Request) -> HTMLResponse:
    root = _root(request)
    page = get_redoc_html(
        openapi_url=f"{root}/openapi.json",
        title="Hilo: API reference",
        redoc_js_url=f"{root}{ASSETS}/redoc.standalone.js",
        redoc_favicon_url=f"{root}/favicon.svg",
        with_google_fonts=False,
    )
    return _guarded(page)


def _oauth2_redirect(_: Request) -> HTMLResponse:
    return get_swagger_ui_oauth2_redirect_html()


def _root(request: Request) -> str:
    """Where a proxy has put us, if not at the root."""
    return str(request.scope.get("root_path", "")).rstrip("/")


def _guarded(page: HTMLResponse) -> HTMLResponse:
    page.headers["Content-Security-Policy"] = POLICY
    return page
