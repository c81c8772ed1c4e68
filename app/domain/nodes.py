"""The nodes of a graph: what each kind holds, and how its JSON is read.

Adding a kind of node takes its class and entry here and its case in `walk.py`; each entry carries an example, which a
test parses.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from app.domain.changes import EMAIL, Changes, parse_changes
from app.domain.content import TextContent, parse_message
from app.domain.durations import BadDuration, parse_duration
from app.domain.placeholders import Template, literal
from app.domain.problems import Problems, join, read_text, read_whole_number

LARGEST_ID = 2**63 - 1
LONGEST_WAIT = timedelta(days=366)
LONGEST_GROUP = 200
LONGEST_ADDRESS = 254
LONGEST_SUBJECT = 500
LONGEST_BODY = 50_000
LONGEST_NOTE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SendNode:
    content: TextContent
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitNode:
    length: timedelta
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateNode:
    changes: Changes
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupNode:
    group: str
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StartNode:
    automation_id: int
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailNode:
    """`to` is `None` for the contact's own address."""

    to: Template | None
    subject: Template
    body: Template
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogNode:
    message: Template
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndNode:
    outcome: str


Node: TypeAlias = SendNode | WaitNode | UpdateNode | GroupNode | StartNode | EmailNode | LogNode | EndNode
Read: TypeAlias = Callable[[str], Template]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeKind:
    keys: frozenset[str]
    parse: Callable[[Mapping[str, object], str, Problems], Node | None]
    example: Mapping[str, object]
    later: Mapping[str, str]


def read_update(raw: Mapping[str, object], path: str, problems: Problems) -> UpdateNode | None:
    changes = parse_changes(raw, path=path, problems=problems)
    return None if changes is None else UpdateNode(changes=changes, next=_next(raw, path, problems))


def read_group(raw: Mapping[str, object], path: str, problems: Problems) -> GroupNode | None:
    name = read_text(raw.get("group"), join(path, "group"), problems, longest=LONGEST_GROUP)
    return None if name is None else GroupNode(group=name.strip(), next=_next(raw, path, problems))


def read_start(raw: Mapping[str, object], path: str, problems: Problems) -> StartNode | None:
    found = read_whole_number(raw.get("automation_id"), join(path, "automation_id"), problems, least=1, most=LARGEST_ID)
    return None if found is None else StartNode(automation_id=found, next=_next(raw, path, problems))


def read_email(
    raw: Mapping[str, object], path: str, problems: Problems, *, template: Read | None = None
) -> EmailNode | None:
    known = len(problems)
    to = None
    if raw.get("to") is not None:
        to = _template(raw["to"], join(path, "to"), problems, longest=LONGEST_ADDRESS, template=template)
        if to is not None and not to.names and not EMAIL.fullmatch(str(raw["to"]).strip()):
            problems.add(join(path, "to"), "bad_address", 'Write an address, like "sales@shop.example", or {email}.')
    subject = _template(raw.get("subject"), join(path, "subject"), problems, longest=LONGEST_SUBJECT, template=template)
    body = _template(raw.get("body"), join(path, "body"), problems, longest=LONGEST_BODY, template=template)
    if len(problems) > known or subject is None or body is None:
        return None
    return EmailNode(to=to, subject=subject, body=body, next=_next(raw, path, problems))


def read_log(
    raw: Mapping[str, object], path: str, problems: Problems, *, template: Read | None = None
) -> LogNode | None:
    message = _template(raw.get("message"), join(path, "message"), problems, longest=LONGEST_NOTE, template=template)
    return None if message is None else LogNode(message=message, next=_next(raw, path, problems))


def _template(raw: object, path: str, problems: Problems, *, longest: int, template: Read | None) -> Template | None:
    """With placeholders where `template` says how they are read, else as it stands."""
    words = read_text(raw, path, problems, longest=longest)
    if words is None:
        return None
    if template is None and ("{{" in words or "{%" in words):
        # Sent as they are, these would show a person raw braces.
        problems.later(path, "{{ … }} and {% … %} in version 1")
        return None
    return literal(words) if template is None else template(words)


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
    "update_contact": NodeKind(
        keys=frozenset({"set", "add_tags", "remove_tags", "next"}),
        parse=read_update,
        example={"type": "update_contact", "set": {"city": "Quito"}, "add_tags": ["customer"], "next": None},
        later={},
    ),
    "add_to_group": NodeKind(
        keys=frozenset({"group", "next"}),
        parse=read_group,
        example={"type": "add_to_group", "group": "customers", "next": None},
        later={},
    ),
    "start_automation": NodeKind(
        keys=frozenset({"automation_id", "next"}),
        parse=read_start,
        example={"type": "start_automation", "automation_id": 7, "next": None},
        later={},
    ),
    "send_email": NodeKind(
        keys=frozenset({"to", "subject", "body", "next"}),
        parse=read_email,
        example={
            "type": "send_email",
            "to": "sales@shop.example",
            "subject": "A new lead",
            "body": "Somebody asked for prices.",
            "next": None,
        },
        later={},
    ),
    "log": NodeKind(
        keys=frozenset({"message", "next"}),
        parse=read_log,
        example={"type": "log", "message": "Asked for prices", "next": None},
        later={},
    ),
    "end": NodeKind(keys=frozenset({"outcome"}), parse=_end, example={"type": "end", "outcome": "done"}, later={}),
}
