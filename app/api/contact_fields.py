"""Custom fields: what contacts' `metadata` holds, where somebody declared it."""

from datetime import datetime
from typing import Annotated, TypeAlias

from fastapi import APIRouter, Depends, Response
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from app.api.fields import Answer, Cursor, Limit, PageAnswer, PathId, ShortText, Strict
from app.api.once import InvalidIdempotencyKey, OnceDep
from app.api.refusals import OF_PAGES, refusals
from app.dependencies import CurrentUser, Db, requires
from app.domain.custom_fields import Kind
from app.models import ContactField
from app.services import contact_fields
from app.services.contact_fields import FieldKeyTaken, FieldNotFound, InvalidField
from app.services.idempotency import IdempotencyMismatch, RequestInProgress

router = APIRouter(prefix="/api/v1/fields", tags=["fields"])
Reading = [Depends(requires("contacts:read"))]
Managing = [Depends(requires("fields:manage"))]


def _distinct(choices: list[str]) -> list[str]:
    return list(dict.fromkeys(choices))


# As a placeholder may be written: {city}.
Key: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$")]
Choices: TypeAlias = Annotated[list[ShortText], Field(max_length=100), AfterValidator(_distinct)]


class NewField(Strict):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"key": "size", "title": "Shirt size", "kind": "choice", "choices": ["S", "M", "L"]}]
        }
    )

    key: Key = Field(description="Its name in `metadata`, and in templates: `{size}`. It never changes.")
    title: ShortText
    kind: Annotated[Kind, Field(strict=False)]
    choices: Choices = Field(default_factory=list)


class FieldPatch(Strict):
    """A key left out stays as it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"choices": ["S", "M", "L", "XL"]}]})

    title: ShortText = ""
    choices: Choices = Field(default_factory=list)


class FieldAnswer(Answer):
    id: int
    key: str
    title: str
    kind: str
    choices: list[str]
    created_at: datetime
    updated_at: datetime
    created_by: int | None


@router.get("", summary="List custom fields, newest first", dependencies=Reading, responses=OF_PAGES)
def list_fields(session: Db, limit: Limit = 50, cursor: Cursor = None) -> PageAnswer[FieldAnswer]:
    page = contact_fields.list_fields(session, limit=limit, cursor=cursor)
    return PageAnswer(items=[FieldAnswer.model_validate(row) for row in page.items], next=page.next)


@router.post(
    "",
    summary="Declare a custom field",
    status_code=201,
    response_model=FieldAnswer,
    dependencies=Managing,
    responses=refusals(FieldKeyTaken, InvalidField, IdempotencyMismatch, RequestInProgress, InvalidIdempotencyKey),
)
def create_field(body: NewField, once: OnceDep, session: Db, user: CurrentUser) -> JSONResponse:
    """From now on `metadata` may hold only what fits it under this key; what contacts hold already stays."""

    def work() -> FieldAnswer:
        made = contact_fields.create_field(
            session, key=body.key, title=body.title, kind=body.kind, choices=body.choices, user_id=user.id
        )
        return FieldAnswer.model_validate(made)

    return once.answer(body, status=201, work=work)


@router.get(
    "/{field_id}",
    summary="Show a custom field",
    response_model=FieldAnswer,
    dependencies=Reading,
    responses=refusals(FieldNotFound),
)
def get_field(field_id: PathId, session: Db) -> ContactField:
    return contact_fields.get_field(session, field_id)


@router.patch(
    "/{field_id}",
    summary="Change a custom field",
    response_model=FieldAnswer,
    dependencies=Managing,
    responses=refusals(FieldNotFound, InvalidField),
)
def update_field(field_id: PathId, body: FieldPatch, session: Db) -> ContactField:
    """Its key and kind stay, as contacts hold what was written for them."""
    written = body.model_fields_set
    return contact_fields.update_field(
        session,
        field_id,
        title=body.title if "title" in written else None,
        choices=body.choices if "choices" in written else None,
    )


@router.delete(
    "/{field_id}",
    summary="Delete a custom field",
    status_code=204,
    dependencies=Managing,
    responses=refusals(FieldNotFound),
)
def delete_field(field_id: PathId, session: Db) -> Response:
    """The declaration alone: what contacts hold under its key stays."""
    contact_fields.delete_field(session, field_id)
    return Response(status_code=204)
