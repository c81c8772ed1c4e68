"""API keys: how programs call. One is sent as a token is: `Authorization: Bearer hilo_…`."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.orm import Session

from app.api.fields import Answer, Cursor, Limit, PageAnswer, PathId, ShortText, Strict
from app.api.once import InvalidIdempotencyKey, OnceDep
from app.api.refusals import OF_PAGES, refusals
from app.dependencies import CurrentCaller, Db, Now, requires
from app.domain.permissions import PERMISSIONS
from app.services import api_keys, users
from app.services.api_keys import ApiKeyNotFound, InvalidExpiry, NewKey, ScopeNotAllowed
from app.services.idempotency import IdempotencyMismatch, RequestInProgress
from app.services.users import UserNotFound

router = APIRouter(prefix="/api/v1/api-keys", tags=["api-keys"])
of_users = APIRouter(prefix="/api/v1/users/{user_id}/api-keys", tags=["api-keys"])
Own = [Depends(requires("api_keys:own"))]
Everybodys = [Depends(requires("api_keys:manage"))]


class NewApiKey(Strict):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Web shop", "scopes": ["contacts:write", "messages:send"]}]}
    )

    name: ShortText
    scopes: list[str] = Field(
        min_length=1,
        max_length=len(PERMISSIONS),
        description="Permissions, of those that you have: `permissions` of `/auth/me`.",
    )
    expires_at: Annotated[AwareDatetime, Field(strict=False)] | None = Field(None, description="Null: never.")

    @field_validator("scopes")
    @classmethod
    def _exist(cls, scopes: list[str]) -> list[str]:
        if unknown := [scope for scope in scopes if scope not in PERMISSIONS]:
            raise PydanticCustomError(
                "unknown_scope", "There is no permission {name}.", {"name": ascii(unknown[0][:50])}
            )
        return scopes


class ApiKeyAnswer(Answer):
    id: int
    user_id: int
    name: str
    hint: str = Field(description="How the key begins.")
    scopes: list[str]
    expires_at: datetime | None
    last_used_at: datetime | None = Field(description="To the minute.")
    revoked_at: datetime | None
    created_at: datetime


class NewApiKeyAnswer(ApiKeyAnswer):
    key: str | None = Field(description="The key itself, shown this once; null when asked again.")


def _answer_of(made: NewKey) -> NewApiKeyAnswer:
    return NewApiKeyAnswer(**ApiKeyAnswer.model_validate(made.key).model_dump(), key=made.secret)


@router.get("", summary="List one's own API keys, newest first", dependencies=Own, responses=OF_PAGES)
def list_api_keys(
    caller: CurrentCaller, session: Db, limit: Limit = 50, cursor: Cursor = None
) -> PageAnswer[ApiKeyAnswer]:
    """Those that were revoked or have run out stay in the list."""
    return _page_of(session, caller.user.id, limit=limit, cursor=cursor)


@router.post(
    "",
    summary="Make an API key",
    status_code=201,
    response_model=NewApiKeyAnswer,
    dependencies=Own,
    responses=refusals(ScopeNotAllowed, InvalidExpiry, IdempotencyMismatch, RequestInProgress, InvalidIdempotencyKey),
)
def create_api_key(body: NewApiKey, once: OnceDep, caller: CurrentCaller, session: Db, now: Now) -> JSONResponse:
    """It acts for you, within its scopes and never beyond what you may yourself. We keep only its hash. With a key you
    make others that may no more than it, and last no longer."""

    def work() -> NewApiKeyAnswer:
        made = api_keys.create_key(
            session,
            caller.user.id,
            name=body.name,
            scopes=body.scopes,
            allowed=caller.permissions,
            expires_at=body.expires_at,
            at_latest=caller.ends_at,
            now=now,
        )
        return _answer_of(made)

    return once.answer(body, status=201, work=work, hidden="key")


@router.delete(
    "/{api_key_id}",
    summary="Revoke an API key of one's own",
    status_code=204,
    dependencies=Own,
    responses=refusals(ApiKeyNotFound),
)
def revoke_api_key(api_key_id: PathId, caller: CurrentCaller, session: Db, now: Now) -> Response:
    """It stops working at once."""
    api_keys.revoke_key(session, api_key_id, user_id=caller.user.id, now=now)
    return Response(status_code=204)


@of_users.get(
    "",
    summary="List a user's API keys, newest first",
    dependencies=Everybodys,
    responses=OF_PAGES | refusals(UserNotFound),
)
def list_keys_of_user(
    user_id: PathId, session: Db, limit: Limit = 50, cursor: Cursor = None
) -> PageAnswer[ApiKeyAnswer]:
    return _page_of(session, users.get_user(session, user_id).id, limit=limit, cursor=cursor)


@of_users.delete(
    "/{api_key_id}",
    summary="Revoke an API key of a user",
    status_code=204,
    dependencies=Everybodys,
    responses=refusals(ApiKeyNotFound),
)
def revoke_key_of_user(user_id: PathId, api_key_id: PathId, session: Db, now: Now) -> Response:
    api_keys.revoke_key(session, api_key_id, user_id=user_id, now=now)
    return Response(status_code=204)


def _page_of(session: Session, user_id: int, *, limit: int, cursor: str | None) -> PageAnswer[ApiKeyAnswer]:
    page = api_keys.list_keys(session, user_id, limit=limit, cursor=cursor)
    return PageAnswer(items=[ApiKeyAnswer.model_validate(row) for row in page.items], next=page.next)
