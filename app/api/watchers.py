"""Those who watch for changes by this process: a bounded number of them, each told what changed since it last heard.

A watcher that reads slowly is told less often, never more than it can hold: what it has not heard yet is kept as one
set of ids for each kind. All of it runs on the event loop.
"""

import asyncio
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

from app.core import measures
from app.core.errors import AppError
from app.core.notices import Ear, Notices

T = TypeVar("T")


class TooManyWatchers(AppError):
    code, status = "too_many_watchers", 503
    headers = {"Retry-After": "5"}  # noqa: RUF012


class Watcher:
    def __init__(self, kinds: Collection[str] | None) -> None:
        self._kinds = kinds
        self._heard = Notices()
        self._is_reset = False
        self._news = asyncio.Event()
        self.closed = asyncio.Event()

    def hear(self, notices: Notices) -> None:
        for kind, ids in notices.plain().items():
            if self._kinds is None or kind in self._kinds:
                self._heard.add(kind, ids)
        if self._heard:
            self._news.set()

    def reset(self) -> None:
        self._is_reset = True
        self._news.set()

    def close(self) -> None:
        self.closed.set()
        self._news.set()

    async def wait(self, seconds: float) -> tuple[bool, Notices]:
        """What was heard since the last time, at once or as soon as there is something: whether everything may have
        changed, and what is known to have.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()
        told = self._is_reset, self._heard
        self._is_reset, self._heard = False, Notices()
        if not self.closed.is_set():
            self._news.clear()
        return told


class Watchers:
    """`most` at once. Listens to the broker from the first watcher on."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._watchers: set[Watcher] = set()
        self._ear: Ear | None = None
        self._is_listening = False
        self._is_closed = False
        measures.WATCHERS.show(lambda: float(len(self._watchers)))

    def refuse_when_full(self) -> None:
        if self._is_closed or len(self._watchers) >= self._most:
            raise TooManyWatchers("Too many are watching at this moment. Try again, or ask for what you need.")

    @contextmanager
    def joined(self, watcher: Watcher) -> Iterator[None]:
        self._watchers.add(watcher)
        if self._is_closed:
            watcher.close()
        elif self._ear is None:
            loop = asyncio.get_running_loop()
            self._ear = Ear(hear=_handed_to(loop, self._hear), listening=_handed_to(loop, self._listening))
        elif self._is_listening:
            watcher.reset()
        try:
            yield
        finally:
            self._watchers.discard(watcher)

    def dismiss(self) -> None:
        """Every stream ends now, and no other begins: the process is about to stop, and must not wait for them."""
        self._is_closed = True
        for watcher in self._watchers:
            watcher.close()

    async def close(self) -> None:
        self.dismiss()
        if self._ear is not None:
            await asyncio.to_thread(self._ear.close)

    def _hear(self, notices: Notices) -> None:
        for watcher in self._watchers:
            watcher.hear(notices)

    def _listening(self, is_listening: bool) -> None:
        """Whatever was told while nobody listened is lost."""
        self._is_listening = is_listening
        if is_listening:
            for watcher in self._watchers:
                watcher.reset()


def _handed_to(loop: asyncio.AbstractEventLoop, work: Callable[[T], None]) -> Callable[[T], None]:
    def hand_over(argument: T) -> None:
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(work, argument)

    return hand_over
