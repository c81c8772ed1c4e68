"""One crash run from an empty folder to its verdict: write, kill, wait until all has settled, look at everything."""

import asyncio
import shutil
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from signal import SIGCONT, SIGKILL, SIGSTOP

import aiohttp
import psutil
import psycopg

from tests.crash import insight
from tests.crash.audit import Verdict, audit, seems_settled
from tests.crash.far_side import Api, NoAnswer, Simulator
from tests.crash.machine import EMAIL, Machine, signal, wait_for_exit
from tests.crash.plans import Freeze, Scenario, Schedule, Size, Target, faults, schedule

Say = Callable[[str], None]

FIRST_START_SECONDS = 120.0  # initdb on a busy machine
LOOK_SECONDS = 1.0
FIRST_NUMBER = 34_600_000_000  # Spanish mobile numbers, which are the same with and without trunk digits
ORPHAN_SECONDS = 5.0
COMES_SECONDS = 2.0
UP_AGAIN_SECONDS = 60.0
QUIET_SECONDS = 3.0  # between all having settled and the last look at the ledger


@dataclass
class Course:
    """What was done to the machine, and how long it took to come round."""

    kills: Counter[str] = field(default_factory=Counter)
    missed: int = 0  # nobody played the part at that moment
    frozen: list[tuple[str, float]] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)  # outlived a killed supervisor by five seconds
    written: list[str] = field(default_factory=list)
    accepted_at_last_kill: int = 0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    scenario: Scenario
    seed: int
    size: Size
    course: Course
    supervisor_starts: int
    refusals: Sequence[str]  # of the supervisor to go on
    verdict: Verdict
    settled_after: float | None  # seconds since the last kill; None when it was not in time
    attempts: Mapping[str, int]  # by what settled them, from inside
    took: float
    folder: Path | None  # kept for whoever looks for the fault

    @property
    def troubles(self) -> list[str]:
        late = [] if self.settled_after is not None else [f"not settled {self.size.settle_within:.0f} s after the end"]
        orphans = [f"{name} outlived its supervisor" for name in self.course.orphans]
        refusals = [f"the supervisor gave up: {words}" for words in self.refusals]
        return [*self.verdict.troubles, *late, *orphans, *refusals]


def run(size: Size, scenario: Scenario, *, seed: int, say: Say, keep: bool = False) -> Outcome:
    """Whatever happens, no process and, unless something is wrong, no file stays."""
    machine = Machine(size, scenario)
    outcome: Outcome | None = None
    try:
        outcome = asyncio.run(_Run(machine, size, scenario, seed, say).run())
        return outcome
    finally:
        machine.stop()
        if outcome is not None and outcome.folder is None and not keep:
            shutil.rmtree(machine.folder, ignore_errors=True)
        else:
            say(f"logs and data are in {machine.folder}")


class _Run:
    def __init__(self, machine: Machine, size: Size, scenario: Scenario, seed: int, say: Say) -> None:
        self._machine = machine
        self._size = size
        self._scenario = scenario
        self._seed = seed
        self._dice = Random(seed)
        self._schedule: Schedule = schedule(size, seed=seed)
        self._course = Course()
        self._say = say
        self._began = time.monotonic()

    async def run(self) -> Outcome:
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=20)) as lasting,
            # Hilo's end breaks all the time: a connection that was kept would meet a server that has gone.
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as fresh,
        ):
            api = Api(fresh, self._machine.url, EMAIL, self._machine.password)
            simulator = Simulator(lasting, self._machine.simulator_url)
            await self._start(api, simulator)
            await self._hurt(simulator)
            settled_after = await self._settle(api, simulator)
            return await self._conclude(api, simulator, settled_after)

    async def _start(self, api: Api, simulator: Simulator) -> None:
        self._machine.start_simulator()
        self._machine.keep_up()
        await simulator.wait(seconds=30)
        await simulator.put_faults(faults(self._size, self._scenario, seed=self._seed))
        async with asyncio.timeout(FIRST_START_SECONDS):
            while not await api.is_up():
                await asyncio.sleep(0.5)
                self._machine.keep_up()
        self._note(f"{self._scenario}: up; {self._size.messages} messages, {self._size.kills} kills, seed {self._seed}")

    async def _hurt(self, simulator: Simulator) -> None:
        self._zero = time.monotonic()
        async with asyncio.TaskGroup() as group:
            helpers = [group.create_task(self._keep_up()), group.create_task(self._tell(simulator))]
            work = [group.create_task(self._write(simulator)), group.create_task(self._kill())]
            work += [group.create_task(self._freeze(freeze)) for freeze in self._schedule.freezes]
            await asyncio.wait(work)
            for helper in helpers:
                helper.cancel()
        self._course.accepted_at_last_kill = await simulator.accepted()

    async def _write(self, simulator: Simulator) -> None:
        waiting: set[asyncio.Task[None]] = set()
        async with asyncio.TaskGroup() as group:
            for at, person in self._schedule.writes:
                await self._sleep_until(at)
                waiting.add(group.create_task(self._write_one(simulator, person)))

    async def _write_one(self, simulator: Simulator, person: int) -> None:
        self._course.written.append(await simulator.write(str(FIRST_NUMBER + person), "hola"))

    async def _kill(self) -> None:
        for kill in self._schedule.kills:
            await self._sleep_until(kill.at)
            if not await asyncio.to_thread(self._kill_one, kill.target):
                self._course.missed += 1
                continue
            self._course.kills[kill.target] += 1
            if kill.target is Target.SUPERVISOR:
                await self._see_orphans_out()

    def _kill_one(self, target: Target) -> bool:
        """Whether it was there, or came soon."""
        deadline = time.monotonic() + COMES_SECONDS
        while time.monotonic() < deadline:
            process = self._machine.find(target, self._dice)
            if process is not None and signal(process, SIGKILL):
                return True
            time.sleep(0.1)
        return False

    async def _see_orphans_out(self) -> None:
        left = await asyncio.to_thread(self._machine.leftovers)
        for process in left:
            if not await asyncio.to_thread(wait_for_exit, process, seconds=ORPHAN_SECONDS):
                self._course.orphans.append(f"process {process.pid}")
        self._machine.keep_up()

    async def _freeze(self, freeze: Freeze) -> None:
        await self._sleep_until(freeze.at)
        process = await asyncio.to_thread(self._wait_to_freeze, freeze.target)
        began = time.monotonic()
        signal(process, SIGSTOP)
        try:
            await asyncio.sleep(freeze.seconds)
        finally:
            if signal(process, SIGCONT):
                self._course.frozen.append((freeze.target, time.monotonic() - began))
            else:
                self._course.missed += 1

    def _wait_to_freeze(self, target: Target) -> psutil.Process:
        while True:
            if target is Target.SEND:
                process = self._machine.find_lane_holder(self._dice)
            else:
                process = self._machine.find(target, self._dice)
            if process is not None:
                return process
            time.sleep(LOOK_SECONDS)

    async def _keep_up(self) -> None:
        while True:
            if not self._machine.is_simulator_alive():
                raise RuntimeError("the simulator has ended; see its log")
            self._machine.keep_up()
            await asyncio.sleep(0.3)

    async def _tell(self, simulator: Simulator) -> None:
        while True:
            await asyncio.sleep(15)
            self._note(
                f"{len(self._course.written)} written, {await simulator.accepted()} accepted, "
                f"{self._course.kills.total()} kills"
            )

    async def _settle(self, api: Api, simulator: Simulator) -> float | None:
        """Nobody is killed any more; how long until nothing moves."""
        ended = time.monotonic()
        self._note("the last kill is over")
        while (waited := time.monotonic() - ended) < self._size.settle_within:
            self._machine.keep_up()
            with suppress(NoAnswer):
                if await seems_settled(api, simulator, messages=self._size.messages):
                    verdict = await audit(api, simulator, written=self._course.written, scenario=self._scenario)
                    if not verdict.troubles:
                        return waited
            await asyncio.sleep(LOOK_SECONDS)
        return None

    async def _conclude(self, api: Api, simulator: Simulator, settled_after: float | None) -> Outcome:
        await asyncio.sleep(QUIET_SECONDS)
        verdict = await self._last_look(api, simulator)
        is_well = settled_after is not None and not (verdict.troubles or self._course.orphans or self._machine.refusals)
        attempts: Mapping[str, int] = {}
        try:
            with self._machine.connect() as connection:
                attempts = insight.attempts(connection)
                if not is_well:
                    (self._machine.logs / "diagnosis.txt").write_text(insight.diagnose(connection, verdict))
        except psycopg.Error as error:
            self._note(f"no look inside: {error}")
        return Outcome(
            scenario=self._scenario,
            seed=self._seed,
            size=self._size,
            course=self._course,
            supervisor_starts=self._machine.supervisor_starts,
            refusals=self._machine.refusals,
            verdict=verdict,
            settled_after=settled_after,
            attempts=attempts,
            took=time.monotonic() - self._began,
            folder=None if is_well else self._machine.folder,
        )

    async def _last_look(self, api: Api, simulator: Simulator) -> Verdict:
        async with asyncio.timeout(UP_AGAIN_SECONDS):
            while True:
                try:
                    return await audit(api, simulator, written=self._course.written, scenario=self._scenario)
                except NoAnswer:
                    await asyncio.sleep(LOOK_SECONDS)

    async def _sleep_until(self, at: float) -> None:
        await asyncio.sleep(max(0.0, self._zero + at - time.monotonic()))

    def _note(self, text: str) -> None:
        self._say(f"{time.monotonic() - self._began:6.1f} s  {text}")


def troubles_of(outcomes: Sequence[Outcome]) -> list[str]:
    return [f"{outcome.scenario}: {trouble}" for outcome in outcomes for trouble in outcome.troubles]
