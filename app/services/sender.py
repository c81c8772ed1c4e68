"""Sending: one event loop a process, on which each channel whose lane this process holds has a worker of its own.

A task only wakes it. Nothing here is needed by another process: whoever takes a lane finds all in rows.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core import measures
from app.core.clock import Clock
from app.core.config import Settings
from app.database import in_transaction
from app.domain.pacing import Throughput
from app.services.channel_worker import ChannelWorker
from app.whatsapp.client import GraphClient

log = structlog.get_logger()

T = TypeVar("T")

# First what is under way may end, for STOP_SECONDS; then it is broken off, and written down as unknown.
ABANDON_SECONDS = 0.7
LEAVE_SECONDS = 0.2

DATABASE_THREADS = 4


class Sender:
    """All sending of one process."""

    def __init__(self, settings: Settings, clock: Clock, engine: Engine) -> None:
        self._settings = settings
        self._clock = clock
        self._engine = engine
        self._loop = asyncio.new_event_loop()
        self._channels: dict[int, ChannelWorker] = {}
        self._throughput = Throughput()
        self._is_stopping = False
        # Transactions at once. More would wait for one another's commits, and open connections only to close them.
        self._threads = ThreadPoolExecutor(min(DATABASE_THREADS, settings.db_pool_size), "sender-database")
        self.client = GraphClient(settings.whatsapp_api_url, timeout_seconds=settings.send_timeout_seconds)
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)
        self._thread.start()
        measures.IN_FLIGHT.show(lambda: float(sum(worker.in_flight for worker in list(self._channels.values()))))
        measures.UNRECORDED.show(lambda: float(sum(worker.unrecorded for worker in list(self._channels.values()))))

    def wake(self, channel_id: int) -> None:
        """Look at this channel now; from any thread."""
        self._loop.call_soon_threadsafe(self._wake, channel_id)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something else on the sender's loop, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def stop(self) -> None:
        """Claim nothing more, let what is under way end for a moment, record it, and give the lanes back."""
        if not self._thread.is_alive():
            return
        try:
            stopping = asyncio.run_coroutine_threadsafe(self._stop(), self._loop)
            stopping.result(self._settings.stop_seconds + ABANDON_SECONDS + LEAVE_SECONDS)
        except TimeoutError:
            log.warning("sender_not_stopped_in_time")
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(LEAVE_SECONDS)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _wake(self, channel_id: int) -> None:
        if self._is_stopping:
            return
        worker = self._channels.get(channel_id)
        if worker is None:
            worker = ChannelWorker(
                channel_id, self._settings, self._clock, self._transact, self.client, self._throughput
            )
            self._channels[channel_id] = worker
        worker.wake()
        if worker.task is None:
            worker.task = self._loop.create_task(self._work(worker), name=f"send:{channel_id}")

    async def _transact(self, work: Callable[[Session], T]) -> T:
        # What is claimed and recorded is known by its key, and a table of millions is never worth reading for it.
        return await self._loop.run_in_executor(
            self._threads, partial(in_transaction, work, self._engine, by_index=True)
        )

    async def _work(self, worker: ChannelWorker) -> None:
        try:
            await worker.work()
        except Exception as error:
            # The sweep wakes the channel again; nothing is lost, as all that matters is in rows.
            is_ours = not isinstance(error, DBAPIError)  # a database's own words may hold a row's values
            log.error("send_lane_failed", channel_id=worker.channel_id, error=type(error).__name__, exc_info=is_ours)
        finally:
            worker.task = None  # the worker itself stays: it knows how fast its number was

    async def _stop(self) -> None:
        self._is_stopping = True
        tasks = {worker.task for worker in self._channels.values() if worker.task is not None}
        for worker in self._channels.values():
            worker.stop()
        if tasks:
            _, tasks = await asyncio.wait(tasks, timeout=self._settings.stop_seconds)
        await self.client.close()
        if tasks:
            _, tasks = await asyncio.wait(tasks, timeout=ABANDON_SECONDS)
        for task in tasks:
            task.cancel()
        self._threads.shutdown(wait=False)
