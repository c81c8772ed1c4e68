"""What people do with messages by hand: write one, send one again, see what came.

All of it goes through `services.messages`, as what automations send does, and waits in the same outbox.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.errors import Conflict
from app.database import after_commit, fetch
from app.domain.evidence import Dispatch, Standing, Status
from app.domain.retry import OUTCOME_UNKNOWN
from app.models import Conversation, Message
from app.services import alerts, messages, notices


class NotQuotable(Conflict):
    code = "not_quotable"


class NotResendable(Conflict):
    code = "not_resendable"


def queue_text(
    session: Session,
    *,
    conversation: Conversation,
    body: str,
    preview_url: bool,
    reply_to: int | None,
    delivery: str,
    origin: str,
    created_by: int | None,
    trace: str | None,
    now: datetime,
) -> Message:
    """`reply_to` is the message that it quotes."""
    content: dict[str, Any] = {"type": "text", "text": {"body": body, "preview_url": preview_url}}
    if reply_to is not None:
        content["context"] = {"message_id": _quotable(session, reply_to, conversation)}
    outgoing = messages.Outgoing(
        contact_id=conversation.contact_id,
        conversation_id=conversation.id,
        channel_id=conversation.channel_id,
        content=content,
        text=body,
        origin=origin,
        delivery=delivery,
        created_by=created_by,
        trace=trace,
    )
    (message_id,) = messages.queue(session, [outgoing], now=now)
    return messages.get_message(session, message_id)


def resend(session: Session, message_id: int, *, user_id: int, now: datetime) -> Message:
    """Send a failed message again because a person says so, whatever its policy; it passes every gate again."""
    message = messages.get_message(session, message_id)
    session.refresh(message, with_for_update={"key_share": True})
    if message.direction != "outbound" or message.status != Status.FAILED or message.dispatch != Dispatch.DONE:
        raise NotResendable("Only an outgoing message that has failed can be sent again.")
    is_ours = message.error_source == "ours"
    messages.move(
        session, [messages.Move(message_id=message_id, dispatch=Dispatch.QUEUED, due_at=now, is_withdrawn=is_ours)]
    )
    fetch(
        session,
        """
            UPDATE messages SET metadata = metadata || jsonb_build_object('resent_by', CAST(:user_id AS bigint)),
                expires_at = NULL WHERE id = :id
        """,
        {"user_id": user_id, "id": message_id},
    )
    alerts.resolve_by_key(session, kind=OUTCOME_UNKNOWN, key=str(message_id), now=now)
    after_commit(session, "messages.send", channel_id=message.channel_id)
    session.refresh(message)
    return message


def mark_read(session: Session, conversation_id: UUID, *, now: datetime) -> None:
    """An operator has seen the thread: unread becomes none, and WhatsApp shows its blue ticks."""
    conversation = session.get(Conversation, conversation_id, with_for_update={"key_share": True})
    if conversation is None:
        return
    inbound = (Message.conversation_id == conversation_id, Message.direction == "inbound")
    latest = session.scalar(select(func.max(Message.happened_at)).where(*inbound))
    if latest is None:
        return
    conversation.read_until = max(latest, conversation.read_until or latest)
    unread = session.scalars(select(Message.id).where(*inbound, Message.status == Status.DELIVERED))
    seen = Standing(status=Status.READ, read_at=now)
    messages.move(session, [messages.Move(message_id=id, standing=seen) for id in unread])
    session.flush()
    notices.changed(session, "conversation", conversation_id)
    after_commit(session, "messages.read", channel_id=conversation.channel_id)


def _quotable(session: Session, message_id: int, conversation: Conversation) -> str:
    quoted = session.get(Message, message_id)
    if quoted is None or quoted.conversation_id != conversation.id or quoted.whatsapp_message_id is None:
        raise NotQuotable("Only a message of the same conversation that WhatsApp knows can be quoted.")
    return quoted.whatsapp_message_id
