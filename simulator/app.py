"""The ASGI program: Graph routes, control routes, the phone page, and the tasks that run beside them."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from simulator import control
from simulator.graph import graph
from simulator.world import World

PAGE = Path(__file__).parent / "page"
_METHODS = ["GET", "POST", "DELETE", "PUT", "PATCH"]

log = structlog.get_logger()


class _FreshFiles(StaticFiles):
    """Files that a browser asks for again each time, so that an upgraded page is never half old."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


def make_app(world: World) -> Starlette:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(world.webhooks.run()), asyncio.create_task(world.pipeline.run())]
        for task in tasks:
            task.add_done_callback(_stop_when_broken)
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            world.state.store.close()

    files = _FreshFiles(directory=PAGE, html=True, check_dir=False)
    app = Starlette(
        lifespan=lifespan,
        routes=[
            *control.ROUTES,
            # The page names its files relative to itself, and it is served at the root.
            Mount("/page", files),
            Route("/{version}/{path:path}", graph, methods=_METHODS),
            Mount("/", files),
        ],
    )
    app.state.world = world
    return app


def _stop_when_broken(task: asyncio.Task[None]) -> None:
    """A simulator that answers but no longer reports would look like a silent business: better to be gone."""
    if not task.cancelled() and task.exception() is not None:
        log.error("simulator_broke", exc_info=task.exception())
        os.kill(os.getpid(), signal.SIGTERM)
