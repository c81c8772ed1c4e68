"""Everything that is done to the machine: kills, pauses, restarts in the middle of commits, wipes, a full disk.

How it is done may use what only an insider knows; how it is judged (`audit.py`) may not.
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random
from signal import SIGCONT, SIGKILL, SIGQUIT, SIGSTOP

import psutil
import psycopg
import redis

from tests.crash.course import Course, Filled, Paused
from tests.crash.disk import Disk
from tests.crash.far_side import Padding
from tests.crash.machine import Machine
from tests.crash.parts import signal, wait_for_exit
from tests.crash.plans import Blow, Kill, Kind, Target

COMES_SECONDS = 2.0
COMES_AT_LAST_SECONDS = 60.0
AGAIN_SECONDS = 3.0  # between those that were missed and come in the end
HOLDS_SECONDS = 15.0  # until somebody has the lane: nobody does while there is nothing to send
PASSES_SECONDS = 15.0  # longer than asked for, so that somebody else takes the lane of a paused sender
ORPHAN_SECONDS = 15.0  # killed at once, but a busy machine takes its time
REFUSES_SECONDS = 60.0  # in which somebody must hear that the disk is full, however slow all is
UP_SECONDS = 120.0  # until something answers again, on a machine that has much else to do
LOOK_SECONDS = 0.1
COMMITS_SECONDS = 10.0

# Commits that take 0.1 s instead of a moment, so that one can be met. It is over with the restart that follows.
SLOW_COMMITS = ("ALTER SYSTEM SET commit_delay = 100000", "ALTER SYSTEM SET commit_siblings = 0")
USUAL_COMMITS = ("ALTER SYSTEM RESET commit_delay", "ALTER SYSTEM RESET commit_siblings")
UNDER_WAY = """
    SELECT count(*) FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND state = 'active' AND pid <> pg_backend_pid()
      AND (query ILIKE 'COMMIT%' OR query LIKE '%INSERT INTO webhook_events%')
"""

At = Callable[[float], Awaitable[None]]


class Blows:
    """`at` waits for a second of the schedule."""

    def __init__(self, machine: Machine, course: Course, padding: Padding, dice: Random, at: At) -> None:
        self._machine = machine
        self._course = course
        self._padding = padding
        self._dice = dice
        self._at = at
        self._needed: Counter[Target] = Counter()  # by blows that last, which may have begun later than they should

    async def kill(self, kills: tuple[Kill, ...]) -> None:
        """One after another. Whoever was not there in time gets it in the end."""
        missed: deque[Target] = deque()
        for kill in kills:
            await self._at(kill.at)
            if self._needed[kill.target] or not await self._kill(kill.target, patience=COMES_SECONDS):
                missed.append(kill.target)
        while missed:
            target = missed.popleft()
            await asyncio.sleep(AGAIN_SECONDS)
            if self._needed[target]:
                missed.append(target)
            elif not await self._kill(target, patience=COMES_AT_LAST_SECONDS):
                self._course.missed.append(f"kill of {target}")

    async def strike(self, blow: Blow) -> None:
        await self._at(blow.at)
        self._needed.update(blow.needed)
        try:
            await self._strike_now(blow)
        finally:
            self._needed.subtract(blow.needed)

    async def _strike_now(self, blow: Blow) -> None:
        match blow.kind:
            case Kind.PAUSE:
                assert blow.target is not None
                await self._pause(blow.target, blow.seconds)
            case Kind.RESTART:
                await self._restart()
            case Kind.WIPE:
                await self._wipe()
            case Kind.FILL:
                if self._machine.disk is not None:
                    await self._fill(self._machine.disk, blow.seconds)

    async def _kill(self, target: Target, *, patience: float) -> bool:
        if not await asyncio.to_thread(self._kill_now, target, patience):
            return False
        self._course.kills[target] += 1
        if target is Target.SUPERVISOR:
            await self._see_orphans_out()
        return True

    def _kill_now(self, target: Target, patience: float) -> bool:
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            process = self._machine.find(target, self._dice)
            if process is not None and signal(process, SIGKILL):
                return True
            time.sleep(LOOK_SECONDS)
        return False

    async def _see_orphans_out(self) -> None:
        for process in await asyncio.to_thread(self._machine.leftovers):
            if not await asyncio.to_thread(wait_for_exit, process, seconds=ORPHAN_SECONDS):
                self._course.orphans.append(f"process {process.pid}")
        self._machine.keep_up()

    async def _pause(self, target: Target, seconds: float) -> None:
        found = await asyncio.to_thread(self._wait_to_pause, target)
        if found is None:
            self._course.missed.append(f"pause of {target}")
            return
        process, epoch = found
        began = time.monotonic()
        signal(process, SIGSTOP)
        has_lost_lane = False
        try:
            await asyncio.sleep(seconds)
            if epoch is not None:
                has_lost_lane = await asyncio.to_thread(self._wait_for_epoch_after, epoch)
        finally:
            if signal(process, SIGCONT):
                self._course.pauses.append(Paused(target, time.monotonic() - began, has_lost_lane))
            else:
                self._course.missed.append(f"pause of {target}: it ended meanwhile")

    def _wait_to_pause(self, target: Target) -> tuple[psutil.Process, int | None] | None:
        deadline = time.monotonic() + HOLDS_SECONDS
        while time.monotonic() < deadline:
            if target is Target.SEND:
                if holder := self._machine.find_lane_holder(self._dice):
                    return holder
            elif process := self._machine.find(target, self._dice):
                return process, None
            time.sleep(LOOK_SECONDS)
        process = self._machine.find(target, self._dice)
        return None if process is None else (process, None)

    def _wait_for_epoch_after(self, epoch: int) -> bool:
        deadline = time.monotonic() + PASSES_SECONDS
        while time.monotonic() < deadline:
            with suppress(psycopg.Error), self._machine.connect() as connection:
                later = connection.execute("SELECT max(epoch) FROM lanes WHERE name LIKE 'send:%'").fetchone()
                if later is not None and int(str(later[0])) > epoch:
                    return True
            time.sleep(LOOK_SECONDS)
        return False

    async def _restart(self) -> None:
        """What `pg_ctl stop -m immediate` does, at a moment at which somebody commits."""
        deadline = time.monotonic() + UP_SECONDS
        while time.monotonic() < deadline:
            try:
                self._course.restarts.append(await asyncio.to_thread(self._stop_in_commit))
                break
            except (psycopg.Error, TimeoutError):  # our own session was killed, or nobody committed
                await asyncio.sleep(LOOK_SECONDS)
        else:
            self._course.missed.append("restart")
        await asyncio.to_thread(self._make_commits_usual)

    def _stop_in_commit(self) -> int:
        deadline = time.monotonic() + COMMITS_SECONDS
        with self._connect_at_last() as connection:
            for statement in (*SLOW_COMMITS, "SELECT pg_reload_conf()"):
                connection.execute(statement)
            while time.monotonic() < deadline:
                row = connection.execute(UNDER_WAY).fetchone()
                server = self._machine.find(Target.POSTGRES, self._dice)
                if row is not None and int(str(row[0])) and server is not None and signal(server, SIGQUIT):
                    return int(str(row[0]))
                time.sleep(0.005)
        raise TimeoutError

    def _make_commits_usual(self) -> None:
        with suppress(psycopg.Error), self._connect_at_last() as connection:
            for statement in (*USUAL_COMMITS, "SELECT pg_reload_conf()"):
                connection.execute(statement)

    def _connect_at_last(self) -> psycopg.Connection[tuple[object, ...]]:
        deadline = time.monotonic() + UP_SECONDS
        while True:
            try:
                return self._machine.connect()
            except psycopg.Error:
                if time.monotonic() > deadline:
                    raise
                time.sleep(LOOK_SECONDS)

    async def _wipe(self) -> None:
        """FLUSHALL: tasks, and all that Celery keeps about its queues."""
        deadline = time.monotonic() + COMES_AT_LAST_SECONDS
        while time.monotonic() < deadline:
            try:
                self._course.wipes.append(await asyncio.to_thread(self._wipe_now))
            except (redis.RedisError, psycopg.Error):
                await asyncio.sleep(LOOK_SECONDS)
            else:
                return
        self._course.missed.append("wipe")

    def _wipe_now(self) -> int:
        with redis.Redis.from_url(self._machine.address_of("BROKER_URL"), socket_timeout=5) as broker:
            keys = broker.dbsize()
            broker.flushall()
        return int(keys)

    async def _fill(self, disk: Disk, seconds: float) -> None:
        """Nobody can write; in the second half not even into what PostgreSQL had laid by for its log."""
        if not await self._padding.is_stored(seconds=UP_SECONDS):
            self._course.missed.append("full disk: nothing was up")
            return
        began = time.monotonic()
        answers: dict[int | None, int] = {}
        try:
            while (passed := time.monotonic() - began) < seconds or (503 not in answers and passed < REFUSES_SECONDS):
                await asyncio.to_thread(disk.fill)
                if passed > seconds / 2:
                    await asyncio.to_thread(self._use_up_log)
                status = await self._padding.post()
                answers[status] = answers.get(status, 0) + 1
        finally:
            disk.free()
        freed = time.monotonic()
        await self._padding.is_stored(seconds=UP_SECONDS)
        self._course.fills.append(
            Filled(
                seconds=freed - began,
                refused=answers.get(503, 0),
                stored=answers.get(200, 0),
                unanswered=answers.get(None, 0),
                again_after=time.monotonic() - freed,
            )
        )

    def _use_up_log(self) -> None:
        """As a server does that archives by the clock."""
        with suppress(psycopg.Error), self._machine.connect() as connection:
            connection.execute("SELECT pg_switch_wal()")
