"""Which active automations answer the same message: told when one is saved, never a reason to refuse it.

Two keyword automations overlap when a message that says only a keyword of one would start the other too. That any two
keywords can meet in one long message is true, and no news.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from app.domain.automation import Definition
from app.domain.conditions import AllOf, Condition, Leaf
from app.domain.matching import Heard, Keywords
from app.domain.triggers import Event, EventKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    automation_id: int
    name: str
    reason: str


def conflicts(new: Definition, others: Iterable[Definition]) -> list[Conflict]:
    """What else would answer, in order of priority; an `exclusive_group` in common settles it, so it is left out."""
    found = []
    for other in sorted(others, key=lambda definition: (-definition.priority, definition.automation_id)):
        group = new.trigger.exclusive_group
        if other.automation_id == new.automation_id or (group and group == other.trigger.exclusive_group):
            continue
        reason = overlaps(new, other)
        if reason is not None:
            found.append(Conflict(automation_id=other.automation_id, name=other.name, reason=reason))
    return found


def overlaps(a: Definition, b: Definition) -> str | None:
    """Why one event can start both, by event, keyword and channel; `None` when it cannot."""
    if b.automation_id < a.automation_id:
        a, b = b, a  # so that the answer is the same whichever is asked about
    channels_a, channels_b = _channels(a.trigger.where), _channels(b.trigger.where)
    if channels_a is not None and channels_b is not None and not channels_a & channels_b:
        return None
    for one in a.trigger.events:
        for other in b.trigger.events:
            reason = _event_overlap(one, other)
            if reason is not None:
                return reason
    return None


def _event_overlap(a: Event, b: Event) -> str | None:
    if a.kind is not b.kind:
        return None
    if a.kind is EventKind.NEW_CONTACT:
        return "Both start when a new contact appears." if a.sources & b.sources else None
    if a.kind is EventKind.BIRTHDAY:
        return "Both start on a birthday."
    if a.kind is not EventKind.MESSAGE_RECEIVED:
        return None  # two schedules, or two starts by hand, answer nothing that the other does
    if a.keywords is None:
        return _every_and(b.keywords)
    if b.keywords is None:
        return _every_and(a.keywords)
    shared = _shared_word(a.keywords, b.keywords) or _shared_word(b.keywords, a.keywords)
    return None if shared is None else f'Both start with the message "{shared}".'


def _every_and(keywords: Keywords | None) -> str:
    if keywords is None:
        return "Both start with every message."
    return f'One starts with every message, so also with "{keywords.words[0]}".'


def _shared_word(a: Keywords, b: Keywords) -> str | None:
    return next((word for word in a.words if a.match(Heard(word)) and b.match(Heard(word))), None)


def _channels(where: Condition) -> frozenset[object] | None:
    """The channels that a condition allows, where it plainly names them; `None` for any."""
    allowed: frozenset[object] | None = None
    for item in where.items if isinstance(where, AllOf) else (where,):
        named: frozenset[object] | None = None
        if isinstance(item, AllOf):
            named = _channels(item)
        elif isinstance(item, Leaf) and item.field.name == "channel.id" and item.op in ("eq", "in"):
            named = frozenset(item.value if isinstance(item.value, list | tuple) else (item.value,))
        if named is not None:
            allowed = named if allowed is None else allowed & named
    return allowed
