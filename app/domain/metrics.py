"""What a metric is: its meaning for people, and how it is counted.

A measure says of SQL only conditions and columns of its ledger's facts (`services/ledgers.py`); the entries stand in
`services/catalogue.py`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class MetricType(StrEnum):
    MESSAGE_DELIVERY = "message_delivery"
    AUTOMATION_PERFORMANCE = "automation_performance"
    CONTACT_ENGAGEMENT = "contact_engagement"
    SYSTEM_PERFORMANCE = "system_performance"
    USER_ACTIVITY = "user_activity"


class Unit(StrEnum):
    MESSAGES = "messages"
    CONTACTS = "contacts"
    TURNS = "turns"
    RUNS = "runs"
    TRIES = "tries"
    BODIES = "bodies"
    ITEMS = "items"
    LOGINS = "logins"
    CHANGES = "changes"
    SECONDS = "seconds"
    SHARE = "share"
    PER_SECOND = "per_second"


class Ledger(StrEnum):
    """Where rows come from; triggers note what changed in them under the same names."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"
    ANSWERS = "answers"
    RUNS = "runs"
    LOGS = "logs"
    CONTACTS = "contacts"
    ATTEMPTS = "attempts"
    BODIES = "bodies"
    AUDIT = "audit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many rows of a ledger there are, or the sum of a whole number in them. Adds up over periods and groups."""

    ledger: Ledger
    where: str = "true"
    of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Distinct:
    """How many different values there are. Adds up over nothing: each hour and each day is counted by itself."""

    ledger: Ledger
    of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """How long something took: a sum of milliseconds, and counts between fixed bounds."""

    ledger: Ledger
    of: str  # in milliseconds; null where there is nothing to measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One metric as a part of another; nothing where that is zero."""

    of: str
    per: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A metric by the seconds of its periods."""

    of: str


Measure: TypeAlias = Count | Distinct | Duration | Share | Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    slug: str
    type: MetricType
    title: str
    unit: Unit
    definition: str
    measure: Measure
    dimensions: tuple[str, ...] = ()
    is_good: bool | None = None  # whether more is better; None: neither
