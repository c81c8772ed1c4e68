"""The kinds of trigger: what each is, how its version 0 is read, and what a form asks for.

A kind is one entry of `TRIGGERS`, with an example of its JSON that a test parses; one of the clock's also has its
schedule in `timing.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.domain.conditions import ALWAYS, Condition, parse_equalities
from app.domain.entry import Entry, Policy
from app.domain.facts import Source
from app.domain.forms import AUDIENCE, EQUALITIES, EXCLUSIVE_GROUP, Form, Json, closed, text
from app.domain.matching import EmptyKeyword, Keywords, Mode
from app.domain.problems import (
    Problems,
    check_keys,
    join,
    read_choice,
    read_flag,
    read_text,
    read_whole_number,
)
from app.domain.schedule import After, Moment

# Whoever imports fifty thousand people does not mean to write to them all, so a table has to be asked for.
USUAL_SOURCES = frozenset({Source.MESSAGE, Source.MANUAL, Source.API})
MOST_DAYS = 3_650
MOST_KEYWORDS = 200
LONGEST_KEYWORD = 200


class EventKind(StrEnum):
    MESSAGE_RECEIVED = "message_received"
    NEW_CONTACT = "new_contact"
    BIRTHDAY = "birthday"
    SCHEDULED = "scheduled"
    TIME_BASED = "time_based"
    MANUAL = "manual"


CLOCK = frozenset({EventKind.BIRTHDAY, EventKind.SCHEDULED, EventKind.TIME_BASED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event that starts the automation; `keywords` narrows a message to those that say one of them, `after` says
    how long after which moment of the contact's, `sources` whom of the new contacts it means."""

    kind: EventKind
    keywords: Keywords | None
    entry: Entry
    after: After | None = None
    sources: frozenset[Source] = USUAL_SOURCES


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    events: tuple[Event, ...]
    where: Condition = ALWAYS
    exclusive_group: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flat:
    """What version 0 says."""

    keywords: Keywords | None = None
    where: Condition = ALWAYS
    after: After | None = None
    sources: frozenset[Source] = USUAL_SOURCES


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerKind:
    """`parse_flat` reads version 0, without the keys that every kind shares. `schedule` is an example of its own."""

    event: EventKind
    policy: Policy
    parse_flat: Callable[[Mapping[str, object], str, Problems], Flat]
    form: Form
    example: Mapping[str, object]
    schedule: Mapping[str, object] | None = None
    has_keywords: bool = False


def _flat_keywords(node: Mapping[str, object], path: str, problems: Problems) -> Flat:
    check_keys(node, path, problems, allowed={"keyword", "keywords", "mode", "fold"})
    if "keyword" in node and "keywords" in node:
        problems.add(join(path, "keyword"), "exclusive", 'Give either "keyword" or "keywords", not both.')
        return Flat()
    key = "keyword" if "keyword" in node else "keywords"
    words = [node["keyword"]] if key == "keyword" else node.get("keywords")
    return Flat(keywords=read_keywords(words, node, key, path, problems))


def _flat_equalities(node: Mapping[str, object], path: str, problems: Problems) -> Flat:
    misplaced = {"keyword", "keywords", "mode", "fold", "words", "match", "on", "where", "entry"} & set(node)
    for key in sorted(misplaced):
        problems.add(
            join(path, key),
            "unknown_key",
            f'"{key}" has no meaning here: keywords need the trigger "keyword"; "on", "where", "entry" need "v": 1.',
        )
    fields = {key: value for key, value in node.items() if key not in misplaced}
    return Flat(where=parse_equalities(fields, path=path, problems=problems))


def _flat_new_contact(node: Mapping[str, object], path: str, problems: Problems) -> Flat:
    fields = {key: value for key, value in node.items() if key != "sources"}
    where = _flat_equalities(fields, path, problems).where
    return Flat(where=where, sources=read_sources(node, path, problems))


def _flat_audience(node: Mapping[str, object], path: str, problems: Problems) -> Flat:
    """Equalities, of a kind that has a schedule: its keys are easily written into the wrong column."""
    misplaced = sorted({"cron", "rrule", "every_seconds", "tz", "feb29"} & set(node))
    for key in misplaced:
        problems.add(join(path, key), "unknown_key", f'"{key}" belongs into schedule_config.')
    return _flat_equalities({key: value for key, value in node.items() if key not in misplaced}, path, problems)


def _flat_after(node: Mapping[str, object], path: str, problems: Problems) -> Flat:
    check_keys(node, path, problems, allowed={"after", "days"})
    return Flat(after=read_after(node, path, problems))


def read_after(node: Mapping[str, object], path: str, problems: Problems) -> After | None:
    moment = read_choice(node.get("after"), join(path, "after"), problems, known={str(item) for item in Moment})
    days = read_whole_number(node.get("days"), join(path, "days"), problems, least=1, most=MOST_DAYS)
    return None if moment is None or days is None else After(moment=Moment(moment), days=days)


def read_sources(node: Mapping[str, object], path: str, problems: Problems) -> frozenset[Source]:
    if "sources" not in node:
        return USUAL_SOURCES
    path, listed = join(path, "sources"), node["sources"]
    if not isinstance(listed, list | tuple) or not listed:
        problems.add(path, "not_a_list", 'List what may have made a contact, like ["message", "manual", "api"].')
        return USUAL_SOURCES
    known = {str(item) for item in Source}
    found = [read_choice(word, join(path, index), problems, known=known) for index, word in enumerate(listed)]
    return frozenset(Source(word) for word in found if word is not None)


def read_keywords(
    words: object, options: Mapping[str, object], key: str, path: str, problems: Problems
) -> Keywords | None:
    words_path = join(path, key)
    if not isinstance(words, list | tuple) or not 1 <= len(words) <= MOST_KEYWORDS:
        problems.add(words_path, "no_keywords", f'Give 1 to {MOST_KEYWORDS} keywords, like ["hola", "hi"].')
        return None
    mode = read_choice(options.get("mode", Mode.WORD), join(path, "mode"), problems, known={str(item) for item in Mode})
    fold = read_flag(options.get("fold", True), join(path, "fold"), problems)
    if mode is None or fold is None:
        return None
    good = []
    for index, word in enumerate(words):
        word_path = words_path if key == "keyword" else join(words_path, index)
        text = read_text(word, word_path, problems, longest=LONGEST_KEYWORD)
        if text is None:
            continue
        try:
            Keywords.of([text], mode=Mode(mode), fold=fold)
        except EmptyKeyword:
            problems.add(word_path, "empty", f'"{text}" has no letter or digit to look for; use the mode "contains".')
            continue
        good.append(text)
    return Keywords.of(good, mode=Mode(mode), fold=fold) if len(good) == len(words) else None


def read_group(node: Mapping[str, object], path: str, problems: Problems) -> str | None:
    if node.get("exclusive_group") is None:
        return None
    return read_text(node["exclusive_group"], join(path, "exclusive_group"), problems, longest=100)


_SOURCES: Json = {
    "type": "array",
    "title": "Who came by",
    "items": {"enum": [str(source) for source in Source]},
    "minItems": 1,
    "uniqueItems": True,
    "default": [str(source) for source in Source if source in USUAL_SOURCES],
    "description": (
        "message: wrote; manual: was added by a person; api: by a program with an API key; import: came in a table,"
        " which counts only where it is named."
    ),
}

TRIGGERS: Mapping[str, TriggerKind] = {
    "keyword": TriggerKind(
        event=EventKind.MESSAGE_RECEIVED,
        has_keywords=True,
        policy=Policy.ALWAYS,
        parse_flat=_flat_keywords,
        form=Form(
            title="A keyword",
            description="Starts when a message says one of the words.",
            schema=closed(
                {
                    "keyword": text("Word", longest=LONGEST_KEYWORD),
                    "keywords": {
                        "type": "array",
                        "title": "Words",
                        "items": text("Word", longest=LONGEST_KEYWORD),
                        "minItems": 1,
                        "maxItems": MOST_KEYWORDS,
                    },
                    "mode": {
                        "title": "How",
                        "enum": [str(mode) for mode in Mode],
                        "default": "word",
                        "description": "word: anywhere as a word; exact: nothing else; contains; starts.",
                    },
                    "fold": {"type": "boolean", "title": "Ignore accents", "default": True},
                    "exclusive_group": EXCLUSIVE_GROUP,
                },
                oneOf=[{"required": ["keyword"]}, {"required": ["keywords"]}],
            ),
        ),
        example={"keywords": ["hola", "hi"], "mode": "word", "exclusive_group": "greeting"},
    ),
    "message_received": TriggerKind(
        event=EventKind.MESSAGE_RECEIVED,
        policy=Policy.ALWAYS,
        parse_flat=_flat_equalities,
        form=Form(title="Any message", description="Starts with every message that comes in.", schema=EQUALITIES),
        example={"tags": "vip", "language": "es"},
    ),
    "new_contact": TriggerKind(
        event=EventKind.NEW_CONTACT,
        policy=Policy.ONCE,
        parse_flat=_flat_new_contact,
        form=Form(
            title="A new contact",
            description="Starts when somebody writes for the first time, or is added to the contacts.",
            schema={**EQUALITIES, "properties": {"sources": _SOURCES, "exclusive_group": EXCLUSIVE_GROUP}},
        ),
        example={"sources": ["message", "api"], "exclusive_group": "greeting"},
    ),
    "birthday": TriggerKind(
        event=EventKind.BIRTHDAY,
        policy=Policy.KEYED,
        parse_flat=_flat_audience,
        form=Form(
            title="A birthday",
            description="Starts once a year on the contact's birthday, at 09:00 by their own clock.",
            schema=AUDIENCE,
        ),
        example={"tags": "vip"},
        schedule={"time": "09:00", "tz": "contact", "feb29": "feb28"},
    ),
    "scheduled": TriggerKind(
        event=EventKind.SCHEDULED,
        policy=Policy.KEYED,
        parse_flat=_flat_audience,
        form=Form(
            title="A schedule",
            description="Starts at set times, for every contact that the conditions fit.",
            schema=AUDIENCE,
        ),
        example={"tags": "vip", "language": "es"},
        schedule={"cron": "0 9 * * 1", "tz": "America/Mexico_City"},
    ),
    "time_based": TriggerKind(
        event=EventKind.TIME_BASED,
        policy=Policy.KEYED,
        parse_flat=_flat_after,
        form=Form(
            title="So long after",
            description="Starts a number of days after a moment of the contact's, once for each such moment.",
            schema=closed(
                {
                    "after": {
                        "title": "After",
                        "enum": [str(moment) for moment in Moment],
                        "description": "When they became a contact, were last written to, or last wrote.",
                    },
                    "days": {"type": "integer", "title": "Days", "minimum": 1, "maximum": MOST_DAYS},
                },
                required=["after", "days"],
            ),
        ),
        example={"after": "last_inbound", "days": 3},
    ),
    "manual": TriggerKind(
        event=EventKind.MANUAL,
        policy=Policy.ALWAYS,
        parse_flat=_flat_equalities,
        form=Form(
            title="By hand",
            description="Starts when somebody runs it, for the contacts that they choose.",
            schema=AUDIENCE,
        ),
        example={},
    ),
}
