"""What a process counts, in its memory: `services/counters.py` takes it from there, `/metrics` shows it.

Count once a batch, not once an event: a count costs a microsecond, and there are thousands of events a second. Labels
come from closed sets, never from what people send: each value of a label is one more series for ever.
"""

import os
import threading
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Key = tuple[str, tuple[tuple[str, str], ...]]  # name, labels

_lock = threading.Lock()
_counts: dict[Key, float] = {}


def _begin_anew() -> None:
    """A fork may come while another thread holds the lock, and what the parent counted is the parent's."""
    global _lock, _counts
    _lock, _counts = threading.Lock(), {}


os.register_at_fork(after_in_child=_begin_anew)


def take() -> dict[Key, float]:
    """All that was counted since the last time; whoever takes it and cannot keep it gives it back."""
    global _counts
    with _lock:
        taken, _counts = _counts, {}
    return taken


def give_back(counts: Mapping[Key, float]) -> None:
    with _lock:
        for key, value in counts.items():
            _counts[key] = _counts.get(key, 0.0) + value


def _add(name: str, labels: Mapping[str, str], value: float) -> None:
    key = (name, tuple(labels.items()))
    with _lock:
        _counts[key] = _counts.get(key, 0.0) + value


@dataclass(frozen=True, slots=True)
class Counter:
    name: str  # without the ending `_total`
    help: str
    labels: tuple[str, ...] = ()

    def add(self, amount: float = 1, **labels: str) -> None:
        _add(f"{self.name}_total", labels, amount)


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts by bucket, each without those below it: they are summed up when they are shown."""

    name: str
    help: str
    buckets: tuple[float, ...]
    labels: tuple[str, ...] = ()

    def observe(self, value: float, **labels: str) -> None:
        place = bisect_left(self.buckets, value)
        bound = str(self.buckets[place]) if place < len(self.buckets) else "+Inf"
        _add(f"{self.name}_bucket", {**labels, "le": bound}, 1)
        _add(f"{self.name}_sum", labels, value)


@dataclass(frozen=True, slots=True)
class Gauge:
    """How much there is of something in this process, at this moment; asked for from a thread of its own."""

    name: str
    help: str

    def show(self, ask: Callable[[], float]) -> None:
        _shown[self.name] = ask


_shown: dict[str, Callable[[], float]] = {}


def gauges() -> dict[str, float]:
    return {name: ask() for name, ask in _shown.items()}


SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
SIZES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)

BODIES = Counter("hilo_intake_bodies", "Webhook bodies that were stored and answered 200.")
BODY_BYTES = Counter("hilo_intake_bytes", "Their bytes.")
REFUSED = Counter("hilo_intake_refused", "Webhooks that were not stored, by why.", ("reason",))
COMMIT_BODIES = Histogram("hilo_intake_commit_bodies", "Bodies that shared one commit.", SIZES)
COMMIT_SECONDS = Histogram("hilo_intake_commit_seconds", "How long such a commit took.", SECONDS)
INTAKE_QUEUE = Gauge("hilo_intake_queue_bodies", "Bodies that wait for the next commit.")
INTAKE_QUEUE_BYTES = Gauge("hilo_intake_queue_bytes", "Their bytes.")

BATCH_ITEMS = Histogram("hilo_drain_batch_items", "Items that were applied in one transaction.", SIZES, ("lane",))
BATCH_SECONDS = Histogram("hilo_drain_batch_seconds", "How long that took.", SECONDS, ("lane",))
ITEMS = Counter("hilo_drain_items", "Items that were applied, by kind.", ("kind",))
PARKED = Counter("hilo_drain_parked", "Bodies that were marked with an item which could not be applied.")
BATCHES_FAILED = Counter("hilo_drain_batches_failed", "Batches that had to be done again body by body.")
RUNS_STARTED = Counter("hilo_runs_started", "Runs of automations that began.")

SENDS = Counter("hilo_sends", "Tries to send, by what became of them and by class of error.", ("outcome", "error"))
SEND_SECONDS = Histogram("hilo_send_seconds", "From a call to the Graph API to its answer.", SECONDS)
IN_FLIGHT = Gauge("hilo_sends_in_flight", "Calls to the Graph API that are under way.")
UNRECORDED = Gauge("hilo_send_results_waiting", "Answers that are not written down yet.")
MOVED = Counter("hilo_messages_moved", "Changes of messages by claims, answers and reports, by status.", ("status",))

REQUESTS = Counter("hilo_api_requests", "Requests to the API, by status.", ("status",))
REQUEST_SECONDS = Histogram("hilo_api_request_seconds", "How long they took, waiting for their turn included.", SECONDS)
SHED = Counter("hilo_api_shed", "Requests that were answered 503 `overloaded`, by what there was too much of.", ("of",))
API_BUSY = Gauge("hilo_api_requests_busy", "Requests to the API that are being worked on.")
API_WAITING = Gauge("hilo_api_requests_waiting", "Requests to the API that wait for their turn.")

NOTICES = Counter("hilo_notices", "Word of changes to whoever watches, by what became of it.", ("outcome",))
WATCHERS = Gauge("hilo_watchers", "Streams of events that are open.")
NUDGES = Counter("hilo_nudges", "Nudges and ticks, by what became of them.", ("outcome",))
TASKS_FAILED = Counter("hilo_tasks_failed", "Tasks that ended with an error.", ("task",))
CPU_SECONDS = Counter("hilo_process_cpu_seconds", "Processor time that was used.")
MEMORY = Gauge("hilo_process_memory_bytes", "Memory; of what processes share, the part of each.")
CONNECTIONS = Gauge("hilo_database_connections", "Connections of the pool that are open.")

ALL = tuple(value for value in list(globals().values()) if isinstance(value, Counter | Histogram | Gauge))
