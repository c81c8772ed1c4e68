"""Arithmetic on figures."""

from collections.abc import Sequence
from statistics import median


def percentile(in_order: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent do not exceed; 0 when there are none."""
    if not in_order:
        return 0.0
    place = -(-len(in_order) * percent // 100)  # rounded up
    return in_order[max(0, int(place) - 1)]


def middle(values: Sequence[float]) -> float:
    return median(values) if values else 0.0
