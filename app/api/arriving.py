"""Request bodies while they arrive: each has a limit, all together have one, and none may take for ever.

Nothing of a body is handed on before it is whole, so a caller who is slow on purpose holds a connection and no more.
"""

import asyncio
from collections.abc import Mapping

from starlette.types import Receive

LONGEST_SECONDS = 30.0


class TooLarge(Exception):
    """One body, of more than the limit."""


class TooMany(Exception):
    """Bodies that would fit one by one, but not together."""


class TooSlow(Exception):
    pass


class Gone(Exception):
    """Whoever sent it has hung up."""


class Arriving:
    """What is being read at this moment, by everybody."""

    def __init__(self, *, largest: int, together: int) -> None:
        self._largest = largest
        self._together = together
        self._held = 0

    async def read(self, headers: Mapping[bytes, bytes], receive: Receive) -> bytes:
        if _announced(headers) > self._largest:
            raise TooLarge
        first = await receive()
        body = first.get("body", b"")
        if first["type"] == "http.disconnect":
            raise Gone
        if len(body) > self._largest:
            raise TooLarge
        if not first.get("more_body"):  # nearly always: it came in one piece, and takes no place among the slow
            return bytes(body)
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                return await self._rest(body, receive)
        except TimeoutError:
            raise TooSlow from None

    async def _rest(self, first: bytes, receive: Receive) -> bytes:
        parts, size = [first], len(first)
        self._hold(size)
        held = size
        try:
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Gone
                part = message.get("body", b"")
                size += len(part)
                if size > self._largest:
                    raise TooLarge
                self._hold(len(part))
                held = size
                parts.append(part)
                if not message.get("more_body"):
                    return b"".join(parts)
        finally:
            self._held -= held

    def _hold(self, size: int) -> None:
        if self._held + size > self._together:
            raise TooMany
        self._held += size


def _announced(headers: Mapping[bytes, bytes]) -> int:
    text = headers.get(b"content-length", b"0")
    return int(text) if text.isdigit() else 0
