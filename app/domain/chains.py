"""Automations that start one another: how long such a chain may be, and that it may not go in a circle."""

from collections.abc import Mapping, Set
from typing import Literal, TypeAlias

from app.domain.automation import Definition

DEEPEST = 5

ChainRefusal: TypeAlias = Literal["recursion", "too_deep"]


def refusal(lineage: tuple[int, ...], target: Definition) -> ChainRefusal | None:
    """Why this automation may not be started by that chain; `lineage` holds who started whom, the first one first."""
    if len(lineage) > DEEPEST:
        return "too_deep"
    if target.automation_id in lineage and not target.settings.allow_recursion:
        return "recursion"
    return None


def circle(automation_id: int, starts: Set[int], others: Mapping[int, Set[int]]) -> list[int] | None:
    """The way by which an automation that starts these would start itself; `None` when there is none."""
    ways = [[automation_id, other] for other in sorted(starts)]
    seen: set[int] = set()
    while ways:
        way = ways.pop(0)
        if way[-1] == automation_id:
            return way
        if way[-1] not in seen:
            seen.add(way[-1])
            ways += [[*way, further] for further in sorted(others.get(way[-1], ()))]
    return None
