"""One crash run from an empty folder to its verdict: write, hurt, wait until all has settled, look at everything."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import aiohttp
import psycopg

from tests.crash import facts, insight
from tests.crash.audit import Verdict, audit, seems_settled
from tests.crash.blows import Blows
from tests.crash.course import Course
from tests.crash.disk import Disk
from tests.crash.far_side import Api, NoAnswer, Padding, Simulator
from tests.crash.load import Load
from tests.crash.machine import EMAIL, Machine
from tests.crash.plans import Schedule, schedule
from tests.crash.samples import Sample, take
from tests.crash.sizes import Scenario, Size, faults

Say = Callable[[str], None]

FIRST_START_SECONDS = 240.0  # initdb on a busy machine
USUAL_START_SECONDS = 12.0
LOOK_SECONDS = 1.0
UP_AGAIN_SECONDS = 300.0  # everything is read, page by page, on a machine that may have much else to do
QUIET_SECONDS = 3.0  # between all having settled and the last look at the ledger


class Broken(Exception):
    """The run did not come to a verdict; the text is a sentence that says what stood in its way."""


@dataclass(frozen=True, kw_only=True)
class Watch:
    """What a soak looks at besides."""

    sample_seconds: float
    compares_facts: bool = True


@dataclass(frozen=True, kw_only=True)
class Outcome:
    scenario: Scenario
    seed: int
    size: Size
    course: Course
    has_disk: bool  # of our own: without one it is never full
    supervisor_starts: int
    refusals: Sequence[str]  # of the supervisor to go on
    verdict: Verdict
    settled_after: float | None  # seconds since the last kill; None when it was not in time
    attempts: Mapping[str, int]  # by what settled them, from inside
    fences: Sequence[str]  # that did not hold, from inside
    differences: Sequence[str]  # from an undisturbed run of the same webhooks
    samples: Sequence[Sample]
    took: float
    folder: Path | None  # kept for whoever looks for the fault

    @property
    def troubles(self) -> list[str]:
        late = [] if self.settled_after is not None else [f"not settled {self.size.settle_within:.0f} s after the end"]
        orphans = [f"{name} outlived its supervisor" for name in self.course.orphans]
        refusals = [f"the supervisor gave up: {words}" for words in self.refusals]
        missing = self.size.asks - len(self.course.asked)
        never_asked = [f"{missing} sends were never acknowledged"] if missing else []
        never_full = [f"webhooks were taken by a full disk: {fill}" for fill in self.course.fills if not fill.refused]
        return [
            *self.verdict.troubles,
            *self.fences,
            *self.differences,
            *late,
            *orphans,
            *refusals,
            *never_asked,
            *never_full,
        ]


def run(
    size: Size,
    scenario: Scenario,
    *,
    seed: int,
    say: Say,
    disk: Disk | None,
    keep: bool = False,
    watch: Watch | None = None,
) -> Outcome:
    """Whatever happens, no process and, unless something is wrong, no file stays."""
    machine = Machine(size, scenario, disk)
    outcome: Outcome | None = None
    try:
        outcome = asyncio.run(_Run(machine, size, scenario, seed, say, watch).run())
        return outcome
    except BaseExceptionGroup as group:
        raise reason_of(group) from group
    finally:
        machine.stop()
        is_kept = keep or outcome is None or outcome.folder is not None
        machine.clear(keep=is_kept)
        if is_kept:
            say(f"what is left to look at is in {machine.folder}")


def reason_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """What there is a sentence for; else all of it. Tasks that run together fail together."""
    found = group.subgroup(Broken)
    return group if found is None else found.exceptions[0]


@dataclass
class _Run:
    machine: Machine
    size: Size
    scenario: Scenario
    seed: int
    say: Say
    watch: Watch | None
    course: Course = field(default_factory=Course)
    samples: list[Sample] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._schedule: Schedule = schedule(self.size, seed=self.seed)
        self._began = time.monotonic()

    async def run(self) -> Outcome:
        async with AsyncExitStack() as stack:
            lasting, fresh, webhooks = [
                await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
                # Hilo's end breaks all the time: a connection that was kept would meet a server that has gone.
                for connector in (
                    aiohttp.TCPConnector(limit=20),
                    aiohttp.TCPConnector(limit=20, force_close=True),
                    aiohttp.TCPConnector(force_close=True),
                )
            ]
            self._api = Api(fresh, self.machine.url, EMAIL, self.machine.password)
            self._simulator = Simulator(lasting, self.machine.simulator_url)
            self._padding = Padding(
                webhooks, f"{self.machine.url}/webhooks/whatsapp", self.machine.app_secret, self.course.padding
            )
            await self._start()
            await self._hurt()
            return await self._conclude(await self._settle())

    async def _start(self) -> None:
        self.machine.start_simulator()
        self.machine.keep_up()
        await self._simulator.wait(seconds=30)
        await self._simulator.put_faults(faults(self.size, self.scenario, seed=self.seed))
        began = time.monotonic()
        while not await self._api.is_up():
            if time.monotonic() - began > FIRST_START_SECONDS:
                raise Broken(f"Hilo did not come up within {FIRST_START_SECONDS:.0f} s.")
            await asyncio.sleep(0.5)
            self.machine.keep_up()
        # On a machine that is slower, or busy, so many blows in so little time would leave nothing up to be hit.
        slowness = (time.monotonic() - self._began) / USUAL_START_SECONDS
        self.course.stretched = max(1.0, min(self.size.most_stretched, slowness))
        self._note(
            f"{self.scenario}: up; {self.size.messages} messages, {self.size.kills} kills, seed {self.seed}, "
            f"stretched {self.course.stretched:.1f} times"
        )

    async def _hurt(self) -> None:
        self._zero = time.monotonic()
        blows = Blows(self.machine, self.course, self._padding, Random(self.seed), self._sleep_until)
        load = Load(self._schedule, self._api, self._simulator, self.course, seed=self.seed, at=self._sleep_until)
        self._asking = asyncio.create_task(load.ask())
        async with asyncio.TaskGroup() as group:
            helpers = [group.create_task(self._keep_up()), group.create_task(self._tell())]
            if self.watch is not None:
                helpers.append(group.create_task(self._sample(self.watch.sample_seconds)))
            work = [group.create_task(load.write()), group.create_task(blows.kill(self._schedule.kills))]
            work += [group.create_task(blows.strike(blow)) for blow in self._schedule.blows]
            await asyncio.wait(work)
            for helper in helpers:
                helper.cancel()
        self.course.accepted_at_last_kill = await self._simulator.accepted()

    async def _keep_up(self) -> None:
        while True:
            if not self.machine.is_simulator_alive():
                raise Broken("The simulator has ended.")
            self.machine.keep_up()
            await asyncio.sleep(0.3)

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(30)
            self._note(
                f"{len(self.course.written)} written, {len(self.course.asked)} asked for, "
                f"{await self._simulator.accepted()} accepted, {self.course.kills.total()} kills"
            )

    async def _sample(self, seconds: float) -> None:
        while True:
            owed = len(self.course.written) + len(self.course.asked) - await self._simulator.accepted()
            webhooks = await self._simulator.pending()
            at = time.monotonic() - self._zero
            self.samples.append(
                await asyncio.to_thread(take, self.machine.processes(), at=at, owed=owed, webhooks=webhooks)
            )
            await asyncio.sleep(seconds)

    async def _settle(self) -> float | None:
        """Nobody is hurt any more; how long until nothing moves."""
        ended = time.monotonic()
        self._note("the last kill is over")
        while (waited := time.monotonic() - ended) < self.size.settle_within:
            self.machine.keep_up()
            with suppress(NoAnswer):
                if self._asking.done() and await seems_settled(self._api, self._simulator):
                    self._asking.result()
                    if not (await self._audit()).troubles:
                        return waited
            await asyncio.sleep(LOOK_SECONDS)
        return None

    async def _conclude(self, settled_after: float | None) -> Outcome:
        self._asking.cancel()
        await asyncio.sleep(QUIET_SECONDS)
        verdict = await self._last_look()
        attempts: Mapping[str, int] = {}
        fences: list[str] = []
        differences: list[str] = []
        try:
            with self.machine.connect() as connection:
                attempts = insight.attempts(connection)
                fences = insight.broken_fences(connection, await self._simulator.ledger())
                (self.machine.logs / "diagnosis.txt").write_text(insight.diagnose(connection, verdict))
            if self.watch is not None and self.watch.compares_facts:
                self._note("the same webhooks once more, undisturbed")
                differences = await asyncio.to_thread(facts.differences, self.machine.address_of("DATABASE_URL"))
        except psycopg.Error as error:
            differences = [f"no look inside: {error}"]
        outcome = Outcome(
            scenario=self.scenario,
            seed=self.seed,
            size=self.size,
            course=self.course,
            has_disk=self.machine.disk is not None,
            supervisor_starts=self.machine.supervisor_starts,
            refusals=self.machine.refusals,
            verdict=verdict,
            settled_after=settled_after,
            attempts=attempts,
            fences=fences,
            differences=differences,
            samples=self.samples,
            took=time.monotonic() - self._began,
            folder=self.machine.folder,
        )
        return outcome if outcome.troubles else replace(outcome, folder=None)

    async def _last_look(self) -> Verdict:
        began = time.monotonic()
        while True:
            try:
                return await self._audit()
            except NoAnswer as error:
                if time.monotonic() - began > UP_AGAIN_SECONDS:
                    raise Broken(f"The API could not be read within {UP_AGAIN_SECONDS:.0f} s ({error}).") from error
                await asyncio.sleep(LOOK_SECONDS)

    async def _audit(self) -> Verdict:
        return await audit(self._api, self._simulator, course=self.course, scenario=self.scenario)

    async def _sleep_until(self, at: float) -> None:
        await asyncio.sleep(max(0.0, self._zero + at * self.course.stretched - time.monotonic()))

    def _note(self, text: str) -> None:
        self.say(f"{time.monotonic() - self._began:6.1f} s  {text}")


def troubles_of(outcomes: Sequence[Outcome]) -> list[str]:
    return [f"{outcome.scenario}: {trouble}" for outcome in outcomes for trouble in outcome.troubles]
