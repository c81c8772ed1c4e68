"""The web application: its life, what stands in front of its routes, and the routes.

Webhooks pass none of what FastAPI does: their gate answers thousands a second.
"""

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from types import FrameType
from typing import Any

from anyio import to_thread
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.routing import APIRoute
from starlette.types import Message, Receive, Scope, Send

from app.api import access, description, docs, routers, webhooks
from app.api.admission import Admission
from app.api.frontend import add_pages
from app.api.problems import ANSWERED, add_error_handlers
from app.api.request_ids import REQUEST_ID_HEADER, RequestIds
from app.api.watchers import Watchers
from app.api.webhooks import WebhookGate
from app.core.config import ConfigError, Settings, get_settings
from app.core.logging import configure
from app.core.memory import collect_seldom
from app.core.nudges import nudger
from app.core.secrets import SecretsUnreadable
from app.core.version import VERSION
from app.database import conninfo_of, engine
from app.services import counters
from app.services.intake import Intake
from app.services.reach import Reach
from app.services.setup import prepare

SPARE_THREADS = 4  # for what serves files, which takes no place of the API's

DESCRIPTION = "WhatsApp automation that a small team hosts itself. Press **Authorize** on `/docs` to log in and try it."


class Hilo(FastAPI):
    gate: WebhookGate | None = None
    watchers: Watchers
    refusal: str | None = None  # why it did not start, in one sentence

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._numbered = RequestIds(self._serve)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await super().__call__(scope, receive, self._explaining(send))
        elif scope["type"] == "http" and scope["path"] == webhooks.PATH and self.gate is not None:
            await self.gate(scope, receive, send)
        else:
            await self._numbered(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except Exception:
            # Starlette raises again what a handler has logged and answered.
            if not scope.get("state", {}).get(ANSWERED):
                raise

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            schema = super().openapi()
            access.describe(self, schema)
            description.complete(schema)
        return super().openapi()

    def _explaining(self, send: Send) -> Send:
        async def explain(message: Message) -> None:
            if message["type"] == "lifespan.startup.failed" and self.refusal:
                message = {"type": message["type"], "message": self.refusal}  # instead of a traceback
            await send(message)

        return explain


def create_app() -> Hilo:
    settings = get_settings()
    app = Hilo(
        title="Hilo",
        version=VERSION,
        description=DESCRIPTION,
        lifespan=_lifespan,
        docs_url=None,  # FastAPI's own pages load scripts from elsewhere
        redoc_url=None,
        generate_unique_id_function=_operation_id,
        swagger_ui_parameters={"displayRequestDuration": True},
    )
    app.watchers = Watchers(settings.event_streams)
    add_error_handlers(app)
    app.add_middleware(
        Admission,
        places=settings.api_places,
        line=settings.api_queue,
        seconds=settings.api_wait_seconds,
        arriving_bytes=settings.api_arriving_bytes,
    )
    _allow_origins(app, settings)
    docs.add_docs(app)
    for router in routers:
        app.include_router(router)
    add_pages(app, settings)
    return app


@asynccontextmanager
async def _lifespan(app: Hilo) -> AsyncIterator[None]:
    settings = get_settings()
    configure("web", settings)
    try:
        await asyncio.to_thread(prepare, settings, sample=False)
    except (ConfigError, SecretsUnreadable) as error:
        app.refusal = str(error)
        raise
    intake = Intake(
        conninfo_of(settings.database_url or ""),
        nudger=nudger,
        reach=Reach(settings.public_url, settings.webhook_verify_token.get_secret_value()),
        queue_bodies=settings.intake_queue_bodies,
        queue_bytes=settings.intake_queue_bytes,
        batch_bytes=settings.intake_batch_bytes,
        prepare=settings.prepare_threshold,
    )
    await intake.start()
    app.gate = WebhookGate(settings, intake)
    # A thread for each request that may be at work, whatever the library's own default is.
    to_thread.current_default_thread_limiter().total_tokens = settings.api_places + SPARE_THREADS
    counters.start(settings, process="web")
    collect_seldom()
    _dismiss_watchers_early(app)
    try:
        yield
    finally:
        await app.watchers.close()
        counters.stop()
        await intake.stop()
        await asyncio.to_thread(engine().dispose)


def _dismiss_watchers_early(app: Hilo) -> None:
    """At the signal: the server waits for what is under way before it ends, and a stream is under way for ever."""
    if threading.current_thread() is not threading.main_thread():
        return  # signals are not ours, as in tests
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(number)
        if callable(before):
            signal.signal(number, partial(_dismiss_and, before, loop, app.watchers))


def _dismiss_and(
    before: Callable[[int, FrameType | None], Any],
    loop: asyncio.AbstractEventLoop,
    watchers: Watchers,
    number: int,
    frame: FrameType | None,
) -> None:
    loop.call_soon_threadsafe(watchers.dismiss)
    before(number, frame)


def _allow_origins(app: FastAPI, settings: Settings) -> None:
    if "*" in settings.allowed_origins:
        raise ConfigError("ALLOWED_ORIGINS must name each origin: with * any page on the web could use a login.")
    if settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=[origin.rstrip("/") for origin in settings.allowed_origins],
            allow_credentials=True,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID", REQUEST_ID_HEADER],
            expose_headers=[REQUEST_ID_HEADER, "Idempotency-Replayed", "Retry-After", "WWW-Authenticate"],
            max_age=600,
        )


def _operation_id(route: APIRoute) -> str:
    """Short and stable: generated clients are named after it."""
    area = str(route.tags[0]).replace("-", "_") if route.tags else "app"
    return f"{area}_{route.name}"
