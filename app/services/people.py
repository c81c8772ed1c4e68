"""Settle who is who after an item linked, split or handed on identities.

Everything that the people concerned ever sent is looked at again (`domain.identity.resolve`), and contacts,
identities, conversations and messages are moved to where the answer puts them. It is slow and rare, and its outcome
depends on what was sent, never on the order in which it came.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.identity import People, Sighting, Word, resolve
from app.domain.phones import canonical
from app.services import inbox, merging
from app.services.identities import Identity
from app.whatsapp.inbound import change_of


@dataclass(slots=True)
class _Circle:
    """The contacts that the settled identities touch, and all that is known of them."""

    contact_ids: list[int]
    sightings: list[Sighting]
    sender_of: dict[int, int]  # sighting → contact, as it stands now
    wa_ids: set[str]  # that they wrote from
    identities: dict[Identity, int]  # identity → contact, as it stands now
    words: list[Word]  # of whoever merged some of them

    def shown(self) -> set[Identity]:
        return {i for sighting in self.sightings for i in _shown(sighting)} | {("wa_id", one) for one in self.wa_ids}


def reunite(
    session: Session, unsettled: set[Identity], seats: set[int], *, disowned: AbstractSet[Identity] = frozenset()
) -> set[int]:
    """Move everything to its person; returns the ids of contacts made on the way.

    `disowned` was shown by messages that gave way to others of their wamid: what nothing else shows is forgotten.
    """
    circle = _gather(session, unsettled | disowned, seats)
    _forget(session, circle, disowned)
    people = resolve(circle.sightings, circle.words)
    wanted = _wanted_identities(circle, people)
    contact_of, merged = _seat(circle, people, wanted)
    made = _make_missing(session, people, wanted, contact_of)
    _move_identities(session, wanted, contact_of)
    _move_messages(session, circle, people, contact_of)
    for loser, winner in merged.items():
        merging.absorb(session, loser=loser, winner=winner)
    seen = {value for kind, value in circle.shown() | disowned if kind == "phone"}
    _set_phones(session, people, contact_of, seen=seen)
    _note_shared_numbers(session, people, contact_of)
    merging.summarise(session, set(contact_of.values()) | (set(circle.contact_ids) - set(merged)))
    if disowned:
        merging.drop_empty(session, circle.contact_ids)
    return made


def _gather(session: Session, identities: set[Identity], seats: set[int]) -> _Circle:
    """Everyone whom these identities reach, directly or through what they sent; ends up locked, in id order."""
    contact_ids: set[int] = set()
    found = seats | _reached(session, identities)
    while not found <= contact_ids:
        contact_ids |= found
        ids = sorted(contact_ids)
        session.execute(
            text("SELECT id FROM contacts WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE"), {"ids": ids}
        )
        circle = _Circle(ids, *_sightings(session, ids), _held(session, ids), [])
        identities = identities | set(circle.identities) | circle.shown()
        circle.words = _words(session, identities)
        identities = identities.union(*(word.identities for word in circle.words))
        found = _reached(session, identities)
    return circle


def _reached(session: Session, identities: set[Identity]) -> set[int]:
    return set(
        session.scalars(
            text("""
                SELECT k.contact_id FROM contact_identities k
                JOIN unnest(CAST(:kinds AS text[]), CAST(:values AS text[])) AS w (kind, value)
                  ON k.kind = w.kind AND k.value = w.value AND k.scope = ''
                UNION
                SELECT contact_id FROM shared_numbers WHERE phone = ANY(:phones)
            """),
            {
                "kinds": [kind for kind, _ in identities],
                "values": [value for _, value in identities],
                "phones": [value for kind, value in identities if kind == "phone"],
            },
        )
    )


def _sightings(session: Session, contact_ids: list[int]) -> tuple[list[Sighting], dict[int, int], set[str]]:
    """What the contacts sent, and what they chose in WhatsApp (negative ids), with the identities that it shows."""
    rows = session.execute(
        text("""
            SELECT m.contact_id, m.wa_id, m.id, m.happened_at, m.whatsapp_message_id || ' ' || c.phone_number_id,
                   m.phone, m.bsuid, m.parent_bsuid, CASE WHEN m.message_type = 'system' THEN m.content END
            FROM messages m JOIN channels c ON c.id = m.channel_id
            WHERE m.contact_id = ANY(:ids) AND m.direction = 'inbound'
            UNION ALL
            SELECT contact_id, NULL, -id, at, source_key, phone, bsuid, NULL, NULL
            FROM consents WHERE contact_id = ANY(:ids) AND source = 'user_preferences'
        """),
        {"ids": contact_ids},
    ).all()
    wa_ids = {row.wa_id for row in rows if row.wa_id}
    return [_sighting(*row[2:]) for row in rows], {row.id: row.contact_id for row in rows}, wa_ids


def _sighting(
    id: int,
    at: datetime,
    key: str,
    phone: str | None,
    bsuid: str | None,
    parent_bsuid: str | None,
    content: dict[str, Any] | None,
) -> Sighting:
    change = change_of("system", content) if content else None
    return Sighting(
        id=id,
        at=at,
        key=key,
        phone=phone,
        bsuid=bsuid,
        parent_bsuid=parent_bsuid,
        new_phone=change.new_phone if change else None,
        new_bsuid=change.new_bsuid if change else None,
        old_bsuid=change.old_bsuid if change else None,
    )


def _shown(sighting: Sighting) -> list[Identity]:
    pairs = [("phone", sighting.phone), ("phone", sighting.new_phone), ("parent_bsuid", sighting.parent_bsuid)]
    pairs += [("bsuid", bsuid) for bsuid in (sighting.bsuid, sighting.new_bsuid, sighting.old_bsuid)]
    return [(kind, value) for kind, value in pairs if value]


def _words(session: Session, identities: set[Identity]) -> list[Word]:
    """What was said by hand about any of these."""
    rows = session.execute(
        text("""
            SELECT o.old_contact_id, o.at, o.kind, o.value FROM merged_by_hand o
            WHERE o.old_contact_id IN (
                SELECT m.old_contact_id FROM merged_by_hand m
                JOIN unnest(CAST(:kinds AS text[]), CAST(:values AS text[])) AS w (kind, value)
                  ON m.kind = w.kind AND m.value = w.value)
            ORDER BY o.old_contact_id, o.kind, o.value
        """),
        {"kinds": [kind for kind, _ in identities], "values": [value for _, value in identities]},
    ).all()
    return [
        Word(said[0].at, [(row.kind, row.value) for row in said])
        for said in (list(group) for _, group in groupby(rows, key=lambda row: row.old_contact_id))
    ]


def _held(session: Session, contact_ids: list[int]) -> dict[Identity, int]:
    rows = session.execute(
        text("SELECT kind, value, contact_id FROM contact_identities WHERE contact_id = ANY(:ids)"),
        {"ids": contact_ids},
    )
    return {(kind, value): contact_id for kind, value, contact_id in rows}


def _forget(session: Session, circle: _Circle, disowned: AbstractSet[Identity]) -> None:
    """Except a number that an operator may have written."""
    unshown = disowned - circle.shown()
    if not unshown:
        return
    gone = session.execute(
        text("""
            DELETE FROM contact_identities i USING contacts c,
                unnest(CAST(:kinds AS text[]), CAST(:values AS text[])) AS v (kind, value)
            WHERE i.kind = v.kind AND i.value = v.value AND i.scope = '' AND c.id = i.contact_id
              AND (i.kind <> 'phone' OR (c.created_by IS NULL AND c.name IS NULL))
            RETURNING i.kind, i.value
        """),
        {"kinds": [kind for kind, _ in unshown], "values": [value for _, value in unshown]},
    )
    for kind, value in gone:
        circle.identities.pop((kind, value), None)


def _wanted_identities(circle: _Circle, people: People) -> dict[Identity, int]:
    """The person of every identity that was shown; what nobody showed (a number that an operator wrote, an e-mail) is
    not listed and stays with its contact. A wa_id follows its number.
    """
    wanted: dict[Identity, int] = {("bsuid", bsuid): person for bsuid, person in people.of_bsuid.items()}
    wanted |= {("parent_bsuid", parent): person for parent, person in people.of_parent.items()}
    wanted |= {("phone", phone): person for phone, person in people.of_phone.items()}
    for wa_id in circle.wa_ids:
        if (phone := canonical(wa_id)) in people.of_phone:
            wanted[("wa_id", wa_id)] = people.of_phone[phone]
    return wanted


def _seat(circle: _Circle, people: People, wanted: dict[Identity, int]) -> tuple[dict[int, int], dict[int, int]]:
    """Which contact each person keeps, and which contacts go into which: (person → contact, loser → winner).

    A contact stays with the person of its first identity, the older contact before the younger.
    """
    contact_of: dict[int, int] = {}
    merged: dict[int, int] = {}
    for contact_id in circle.contact_ids:
        held = sorted(i for i, owner in circle.identities.items() if owner == contact_id and i in wanted)
        sent = [s.id for s in circle.sightings if circle.sender_of[s.id] == contact_id]
        persons = [wanted[i] for i in held] + [people.of_sighting[id] for id in sent]
        free = next((person for person in persons if person not in contact_of), None)
        if free is not None:
            contact_of[free] = contact_id
        elif persons:
            merged[contact_id] = contact_of[persons[0]]
    return contact_of, merged


def _make_missing(
    session: Session, people: People, wanted: dict[Identity, int], contact_of: dict[int, int]
) -> set[int]:
    """A contact for each person who has none yet."""
    missing = sorted((set(people.of_sighting.values()) | set(wanted.values())) - set(contact_of))
    if not missing:
        return set()
    ids = session.scalars(
        text("INSERT INTO contacts (phone) SELECT NULL FROM generate_series(1, :n) RETURNING id"), {"n": len(missing)}
    ).all()
    contact_of.update(zip(missing, ids, strict=True))
    return set(ids)


def _move_identities(session: Session, wanted: dict[Identity, int], contact_of: dict[int, int]) -> None:
    session.execute(
        text("""
            INSERT INTO contact_identities (kind, value, contact_id)
            SELECT * FROM unnest(CAST(:kinds AS text[]), CAST(:values AS text[]), CAST(:ids AS bigint[]))
            ON CONFLICT (kind, value, scope) DO UPDATE SET contact_id = EXCLUDED.contact_id
            WHERE contact_identities.contact_id <> EXCLUDED.contact_id
        """),
        {
            "kinds": [kind for kind, _ in wanted],
            "values": [value for _, value in wanted],
            "ids": [contact_of[person] for person in wanted.values()],
        },
    )


def _move_messages(session: Session, circle: _Circle, people: People, contact_of: dict[int, int]) -> None:
    moved = {
        id: contact_of[person]
        for id, person in people.of_sighting.items()
        if circle.sender_of[id] != contact_of[person]
    }
    went = merging.move_messages(session, {id: to for id, to in moved.items() if id > 0})
    inbox.show_amendments(
        session,
        arrived=[(channel_id, wamid) for channel_id, wamid, _ in went],
        amended=[(channel_id, amends) for channel_id, _, amends in went if amends],
    )
    merging.move_consents(session, {-id: to for id, to in moved.items() if id < 0})
    # What a message said about consent goes where the message goes.
    merging.move_consents_of_messages(session, [id for id in moved if id > 0])


def _set_phones(session: Session, people: People, contact_of: dict[int, int], *, seen: set[str]) -> None:
    """A contact's phone is the number seen last with it, unless an operator wrote one that was never seen."""
    mine = {contact_of[person]: phone for person, phone in people.latest_phone.items()}
    session.execute(
        text("""
            UPDATE contacts c SET phone = v.phone
            FROM unnest(CAST(:ids AS bigint[]), CAST(:phones AS text[])) AS v (id, phone)
            WHERE c.id = v.id AND c.phone IS DISTINCT FROM v.phone AND (c.phone IS NULL OR c.phone = ANY(:seen))
        """),
        {"ids": list(mine), "phones": list(mine.values()), "seen": sorted(seen)},
    )
    session.execute(
        text("""
            UPDATE contacts c SET phone = (
                SELECT min(i.value) FROM contact_identities i WHERE i.contact_id = c.id AND i.kind = 'phone')
            WHERE c.id = ANY(:ids)
        """),
        {"ids": [id for id in contact_of.values() if id not in mine]},
    )


def _note_shared_numbers(session: Session, people: People, contact_of: dict[int, int]) -> None:
    """Numbers that had several holders or changed hands: whoever shows one next is looked at again."""
    shared = [
        (phone, contact_of[person])
        for phone, holders in people.holders.items()
        if len(holders) > 1 or phone in people.contested
        for person in holders
    ]
    session.execute(
        text("""
            INSERT INTO shared_numbers (phone, contact_id)
            SELECT * FROM unnest(CAST(:phones AS text[]), CAST(:ids AS bigint[])) ON CONFLICT DO NOTHING
        """),
        {"phones": [phone for phone, _ in shared], "ids": [id for _, id in shared]},
    )
