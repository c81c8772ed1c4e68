"""Who gives Hilo something to do: customers who write, and a program that has messages sent by the API."""

import asyncio
from random import Random

from tests.crash.blows import At
from tests.crash.course import Course
from tests.crash.far_side import Api, Simulator
from tests.crash.plans import Schedule

FIRST_NUMBER = 34_600_000_000  # Spanish mobile numbers, which are the same with and without trunk digits
ASKED_TWICE = 0.2  # of the sends: a program that did not trust the first answer


class Load:
    """`at` waits for a second of the schedule."""

    def __init__(
        self, schedule: Schedule, api: Api, simulator: Simulator, course: Course, *, seed: int, at: At
    ) -> None:
        self._schedule = schedule
        self._api = api
        self._simulator = simulator
        self._course = course
        self._seed = seed
        self._dice = Random(seed)
        self._at = at

    async def write(self) -> None:
        async with asyncio.TaskGroup() as group:
            for at, person in self._schedule.writes:
                await self._at(at)
                group.create_task(self._write_one(_number(person)))

    async def ask(self) -> None:
        """Returns when every send is acknowledged."""
        async with asyncio.TaskGroup() as group:
            for number, (at, person) in enumerate(self._schedule.asks):
                await self._at(at)
                is_twice = self._dice.random() < ASKED_TWICE
                group.create_task(self._ask_one(f"crash-{self._seed}-{number}", _number(person), is_twice=is_twice))

    async def _write_one(self, wa_id: str) -> None:
        self._course.written.append(await self._simulator.write(wa_id, "hola"))

    async def _ask_one(self, key: str, wa_id: str, *, is_twice: bool) -> None:
        asked = await self._api.ask(key, to=wa_id, text="Tu pedido está listo.")
        if is_twice and await self._api.ask(key, to=wa_id, text="Tu pedido está listo.") != asked:
            self._course.changed_answers.append(key)
        self._course.asked[key] = asked


def _number(person: int) -> str:
    return str(FIRST_NUMBER + person)
