"""What happened with a contact, what they agreed to, and what puts two of them together or forgets one."""

from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from fastapi import APIRouter, Depends, Response
from fastapi.responses import JSONResponse
from pydantic import ConfigDict, Field, StringConstraints

from app.api.contacts import ContactAnswer, answer_of
from app.api.fields import Answer, Cursor, Id, Limit, LongText, PageAnswer, PathId, Strict
from app.api.once import InvalidIdempotencyKey, OnceDep
from app.api.refusals import OF_PAGES, refusals
from app.dependencies import CurrentUser, Db, Now, requires
from app.domain.consent import Choice
from app.services import consents, contacts, timelines
from app.services.contacts import ContactBusy, ContactNotFound, SameContact
from app.services.idempotency import IdempotencyMismatch, RequestInProgress

router = APIRouter(prefix="/api/v1/contacts", tags=["contacts"])
Reading = [Depends(requires("contacts:read"))]
Writing = [Depends(requires("contacts:write"))]

Category: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,49}$")]


class Merge(Strict):
    model_config = ConfigDict(json_schema_extra={"examples": [{"contact_id": 12}]})

    contact_id: Id = Field(description="Who is the same person; their id leads to this contact from then on.")


class NewConsent(Strict):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"category": "marketing", "state": "in", "proof": "Signed up at the counter."}]}
    )

    category: Category = Field(description="`marketing`, or another of yours; `all` out silences everything.")
    state: Literal["in", "out"]
    proof: LongText | None = Field(None, description="How we know.")


class ConsentAnswer(Answer):
    id: int
    category: str
    state: str
    source: str
    proof: str | None
    at: datetime


class ConsentsAnswer(PageAnswer[ConsentAnswer]):
    in_force: dict[str, Literal["in", "out"]] = Field(description="What counts now, by category.")


class HappeningAnswer(Answer):
    at: datetime
    kind: Literal["message", "automation", "consent", "change"]
    id: int
    details: dict[str, Any]


@router.get(
    "/{contact_id}/timeline",
    summary="List all that happened with a contact, newest first",
    dependencies=[Depends(requires("messages:read"))],
    responses=OF_PAGES | refusals(ContactNotFound),
)
def list_timeline(
    contact_id: PathId, session: Db, limit: Limit = 50, cursor: Cursor = None
) -> PageAnswer[HappeningAnswer]:
    """What was said, what automations did, what was agreed, and what people changed."""
    page = timelines.list_timeline(session, contact_id, limit=limit, cursor=cursor)
    return PageAnswer(items=[HappeningAnswer.model_validate(one) for one in page.items], next=page.next)


@router.get(
    "/{contact_id}/consents",
    summary="List what a contact agreed to, the latest word first",
    dependencies=Reading,
    responses=OF_PAGES | refusals(ContactNotFound),
)
def list_consents(contact_id: PathId, session: Db, limit: Limit = 50, cursor: Cursor = None) -> ConsentsAnswer:
    """A ledger: nothing is ever changed in it. `in_force` is what every message is held against when it leaves."""
    current = contacts.get_contact(session, contact_id).contact.id
    page = consents.list_consents(session, current, limit=limit, cursor=cursor)
    return ConsentsAnswer(
        items=[ConsentAnswer.model_validate(row) for row in page.items],
        next=page.next,
        in_force={category: choice.value for category, choice in consents.state_of(session, current).items()},
    )


@router.post(
    "/{contact_id}/consents",
    summary="Write down what a contact agreed to, or no longer does",
    status_code=201,
    response_model=ConsentsAnswer,
    dependencies=Writing,
    responses=refusals(ContactNotFound, IdempotencyMismatch, RequestInProgress, InvalidIdempotencyKey),
)
def create_consent(
    contact_id: PathId, body: NewConsent, once: OnceDep, session: Db, user: CurrentUser, now: Now
) -> JSONResponse:
    def work() -> ConsentsAnswer:
        contact = contacts.lock_contact(session, contact_id)
        consents.write_down(
            session,
            contact.id,
            category=body.category,
            choice=Choice(body.state),
            proof=body.proof,
            user_id=user.id,
            now=now,
        )
        return list_consents(contact.id, session)

    return once.answer(body, status=201, work=work)


@router.post(
    "/{contact_id}/merge",
    summary="Put two contacts together",
    dependencies=Writing,
    responses=refusals(ContactNotFound, SameContact),
)
def merge_contacts(contact_id: PathId, body: Merge, session: Db, now: Now) -> ContactAnswer:
    """Conversations, messages, runs, consents and groups of the other go to this one, and where both know something,
    this one's word stands. It cannot be undone. Should WhatsApp later say that they are two, they are two again.
    """
    return answer_of(contacts.merge_contacts(session, contact_id, body.contact_id, now=now))


@router.post(
    "/{contact_id}/erase",
    summary="Erase a contact with all that was said",
    status_code=204,
    dependencies=[Depends(requires("contacts:erase"))],
    responses=refusals(ContactNotFound, ContactBusy),
)
def erase_contact(contact_id: PathId, session: Db) -> Response:
    """For whoever asks to be forgotten; it cannot be undone. Webhook bodies with their words go with their age."""
    contacts.erase_contact(session, contact_id)
    return Response(status_code=204)
