"""What an automation does: nodes, each leading to the next.

A version 0 row (one action) compiles to a wait, where it has a delay, and one node. Adding a kind of node takes
its class and entry here and its case in `walk.py`; `ACTIONS` and `NODES` carry an example each, which a test parses.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from app.domain.content import TextContent, parse_flat_content, parse_message, parse_template
from app.domain.durations import BadDuration, parse_duration
from app.domain.forms import Form, closed, text
from app.domain.problems import (
    Problems,
    check_keys,
    join,
    read_choice,
    read_object,
    read_text,
    read_whole_number,
    suggestion,
)

LONGEST_DELAY_SECONDS = 30 * 86400
LONGEST_WAIT = timedelta(days=366)
MOST_NODES = 200
_NODE_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendNode:
    content: TextContent
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitNode:
    length: timedelta
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndNode:
    outcome: str


Node: TypeAlias = SendNode | WaitNode | EndNode


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    start: str
    nodes: Mapping[str, Node]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`delivery` is the policy for sends whose outcome is not known."""

    delivery: str = "at_most_once"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionKind:
    """A version 0 action: one node named `node`, made from the payload's own keys."""

    node: str
    keys: frozenset[str]
    parse: Callable[[Mapping[str, object], str, Problems], Node | None]
    form: Form
    example: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeKind:
    keys: frozenset[str]
    parse: Callable[[Mapping[str, object], str, Problems], Node | None]
    example: Mapping[str, object]
    later: Mapping[str, str]


LATER_ACTIONS = ("add_to_group", "update_contact", "trigger_automation", "send_email", "log_activity")
LATER_NODES = (
    "send_template", "wait_reply", "wait_event", "branch", "split", "goto", "call", "start_automation",
    "update_contact", "add_to_group", "set_var", "http", "send_email", "assign", "note", "emit_event", "log",
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
        if action_type in LATER_ACTIONS:
            problems.later("action_type", f'The action "{action_type}"')
        else:
            near = suggestion(action_type, (*ACTIONS, *LATER_ACTIONS))
            problems.add("action_type", "unknown_action", f"There is no such action.{near}")
        return None
    node = read_object(raw, path, problems)
    if node is None:
        return None
    version = node.get("v", 0)
    if isinstance(version, bool) or version not in (0, 1):
        problems.add(join(path, "v"), "unknown_version", "The version must be 0 (or left out) or 1.")
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


def _flat_send(raw: Mapping[str, object], path: str, problems: Problems) -> Node | None:
    if ("message_template" in raw) == ("content" in raw):
        problems.add(
            join(path, "message_template"),
            "exclusive" if "content" in raw else "missing",
            'Give the text to send as "message_template", or a whole message as "content"; one of the two.',
        )
        return None
    if "content" in raw:
        content = parse_flat_content(raw["content"], path=join(path, "content"), problems=problems)
    else:
        content = parse_template(raw["message_template"], path=join(path, "message_template"), problems=problems)
    return None if content is None else SendNode(content=content, next=None)


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
    check_keys(node, path, problems, allowed={"delivery"}, later=_LATER_SETTINGS)
    delivery = read_choice(node.get("delivery", "at_most_once"), join(path, "delivery"), problems, known=DELIVERIES)
    return Settings(delivery=delivery) if delivery else Settings()


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


def _send(raw: Mapping[str, object], path: str, problems: Problems) -> Node | None:
    if ("message" in raw) == ("content" in raw):
        problems.add(
            join(path, "message"),
            "exclusive" if "content" in raw else "missing",
            'Give what to send as "message" or as "content"; one of the two.',
        )
        return None
    key = "content" if "content" in raw else "message"
    content = parse_message(raw[key], path=join(path, key), problems=problems)
    return None if content is None else SendNode(content=content, next=_next(raw, path, problems))


def _wait(raw: Mapping[str, object], path: str, problems: Problems) -> Node | None:
    path_of_length = join(path, "duration")
    try:
        length = parse_duration(raw.get("duration"))
    except BadDuration as wrong:
        problems.add(path_of_length, "bad_duration", str(wrong))
        return None
    if not timedelta(seconds=1) <= length <= LONGEST_WAIT:
        problems.add(path_of_length, "out_of_range", "A wait lasts from one second (PT1S) to 366 days (P366D).")
        return None
    return WaitNode(length=length, next=_next(raw, path, problems))


def _end(raw: Mapping[str, object], path: str, problems: Problems) -> Node | None:
    outcome = read_text(raw.get("outcome", "done"), join(path, "outcome"), problems, longest=100)
    return None if outcome is None else EndNode(outcome=outcome)


def _next(raw: Mapping[str, object], path: str, problems: Problems) -> str | None:
    name = raw.get("next")
    if name is None or isinstance(name, str):
        return name
    problems.add(join(path, "next"), "not_text", "Name the node that comes next, or null for the end.")
    return None


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


ACTIONS: Mapping[str, ActionKind] = {
    "send_message": ActionKind(
        node="send",
        keys=frozenset({"message_template", "content"}),
        parse=_flat_send,
        form=Form(
            title="Send a message",
            description="Sends a WhatsApp message to the contact.",
            schema=closed(
                {
                    "message_template": text(
                        "Text",
                        longest=4096,
                        description="{name}, {first_name}, {phone}, {email}, {birthday}, {tags} and your own fields"
                        " are filled in.",
                    ),
                    "content": {"type": "object", "title": "A whole message in WhatsApp's shape"},
                },
                oneOf=[{"required": ["message_template"]}, {"required": ["content"]}],
            ),
        ),
        example={"message_template": "¡Hola {name}!", "delay_seconds": 5},
    ),
}

NODES: Mapping[str, NodeKind] = {
    "send": NodeKind(
        keys=frozenset({"message", "content", "next"}),
        parse=_send,
        example={
            "type": "send",
            "message": {"kind": "text", "body": {"en": "See you tomorrow!", "es": "¡Hasta mañana!"}},
            "next": None,
        },
        later={"outside_window": "A template outside the window", "on_error": "A branch for errors"},
    ),
    "wait": NodeKind(
        keys=frozenset({"duration", "next"}),
        parse=_wait,
        example={"type": "wait", "duration": "PT20H", "next": None},
        later={"until": "Waiting until a time of day or a date"},
    ),
    "end": NodeKind(keys=frozenset({"outcome"}), parse=_end, example={"type": "end", "outcome": "done"}, later={}),
}
