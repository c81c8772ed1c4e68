"""What automations did, and what they refused to do.

A log row is written when its run ends, and never again. What WhatsApp tells of its messages later, their status and
what they are billed as, is added when it is read.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import AutomationLog, Message
from app.services import contacts, pages
from app.services.pages import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    log: AutomationLog
    details: Mapping[str, Any]


def list_automation_logs(
    session: Session,
    *,
    automation_id: int | None,
    contact_id: int | None,
    execution_status: str | None,
    limit: int,
    cursor: str | None,
) -> Page[Told]:
    statement = select(AutomationLog)
    if automation_id is not None:
        statement = statement.where(AutomationLog.automation_id == automation_id)
    if contact_id is not None:
        statement = statement.where(AutomationLog.contact_id == contacts.current_id(session, contact_id))
    if execution_status is not None:
        statement = statement.where(AutomationLog.execution_status == execution_status)
    page = pages.by_id(session, statement, AutomationLog.id, limit=limit, cursor=cursor)
    return Page(told(session, page.items), page.next)


def told(session: Session, logs: Sequence[AutomationLog]) -> list[Told]:
    """With each message's status, and the cost as far as WhatsApp has told it."""
    keys = [effect["key"] for log in logs for effect in _sends(log)]
    rows = session.execute(
        select(Message.idempotency_key, Message.status, Message.price).where(Message.idempotency_key.in_(keys))
    )
    stands = {row.idempotency_key: (row.status, row.price) for row in rows}
    return [Told(log=log, details=_details(log, stands)) for log in logs]


def _details(log: AutomationLog, stands: Mapping[str, tuple[str, Mapping[str, Any] | None]]) -> Mapping[str, Any]:
    if "effects" not in log.execution_details:
        return log.execution_details  # of an entry that was refused
    effects = [
        {**effect, "status": stands[effect["key"]][0]} if effect.get("key") in stands else effect
        for effect in log.execution_details["effects"]
    ]
    prices = [price for effect in _sends(log) if (price := stands.get(effect["key"], (None, None))[1])]
    return {**log.execution_details, "effects": effects, "cost": _cost(prices)}


def _sends(log: AutomationLog) -> list[Mapping[str, Any]]:
    return [effect for effect in log.execution_details.get("effects", ()) if effect.get("kind") == "send"]


def _cost(prices: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """How many messages are billed, and as what: of amounts WhatsApp says nothing. `None`: it has not said yet."""
    if not prices:
        return None
    billable = [price for price in prices if price.get("billable")]
    return {
        "billable": len(billable),
        "free": len(prices) - len(billable),
        "categories": dict(Counter(str(price.get("category")) for price in billable)),
    }
