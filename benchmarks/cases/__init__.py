"""The cases of `make bench`, one function each, in the order in which they run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.cases import ceiling, conversations, drain, intake, sending
from benchmarks.harness import Bench
from benchmarks.results import Outcome


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    title: str
    run: Callable[[Bench], list[Outcome]]
    has_ratio: bool = False  # belongs to the short run


CASES: Sequence[Case] = (
    Case("intake", "durable intake against the ORM in the request, 64 connections", intake.saturated, has_ratio=True),
    Case("offered", "3,300 webhooks a second offered", intake.offered),
    Case("drain", "drain with all messages loaded, and with a tenth of them", drain.mixed, has_ratio=True),
    Case("old-statuses", "statuses on uniformly old messages", drain.old_statuses),
    Case("sending", "sending, far side instant and taking 100 ms", sending.run),
    Case("conversations", "webhook in, keyword automation, reply out", conversations.as_many_as_possible),
    Case("unloaded", "webhook to reply, unloaded", conversations.unloaded),
    Case("ceiling", "Meta's ceiling for two minutes, and memory under it", ceiling.ceiling),
    Case("long-queue", "100,000 pending for one number while statuses arrive", ceiling.long_queue),
)
