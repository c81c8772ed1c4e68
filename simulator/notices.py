"""Tells open phone pages that a thread changed, as server-sent events: `event: thread`, `data: {"wa_id": …}`.

A notice carries no content: pages fetch the thread again, so that a missed or merged notice costs nothing.
"""

import asyncio
from collections.abc import AsyncIterator

from simulator.wire import pack

HEARTBEAT_SECONDS = 15.0


class _Reader:
    def __init__(self) -> None:
        self.changed: dict[str, None] = {}
        self.wake = asyncio.Event()


class Notices:
    def __init__(self) -> None:
        self._readers: set[_Reader] = set()
        self._is_closed = False

    def tell(self, wa_id: str) -> None:
        for reader in self._readers:
            reader.changed[wa_id] = None
            reader.wake.set()

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        self._is_closed = True
        for reader in self._readers:
            reader.wake.set()

    async def stream(self) -> AsyncIterator[str]:
        reader = _Reader()
        self._readers.add(reader)
        try:
            yield "retry: 1000\n\n"
            while not self._is_closed:
                try:
                    await asyncio.wait_for(reader.wake.wait(), HEARTBEAT_SECONDS)
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                reader.wake.clear()
                changed, reader.changed = reader.changed, {}
                for wa_id in changed:
                    yield f"event: thread\ndata: {pack({'wa_id': wa_id})}\n\n"
        finally:
            self._readers.discard(reader)
