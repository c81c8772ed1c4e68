"""Messages: what was said in both directions, and saying something."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.api.contacts import Phone
from app.api.fields import Answer, Cursor, Id, Limit, PageAnswer, PathId, QueryableText, QueryId, Strict, storable
from app.api.once import InvalidIdempotencyKey, OnceDep
from app.api.refusals import OF_PAGES, refusals
from app.dependencies import CurrentUser, Db, Now, requires
from app.models import Message
from app.services import answering, conversations, explanations, messages, threads
from app.services.answering import NotQuotable, NotResendable
from app.services.channels import ChannelNotFound, ChannelRequired, ChannelUnclaimed
from app.services.contacts import ContactNotFound
from app.services.conversations import ChannelMismatch, ContactInactive, ConversationNotFound, WindowClosed
from app.services.idempotency import IdempotencyMismatch, RequestInProgress
from app.services.messages import MessageNotFound

router = APIRouter(prefix="/api/v1/messages", tags=["messages"])
Reading = [Depends(requires("messages:read"))]
Sending = [Depends(requires("messages:send"))]
SAYS = "Finds what was said: each word must be there; case and accents do not matter."


class TextBody(Strict):
    body: Annotated[str, StringConstraints(min_length=1, max_length=4096), AfterValidator(storable)]
    preview_url: bool = False


class NewMessage(Strict):
    """Exactly one of `contact_id`, `conversation_id` and `to` (a phone number) says to whom."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"contact_id": 7, "type": "text", "text": {"body": "¡Hola! ¿Qué tal?"}}]}
    )

    contact_id: Id | None = None
    conversation_id: Annotated[UUID, Field(strict=False)] | None = None
    to: Phone | None = None
    channel_id: Id | None = Field(None, description="Which of your numbers sends; not needed while there is one.")
    type: Literal["text"]
    text: TextBody
    reply_to: Id | None = Field(None, description="The message of the same conversation that it quotes.")
    delivery: Literal["at_most_once", "never_again", "at_least_once"] = Field(
        "at_most_once", description="What to do when it stays unknown whether WhatsApp took the message."
    )

    @model_validator(mode="after")
    def _has_one_recipient(self) -> Self:
        if sum(each is not None for each in (self.contact_id, self.conversation_id, self.to)) != 1:
            raise PydanticCustomError("one_recipient", "Give exactly one of contact_id, conversation_id and to.")
        return self


class MessageAnswer(Answer):
    id: int
    contact_id: int
    conversation_id: UUID
    channel_id: int
    direction: str
    message_type: str
    content: dict[str, Any] = Field(description="In WhatsApp's shape.")
    text: str | None
    whatsapp_message_id: str | None
    status: str = Field(description="The best evidence: pending, sent, delivered, read, failed.")
    dispatch: str = Field(description="Where our work stands: queued, held, sending, unknown, done.")
    origin: str
    delivery: str
    attempt: int
    happened_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None
    revoked_at: datetime | None
    edit: dict[str, Any] | None
    error_code: int | None
    error_message: str | None
    is_doubled: bool
    gates: list[dict[str, Any]] | None = Field(description="What each gate said when the message was last to leave.")
    price: dict[str, Any] | None
    metadata: dict[str, Any] = Field(validation_alias="metadata_")
    trace: str | None = Field(description="The one id in all log lines: of the webhook body or the request behind it.")
    created_at: datetime
    created_by: int | None


class EventAnswer(Answer):
    id: int
    message_id: int | None
    attempt: int | None
    whatsapp_message_id: str
    status: str
    at: datetime
    errors: list[dict[str, Any]] | None
    pricing: dict[str, Any] | None
    source: str
    received_at: datetime


class AttemptAnswer(Answer):
    """One try to send it."""

    attempt: int
    claimed_at: datetime
    outcome: str | None = Field(description="accepted, not_sent, rejected, unknown; null while it is under way.")
    error_code: int | None
    error_message: str | None
    settled_by: str | None
    settled_at: datetime | None


class CauseAnswer(Answer):
    """The automation that sent it, and what started that."""

    automation_id: int
    automation_name: str
    version: int
    run_id: int
    event: str
    event_key: str
    node: str | None
    started_at: datetime


class ExplanationAnswer(BaseModel):
    message: MessageAnswer
    cause: CauseAnswer | None = Field(description="Null where a person or another program sent it.")
    attempts: list[AttemptAnswer]
    events: list[EventAnswer]


@router.get("", summary="List messages, newest first", dependencies=Reading, responses=OF_PAGES)
def list_messages(
    session: Db,
    direction: Literal["inbound", "outbound"] | None = None,
    status: Literal["pending", "sent", "delivered", "read", "failed"] | None = None,
    conversation_id: UUID | None = None,
    contact_id: QueryId = None,
    q: Annotated[QueryableText | None, Query(description=SAYS)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> PageAnswer[MessageAnswer]:
    """With `q`, all messages of one contact or conversation are looked at; of everybody's, a page looks at the next
    20,000 further back, so that it may hold few, or none, while `next` leads on.
    """
    page = threads.list_messages(
        session,
        direction=direction,
        status=status,
        conversation_id=conversation_id,
        contact_id=contact_id,
        q=q,
        limit=limit,
        cursor=cursor,
    )
    return PageAnswer(items=[MessageAnswer.model_validate(row) for row in page.items], next=page.next)


@router.post(
    "",
    summary="Send a text",
    status_code=202,
    response_model=MessageAnswer,
    dependencies=Sending,
    responses=refusals(
        InvalidIdempotencyKey,
        ContactNotFound,
        ConversationNotFound,
        ChannelNotFound,
        WindowClosed,
        ContactInactive,
        ChannelRequired,
        ChannelUnclaimed,
        ChannelMismatch,
        NotQuotable,
        IdempotencyMismatch,
        RequestInProgress,
    ),
)
def create_message(
    body: NewMessage, once: OnceDep, session: Db, user: CurrentUser, now: Now, request: Request
) -> JSONResponse:
    """Answered when the message is stored; it leaves at once, in order, and its status tells the rest."""

    def work() -> MessageAnswer:
        conversation = conversations.take_open_conversation(
            session,
            contact_id=body.contact_id,
            conversation_id=body.conversation_id,
            to=body.to,
            channel_id=body.channel_id,
            now=now,
        )
        message = answering.queue_text(
            session,
            conversation=conversation,
            body=body.text.body,
            preview_url=body.text.preview_url,
            reply_to=body.reply_to,
            delivery=body.delivery,
            origin="api",
            created_by=user.id,
            trace=request.state.request_id,
            now=now,
        )
        return MessageAnswer.model_validate(message)

    return once.answer(body, status=202, work=work)


@router.get(
    "/{message_id}",
    summary="Show a message",
    response_model=MessageAnswer,
    dependencies=Reading,
    responses=refusals(MessageNotFound),
)
def get_message(message_id: PathId, session: Db) -> Message:
    return messages.get_message(session, message_id)


@router.get(
    "/{message_id}/events",
    summary="List the reports about a message, newest first",
    dependencies=Reading,
    responses=OF_PAGES | refusals(MessageNotFound),
)
def list_events(message_id: PathId, session: Db, limit: Limit = 50, cursor: Cursor = None) -> PageAnswer[EventAnswer]:
    """Everything WhatsApp ever reported about it, by WhatsApp's time."""
    page = threads.list_events(session, message_id, limit=limit, cursor=cursor)
    return PageAnswer(items=[EventAnswer.model_validate(row) for row in page.items], next=page.next)


@router.post(
    "/{message_id}/resend",
    summary="Send a failed message again",
    status_code=202,
    response_model=MessageAnswer,
    dependencies=Sending,
    responses=refusals(MessageNotFound, NotResendable),
)
def resend_message(message_id: PathId, once: OnceDep, session: Db, user: CurrentUser, now: Now) -> JSONResponse:
    """It passes every gate again, as one more attempt of the same message."""

    def work() -> MessageAnswer:
        return MessageAnswer.model_validate(answering.resend(session, message_id, user_id=user.id, now=now))

    return once.answer(None, status=202, work=work)


@router.get(
    "/{message_id}/explain",
    summary="Say why a message was sent, or was not",
    dependencies=Reading,
    responses=refusals(MessageNotFound),
)
def explain_message(message_id: PathId, session: Db) -> ExplanationAnswer:
    """What caused it, what each gate said when it was last to leave, every try with its outcome, and every report."""
    found = explanations.explain(session, message_id)
    return ExplanationAnswer(
        message=MessageAnswer.model_validate(found.message),
        cause=None if found.cause is None else CauseAnswer.model_validate(found.cause),
        attempts=[AttemptAnswer.model_validate(row) for row in found.attempts],
        events=[EventAnswer.model_validate(row) for row in found.events],
    )
