"""Ask the database something from the event loop, on a connection of its own, and never wait for longer than said.

For health and metrics: they must not wait for a pool that is empty, and must tell of a database that says nothing.
"""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import TypeVar

import psycopg

T = TypeVar("T")

# A TimeoutError is an OSError. A statement that is wrong is not silence.
SILENCE = (psycopg.OperationalError, psycopg.InterfaceError, OSError)


class Silent(Exception):
    """No answer, or none in time; says the kind of error."""


async def ask(conninfo: str, work: Callable[[psycopg.AsyncConnection], Awaitable[T]], *, seconds: float) -> T:
    """`seconds` are for all of it, connecting included."""
    ends = monotonic() + seconds
    try:
        async with asyncio.timeout(seconds):
            connection = await psycopg.AsyncConnection.connect(conninfo, autocommit=True, prepare_threshold=None)
    except SILENCE as error:
        raise Silent(type(error).__name__) from None
    try:
        with cut_after(connection, max(0.0, ends - monotonic())):
            return await work(connection)
    except SILENCE as error:
        raise Silent(type(error).__name__) from None
    finally:
        await connection.close()


@contextmanager
def cut_after(connection: psycopg.AsyncConnection, seconds: float) -> Iterator[None]:
    """End whatever waits on this connection after so long, as if the server had hung up.

    A cancellation will not do: psycopg would first ask the server to cancel, and wait for a server that is silent.
    """
    timer = asyncio.get_running_loop().call_later(seconds, _hang_up, connection)
    try:
        yield
    finally:
        timer.cancel()


def _hang_up(connection: psycopg.AsyncConnection) -> None:
    with suppress(psycopg.Error, OSError), socket.socket(fileno=os.dup(connection.pgconn.socket)) as line:
        line.shutdown(socket.SHUT_RDWR)  # of a copy: the original is libpq's to close
