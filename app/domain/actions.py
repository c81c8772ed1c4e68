"""The original actions (version 0): one action a row, which compiles to one node.

Adding an action takes its entry here; where it needs a node of its own, that stands in `nodes.py`. Each entry carries
an example, which a test saves, and what a form asks for.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.domain.content import LONGEST_TEXT, parse_flat_content, parse_template
from app.domain.forms import Form, Json, closed, text
from app.domain.nodes import (
    LARGEST_ID,
    LONGEST_ADDRESS,
    LONGEST_BODY,
    LONGEST_GROUP,
    LONGEST_NOTE,
    LONGEST_SUBJECT,
    Node,
    SendNode,
    read_email,
    read_group,
    read_log,
    read_start,
    read_update,
)
from app.domain.placeholders import compile_template
from app.domain.problems import Problems, join

FILLED_IN = "{name}, {first_name}, {phone}, {email}, {birthday}, {tags} and fields of your own are filled in."


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionKind:
    """A version 0 action: one node named `node`, made from the payload's own keys."""

    node: str
    keys: frozenset[str]
    parse: Callable[[Mapping[str, object], str, Problems], Node | None]
    form: Form
    example: Mapping[str, object]


def _send(raw: Mapping[str, object], path: str, problems: Problems) -> Node | None:
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


def _email(raw: Mapping[str, object], path: str, problems: Problems) -> Node | None:
    return read_email(raw, path, problems, template=compile_template)


def _log(raw: Mapping[str, object], path: str, problems: Problems) -> Node | None:
    return read_log(raw, path, problems, template=compile_template)


def _tags(title: str) -> Json:
    return {"type": "array", "title": title, "items": text("Tag", longest=200), "uniqueItems": True, "default": []}


ACTIONS: Mapping[str, ActionKind] = {
    "send_message": ActionKind(
        node="send",
        keys=frozenset({"message_template", "content"}),
        parse=_send,
        form=Form(
            title="Send a message",
            description="Sends a WhatsApp message to the contact.",
            schema=closed(
                {
                    "message_template": text("Text", longest=LONGEST_TEXT, description=FILLED_IN),
                    "content": {"type": "object", "title": "A whole message in WhatsApp's shape"},
                },
                oneOf=[{"required": ["message_template"]}, {"required": ["content"]}],
            ),
        ),
        example={"message_template": "¡Hola {name}!", "delay_seconds": 5},
    ),
    "add_to_group": ActionKind(
        node="add_to_group",
        keys=frozenset({"group"}),
        parse=read_group,
        form=Form(
            title="Add to a group",
            description="Puts the contact on a static list; a list that is not there yet is made.",
            schema=closed({"group": text("Group", longest=LONGEST_GROUP)}, required=["group"]),
        ),
        example={"group": "customers", "delay_seconds": 5},
    ),
    "update_contact": ActionKind(
        node="update_contact",
        keys=frozenset({"set", "add_tags", "remove_tags"}),
        parse=read_update,
        form=Form(
            title="Change the contact",
            description="Fills in fields of the contact, and adds or removes tags.",
            schema=closed(
                {
                    "set": {
                        "type": "object",
                        "title": "Fields",
                        "description": (
                            "name, first_name, email, birthday, notes, language, time_zone, or fields of your own;"
                            " null empties one."
                        ),
                        "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
                    },
                    "add_tags": _tags("Tags to add"),
                    "remove_tags": _tags("Tags to remove"),
                },
                minProperties=1,
            ),
        ),
        example={"set": {"city": "Quito"}, "add_tags": ["customer"], "remove_tags": ["lead"], "delay_seconds": 5},
    ),
    "trigger_automation": ActionKind(
        node="start_automation",
        keys=frozenset({"automation_id"}),
        parse=read_start,
        form=Form(
            title="Start another automation",
            description="Starts another automation for the same contact, whatever its own trigger.",
            schema=closed(
                {
                    "automation_id": {
                        "type": "integer",
                        "title": "Automation",
                        "minimum": 1,
                        "maximum": LARGEST_ID,
                        "x-reference": "automations",
                    }
                },
                required=["automation_id"],
            ),
        ),
        example={"automation_id": 7, "delay_seconds": 5},
    ),
    "send_email": ActionKind(
        node="send_email",
        keys=frozenset({"to", "subject", "body"}),
        parse=_email,
        form=Form(
            title="Send an e-mail",
            description="Sends an e-mail over SMTP_URL, to the contact or to whoever is named.",
            schema=closed(
                {
                    "to": text(
                        "To",
                        longest=LONGEST_ADDRESS,
                        description="An address, or {email} for the contact's own, which it also is when left out.",
                    ),
                    "subject": text("Subject", longest=LONGEST_SUBJECT, description=FILLED_IN),
                    "body": text("Text", longest=LONGEST_BODY, description=FILLED_IN, format="multiline"),
                },
                required=["subject", "body"],
            ),
        ),
        example={
            "to": "{email}",
            "subject": "Welcome, {first_name}",
            "body": "Hello {name}, thank you for writing.",
            "delay_seconds": 5,
        },
    ),
    "log_activity": ActionKind(
        node="log",
        keys=frozenset({"message"}),
        parse=_log,
        form=Form(
            title="Note it down",
            description="Writes a line into the run's record, and does nothing else.",
            schema=closed(
                {"message": text("Message", longest=LONGEST_NOTE, description=FILLED_IN)}, required=["message"]
            ),
        ),
        example={"message": "{name} asked for prices", "delay_seconds": 5},
    ),
}
