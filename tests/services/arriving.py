"""What arrives, drained and looked at: for tests of what the drain leaves."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import (
    Message,
)
from app.services import webhook_events
from app.services.drain import drain
from tests.webhooks import (
    message,
    put,
    the_event,
)

NOW = datetime(2026, 3, 14, 16, 0, tzinfo=UTC)


TURN: dict[str, Any] = {"lane": "intake", "batch_items": 1_000, "now": NOW}


AT_NOON = datetime(2026, 3, 14, 15, 0, tzinfo=UTC)


PHOTO = {"id": "1479537139650973", "mime_type": "image/jpeg", "sha256": "EfBt"}


# A message that no database takes: its id is longer than an index entry may be, and does not compress.
POISON = message(wamid="wamid." + "".join(chr(0x4E00 + (index * 7919) % 20_000) for index in range(9_000)))


def run(lane: str = "intake", *, batch_items: int = 1_000) -> None:
    while drain(lane=lane, batch_items=batch_items, now=NOW):
        pass


def arrive(session: Session, *bodies: bytes, batch_items: int = 1_000) -> list[int]:
    ids = put(session, *bodies)
    run(batch_items=batch_items)
    session.expire_all()
    return ids


def the(session: Session, model: Any) -> Any:
    return session.scalars(select(model)).one()


def every(session: Session, model: Any) -> Sequence[Any]:
    return session.scalars(select(model).order_by(model.id)).all()


def number_of(session: Session, model: Any) -> int:
    return session.scalars(select(func.count()).select_from(model)).one()


def texts(session: Session) -> list[str | None]:
    return list(session.scalars(select(Message.text).order_by(Message.happened_at, Message.whatsapp_message_id)))


def state_of(session: Session, event_id: int) -> str:
    return webhook_events.state_of(the_event(session, event_id))
