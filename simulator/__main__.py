"""`python -m simulator`: everything it needs comes from SIMULATOR_* variables, and each has a default."""

import logging
import sys

import structlog
import uvicorn

from simulator.app import make_app
from simulator.server import ResettableProtocol, Server, listen
from simulator.settings import BadSetting, Settings
from simulator.store import StoreInUse
from simulator.world import World

STOP_SECONDS = 1
# Longer than clients keep idle connections, or a send could meet a connection that is just being closed.
KEEP_ALIVE_SECONDS = 75


def main() -> int:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    try:
        settings = Settings.from_environment()
        listener = listen(settings.host, settings.port)
    except BadSetting as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(
            f"It cannot listen on {settings.host}:{settings.port} ({error.strerror}). Set SIMULATOR_PORT to a free one."
        )
    try:
        world = World(settings)
    except StoreInUse:
        return _refuse(
            f"Another simulator is using {settings.state_folder}. Stop it, or set SIMULATOR_STATE to another folder."
        )
    config = uvicorn.Config(
        make_app(world),
        http=ResettableProtocol,
        ws="none",
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=STOP_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    server = Server(config, before_stop=world.state.notices.close)
    structlog.get_logger().info("simulator_listening", host=settings.host, port=settings.port)
    server.run(sockets=[listener])
    return 0


def _refuse(reason: str) -> int:
    sys.stderr.write(f"The simulator cannot start. {reason}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
