"""Contacts: what operators know of a person, beside what WhatsApp says.

An id that was merged away leads to the contact it was merged into. A contact is locked before anything of it is
written, so that a merge under way can neither miss the write nor lose it.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypedDict

import structlog
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.errors import Conflict, Invalid, NotFound
from app.domain import phones
from app.domain.evidence import Dispatch
from app.domain.facts import Source
from app.models import Contact, ContactGroup, ContactIdentity, ContactMerge, Group, Message
from app.services import audit, contact_fields, decisions, merging, notices

log = structlog.get_logger()

_MERGES_FOLLOWED = 20  # a chain that long does not exist; a loop must not hang


class ContactNotFound(NotFound):
    code = "contact_not_found"


class PhoneTaken(Conflict):
    code = "phone_taken"


class SameContact(Conflict):
    code = "same_contact"


class ContactBusy(Conflict):
    code = "contact_busy"


class InvalidPhone(Invalid):
    code = "invalid_phone"


class ContactFields(TypedDict, total=False):
    """What operators write; a missing key leaves the column alone. `phone` is as somebody typed it."""

    name: str | None
    given_name: str | None
    phone: str | None
    email: str | None
    birthday: date | None
    tags: list[str]
    notes: str | None
    language: str | None
    time_zone: str | None
    metadata: dict[str, Any]
    is_active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A contact with the identities that lead to it."""

    contact: Contact
    identities: Sequence[ContactIdentity]
    groups: Sequence[tuple[int, str]]  # id and name


def get_contact(session: Session, contact_id: int) -> Known:
    contact = session.get(Contact, current_id(session, contact_id))
    if contact is None:
        raise _missing(contact_id)
    return _known(session, contact)


def create_contact(
    session: Session,
    fields: ContactFields,
    *,
    source: Source,
    user_id: int | None,
    trace: str | None,
    now: datetime,
) -> Known:
    """Automations for new contacts may start, where they mean those of that source."""
    phone = fields.get("phone")
    contact_fields.check(session, fields.get("metadata", {}))
    contact = Contact(**_columns(fields), created_at=now, created_by=user_id)
    contact.phone = None if phone is None else canonical_phone(phone)
    session.add(contact)
    session.flush()
    if contact.phone is not None:
        _own_phone(session, contact.id, contact.phone)
    log.info("contact_created", contact_id=contact.id, user_id=user_id)
    decisions.decide_created(session, contact.id, source=source, trace=trace, now=now)
    return _refreshed(session, contact)


def update_contact(session: Session, contact_id: int, fields: ContactFields) -> Known:
    contact_fields.check(session, fields.get("metadata", {}))
    contact = lock_contact(session, contact_id)
    for name, value in _columns(fields).items():
        setattr(contact, name, value)
    if "phone" in fields:
        phone = fields["phone"]
        _move_phone(session, contact, None if phone is None else canonical_phone(phone))
    return _refreshed(session, contact)


def deactivate_contact(session: Session, contact_id: int) -> None:
    """The row stays: its messages and consents must outlive the wish to see it no more. Nothing is sent to it."""
    contact = lock_contact(session, contact_id)
    contact.is_active = False
    notices.changed(session, "contact", contact.id)


def merge_contacts(session: Session, contact_id: int, other_id: int, *, now: datetime) -> Known:
    """Give all that the other has to this one; the other's id leads here from then on."""
    winner, loser = current_id(session, contact_id), current_id(session, other_id)
    if winner == loser:
        raise SameContact("These are the same contact already.")
    for one in sorted((winner, loser)):  # as everyone locks
        if lock_contact(session, one).id != one:
            raise _missing(one)
    audit.record(session, "contact.merged", subject_id=winner, after={"merged_id": loser})
    merging.remember(session, loser=loser, winner=winner, now=now)
    merging.absorb(session, loser=loser, winner=winner)
    merging.summarise(session, {winner})
    session.expire_all()
    log.info("contacts_merged", contact_id=winner, merged_id=loser, at=now.isoformat())
    return get_contact(session, winner)


def erase_contact(session: Session, contact_id: int) -> None:
    """Forget somebody: the contact, all that was said, and what was agreed. Records of automations stay, without them.

    Bodies of webhooks hold what they wrote until those are dropped by age.
    """
    contact = lock_contact(session, contact_id)
    is_busy = select(Message.id).where(
        Message.contact_id == contact.id, Message.dispatch.in_([Dispatch.SENDING, Dispatch.UNKNOWN])
    )
    if session.scalar(is_busy.limit(1)) is not None:
        raise ContactBusy("A message to this contact is under way. Try again when its outcome is known.")
    notices.changed(session, "contact", contact.id)
    # Not by the session, which would write down what it forgets.
    session.expunge(contact)
    audit.forget(session, "contact", contact.id)
    audit.record(session, "contact.erased", subject_id=contact.id)
    session.execute(delete(Contact).where(Contact.id == contact.id))
    log.info("contact_erased", contact_id=contact_id)


def lock_contact(session: Session, contact_id: int) -> Contact:
    """The contact, or the one it was merged into, locked until the transaction ends."""
    for _ in range(_MERGES_FOLLOWED):
        contact = session.scalar(
            select(Contact)
            .where(Contact.id == contact_id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
        if contact is not None:
            return contact
        # Asked again after the lock: whoever held it may have merged this contact away.
        current = current_id(session, contact_id)
        if current == contact_id:
            break
        contact_id = current
    raise _missing(contact_id)


def current_id(session: Session, contact_id: int) -> int:
    """Where the id leads now: to itself, unless it was merged."""
    for _ in range(_MERGES_FOLLOWED):
        merged_into = session.scalar(select(ContactMerge.contact_id).where(ContactMerge.old_contact_id == contact_id))
        if merged_into is None:
            break
        contact_id = merged_into
    return contact_id


def find_id_by_phone(session: Session, phone: str) -> int | None:
    """Who holds a canonical number."""
    return session.scalar(
        select(ContactIdentity.contact_id).where(
            ContactIdentity.kind == "phone", ContactIdentity.value == phone, ContactIdentity.scope == ""
        )
    )


def canonical_phone(written: str) -> str:
    phone = phones.canonical(written)
    if phone is None:
        raise InvalidPhone(phones.NO_PHONE)
    return phone


def _columns(fields: ContactFields) -> Mapping[str, Any]:
    columns: dict[str, Any] = {name: value for name, value in fields.items() if name != "phone"}
    if "metadata" in columns:
        columns["metadata_"] = columns.pop("metadata")
    return columns


def _move_phone(session: Session, contact: Contact, phone: str | None) -> None:
    before = contact.phone
    if phone == before:
        return
    if before is not None and before not in _proven_phones(session, contact.id):
        session.execute(
            delete(ContactIdentity).where(
                ContactIdentity.contact_id == contact.id,
                ContactIdentity.kind == "phone",
                ContactIdentity.value == before,
            )
        )
    contact.phone = phone
    if phone is not None:
        _own_phone(session, contact.id, phone)


def _proven_phones(session: Session, contact_id: int) -> set[str | None]:
    """Numbers that this person wrote from: WhatsApp's word, which an operator's correction does not take away."""
    wa_ids = session.scalars(
        select(ContactIdentity.value).where(ContactIdentity.contact_id == contact_id, ContactIdentity.kind == "wa_id")
    )
    return {phones.canonical(wa_id) for wa_id in wa_ids}


def _own_phone(session: Session, contact_id: int, phone: str) -> None:
    session.execute(
        insert(ContactIdentity).values(contact_id=contact_id, kind="phone", value=phone).on_conflict_do_nothing()
    )
    # In a new statement, which sees the row of whoever was faster.
    owner = find_id_by_phone(session, phone)
    if owner != contact_id:
        raise PhoneTaken(f"Contact {owner} has this number.")


def _identities(session: Session, contact_ids: Collection[int]) -> defaultdict[int, list[ContactIdentity]]:
    held: defaultdict[int, list[ContactIdentity]] = defaultdict(list)
    statement = select(ContactIdentity).where(ContactIdentity.contact_id.in_(contact_ids))
    for identity in session.scalars(statement.order_by(ContactIdentity.id)):
        held[identity.contact_id].append(identity)
    return held


def _known(session: Session, contact: Contact) -> Known:
    return all_known(session, [contact])[0]


def all_known(session: Session, found: Sequence[Contact]) -> list[Known]:
    """In their order."""
    ids = [contact.id for contact in found]
    held, on = _identities(session, ids), _groups(session, ids)
    return [Known(contact=contact, identities=held[contact.id], groups=on[contact.id]) for contact in found]


def _groups(session: Session, contact_ids: Collection[int]) -> defaultdict[int, list[tuple[int, str]]]:
    on: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
    rows = session.execute(
        select(ContactGroup.contact_id, Group.id, Group.name)
        .join(Group, Group.id == ContactGroup.group_id)
        .where(ContactGroup.contact_id.in_(contact_ids))
        .order_by(Group.name)
    )
    for contact_id, group_id, name in rows:
        on[contact_id].append((group_id, name))
    return on


def _refreshed(session: Session, contact: Contact) -> Known:
    """With what the database wrote (defaults, `updated_at`)."""
    session.flush()
    session.refresh(contact)
    notices.changed(session, "contact", contact.id)
    return _known(session, contact)


def _missing(contact_id: int) -> ContactNotFound:
    return ContactNotFound(f"There is no contact {contact_id}.")
