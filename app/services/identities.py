"""Give each arriving item its contact.

Most items name somebody who is known, or nobody who is, and are placed at once. An item that links, splits or hands on
identities (a merge, a changed or recycled number) is placed for the moment and then settled by `people.reunite`, which
looks at all that its people ever sent; so the outcome does not depend on the order of arrival.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from sqlalchemy.orm import Session

from app.database import fetch, fetch_values
from app.whatsapp.inbound import NumberChange, Sender

Identity: TypeAlias = tuple[str, str]  # (kind, value)
Shown: TypeAlias = tuple[str | None, str | None]  # what a contact shows of a profile: (name, username)


class LostRace(Exception):
    """Somebody else made a contact with the same identity meanwhile. Do the transaction again: then it is seen."""


@dataclass(slots=True, kw_only=True)
class Arrival:
    """An item that speaks of a person, and where it was placed."""

    sender: Sender
    change: NumberChange | None = None
    contact_id: int = 0


@dataclass(slots=True)
class Placement:
    created: set[int] = field(default_factory=set)
    unsettled: set[Identity] = field(default_factory=set)  # for people.reunite
    seats: set[int] = field(default_factory=set)  # contacts that took unsettled items for the moment
    shown: dict[int, Shown] = field(default_factory=dict)  # of contacts that were there before


def place(session: Session, arrivals: Sequence[Arrival]) -> Placement:
    """Set each arrival's contact_id, making contacts and identities that are missing; contacts end up locked."""
    known = _load(session, arrivals)
    placer = _Placer(known)
    for arrival in arrivals:
        arrival.contact_id = placer.place(arrival)
    ids = _make_contacts(session, placer.new_phones)
    for arrival in arrivals:
        arrival.contact_id = ids.get(arrival.contact_id, arrival.contact_id)
    shown = _lock(session, known, set(ids.values()))
    _add_identities(session, {identity: ids.get(id, id) for identity, id in placer.new_identities.items()})
    _learn_phones(session, placer.learned_phones)
    seats = {ids.get(id, id) for id in placer.seats}
    return Placement(created=set(ids.values()), unsettled=placer.unsettled, seats=seats, shown=shown)


def identities_of(sender: Sender, change: NumberChange | None) -> list[Identity]:
    pairs = [("bsuid", sender.bsuid), ("phone", sender.phone), ("parent_bsuid", sender.parent_bsuid)]
    if change is not None:
        pairs += [("bsuid", change.new_bsuid), ("phone", change.new_phone), ("bsuid", change.old_bsuid)]
    return [(kind, value) for kind, value in pairs if value]


@dataclass(slots=True)
class _Known:
    contact_of: dict[Identity, int]
    identities_of: defaultdict[int, set[Identity]]
    shared: set[str]  # numbers that had more than one holder
    sharers: set[int]
    phone_of: dict[int, str | None]


class _Placer:
    """Places items one by one against what is known; new contacts get negative ids until they are made."""

    def __init__(self, known: _Known) -> None:
        self._known = known
        self._provisional: dict[Identity, int] = {}
        self.new_phones: dict[int, str | None] = {}
        self.new_identities: dict[Identity, int] = {}
        self.learned_phones: dict[int, str | None] = {}
        self.unsettled: set[Identity] = set()
        self.seats: set[int] = set()

    def place(self, arrival: Arrival) -> int:
        sender = arrival.sender
        identities = identities_of(sender, arrival.change)
        owners = {self._known.contact_of[i] for i in identities if i in self._known.contact_of}
        if self._is_unsettled(sender, arrival.change, identities, owners):
            return self._place_for_now(sender, identities)
        contact_id = owners.pop() if owners else self._new(sender.phone)
        for identity in identities:
            self._own(identity, contact_id)
        if sender.wa_id and sender.phone:
            self._own(("wa_id", sender.wa_id), contact_id)
        if sender.phone and self._known.phone_of.get(contact_id) is None:
            self._known.phone_of[contact_id] = sender.phone
            (self.learned_phones if contact_id > 0 else self.new_phones)[contact_id] = sender.phone
        return contact_id

    def _is_unsettled(
        self, sender: Sender, change: NumberChange | None, identities: list[Identity], owners: set[int]
    ) -> bool:
        if change is not None or len(owners) > 1 or not self.unsettled.isdisjoint(identities):
            return True
        if sender.phone in self._known.shared:
            return True
        if not owners:
            return False
        owner = next(iter(owners))
        held = self._known.identities_of[owner]
        if sender.phone and self._known.phone_of.get(owner) not in (None, sender.phone):
            return True  # several numbers: the one seen last is the one to show
        has_other = {kind for kind in ("bsuid", "phone") if any(i[0] == kind for i in held)}
        # Somebody known with another id or number: recycled or changed, and only their history can tell.
        return any(i not in held and i[0] in has_other for i in identities)

    def _place_for_now(self, sender: Sender, identities: list[Identity]) -> int:
        self.unsettled.update(identities)
        homes = [self._known.contact_of.get(i) or self._provisional.get(i) for i in identities]
        contact_id = next((home for home in homes if home), None) or self._new(sender.phone)
        for identity in identities:
            self._provisional.setdefault(identity, contact_id)
        self.seats.add(contact_id)
        return contact_id

    def _new(self, phone: str | None) -> int:
        contact_id = -len(self.new_phones) - 1
        self.new_phones[contact_id] = phone
        self._known.phone_of[contact_id] = phone
        return contact_id

    def _own(self, identity: Identity, contact_id: int) -> None:
        if identity not in self._known.contact_of:
            self._known.contact_of[identity] = contact_id
            self._known.identities_of[contact_id].add(identity)
            self.new_identities[identity] = contact_id


def _load(session: Session, arrivals: Sequence[Arrival]) -> _Known:
    wanted = {i for arrival in arrivals for i in identities_of(arrival.sender, arrival.change)}
    wanted |= {("wa_id", arrival.sender.wa_id) for arrival in arrivals if arrival.sender.wa_id}
    known = _Known({}, defaultdict(set), set(), set(), {})
    rows = fetch(
        session,
        """
            SELECT i.kind, i.value, i.contact_id, c.phone
            FROM contact_identities i JOIN contacts c ON c.id = i.contact_id
            WHERE i.contact_id IN (
                SELECT k.contact_id FROM contact_identities k
                JOIN unnest(CAST(:kinds AS text[]), CAST(:values AS text[])) AS w (kind, value)
                  ON k.kind = w.kind AND k.value = w.value AND k.scope = ''
            )
        """,
        {"kinds": [kind for kind, _ in wanted], "values": [value for _, value in wanted]},
    )
    for kind, value, contact_id, phone in rows:
        known.contact_of[(kind, value)] = contact_id
        known.identities_of[contact_id].add((kind, value))
        known.phone_of[contact_id] = phone
    shared = fetch(
        session,
        "SELECT phone, contact_id FROM shared_numbers WHERE phone = ANY(:phones)",
        {"phones": [value for kind, value in wanted if kind == "phone"]},
    )
    for phone, contact_id in shared:
        known.shared.add(phone)
        known.sharers.add(contact_id)
    return known


def _make_contacts(session: Session, phones: dict[int, str | None]) -> dict[int, int]:
    """Insert one contact for each temporary id; returns the ids they got."""
    if not phones:
        return {}
    ids = fetch_values(
        session,
        """
            INSERT INTO contacts (phone) SELECT phone FROM unnest(CAST(:phones AS text[])) AS phone RETURNING id
        """,
        {"phones": list(phones.values())},
    )
    return dict(zip(phones, ids, strict=True))


def _lock(session: Session, known: _Known, new: set[int]) -> dict[int, Shown]:
    """In id order, as everyone locks contacts. A new contact has the highest ids and is ours anyway."""
    old = ({id for id in known.contact_of.values() if id > 0} | known.sharers) - new
    found = fetch(
        session,
        """
            SELECT id, profile_name, username FROM contacts WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE
        """,
        {"ids": sorted(old)},
    )
    if len(found) < len(old):
        raise LostRace  # merged or deleted between our look and our lock
    return {row[0]: (row[1], row[2]) for row in found}


def _add_identities(session: Session, new: dict[Identity, int]) -> None:
    if not new:
        return
    won = fetch_values(
        session,
        """
            INSERT INTO contact_identities (kind, value, contact_id)
            SELECT * FROM unnest(CAST(:kinds AS text[]), CAST(:values AS text[]), CAST(:ids AS bigint[]))
            ON CONFLICT DO NOTHING RETURNING id
        """,
        {"kinds": [kind for kind, _ in new], "values": [value for _, value in new], "ids": list(new.values())},
    )
    if len(won) < len(new):
        raise LostRace


def _learn_phones(session: Session, phones: dict[int, str | None]) -> None:
    if phones:
        fetch(
            session,
            """
                UPDATE contacts SET phone = v.phone
                FROM unnest(CAST(:ids AS bigint[]), CAST(:phones AS text[])) AS v (id, phone)
                WHERE contacts.id = v.id AND contacts.phone IS NULL
            """,
            {"ids": list(phones), "phones": list(phones.values())},
        )
