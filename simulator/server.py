"""How uvicorn runs here: a socket of ours, signals of ours, and a way to reset a connection.

Server-sent events never end by themselves, so a signal must close them before uvicorn waits for them.
"""

import asyncio
import contextlib
import signal
import socket
import struct
from collections.abc import Callable, Iterator

import uvicorn
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_EXTENSION = "simulator.reset"


class ResettableProtocol(HttpToolsProtocol):
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {_EXTENSION: {"reset": self._reset}}

    def _reset(self) -> None:
        connection = self.transport.get_extra_info("socket")
        if connection is not None:
            # Linger of zero: the caller sees a reset, not an orderly end.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()


class ResetResponse(Response):
    """No answer at all: the connection breaks."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 -- no answer
        reset: Callable[[], None] = scope["extensions"][_EXTENSION]["reset"]
        reset()
        # uvicorn would answer 500 for us, had it not noticed the disconnect yet.
        while (await receive())["type"] != "http.disconnect":
            continue


class Server(uvicorn.Server):
    """Stops on SIGTERM and SIGINT with exit code 0, whoever still listens to events."""

    def __init__(self, config: uvicorn.Config, *, before_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._before_stop = before_stop

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        yield

    def _stop(self) -> None:
        self._before_stop()
        self.should_exit = True


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, bound before anything else starts; raises OSError where the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(1024)
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener
