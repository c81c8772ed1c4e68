"""The consent ledger: what people said about hearing from us, with the proof of each line."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

import orjson
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.domain.consent import ALL, DEFAULT_IN_WORDS, DEFAULT_OUT_WORDS, Choice, Entry, keyword_consent, state
from app.models import Consent
from app.services import audit, notices, pages
from app.services.book import Workspace
from app.services.pages import Page
from app.whatsapp.inbound import PreferenceItem

OPT_OUT_CODE = 131050  # the person stopped marketing messages of this business in WhatsApp

# What user_preferences may say; anything else is kept in the body and changes nothing.
PREFERENCES = {"stop": Choice.OUT, "resume": Choice.IN, "signup": Choice.IN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One line for the ledger; equal (source, key) are one line."""

    contact_id: int
    category: str
    choice: Choice
    source: str
    key: str
    at: datetime
    proof: str | None = None
    phone: str | None = None
    bsuid: str | None = None


def from_message(
    *,
    contact_id: int,
    channel_id: int,
    wamid: str,
    kind: str,
    text: str | None,
    at: datetime,
    phone: str | None,
    bsuid: str | None,
    workspace: Workspace,
) -> Said | None:
    """What a customer's message says about consent: the whole text, or the tapped button's, is a known word."""
    if kind not in ("text", "button", "interactive") or not text:
        return None
    choice = keyword_consent(
        text,
        out_words=DEFAULT_OUT_WORDS | workspace.opt_out_words,
        in_words=DEFAULT_IN_WORDS | workspace.opt_in_words,
    )
    if choice is None:
        return None
    return Said(
        contact_id=contact_id,
        category=ALL,
        choice=choice,
        source="keyword",
        key=f"{channel_id}:{wamid}",
        at=at,
        phone=phone,
        bsuid=bsuid,
    )


def is_understood(item: PreferenceItem) -> bool:
    return item.value in PREFERENCES


def from_preference(item: PreferenceItem, contact_id: int) -> Said:
    return Said(
        contact_id=contact_id,
        category=item.category,
        choice=PREFERENCES[item.value],
        source="user_preferences",
        key=item.key,
        at=item.at,
        proof=item.detail,
        phone=item.sender.phone,
        bsuid=item.sender.bsuid,
    )


def record(session: Session, said: Sequence[Said]) -> None:
    if not said:
        return
    rows = [
        {
            "contact_id": one.contact_id,
            "category": one.category,
            "state": one.choice,
            "source": one.source,
            "source_key": one.key,
            "proof": one.proof,
            "phone": one.phone,
            "bsuid": one.bsuid,
            "at": one.at,
        }
        for one in said
    ]
    session.execute(
        text("""
            INSERT INTO consents (contact_id, category, state, source, source_key, proof, phone, bsuid, at)
            SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS v (
                contact_id bigint, category text, state text, source text, source_key text, proof text, phone text,
                bsuid text, at timestamptz)
            ON CONFLICT (source, source_key) DO NOTHING
        """),
        {"rows": orjson.dumps(rows).decode()},
    )
    notices.changed(session, "contact", *{one.contact_id for one in said})


def write_down(
    session: Session, contact_id: int, *, category: str, choice: Choice, proof: str | None, user_id: int, now: datetime
) -> None:
    """What somebody was told; the contact is locked by the caller."""
    said = Said(
        contact_id=contact_id,
        category=category,
        choice=choice,
        source="user",
        key=f"{user_id}:{uuid4()}",
        at=now,
        proof=proof,
    )
    record(session, [said])
    audit.record(session, "contact.consented", subject_id=contact_id, after={"category": category, "state": choice})


def list_consents(session: Session, contact_id: int, *, limit: int, cursor: str | None) -> Page[Consent]:
    """The latest word first."""
    statement = select(Consent).where(Consent.contact_id == contact_id)
    return pages.by_moment(session, statement, Consent.at, Consent.id, limit=limit, cursor=cursor)


def state_of(session: Session, contact_id: int) -> Mapping[str, Choice]:
    """The choice in force, by category."""
    rows = session.execute(
        select(Consent.category, Consent.state, Consent.at).where(Consent.contact_id == contact_id)
    ).all()
    return state([Entry(category=row.category, choice=Choice(row.state), at=row.at) for row in rows])


def withdraw(session: Session, messages: Collection[tuple[int, str]]) -> None:
    """What messages (channel, wamid) said does not count: earlier ones of their wamids took their place."""
    if messages:
        session.execute(
            text("DELETE FROM consents WHERE source = 'keyword' AND source_key = ANY(:keys)"),
            {"keys": [f"{channel_id}:{wamid}" for channel_id, wamid in messages]},
        )


def record_opt_out_code(session: Session, message_id: int, *, now: datetime) -> None:
    """Meta refused a message because its recipient stopped marketing."""
    session.execute(
        text("""
            INSERT INTO consents (contact_id, category, state, source, source_key, proof, at)
            SELECT contact_id, 'marketing', 'out', 'report', 'message:' || id, 'error 131050', :now
            FROM messages WHERE id = :id
            ON CONFLICT (source, source_key) DO NOTHING
        """),
        {"id": message_id, "now": now},
    )
