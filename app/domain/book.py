"""The active automations, indexed so that a message asks only those that its words can start.

A shop may have hundreds of keyword automations; a book is built when they change, and read for every message.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import assert_never

from app.domain.automation import Definition
from app.domain.facts import ContactCreated, Fact, MessageReceived, Occurred
from app.domain.matching import Heard, HeardForm, Keywords, Mode
from app.domain.triggers import Event, EventKind

# A place is (rank of the automation, number of its event): ranks sort by priority 10 to 1, then id.
_Place = tuple[int, int]


class Book:
    """Built once, then only read."""

    def __init__(self, definitions: Iterable[Definition]) -> None:
        self.definitions: tuple[Definition, ...] = tuple(
            sorted(definitions, key=lambda definition: (-definition.priority, definition.automation_id))
        )
        self._by_id = {definition.automation_id: definition for definition in self.definitions}
        self._every_message: list[_Place] = []
        self._others: defaultdict[str, list[_Place]] = defaultdict(list)  # what no message starts, by kind of event
        self._words = {fold: _WordIndex() for fold in (True, False)}
        for rank, definition in enumerate(self.definitions):
            for number, event in enumerate(definition.trigger.events):
                self._add((rank, number), event)

    def find(self, automation_id: int) -> Definition | None:
        return self._by_id.get(automation_id)

    @property
    def remembers(self) -> frozenset[int]:
        """Automations whose earlier entries decide: `Person.entries` must hold theirs, and may leave out the rest."""
        return frozenset(
            definition.automation_id
            for definition in self.definitions
            if any(event.entry.remembers for event in definition.trigger.events)
        )

    def candidates(self, facts: Sequence[Fact]) -> list[tuple[Definition, list[tuple[Fact, Event]]]]:
        """In order of priority, what each automation could start for; conditions are not looked at yet."""
        found: dict[int, list[tuple[Fact, Event]]] = {}
        for fact in facts:
            for place in sorted(self._places(fact)):
                found.setdefault(place[0], []).append((fact, self._event(place)))
        return [(self.definitions[rank], found[rank]) for rank in sorted(found)]

    def _places(self, fact: Fact) -> set[_Place]:
        match fact:
            case ContactCreated():
                new = self._others.get(EventKind.NEW_CONTACT, ())
                return {place for place in new if fact.source in self._event(place).sources}
            case Occurred():
                return set(self._others.get(fact.event, ()))
            case MessageReceived():
                places = set(self._every_message)
                if fact.text:
                    heard = Heard(fact.text)
                    for fold, index in self._words.items():
                        if index:
                            places |= index.find(heard.form(fold=fold))
                return places
            case _:
                assert_never(fact)

    def _event(self, place: _Place) -> Event:
        rank, number = place
        return self.definitions[rank].trigger.events[number]

    def _add(self, place: _Place, event: Event) -> None:
        if event.kind is not EventKind.MESSAGE_RECEIVED:
            self._others[event.kind].append(place)
        elif event.keywords is None:
            self._every_message.append(place)
        else:
            self._words[event.keywords.fold].add(event.keywords, place)


class _WordIndex:
    """Keywords that compare in the same form. Only those looked for inside the text have to be tried one by one."""

    def __init__(self) -> None:
        self._by_first_word: defaultdict[str, list[tuple[list[str], _Place]]] = defaultdict(list)
        self._by_line: defaultdict[str, list[_Place]] = defaultdict(list)
        self._inside: list[tuple[str, _Place]] = []
        self._by_beginning: defaultdict[str, list[_Place]] = defaultdict(list)
        self._beginning_lengths: set[int] = set()
        self._filled = False

    def __bool__(self) -> bool:
        return self._filled

    def add(self, keywords: Keywords, place: _Place) -> None:
        self._filled = True
        match keywords.mode:
            case Mode.WORD:
                for tokens in keywords.tokens:
                    self._by_first_word[tokens[0]].append((list(tokens), place))
            case Mode.EXACT:
                for needle in keywords.needles:
                    self._by_line[needle].append(place)
            case Mode.CONTAINS:
                self._inside.extend((needle, place) for needle in keywords.needles)
            case Mode.STARTS:
                for needle in keywords.needles:
                    self._by_beginning[needle].append(place)
                    self._beginning_lengths.add(len(needle))
            case _:
                assert_never(keywords.mode)

    def find(self, form: HeardForm) -> set[_Place]:
        places = set(self._by_line.get(form.line, ()))
        if self._by_first_word:
            for position, word in enumerate(form.tokens):
                for tokens, place in self._by_first_word.get(word, ()):
                    if form.has_tokens_at(position, tokens):
                        places.add(place)
        line = form.line
        places.update([place for needle, place in self._inside if needle in line])
        for length in self._beginning_lengths:
            places.update(self._by_beginning.get(line[:length], ()))
            places.update(self._by_beginning.get(form.bare[:length], ()))
        return places
