"""Who is who: which messages and identities belong to one person.

A person is what identities that prove one another hold together. A business-scoped user id (BSUID) is one person's
for ever; a phone number is not, as numbers are changed and handed on. So a number's life is cut into tenancies by the
last time each holder was seen with it, and a message that shows only a number belongs to the tenancy of its time.

The answer is a function of the set of sightings: the order in which they came leaves no trace.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

Node: TypeAlias = tuple[str, ...]  # ("bsuid", value), ("parent", value), ("tenant", phone, since), ("change", key)
Moment: TypeAlias = tuple[datetime, str]  # Meta's time, key: no two items share one

LATEST_KEY = "\U0010ffff"  # sorts behind every wamid


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One inbound item and the identities that it shows."""

    id: int
    at: datetime
    key: str  # the item's own, whatever number it came to
    phone: str | None = None
    bsuid: str | None = None
    parent_bsuid: str | None = None
    new_phone: str | None = None  # the sender changed to this number
    new_bsuid: str | None = None
    old_bsuid: str | None = None

    @property
    def is_change(self) -> bool:
        return bool(self.new_phone or self.new_bsuid)


@dataclass(frozen=True, slots=True)
class Word:
    """That somebody said whose these are: one person's, as it stood at that moment."""

    at: datetime
    identities: Sequence[tuple[str, str]]  # ("phone", "bsuid" or "parent_bsuid", value)


@dataclass(frozen=True, slots=True)
class _Mark:
    """Until when a holder is known to have had a number."""

    until: Moment
    holder: Node
    has_left: bool


@dataclass(frozen=True, slots=True)
class People:
    """Who each sighting and identity belongs to; persons are numbered from 0 in no meaningful order."""

    of_sighting: dict[int, int]
    of_bsuid: dict[str, int]
    of_parent: dict[str, int]
    of_phone: dict[str, int]  # its latest holder
    holders: dict[str, frozenset[int]]  # everyone who was seen with a number
    contested: frozenset[str]  # numbers that changed hands: the time of a sighting decides whose it is
    latest_phone: dict[int, str]  # of a person: the number seen last


Marks: TypeAlias = dict[str, list[_Mark]]


def resolve(sightings: Sequence[Sighting], words: Sequence[Word] = ()) -> People:
    """Group sightings and the identities that they show into persons; those are one whom somebody said to be one."""
    marks = _marks(sightings)
    groups = _Groups()
    home: dict[int, Node] = {}
    for sighting in sightings:
        home[sighting.id] = _home(sighting, marks)
        _join(groups, sighting, home[sighting.id], marks)
    for word in words:
        nodes = [_said_of(kind, value, word.at, marks) for kind, value in word.identities]
        for node in nodes[1:]:
            groups.union(nodes[0], node)
    every_phone = set(marks) | {s.phone for s in sightings if s.phone}
    current = {phone: _current(phone, marks, sightings) for phone in every_phone}
    every_bsuid = {b for s in sightings for b in (s.bsuid, s.new_bsuid, s.old_bsuid) if b}
    number = groups.number
    return People(
        of_sighting={id: number(node) for id, node in home.items()},
        of_bsuid={bsuid: number(("bsuid", bsuid)) for bsuid in every_bsuid},
        of_parent={s.parent_bsuid: number(("parent", s.parent_bsuid)) for s in sightings if s.parent_bsuid},
        of_phone={phone: number(node) for phone, node in current.items()},
        holders=_holders(sightings, home, current, number),
        contested=frozenset(phone for phone, of_phone in marks.items() if len(of_phone) > 1 or of_phone[0].has_left),
        latest_phone=_latest_phones(sightings, home, number),
    )


def _marks(sightings: Sequence[Sighting]) -> Marks:
    """For each number that somebody provably held: the ends of the tenancies, oldest first."""
    latest: dict[tuple[str, Node], Moment] = {}
    marks: defaultdict[str, list[_Mark]] = defaultdict(list)
    for sighting in sightings:
        moment = (sighting.at, sighting.key)
        if sighting.is_change:
            holder: Node = ("change", sighting.key)
            if sighting.phone and sighting.new_phone:
                marks[sighting.phone].append(_Mark((sighting.at, LATEST_KEY), holder, True))
            elif sighting.phone:
                marks[sighting.phone].append(_Mark(moment, holder, False))
            if sighting.new_phone:
                before: Node = ("tenant", sighting.new_phone, f"before {sighting.at.isoformat()}")
                marks[sighting.new_phone].append(_Mark((sighting.at, ""), before, True))
                marks[sighting.new_phone].append(_Mark(moment, holder, False))
        elif sighting.phone and sighting.bsuid:
            pair = (sighting.phone, ("bsuid", sighting.bsuid))
            latest[pair] = max(latest.get(pair, moment), moment)
    for (phone, holder), moment in latest.items():
        marks[phone].append(_Mark(moment, holder, False))
    return {phone: sorted(of_phone, key=lambda mark: (mark.until, mark.holder)) for phone, of_phone in marks.items()}


def _home(sighting: Sighting, marks: Marks) -> Node:
    if sighting.is_change:
        return ("change", sighting.key)
    if sighting.bsuid:
        return ("bsuid", sighting.bsuid)
    if sighting.phone:
        return _tenant(sighting.phone, (sighting.at, sighting.key), marks)
    return ("parent", sighting.parent_bsuid or "")


def _said_of(kind: str, value: str, at: datetime, marks: Marks) -> Node:
    if kind == "phone":
        return _tenant(value, (at, LATEST_KEY), marks)
    return ("bsuid" if kind == "bsuid" else "parent", value)


def _tenant(phone: str, moment: Moment, marks: Marks) -> Node:
    """Who had the number at that moment: the next one seen to hold it, else the last one, unless that one left."""
    of_phone = marks.get(phone, [])
    for mark in of_phone:
        if mark.until >= moment:
            return mark.holder
    if of_phone and not of_phone[-1].has_left:
        return of_phone[-1].holder
    return ("tenant", phone, "now")


def _join(groups: "_Groups", sighting: Sighting, home: Node, marks: Marks) -> None:
    groups.add(home)
    for bsuid in (sighting.bsuid, sighting.new_bsuid, sighting.old_bsuid):
        if bsuid:
            groups.union(home, ("bsuid", bsuid))
    if sighting.parent_bsuid:
        groups.union(home, ("parent", sighting.parent_bsuid))
    if not sighting.is_change:
        return
    moment = (sighting.at, sighting.key)
    if sighting.phone and not sighting.old_bsuid:
        # The change does not say whose the old number was: whoever held it last.
        before = [m for m in marks.get(sighting.phone, []) if m.until < moment and m.holder != home]
        if before and not before[-1].has_left:
            groups.union(home, before[-1].holder)
        elif not sighting.new_phone:
            groups.union(home, _tenant(sighting.phone, moment, marks))
    if sighting.new_phone and not sighting.new_bsuid:
        after = [m for m in marks[sighting.new_phone] if m.until > moment]
        if after and not after[0].has_left:
            groups.union(home, after[0].holder)


def _current(phone: str, marks: Marks, sightings: Sequence[Sighting]) -> Node:
    """Whom the number leads to: its latest holder, also after he gave it up, until somebody new shows."""
    of_phone = marks.get(phone, [])
    if not of_phone or not of_phone[-1].has_left:
        return of_phone[-1].holder if of_phone else ("tenant", phone, "now")
    last = of_phone[-1]
    is_taken = any(s.phone == phone and not s.is_change and (s.at, s.key) > last.until for s in sightings)
    return ("tenant", phone, "now") if is_taken else last.holder


def _holders(
    sightings: Sequence[Sighting], home: dict[int, Node], current: dict[str, Node], number: Callable[[Node], int]
) -> dict[str, frozenset[int]]:
    holders: defaultdict[str, set[int]] = defaultdict(set)
    for sighting in sightings:
        for phone in (sighting.phone, sighting.new_phone):
            if phone:
                holders[phone].add(number(home[sighting.id]))
    for phone, node in current.items():
        holders[phone].add(number(node))
    return {phone: frozenset(persons) for phone, persons in holders.items()}


def _latest_phones(
    sightings: Sequence[Sighting], home: dict[int, Node], number: Callable[[Node], int]
) -> dict[int, str]:
    latest: dict[int, tuple[Moment, str]] = {}
    for sighting in sightings:
        phone = sighting.new_phone or sighting.phone
        if phone:
            person, seen = number(home[sighting.id]), ((sighting.at, sighting.key), phone)
            latest[person] = max(latest.get(person, seen), seen)
    return {person: phone for person, (_, phone) in latest.items()}


class _Groups:
    """Union-find."""

    def __init__(self) -> None:
        self._parent: dict[Node, Node] = {}
        self._numbers: dict[Node, int] = {}

    def add(self, node: Node) -> None:
        self._parent.setdefault(node, node)

    def union(self, one: Node, other: Node) -> None:
        self._parent[self._root(one)] = self._root(other)

    def number(self, node: Node) -> int:
        return self._numbers.setdefault(self._root(node), len(self._numbers))

    def _root(self, node: Node) -> Node:
        self.add(node)
        while self._parent[node] != node:
            self._parent[node] = node = self._parent[self._parent[node]]
        return node
