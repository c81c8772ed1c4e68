"""An automation as the engine runs it: compiled once from the JSON of its row or version, then never changed.

`parse` refuses what the engine could not honour, with every reason at once: an automation that is accepted and
silently never fires is worse than one that cannot be saved.
"""

from dataclasses import dataclass

from app.domain.actions import ACTIONS
from app.domain.graph import Graph, Settings, parse_graph
from app.domain.nodes import NODES, StartNode
from app.domain.problems import DefinitionError, Problem, Problems, read_text, read_whole_number
from app.domain.schedule import Schedule
from app.domain.timing import parse_timing
from app.domain.triggers import TRIGGERS, Trigger, parse_trigger

__all__ = [
    "ACTIONS",
    "NODES",
    "TRIGGERS",
    "Definition",
    "DefinitionError",
    "Graph",
    "Problem",
    "Settings",
    "Trigger",
    "parse",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    automation_id: int
    version_id: int | None
    name: str
    priority: int
    trigger: Trigger
    graph: Graph
    settings: Settings
    schedule: Schedule | None = None
    version: int | None = None

    @property
    def starts(self) -> frozenset[int]:
        """The automations that this one starts."""
        return frozenset(node.automation_id for node in self.graph.nodes.values() if isinstance(node, StartNode))


def parse(
    *,
    automation_id: int,
    version_id: int | None,
    name: str,
    priority: int,
    trigger_type: str,
    trigger_conditions: object,
    action_type: str,
    action_payload: object,
    schedule_config: object = None,
    version: int | None = None,
) -> Definition:
    """The definition; raises `DefinitionError` with all that is wrong. Paths begin with the column's name."""
    problems = Problems()
    read_text(name, "name", problems, longest=200)
    read_whole_number(priority, "priority", problems, least=1, most=10)
    trigger = parse_trigger(trigger_type, trigger_conditions, path="trigger_conditions", problems=problems)
    made = parse_graph(action_type, action_payload, path="action_payload", problems=problems)
    schedule = parse_timing(trigger_type, trigger, schedule_config, path="schedule_config", problems=problems)
    problems.raise_if_any()
    if trigger is None or made is None:
        raise AssertionError("a parser gave nothing and no reason")
    graph, settings = made
    return Definition(
        automation_id=automation_id,
        version_id=version_id,
        name=name,
        priority=priority,
        trigger=trigger,
        graph=graph,
        settings=settings,
        schedule=schedule,
        version=version,
    )
