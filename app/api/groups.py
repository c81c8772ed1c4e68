"""Groups: static lists of contacts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from app.api.fields import Cursor, Id, Limit, LongText, PageAnswer, PathId, ShortText, Strict
from app.api.once import InvalidIdempotencyKey, OnceDep
from app.api.refusals import OF_PAGES, refusals
from app.dependencies import CurrentUser, Db, requires
from app.models import Group
from app.services import groups
from app.services.groups import GroupNameTaken, GroupNotFound
from app.services.idempotency import IdempotencyMismatch, RequestInProgress

router = APIRouter(prefix="/api/v1/groups", tags=["groups"])
Reading = [Depends(requires("groups:read"))]
Writing = [Depends(requires("groups:write"))]


class NewGroup(Strict):
    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Customers", "description": "Bought once."}]})

    name: ShortText
    description: LongText | None = None


class GroupPatch(Strict):
    """A key left out stays as it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Good customers"}]})

    name: ShortText = ""
    description: LongText | None = None


class Members(Strict):
    model_config = ConfigDict(json_schema_extra={"examples": [{"contact_ids": [7, 12]}]})

    contact_ids: Annotated[list[Id], Field(min_length=1, max_length=1_000)]


class GroupAnswer(BaseModel):
    id: int
    name: str
    description: str | None
    contacts: int = Field(description="How many are on it.")
    created_at: datetime
    updated_at: datetime
    created_by: int | None


class MembersAnswer(BaseModel):
    contact_ids: list[int] = Field(description="Those for whom something changed.")


def _answers(session: Session, found: Sequence[Group]) -> list[GroupAnswer]:
    counts = groups.count_members(session, [group.id for group in found])
    return [
        GroupAnswer(
            id=group.id,
            name=group.name,
            description=group.description,
            contacts=counts.get(group.id, 0),
            created_at=group.created_at,
            updated_at=group.updated_at,
            created_by=group.created_by,
        )
        for group in found
    ]


@router.get("", summary="List groups, newest first", dependencies=Reading, responses=OF_PAGES)
def list_groups(session: Db, limit: Limit = 50, cursor: Cursor = None) -> PageAnswer[GroupAnswer]:
    """Who is on one: `GET /api/v1/contacts?group_id=`."""
    page = groups.list_groups(session, limit=limit, cursor=cursor)
    return PageAnswer(items=_answers(session, page.items), next=page.next)


@router.post(
    "",
    summary="Add a group",
    status_code=201,
    response_model=GroupAnswer,
    dependencies=Writing,
    responses=refusals(GroupNameTaken, IdempotencyMismatch, RequestInProgress, InvalidIdempotencyKey),
)
def create_group(body: NewGroup, once: OnceDep, session: Db, user: CurrentUser) -> JSONResponse:
    def work() -> GroupAnswer:
        group = groups.create_group(session, name=body.name, description=body.description, user_id=user.id)
        return _answers(session, [group])[0]

    return once.answer(body, status=201, work=work)


@router.get("/{group_id}", summary="Show a group", dependencies=Reading, responses=refusals(GroupNotFound))
def get_group(group_id: PathId, session: Db) -> GroupAnswer:
    return _answers(session, [groups.get_group(session, group_id)])[0]


@router.patch(
    "/{group_id}", summary="Change a group", dependencies=Writing, responses=refusals(GroupNotFound, GroupNameTaken)
)
def update_group(group_id: PathId, body: GroupPatch, session: Db) -> GroupAnswer:
    """Automations that name it go on by its old name, and make a new group of that name."""
    group = groups.get_group(session, group_id)
    written = body.model_fields_set
    changed = groups.update_group(
        session,
        group_id,
        name=body.name if "name" in written else group.name,
        description=body.description if "description" in written else group.description,
    )
    return _answers(session, [changed])[0]


@router.delete(
    "/{group_id}",
    summary="Delete a group",
    status_code=204,
    dependencies=Writing,
    responses=refusals(GroupNotFound),
)
def delete_group(group_id: PathId, session: Db) -> Response:
    """The list alone: its contacts stay."""
    groups.delete_group(session, group_id)
    return Response(status_code=204)


@router.post(
    "/{group_id}/contacts",
    summary="Put contacts on a group",
    dependencies=Writing,
    responses=refusals(GroupNotFound),
)
def add_contacts(group_id: PathId, body: Members, session: Db) -> MembersAnswer:
    """Whoever is on it already stays; ids that nobody has are left out."""
    groups.get_group(session, group_id)
    return MembersAnswer(contact_ids=groups.add_contacts(session, group_id, body.contact_ids))


@router.post(
    "/{group_id}/contacts/remove",
    summary="Take contacts off a group",
    dependencies=Writing,
    responses=refusals(GroupNotFound),
)
def remove_contacts(group_id: PathId, body: Members, session: Db) -> MembersAnswer:
    groups.get_group(session, group_id)
    return MembersAnswer(contact_ids=groups.remove_contacts(session, group_id, body.contact_ids))
