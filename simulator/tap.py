"""What tapping a button or a list row of a received message says back to the business."""

from collections.abc import Iterator

from simulator.threads import Message
from simulator.wire import JsonObject


def reply(message: Message, *, choice: str) -> JsonObject | None:
    """The customer's message for the choice with this id; None where the message offers no such thing."""
    context = {"id": message.id}
    action = message.content.get("interactive", {}).get("action", {})
    for button in action.get("buttons", []):
        title = button.get("reply", {})
        if title.get("id") == choice:
            interactive = {"type": "button_reply", "button_reply": {"id": choice, "title": title.get("title", "")}}
            return {"type": "interactive", "interactive": interactive, "context": context}
    for row in _rows(action):
        if row.get("id") == choice:
            shown = {key: row[key] for key in ("id", "title", "description") if key in row}
            return {
                "type": "interactive",
                "interactive": {"type": "list_reply", "list_reply": shown},
                "context": context,
            }
    return None


def _rows(action: JsonObject) -> Iterator[JsonObject]:
    for section in action.get("sections", []):
        yield from section.get("rows", [])
