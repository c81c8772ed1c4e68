"""Contacts: the people that the team talks with."""

from datetime import date, datetime
from typing import Annotated, Any, Self, TypeAlias, cast

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.api.fields import (
    Answer,
    Cursor,
    JsonObject,
    Limit,
    LongText,
    PageAnswer,
    PathId,
    QueryableText,
    QueryId,
    QueryText,
    ShortText,
    Since,
    Strict,
    TimeZone,
    storable,
)
from app.api.once import InvalidIdempotencyKey, OnceDep
from app.api.refusals import refusals
from app.dependencies import CurrentCaller, Db, Now, requires
from app.domain import birthdays, contact_values, phones
from app.domain.birthdays import BirthdayError
from app.domain.facts import Source
from app.models import ContactIdentity
from app.services import contact_lists, contacts
from app.services.contact_fields import InvalidMetadata
from app.services.contact_lists import Filter
from app.services.contacts import ContactFields, ContactNotFound, InvalidPhone, Known, PhoneTaken
from app.services.idempotency import IdempotencyMismatch, RequestInProgress
from app.services.pages import InvalidCursor

router = APIRouter(prefix="/api/v1/contacts", tags=["contacts"])
Reading = [Depends(requires("contacts:read"))]
Writing = [Depends(requires("contacts:write"))]


def _birthday(text: str) -> str:
    try:
        parsed = birthdays.parse(text)
    except BirthdayError as error:
        raise PydanticCustomError("invalid_birthday", "{reason}", {"reason": str(error)}) from None
    if parsed is None:
        raise PydanticCustomError("invalid_birthday", "A birthday is a date, or null for none.")
    return text


def _email(text: str) -> str:
    if not contact_values.is_email(text):
        raise PydanticCustomError("invalid_email", "This is not an e-mail address.")
    return text


def _phone(text: str) -> str:
    if phones.canonical(text) is None:
        raise PydanticCustomError(InvalidPhone.code, phones.NO_PHONE)
    return text


def _distinct(tags: list[str]) -> list[str]:
    return list(dict.fromkeys(tags))


Birthday: TypeAlias = Annotated[str, AfterValidator(_birthday), Field(examples=["1990-05-15", "9999-05-15"])]
Email: TypeAlias = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=contact_values.LONGEST_EMAIL),
    AfterValidator(storable),
    AfterValidator(_email),
]
Language: TypeAlias = Annotated[str, StringConstraints(pattern=contact_values.LANGUAGE)]
Phone: TypeAlias = Annotated[
    str,
    StringConstraints(max_length=64),
    AfterValidator(storable),
    AfterValidator(_phone),
    Field(examples=["+52 55 1234 5678"]),
]
Tags: TypeAlias = Annotated[list[ShortText], Field(max_length=100), AfterValidator(_distinct)]


class ContactBody(Strict):
    """What operators write. A birthday whose year is unknown is written with the year 9999."""

    name: ShortText | None = None
    given_name: ShortText | None = None
    phone: Phone | None = None
    email: Email | None = None
    birthday: Birthday | None = None
    tags: Tags = Field(default_factory=list)
    notes: LongText | None = None
    language: Language | None = None
    time_zone: TimeZone | None = None
    metadata: JsonObject = Field(default_factory=dict)
    is_active: bool = True

    def written(self) -> ContactFields:
        """Only what the caller wrote, so that a key left out leaves its column alone."""
        fields: dict[str, Any] = self.model_dump(exclude_unset=True)
        if (birthday := fields.get("birthday")) is not None:
            parsed = birthdays.parse(birthday)
            fields["birthday"] = None if parsed is None else parsed.to_date()
        return cast(ContactFields, fields)


class NewContact(ContactBody):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "Juan Pérez", "phone": "+52 55 1234 5678", "birthday": "9999-05-15", "tags": ["vip"]},
            ]
        }
    )

    @model_validator(mode="after")
    def _is_somebody(self) -> Self:
        if self.name is None and self.phone is None and self.email is None:
            raise PydanticCustomError("missing", "A contact needs a name, a phone or an e-mail address.")
        return self


class ContactPatch(ContactBody):
    """A key left out stays as it is; null empties it; `tags` and `metadata` are replaced whole."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"tags": ["vip", "lead"], "notes": None}]})


class IdentityAnswer(Answer):
    kind: str
    value: str
    created_at: datetime


class PlaceAnswer(BaseModel):
    """A group that the contact is on."""

    id: int
    name: str


class ContactAnswer(BaseModel):
    id: int
    name: str | None = Field(description="What an operator wrote, else the WhatsApp profile's name.")
    given_name: str | None
    profile_name: str | None
    username: str | None
    phone: str | None
    email: str | None
    birthday: str | None = Field(description="Year 9999 where it is unknown.")
    is_birthday_unknown_year: bool
    tags: list[str]
    notes: str | None
    language: str | None
    time_zone: str | None
    metadata: dict[str, Any]
    last_contacted: datetime | None
    is_active: bool
    identities: list[IdentityAnswer]
    groups: list[PlaceAnswer]
    created_at: datetime
    updated_at: datetime
    created_by: int | None


def answer_of(known: Known) -> ContactAnswer:
    contact = known.contact
    return ContactAnswer(
        id=contact.id,
        name=contact.name or contact.profile_name,
        given_name=contact.given_name,
        profile_name=contact.profile_name,
        username=contact.username,
        phone=contact.phone,
        email=contact.email,
        birthday=_edge(contact.birthday),
        is_birthday_unknown_year=contact.birthday is not None and birthdays.is_year_unknown(contact.birthday),
        tags=contact.tags,
        notes=contact.notes,
        language=contact.language,
        time_zone=contact.time_zone,
        metadata=contact.metadata_,
        last_contacted=contact.last_contacted,
        is_active=contact.is_active,
        identities=[_identity(identity) for identity in known.identities],
        groups=[PlaceAnswer(id=id, name=name) for id, name in known.groups],
        created_at=contact.created_at,
        updated_at=contact.updated_at,
        created_by=contact.created_by,
    )


def _edge(birthday: date | None) -> str | None:
    return None if birthday is None else birthdays.from_date(birthday).to_edge()


def _identity(identity: ContactIdentity) -> IdentityAnswer:
    return IdentityAnswer.model_validate(identity)


def _wanted(
    q: Annotated[
        QueryableText | None, Query(description="Words of a name, digits of a number, an address or a tag.")
    ] = None,
    tag: QueryText = None,
    group_id: QueryId = None,
    phone: Annotated[Phone | None, Query(description="The whole number, in any spelling.")] = None,
    email: QueryText = None,
    is_active: Annotated[bool | None, Query(description="Left out: the active ones; with `updated_since` all.")] = None,
    birthday_month: Annotated[int | None, Query(ge=1, le=12)] = None,
    birthday_day: Annotated[int | None, Query(ge=1, le=31)] = None,
    agreed_to: Annotated[
        QueryableText | None, Query(description="A category, as `marketing`: who agreed to it and has not opted out.")
    ] = None,
    has_opted_out: Annotated[bool | None, Query(description="Whether they want to hear nothing at all.")] = None,
    updated_since: Since = None,
) -> Filter:
    if is_active is None and updated_since is None:
        is_active = True
    return Filter(
        q=q,
        tag=tag,
        group_id=group_id,
        phone=phone,
        email=email,
        is_active=is_active,
        birthday_month=birthday_month,
        birthday_day=birthday_day,
        agreed_to=agreed_to,
        has_opted_out=has_opted_out,
        updated_since=updated_since,
    )


Wanted: TypeAlias = Annotated[Filter, Depends(_wanted)]


@router.get("", summary="List contacts, newest first", dependencies=Reading, responses=refusals(InvalidCursor))
def list_contacts(wanted: Wanted, session: Db, limit: Limit = 50, cursor: Cursor = None) -> PageAnswer[ContactAnswer]:
    """Each word of `q` must be found somewhere; case and accents do not matter."""
    page = contact_lists.list_contacts(session, wanted, limit=limit, cursor=cursor)
    return PageAnswer(items=[answer_of(known) for known in page.items], next=page.next)


@router.post(
    "",
    summary="Add a contact",
    status_code=201,
    response_model=ContactAnswer,
    dependencies=Writing,
    responses=refusals(PhoneTaken, InvalidMetadata, IdempotencyMismatch, RequestInProgress, InvalidIdempotencyKey),
)
def create_contact(
    body: NewContact, once: OnceDep, session: Db, caller: CurrentCaller, request: Request, now: Now
) -> JSONResponse:
    """A phone number leads to one contact; an e-mail address may be shared, as in a family.

    Automations for new contacts start: for a program with an API key those whose `sources` name `api`, else `manual`.
    """

    def work() -> ContactAnswer:
        made = contacts.create_contact(
            session,
            body.written(),
            source=Source.MANUAL if caller.api_key_id is None else Source.API,
            user_id=caller.user.id,
            trace=request.state.request_id,
            now=now,
        )
        return answer_of(made)

    return once.answer(body, status=201, work=work)


@router.get("/{contact_id}", summary="Show a contact", dependencies=Reading, responses=refusals(ContactNotFound))
def get_contact(contact_id: PathId, session: Db) -> ContactAnswer:
    """The id of a contact that was merged shows the one it was merged into."""
    return answer_of(contacts.get_contact(session, contact_id))


@router.patch(
    "/{contact_id}",
    summary="Change a contact",
    dependencies=Writing,
    responses=refusals(ContactNotFound, PhoneTaken, InvalidMetadata),
)
def update_contact(contact_id: PathId, body: ContactPatch, session: Db) -> ContactAnswer:
    return answer_of(contacts.update_contact(session, contact_id, body.written()))


@router.delete(
    "/{contact_id}",
    summary="Deactivate a contact",
    status_code=204,
    dependencies=Writing,
    responses=refusals(ContactNotFound),
)
def deactivate_contact(contact_id: PathId, session: Db) -> Response:
    """It leaves the lists and nothing more is sent to it; its history stays. `{"is_active": true}` brings it back."""
    contacts.deactivate_contact(session, contact_id)
    return Response(status_code=204)
