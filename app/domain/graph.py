"""What an automation does: nodes, each leading to the next.

A version 0 row (one action) compiles to a wait, where it has a delay, and one node.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from app.domain.actions import ACTIONS, ActionKind
from app.domain.nodes import NODES, EndNode, Node, WaitNode
from app.domain.problems import (
    Problems,
    check_keys,
    join,
    read_choice,
    read_flag,
    read_object,
    read_version,
    read_whole_number,
    suggestion,
)

LONGEST_DELAY_SECONDS = 30 * 86400
MOST_NODES = 200
_NODE_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    start: str
    nodes: Mapping[str, Node]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`delivery` is the policy for sends whose outcome is not known. `allow_recursion` lets automations that this one
    started start it again."""

    delivery: str = "at_most_once"
    allow_recursion: bool = False


LATER_NODES = (
    "send_template", "wait_reply", "wait_event", "branch", "split", "goto", "call", "set_var", "http", "assign", "note",
    "emit_event",
)  # fmt: skip
_LATER_SETTINGS = {
    "exit_when": "Exit criteria",
    "goal": "Goals",
    "max_duration": "A longest duration",
    "category": "A category",
    "quiet_hours": "Quiet hours",
    "cap_group": "Caps",
    "human_takeover": "Human takeover",
}
DELIVERIES = frozenset({"at_most_once", "never_again", "at_least_once"})


def parse_graph(action_type: str, raw: object, *, path: str, problems: Problems) -> tuple[Graph, Settings] | None:
    """The graph, or `None` (or one that is not whole) with the reasons added to `problems`."""
    action = ACTIONS.get(action_type)
    if action is None:
        problems.add("action_type", "unknown_action", f"There is no such action.{suggestion(action_type, ACTIONS)}")
        return None
    node = read_object(raw, path, problems)
    if node is None:
        return None
    version = read_version(node, path, problems)
    if version is None:
        return None
    if version:
        return _parse_versioned(node, path, problems)
    graph = _parse_flat(action, node, path, problems)
    return None if graph is None else (graph, Settings())


def _parse_flat(action: ActionKind, raw: Mapping[str, object], path: str, problems: Problems) -> Graph | None:
    check_keys(raw, path, problems, allowed={*action.keys, "v", "delay_seconds"})
    delay = read_whole_number(
        raw.get("delay_seconds", 0), join(path, "delay_seconds"), problems, least=0, most=LONGEST_DELAY_SECONDS
    )
    node = action.parse(raw, path, problems)
    if node is None:
        return None
    if not delay:
        return Graph(start=action.node, nodes={action.node: node})
    wait = WaitNode(length=timedelta(seconds=delay), next=action.node)
    return Graph(start="wait", nodes={"wait": wait, action.node: node})


def _parse_versioned(raw: Mapping[str, object], path: str, problems: Problems) -> tuple[Graph, Settings] | None:
    check_keys(raw, path, problems, allowed={"v", "start", "settings", "nodes"})
    settings = _parse_settings(raw.get("settings", {}), join(path, "settings"), problems)
    listed = read_object(raw.get("nodes"), join(path, "nodes"), problems)
    if listed is None:
        return None
    if not 1 <= len(listed) <= MOST_NODES:
        problems.add(join(path, "nodes"), "out_of_range", f"An automation has 1 to {MOST_NODES} nodes.")
        return None
    known = len(problems)
    nodes = {
        name: node
        for name, item in listed.items()
        if (node := _parse_node(name, item, join(join(path, "nodes"), name), problems)) is not None
    }
    start = raw.get("start")
    if not isinstance(start, str) or start not in listed:
        problems.add(join(path, "start"), "unknown_node", "Name the node to start with; it must be one of the nodes.")
        return None
    if len(problems) > known:
        return None
    graph = Graph(start=start, nodes=nodes)
    _check_paths(graph, join(path, "nodes"), problems)
    return graph, settings


def _parse_settings(raw: object, path: str, problems: Problems) -> Settings:
    node = read_object(raw, path, problems)
    if node is None:
        return Settings()
    check_keys(node, path, problems, allowed={"delivery", "allow_recursion"}, later=_LATER_SETTINGS)
    delivery = read_choice(node.get("delivery", "at_most_once"), join(path, "delivery"), problems, known=DELIVERIES)
    recursion = read_flag(node.get("allow_recursion", False), join(path, "allow_recursion"), problems)
    return Settings(delivery=delivery, allow_recursion=recursion or False) if delivery else Settings()


def _parse_node(name: str, raw: object, path: str, problems: Problems) -> Node | None:
    if not _NODE_NAME.fullmatch(name):
        problems.add(path, "bad_name", "A node's name has 1 to 64 letters (a to z), digits, _ or -.")
    node = read_object(raw, path, problems)
    if node is None:
        return None
    kind_name = node.get("type")
    kind = NODES.get(kind_name) if isinstance(kind_name, str) else None
    if kind is None:
        if kind_name in LATER_NODES:
            problems.later(join(path, "type"), f'A node of the type "{kind_name}"')
        else:
            near = suggestion(kind_name, (*NODES, *LATER_NODES)) if isinstance(kind_name, str) else ""
            problems.add(join(path, "type"), "unknown_node_type", f"There is no such node type.{near}")
        return None
    check_keys(node, path, problems, allowed={*kind.keys, "type"}, later=kind.later)
    return kind.parse(node, path, problems)


def _check_paths(graph: Graph, path: str, problems: Problems) -> None:
    """Every `next` exists, no node is left over, and the way does not go in a circle without a way out."""
    for name, node in graph.nodes.items():
        if not isinstance(node, EndNode) and node.next is not None and node.next not in graph.nodes:
            problems.add(join(join(path, name), "next"), "unknown_node", f'There is no node "{node.next[:64]}".')
    seen: list[str] = []
    name_now: str | None = graph.start
    while name_now is not None and name_now in graph.nodes:
        if name_now in seen:
            # Each round would send the same again; the guard on visits would stop it only after twenty messages.
            problems.add(
                join(join(path, seen[-1]), "next"), "endless_loop", f'This leads back to "{name_now}" for ever.'
            )
            break
        seen.append(name_now)
        node = graph.nodes[name_now]
        name_now = None if isinstance(node, EndNode) else node.next
    for name in graph.nodes:
        if name not in seen:
            problems.add(join(path, name), "unreachable", "Nothing leads to this node.")
