"""What a soak watches: the memory of each of our processes, and what has piled up.

Memory is what a process has for itself (USS): PostgreSQL's shared buffers, and whatever else is shared, would be
counted once for each of its processes.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from statistics import median

import psutil

from tests.crash.parts import plays
from tests.crash.plans import Target

MEGABYTE = 2**20
TELLING_SECONDS = 15 * 60.0
GROWTH_MB = 50.0  # what one part may take more in the last quarter than in the second, once it has warmed up


@dataclass(frozen=True, kw_only=True)
class Sample:
    at: float
    memory: Mapping[str, float]  # by part, in MB
    owed: int  # sends that were asked for, in whatever way, and are not in the ledger
    webhooks: int  # of the far end, not taken yet


def take(processes: Sequence[psutil.Process], *, at: float, owed: int, webhooks: int) -> Sample:
    memory: defaultdict[str, float] = defaultdict(float)
    for process in processes:
        with suppress(psutil.Error):
            name = process.name()
            part = "postgres" if name == "postgres" else plays(process) or Target.SUPERVISOR
            memory[part] += process.memory_full_info().uss / MEGABYTE
    return Sample(at=at, memory=dict(memory), owed=owed, webhooks=webhooks)


def growth(samples: Sequence[Sample]) -> dict[str, tuple[float, float]]:
    """Each part's median in the second quarter and in the last one; the first belongs to warming up."""
    quarter = len(samples) // 4
    if not quarter:
        return {}
    early, late = samples[quarter : 2 * quarter], samples[-quarter:]
    parts = sorted({part for sample in samples for part in sample.memory})
    return {part: (_median(early, part), _median(late, part)) for part in parts}


def troubles(samples: Sequence[Sample]) -> list[str]:
    """What has grown, where the run was long enough to tell that from how often a process was killed."""
    if not samples or samples[-1].at < TELLING_SECONDS:
        return []
    return [
        f"{part} grew from {early:.0f} MB to {late:.0f} MB"
        for part, (early, late) in growth(samples).items()
        if late - early > GROWTH_MB
    ]


def _median(samples: Sequence[Sample], part: str) -> float:
    return median([sample.memory[part] for sample in samples if part in sample.memory] or [0.0])
