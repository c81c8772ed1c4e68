"""How many tasks wait at the broker, asked once in a while."""

from time import monotonic
from typing import Any

ASK_EVERY_SECONDS = 1.0
MOST_WAITING = 1_000  # a process publishes fifty of a kind a second at most, so that this is many seconds of them


class Lengths:
    """Asked by whoever publishes, who may wait; nobody waits for an answer that was just given."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, bool]] = {}  # queue → when it was asked, and whether it was full

    def is_full(self, producer: Any, queue: str) -> bool:
        asked_at, was_full = self._known.get(queue, (float("-inf"), False))
        if monotonic() - asked_at < ASK_EVERY_SECONDS:
            return was_full
        # To declare is to ask: it changes nothing of a queue that is there, and makes one that publishing would make.
        declared = producer.channel.queue_declare(queue=queue, durable=True, auto_delete=False)
        is_full = int(declared.message_count) >= MOST_WAITING
        self._known[queue] = (monotonic(), is_full)
        return is_full
