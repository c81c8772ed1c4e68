"""Apply what arrived, in sets: people, conversations, messages, reports, consents, and then decisions.

Facts are merged so that the order of arrival leaves no trace; decisions are made once for each message, when it is
first stored, in order of (Meta's time, wamid). Locks are taken in the order that everyone keeps: contacts,
conversations, messages, runs.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.database import fetch, fetch_values
from app.services import (
    alerts,
    book,
    consents,
    decisions,
    inbox,
    merging,
    messages,
    notices,
    people,
    reports,
    summaries,
)
from app.services.book import Workspace
from app.services.decisions import NewItem
from app.services.identities import Arrival, LostRace, Placement, place
from app.services.inbox import Key, Superseded
from app.services.messages import Received
from app.whatsapp.inbound import Item, MessageItem, NoticeItem, Number, PreferenceItem, StatusItem


def apply(session: Session, items: Sequence[Item], *, now: datetime) -> None:
    workspace = book.workspace(session)
    channels = _channels(session, [i.number for i in items if isinstance(i, MessageItem | StatusItem | PreferenceItem)])
    preferences = [i for i in items if isinstance(i, PreferenceItem) and consents.is_understood(i)]
    inbound, superseded = _unseen(session, [i for i in items if isinstance(i, MessageItem)], channels)
    _apply_people(session, [*inbound, *preferences], superseded, channels, workspace, now=now)
    arrived = [
        reports.Arrived(channel_id=channels[item.number.phone_number_id][0], item=item)
        for item in items
        if isinstance(item, StatusItem)
    ]
    reports.apply(session, arrived, installation_id=workspace.installation_id, now=now)
    for item in items:
        if isinstance(item, NoticeItem):
            _notice(session, item, now=now)
    _count(session, [channels[i.number.phone_number_id][0] for i in items if isinstance(i, MessageItem)])


Channels = Mapping[str, tuple[int, str]]  # phone_number_id → (id, state)


def _channels(session: Session, numbers: Sequence[Number]) -> Channels:
    """The rows of these business numbers; one that nobody knows gets a row that waits to be claimed."""
    known = {number.phone_number_id: number for number in numbers}
    if not known:
        return {}
    find = "SELECT phone_number_id, id, state FROM channels WHERE phone_number_id = ANY(:numbers)"
    found = {row[0]: (row[1], row[2]) for row in fetch(session, find, {"numbers": sorted(known)})}
    missing = [known[number] for number in sorted(set(known) - set(found))]
    if not missing:
        return found
    fetch(
        session,
        """
            INSERT INTO channels (phone_number_id, waba_id, display_number)
            SELECT * FROM unnest(CAST(:numbers AS text[]), CAST(:wabas AS text[]), CAST(:shown AS text[]))
            ON CONFLICT (phone_number_id) DO NOTHING
        """,
        {
            "numbers": [number.phone_number_id for number in missing],
            "wabas": [number.waba_id for number in missing],
            "shown": [number.display_number for number in missing],
        },
    )
    notices.changed(session, "channel")
    return {row[0]: (row[1], row[2]) for row in fetch(session, find, {"numbers": sorted(known)})}


def _count(session: Session, channel_ids: Sequence[int]) -> None:
    """Tell the send lanes: Meta's rate for a number counts both directions."""
    counts = Counter(channel_ids)
    if not counts:
        return
    fetch(
        session,
        """
            UPDATE channels SET received = received + v.n
            FROM unnest(CAST(:ids AS bigint[]), CAST(:counts AS bigint[])) AS v (id, n) WHERE channels.id = v.id
        """,
        {"ids": sorted(counts), "counts": [counts[id] for id in sorted(counts)]},
    )


def _unseen(
    session: Session, items: Sequence[MessageItem], channels: Channels
) -> tuple[list[MessageItem], Mapping[Key, Superseded]]:
    """Without what is stored already, or gives way to what is: it changes nothing, whoever it names."""
    if not items:
        return [], {}
    keys = [(channels[item.number.phone_number_id][0], item.wamid) for item in items]
    places, superseded = inbox.unseen(session, list(zip(keys, items, strict=True)))
    return [items[place] for place in sorted(places)], superseded


def _apply_people(
    session: Session,
    items: Sequence[MessageItem | PreferenceItem],
    superseded: Mapping[Key, Superseded],
    channels: Channels,
    workspace: Workspace,
    *,
    now: datetime,
) -> None:
    if not items:
        return
    placed = [_arrival(item) for item in items]
    placement = place(session, placed)
    received = _received(session, items, placed, channels)
    stored = messages.record(session, received)
    if len(stored) < len(received) or any((one.channel_id, one.wamid) in superseded for one in stored if one.is_new):
        raise LostRace  # the other lane stored the same message meanwhile
    consents.withdraw(session, superseded)
    said = [_said(item, arrival.contact_id, channels, workspace) for item, arrival in zip(items, placed, strict=True)]
    consents.record(session, [one for one in said if one is not None])
    summaries.touch(session, received)
    created = placement.created
    if placement.unsettled or superseded:
        created |= _reunite(session, placement, stored, superseded)
        received = _moved(session, received, stored)
    merging.refresh_profiles(session, {one.contact_id for one in received if _shows_news(one, placement)})
    if created:
        notices.changed(session, "contact", *created)
    inbox.show_amendments(
        session,
        arrived=[(one.channel_id, one.item.wamid) for one in received],
        amended=[(one.channel_id, one.item.amends) for one in received if one.item.amends]
        + [(key[0], old.amends) for key, old in superseded.items() if old.amends],
    )
    new = _new_items(received, stored, created, channels)
    decisions.decide_all(session, new, workspace, now=now)


def _shows_news(one: Received, placement: Placement) -> bool:
    """Whether the contact may have to show another profile: not, where this one says what it shows already."""
    profile = one.item.sender.profile
    if profile is None:
        return False
    return placement.shown.get(one.contact_id) != (profile.get("name"), profile.get("username"))


def _reunite(
    session: Session,
    placement: Placement,
    stored: Sequence[messages.Recorded],
    superseded: Mapping[Key, Superseded],
) -> set[int]:
    """Settle who is who; returns the contacts that this made for people who never wrote before."""
    made = people.reunite(
        session,
        placement.unsettled,
        placement.seats | {old.contact_id for old in superseded.values()},
        disowned={identity for old in superseded.values() for identity in old.identities},
    )
    if not made:
        return made
    wrote_before = fetch_values(
        session,
        """
            SELECT contact_id FROM messages
            WHERE contact_id = ANY(:ids) AND direction = 'inbound' AND NOT id = ANY(:new)
        """,
        {"ids": list(made), "new": [one.id for one in stored if one.is_new]},
    )
    return made - set(wrote_before)


def _arrival(item: MessageItem | PreferenceItem) -> Arrival:
    if isinstance(item, MessageItem):
        return Arrival(sender=item.sender, change=item.change)
    # Nothing is learned from it that the ledger does not keep: who is who is told from what is kept.
    return Arrival(sender=replace(item.sender, wa_id=None, parent_bsuid=None))


def _received(
    session: Session, items: Sequence[MessageItem | PreferenceItem], placed: Sequence[Arrival], channels: Channels
) -> list[Received]:
    pairs = [
        (item, channels[item.number.phone_number_id][0], arrival.contact_id)
        for item, arrival in zip(items, placed, strict=True)
        if isinstance(item, MessageItem)
    ]
    ids = summaries.open_all(session, {(channel_id, contact_id) for _, channel_id, contact_id in pairs})
    return [
        Received(
            item=item,
            channel_id=channel_id,
            contact_id=contact_id,
            conversation_id=ids[(channel_id, contact_id)],
        )
        for item, channel_id, contact_id in pairs
    ]


def _said(
    item: MessageItem | PreferenceItem, contact_id: int, channels: Channels, workspace: Workspace
) -> consents.Said | None:
    if isinstance(item, PreferenceItem):
        return consents.from_preference(item, contact_id)
    return consents.from_message(
        contact_id=contact_id,
        channel_id=channels[item.number.phone_number_id][0],
        wamid=item.wamid,
        kind=item.type,
        text=item.text,
        at=item.at,
        phone=item.sender.phone,
        bsuid=item.sender.bsuid,
        workspace=workspace,
    )


def _moved(session: Session, received: Sequence[Received], stored: Sequence[messages.Recorded]) -> list[Received]:
    """The same items, with the place where settling who is who put them."""
    ids = {(one.channel_id, one.wamid): one.id for one in stored}
    rows = fetch(
        session,
        "SELECT id, contact_id, conversation_id FROM messages WHERE id = ANY(:ids)",
        {"ids": list(ids.values())},
    )
    homes = {row[0]: (row[1], row[2]) for row in rows}
    moved = []
    for one in received:
        contact_id, conversation_id = homes[ids[(one.channel_id, one.item.wamid)]]
        moved.append(replace(one, contact_id=contact_id, conversation_id=conversation_id))
    return moved


def _new_items(
    received: Sequence[Received],
    stored: Sequence[messages.Recorded],
    created: set[int],
    channels: Channels,
) -> list[NewItem]:
    """What was stored for the first time, on numbers that somebody claimed, where it ended up."""
    states = dict(channels.values())
    fresh = {(one.channel_id, one.wamid) for one in stored if one.is_new and states[one.channel_id] == "active"}
    firsts: set[int] = set()
    new = []
    for one in sorted(received, key=lambda one: (one.item.at, one.item.wamid)):
        if (one.channel_id, one.item.wamid) not in fresh:
            continue
        new.append(
            NewItem(
                item=one.item,
                contact_id=one.contact_id,
                conversation_id=one.conversation_id,
                channel_id=one.channel_id,
                is_new_contact=one.contact_id in created and one.contact_id not in firsts,
            )
        )
        firsts.add(one.contact_id)
    return new


# Events of an account that a person must hear of. All others are kept in their bodies.
ALARMING: Mapping[str, str] = {
    "account_update": "WhatsApp changed something about the account",
    "account_alerts": "WhatsApp sent an alert about the account",
}


def _notice(session: Session, item: NoticeItem, *, now: datetime) -> None:
    value: dict[str, Any] = item.value
    title = ALARMING.get(item.field)
    if title is None and not value.get("errors"):
        return
    event = value.get("event")
    alerts.raise_alert(
        session,
        kind=item.field or "unknown_field",
        key=f"{item.waba_id or ''}:{event if isinstance(event, str) else ''}"[:200],
        severity="warning",
        title=title or "WhatsApp reported a fault",
        detail=event[:200] if isinstance(event, str) else None,
        context={"waba_id": item.waba_id, "field": item.field},
        now=now,
    )
