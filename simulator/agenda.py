"""What is due when: a heap of names that a task waits on.

It forgets on restart; whoever uses it keeps the truth in the store and fills it again.
"""

import asyncio
import heapq
import time


class Agenda:
    def __init__(self) -> None:
        self._heap: list[tuple[float, str]] = []
        self._changed = asyncio.Event()

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, name: str, *, due_at: float) -> None:
        heapq.heappush(self._heap, (due_at, name))
        if self._heap[0][1] == name:
            self._changed.set()

    def clear(self) -> None:
        self._heap.clear()
        self._changed.set()

    async def take_due(self) -> list[str]:
        """Wait until something is due, and take all that is."""
        while True:
            self._changed.clear()
            now = time.time()
            due: list[str] = []
            while self._heap and self._heap[0][0] <= now:
                due.append(heapq.heappop(self._heap)[1])
            if due:
                return due
            # At most a second at a time: the heap holds wall-clock moments, and that clock may be set.
            wait = min(1.0, self._heap[0][0] - now) if self._heap else None
            try:
                await asyncio.wait_for(self._changed.wait(), wait)
            except TimeoutError:
                continue
