"""Whoever asks while an answer is being found gets that one: however many ask, the work is done once at a time."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Shared(Generic[T]):
    def __init__(self) -> None:
        self._task: asyncio.Task[T] | None = None

    async def ask(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        task = self._task
        if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
            task = self._task = asyncio.create_task(work())
        return await asyncio.shield(task)  # one who asked may go; the others still wait
