"""Durable intake: a webhook is answered when its raw body is committed, and not before.

Bodies that arrive while a commit is in flight share the next one. Nothing is parsed here. The same connection stamps
`intake_open` every second, so that the stamps prove that bodies could be stored; settling an unknown send relies on it.
"""

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass
from itertools import chain, takewhile
from time import monotonic

import psycopg
import structlog

from app.core import measures
from app.core.nudges import Nudger
from app.services.probing import cut_after
from app.services.reach import Reach

log = structlog.get_logger()

WAIT_SECONDS = 5.0  # a body that is not committed by then is answered 503: Meta repeats it
LOOK_SECONDS = 0.2  # one look at who has waited so long: a timer for each body would cost more than storing it
STAMP_SECONDS = 1.0
STOP_SECONDS = 0.8
RECONNECT_SECONDS = 0.25
# A host that vanished without a word must not hold every body: the statement is given up with its connection.
STATEMENT_SECONDS = 10.0

# set_config travels in the statement itself, so that it costs no round trip and works behind a pooler.
STORE = """
    INSERT INTO webhook_events (body)
    SELECT body FROM unnest(%b::bytea[]) AS body, (SELECT set_config('synchronous_commit', 'on', true)) AS setting
"""

# A gap of more than 3 seconds ends a span: during it a body may have been turned away.
STAMP = """
    WITH stamped AS (
        UPDATE intake_open SET stamped_at = clock_timestamp()
        WHERE id = (SELECT max(id) FROM intake_open) AND stamped_at > clock_timestamp() - interval '3 seconds'
        RETURNING id
    )
    INSERT INTO intake_open (opened_at, stamped_at)
    SELECT clock_timestamp(), clock_timestamp() WHERE NOT EXISTS (SELECT FROM stamped)
"""


class NotStored(Exception):
    """The body is not, or not provably, on disk. Ask Meta to repeat it."""


@dataclass(slots=True)
class _Waiter:
    body: bytes
    stored: asyncio.Future[None]
    since: float


class Intake:
    """The group committer of one web process."""

    def __init__(
        self,
        conninfo: str,
        *,
        nudger: Nudger,
        reach: Reach,
        queue_bodies: int,
        queue_bytes: int,
        batch_bytes: int,
        prepare: int | None,
    ) -> None:
        self._conninfo = conninfo
        self._nudger = nudger
        self._reach = reach
        self._queue_bodies = queue_bodies
        self._queue_bytes = queue_bytes
        self._batch_bytes = batch_bytes
        self._prepare = prepare
        self._committing: list[_Waiter] = []
        self._queue: deque[_Waiter] = deque()
        self._queued_bytes = 0
        self._wake = asyncio.Event()
        self._stamp_due = 0.0
        self._is_stopping = False
        self._task: asyncio.Task[None] | None = None
        self._patience: asyncio.Task[None] | None = None

    @property
    def is_alive(self) -> bool:
        """Whether bodies are still being taken to the database, or would be if it answered."""
        return self._task is None or not self._task.done() or self._is_stopping

    async def start(self) -> None:
        measures.INTAKE_QUEUE.show(lambda: float(len(self._queue)))
        measures.INTAKE_QUEUE_BYTES.show(lambda: float(self._queued_bytes))
        await self._reach.start()
        self._task = asyncio.create_task(self._run(), name="intake")
        self._patience = asyncio.create_task(self._give_up(), name="intake-patience")

    async def stop(self) -> None:
        """Let the commit that is under way end; what still waits is answered 503."""
        self._is_stopping = True
        self._wake.set()
        if self._task is not None:
            # Asked, not cancelled: a cancellation that falls on a finished statement would be lost.
            await asyncio.wait([self._task], timeout=STOP_SECONDS)
            self._task.cancel()
        if self._patience is not None:
            self._patience.cancel()
        self._fail(list(self._queue), "stopping")
        self._queue.clear()
        await self._reach.stop()

    async def store(self, body: bytes) -> None:
        """Return when the body is on disk; raise NotStored when that cannot be promised."""
        if len(self._queue) >= self._queue_bodies or self._queued_bytes + len(body) > self._queue_bytes:
            raise NotStored("the queue is full")
        waiter = _Waiter(body, asyncio.get_running_loop().create_future(), monotonic())
        self._queue.append(waiter)
        self._queued_bytes += len(body)
        self._wake.set()
        await waiter.stored

    async def _give_up(self) -> None:
        """Let nobody wait for longer than is promised, whatever the database does."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self._fail(self._waiting_since(monotonic() - WAIT_SECONDS), "the database did not answer in time")

    def _waiting_since(self, moment: float) -> list[_Waiter]:
        return list(takewhile(lambda waiter: waiter.since <= moment, chain(self._committing, self._queue)))

    async def _run(self) -> None:
        while not self._is_stopping:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self._conninfo,
                    autocommit=True,
                    prepare_threshold=self._prepare,
                    connect_timeout=5,
                    keepalives_idle=5,
                    keepalives_interval=2,
                    keepalives_count=3,
                ) as connection:
                    await self._serve(connection)
            except (psycopg.Error, OSError) as error:
                log.warning("intake_away", error=type(error).__name__)
                await asyncio.sleep(RECONNECT_SECONDS)
            except Exception as error:  # a fault of ours costs one batch, not the taking in of webhooks
                log.exception("intake_failed", error=type(error).__name__)
                await asyncio.sleep(RECONNECT_SECONDS)

    async def _serve(self, connection: psycopg.AsyncConnection) -> None:
        while not self._is_stopping:
            if not self._queue:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(max(0.0, self._stamp_due - monotonic())):
                        await self._wake.wait()
            self._wake.clear()
            if batch := self._take():
                await self._commit(connection, batch)
            if monotonic() >= self._stamp_due:  # also under load that never lets the queue run empty
                await self._stamp(connection)

    async def _stamp(self, connection: psycopg.AsyncConnection) -> None:
        self._stamp_due = monotonic() + STAMP_SECONDS
        if self._reach.is_reachable():
            with cut_after(connection, STATEMENT_SECONDS):
                await connection.execute(STAMP)

    def _take(self) -> list[_Waiter]:
        batch: list[_Waiter] = []
        size = 0
        while self._queue and (not batch or size + len(self._queue[0].body) <= self._batch_bytes):
            waiter = self._queue.popleft()
            self._queued_bytes -= len(waiter.body)
            if not waiter.stored.done():  # nobody waits any more for one that timed out
                batch.append(waiter)
                size += len(waiter.body)
        return batch

    async def _commit(self, connection: psycopg.AsyncConnection, batch: list[_Waiter]) -> None:
        began = monotonic()
        self._committing = batch
        try:
            with cut_after(connection, STATEMENT_SECONDS):
                await connection.execute(STORE, ([waiter.body for waiter in batch],))
        except BaseException as error:
            # Perhaps it is stored all the same. Meta repeats, the drain knows what it has seen.
            self._fail(batch, type(error).__name__)
            raise
        finally:
            self._committing = []
        for waiter in batch:
            if not waiter.stored.done():
                waiter.stored.set_result(None)
        self._nudger.nudge("webhooks.drain")
        measures.BODIES.add(len(batch))
        measures.BODY_BYTES.add(sum(len(waiter.body) for waiter in batch))
        measures.COMMIT_BODIES.observe(len(batch))
        measures.COMMIT_SECONDS.observe(monotonic() - began)

    def _fail(self, batch: list[_Waiter], reason: str) -> None:
        for waiter in batch:
            if not waiter.stored.done():
                waiter.stored.set_exception(NotStored(reason))
