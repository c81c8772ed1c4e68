"""Finding contacts by what somebody types: part of a name, a number in any spelling, an address, a tag.

Every word must be found somewhere; case and accents do not matter. One index answers it for a million contacts
(`contacts_words`), so the expression here is the one there, to the letter.
"""

import re
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Text, and_, exists, func, literal_column, or_, select, true
from sqlalchemy.orm import Session, aliased

from app.domain import phones
from app.domain.consent import ALL, Choice
from app.models import Consent, Contact, ContactIdentity

MOST_WORDS = 8  # a ninth would hardly narrow it down
_SHORTEST_PART = 3  # a trigram: anything shorter is looked for where a word begins
_FEWEST_DIGITS = 4  # in "5 de mayo" nobody means a number
_NUMBER = re.compile(r"[\s+\d().\-/]+")
_SPECIAL, _ESCAPED = re.compile(r"([\\%_])"), r"\\\1"  # of LIKE, whose own escape is a backslash

_WORDS = literal_column(
    "folded(' ' || COALESCE(contacts.name, '') || ' ' || COALESCE(contacts.given_name, '')"
    " || ' ' || COALESCE(contacts.profile_name, '') || ' ' || COALESCE(contacts.username, '')"
    " || ' ' || COALESCE(contacts.email, '') || ' ' || COALESCE(contacts.phone, '')"
    " || ' ' || translate(contacts.tags::text, '[]\",', '    '))",
    Text,
)


def mentions(session: Session, q: str) -> ColumnElement[bool]:
    """The condition on `contacts` that `q` stands for."""
    folded: str = session.scalar(select(func.folded(q))) or ""
    words = and_(true(), *(_WORDS.like(pattern) for pattern in _patterns(folded)))
    digits = re.sub(r"\D", "", q)
    if len(digits) < _FEWEST_DIGITS or not _NUMBER.fullmatch(q):
        return words
    found = [words, _contains(digits.lstrip("0") or digits)]
    if (number := phones.canonical(q)) is not None:
        # By id, not by a subquery: only so can the planner put this together with the rest from indexes.
        found += [_contains(number.lstrip("+")), Contact.id.in_(_holders(session, number))]
    return or_(*found)


def patterns(session: Session, q: str) -> list[str]:
    """What `LIKE` asks of a folded text that holds every word of `q`."""
    return _patterns(session.scalar(select(func.folded(q))) or "")


def has_opted_out() -> ColumnElement[bool]:
    """Whoever wants to hear nothing at all. As in domain.consent, the latest word counts, and `out` wins ties."""
    said, later = aliased(Consent), aliased(Consent)
    taken_back = exists().where(
        later.contact_id == said.contact_id, later.category == ALL, later.state == Choice.IN, later.at > said.at
    )
    return exists().where(said.contact_id == Contact.id, said.category == ALL, said.state == Choice.OUT, ~taken_back)


def agreed_to(category: str) -> ColumnElement[bool]:
    """Whoever agreed to hear of this, and has not taken it back since, nor wants to hear nothing at all."""
    said, later = aliased(Consent), aliased(Consent)
    taken_back = exists().where(
        later.contact_id == said.contact_id, later.category == category, later.state == Choice.OUT, later.at >= said.at
    )
    agreed = exists().where(
        said.contact_id == Contact.id, said.category == category, said.state == Choice.IN, ~taken_back
    )
    return and_(agreed, ~has_opted_out())


def _patterns(folded: str) -> list[str]:
    words = folded.split()[:MOST_WORDS]
    return [_pattern(word if len(word) >= _SHORTEST_PART else f" {word}") for word in words]


def _contains(part: str) -> ColumnElement[bool]:
    return _WORDS.like(_pattern(part))


def _pattern(part: str) -> str:
    return "%" + _SPECIAL.sub(_ESCAPED, part) + "%"


def _holders(session: Session, number: str) -> Sequence[int]:
    """Whose number it is, or was: they may have written from it and be listed with another."""
    return session.scalars(
        select(ContactIdentity.contact_id).where(ContactIdentity.kind == "phone", ContactIdentity.value == number)
    ).all()
