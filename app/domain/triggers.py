"""What starts an automation: events, keywords, conditions, and how often a person may enter.

Version 0 (the original rows) is a flat object per trigger type; version 1 (`"v": 1`) names its events in `on`.
"""

from collections.abc import Collection, Mapping

from app.domain.conditions import ALWAYS, Condition, leaves, parse_condition
from app.domain.entry import default_entry, parse_entry
from app.domain.fields import MESSAGE_FIELDS
from app.domain.matching import Keywords
from app.domain.problems import Problems, check_keys, join, read_choice, read_object, read_version, suggestion
from app.domain.trigger_kinds import (
    CLOCK,
    TRIGGERS,
    Event,
    EventKind,
    Trigger,
    TriggerKind,
    read_after,
    read_group,
    read_keywords,
    read_sources,
)

__all__ = ["CLOCK", "TRIGGERS", "Event", "EventKind", "Trigger", "parse_trigger"]

_KEYS_OF_EVENT: Mapping[EventKind, Collection[str]] = {
    EventKind.TIME_BASED: ("after", "days"),
    EventKind.NEW_CONTACT: ("sources",),
}

LATER_EVENTS: Mapping[str, str] = {
    "date_field": "Dates of a field",
    "button_reply": "Taps on buttons",
    "flow_reply": "Answers of WhatsApp Flows",
    "status_changed": "Status changes",
    "contact_updated": "Changes of a contact",
    "tag_added": "New tags",
    "tag_removed": "Removed tags",
    "segment_entered": "Segments",
    "segment_left": "Segments",
    "opt_in": "Opt-ins",
    "opt_out": "Opt-outs",
    "webhook": "Incoming webhooks",
    "api": "Starts by the API",
    "automation_event": "Events of other automations",
    "window_closing": "The closing window",
}


def parse_trigger(trigger_type: str, raw: object, *, path: str, problems: Problems) -> Trigger | None:
    kind = TRIGGERS.get(trigger_type)
    if kind is None:
        _refuse_event(trigger_type, "trigger_type", problems)
        return None
    node = read_object({} if raw is None else raw, path, problems)
    if node is None:
        return None
    version = read_version(node, path, problems)
    if version is None:
        return None
    if version:
        trigger = _parse_versioned(trigger_type, node, path, problems)
    else:
        trigger = _parse_flat(kind, node, path, problems)
    _refuse_absent_fields(trigger, path, problems)
    _refuse_idle_group(trigger, path, problems)
    return trigger


def _refuse_event(name: object, path: str, problems: Problems) -> None:
    if isinstance(name, str) and name in LATER_EVENTS:
        problems.later(path, f'{LATER_EVENTS[name]} ("{name}")')
        return
    near = suggestion(name, TRIGGERS) if isinstance(name, str) else ""
    problems.add(path, "unknown_event", f"There is no such trigger.{near}")


def _parse_flat(kind: TriggerKind, node: Mapping[str, object], path: str, problems: Problems) -> Trigger:
    own = {key: value for key, value in node.items() if key not in ("v", "exclusive_group")}
    flat = kind.parse_flat(own, path, problems)
    event = Event(
        kind=kind.event,
        keywords=flat.keywords,
        entry=default_entry(kind.policy),
        after=flat.after,
        sources=flat.sources,
    )
    return Trigger(events=(event,), where=flat.where, exclusive_group=read_group(node, path, problems))


def _parse_versioned(trigger_type: str, node: Mapping[str, object], path: str, problems: Problems) -> Trigger:
    check_keys(node, path, problems, allowed={"v", "on", "where", "entry", "exclusive_group", "audience_cap"})
    listed = node.get("on", [{"event": trigger_type}])
    events: list[Event] = []
    if not isinstance(listed, list | tuple) or not listed:
        problems.add(join(path, "on"), "not_a_list", 'List the events, like [{"event": "message_received"}].')
    else:
        for index, raw in enumerate(listed):
            event = _parse_event(raw, node.get("entry"), join(join(path, "on"), index), path, problems)
            events.extend([event] if event else [])
        _check_type(trigger_type, events, path, problems)
    where: Condition = ALWAYS
    if "where" in node:
        where = parse_condition(node["where"], path=join(path, "where"), problems=problems)
    if node.get("audience_cap") is not None:
        problems.later(join(path, "audience_cap"), "A cap on the audience")
    return Trigger(events=tuple(events), where=where, exclusive_group=read_group(node, path, problems))


def _parse_event(raw: object, entry: object, path: str, root: str, problems: Problems) -> Event | None:
    node = read_object(raw, path, problems)
    if node is None:
        return None
    name = node.get("event")
    kind = TRIGGERS.get(name) if isinstance(name, str) else None
    own = () if kind is None else _KEYS_OF_EVENT.get(kind.event, ())
    check_keys(node, path, problems, allowed={"event", "match", *own})
    if kind is None:
        _refuse_event(name, join(path, "event"), problems)
        return None
    keywords = None
    if "match" in node or kind.has_keywords:
        keywords = _parse_match(node.get("match"), kind, join(path, "match"), problems)
        if keywords is None:
            return None
    known = len(problems)
    after = read_after(node, path, problems) if kind.event is EventKind.TIME_BASED else None
    sources = read_sources(node, path, problems)
    parsed = (
        default_entry(kind.policy)
        if entry is None
        else parse_entry(entry, default=kind.policy, path=join(root, "entry"), problems=problems)
    )
    if len(problems) > known:
        return None
    return Event(kind=kind.event, keywords=keywords, entry=parsed, after=after, sources=sources)


def _parse_match(raw: object, kind: TriggerKind, path: str, problems: Problems) -> Keywords | None:
    if kind.event is not EventKind.MESSAGE_RECEIVED:
        problems.add(path, "not_used", "Only a message can be matched against keywords.")
        return None
    node = read_object({} if raw is None else raw, path, problems)
    if node is None:
        return None
    check_keys(node, path, problems, allowed={"kind", "words", "mode", "fold"})
    if read_choice(node.get("kind", "keyword"), join(path, "kind"), problems, known={"keyword"}) is None:
        return None
    return read_keywords(node.get("words"), node, "words", path, problems)


def _check_type(trigger_type: str, events: list[Event], path: str, problems: Problems) -> None:
    kind = TRIGGERS[trigger_type]
    fits = [event.kind is kind.event and (event.keywords is not None or not kind.has_keywords) for event in events]
    if events and not any(fits):
        problems.add(
            join(path, "on"),
            "trigger_mismatch",
            f'The trigger type is "{trigger_type}", so one of the events must be that.',
        )


def _refuse_absent_fields(trigger: Trigger, path: str, problems: Problems) -> None:
    if any(event.kind is EventKind.MESSAGE_RECEIVED for event in trigger.events):
        return
    for leaf in leaves(trigger.where):
        if trigger.events and leaf.field.name in MESSAGE_FIELDS:
            problems.add(
                join(path, "where"),
                "never_there",
                f'"{leaf.field.name}" belongs to a message, which none of these events has, so this would never match.',
            )


def _refuse_idle_group(trigger: Trigger, path: str, problems: Problems) -> None:
    items = {EventKind.MESSAGE_RECEIVED, EventKind.NEW_CONTACT}
    if trigger.exclusive_group and trigger.events and not any(event.kind in items for event in trigger.events):
        problems.add(
            join(path, "exclusive_group"),
            "not_used",
            "A group settles which automation answers a message, and none of these events is one.",
        )
