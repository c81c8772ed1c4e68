"""The people who sign in."""

from typing import Annotated, TypeAlias, cast

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from app.api.auth import UserAnswer
from app.api.contacts import Email
from app.api.fields import Cursor, Limit, PageAnswer, PathId, QueryText, ShortText, Strict, storable
from app.api.once import InvalidIdempotencyKey, OnceDep
from app.api.passwords import Password
from app.api.refusals import OF_PAGES, refusals
from app.core.security import TooManyLogins
from app.dependencies import CurrentCaller, Db, Now, requires
from app.domain.permissions import Role
from app.models import User
from app.services import users
from app.services.idempotency import IdempotencyMismatch, RequestInProgress
from app.services.users import (
    BeyondKey,
    EmailTaken,
    LastAdmin,
    OwnAccount,
    UserFields,
    UsernameTaken,
    UserNotFound,
    WeakPassword,
    WithPassword,
)

router = APIRouter(prefix="/api/v1/users", tags=["users"])
Reading = [Depends(requires("users:read"))]
Managing = [Depends(requires("users:manage"))]

# No @, so that nobody's name is another's address, and no colon, which the names of deleted users have.
Username: TypeAlias = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^[\w.+-]{2,64}$"), AfterValidator(storable)
]
AnyRole: TypeAlias = Annotated[Role, Field(strict=False)]


class NewUser(Strict):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"username": "ana", "email": "ana@example.com", "full_name": "Ana Pérez"}]}
    )

    username: Username
    email: Email
    full_name: ShortText | None = None
    role: AnyRole = Role.USER
    is_active: bool = True
    password: Password | None = Field(None, description="Without one, we make one and show it in the answer, once.")


class UserPatch(Strict):
    """A key left out stays as it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"role": "admin"}, {"is_active": False}]})

    # The defaults stand for "left out" and are never written.
    username: Username = ""
    email: Email = ""
    full_name: ShortText | None = None
    role: AnyRole = Role.USER
    is_active: bool = True


class PasswordReset(Strict):
    model_config = ConfigDict(json_schema_extra={"examples": [{}]})

    password: Password | None = Field(None, description="Without one, we make one and show it in the answer, once.")


class NewUserAnswer(UserAnswer):
    password: str | None = Field(description="The one that we made; null where it was given, and when asked again.")


class PasswordAnswer(Strict):
    password: str | None = Field(description="The one that we made; null where it was given.")


@router.get("", summary="List users, newest first", dependencies=Reading, responses=OF_PAGES)
def list_users(
    session: Db,
    q: QueryText = None,
    role: Annotated[Role | None, Query()] = None,
    is_active: bool | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> PageAnswer[UserAnswer]:
    """`q` looks into user name, full name and e-mail address. Those who were deleted are not listed."""
    page = users.list_users(session, q=q, role=role, is_active=is_active, limit=limit, cursor=cursor)
    return PageAnswer(items=[UserAnswer.model_validate(row) for row in page.items], next=page.next)


@router.post(
    "",
    summary="Add a user",
    status_code=201,
    response_model=NewUserAnswer,
    dependencies=Managing,
    responses=refusals(
        BeyondKey,
        UsernameTaken,
        EmailTaken,
        WeakPassword,
        TooManyLogins,
        IdempotencyMismatch,
        RequestInProgress,
        InvalidIdempotencyKey,
    ),
)
def create_user(body: NewUser, once: OnceDep, caller: CurrentCaller, session: Db, now: Now) -> JSONResponse:
    """With an API key only whom the key itself could stand in for: never an admin."""

    def work() -> NewUserAnswer:
        fields = cast(UserFields, body.model_dump(exclude={"password"}))
        made = users.create_user(session, fields, password=body.password, by_key=caller.of_key, now=now)
        return _with_password(made)

    return once.answer(body, status=201, work=work, hidden="password")


@router.get("/{user_id}", summary="Show a user", dependencies=Reading, responses=refusals(UserNotFound))
def get_user(user_id: PathId, session: Db) -> UserAnswer:
    return _answer_of(users.get_user(session, user_id))


@router.patch(
    "/{user_id}",
    summary="Change a user",
    dependencies=Managing,
    responses=refusals(BeyondKey, UserNotFound, UsernameTaken, EmailTaken, LastAdmin),
)
def update_user(user_id: PathId, body: UserPatch, caller: CurrentCaller, session: Db, now: Now) -> UserAnswer:
    """`{"is_active": false}` shuts somebody out at once, their API keys too, and keeps all that is theirs."""
    fields = cast(UserFields, body.model_dump(exclude_unset=True))
    return _answer_of(users.update_user(session, user_id, fields, by_key=caller.of_key, now=now))


@router.delete(
    "/{user_id}",
    summary="Delete a user",
    status_code=204,
    dependencies=Managing,
    responses=refusals(BeyondKey, UserNotFound, LastAdmin, OwnAccount),
)
def delete_user(user_id: PathId, session: Db, caller: CurrentCaller, now: Now) -> Response:
    """For good: name, address and password are forgotten. What they made stays, and so does the audit log."""
    users.delete_user(session, user_id, by=caller.user.id, by_key=caller.of_key, now=now)
    return Response(status_code=204)


@router.post(
    "/{user_id}/reset-password",
    summary="Give another user a new password",
    dependencies=Managing,
    responses=refusals(BeyondKey, UserNotFound, OwnAccount, WeakPassword, TooManyLogins),
)
def reset_password(
    user_id: PathId,
    session: Db,
    caller: CurrentCaller,
    now: Now,
    response: Response,
    body: PasswordReset | None = None,
) -> PasswordAnswer:
    """All sessions of that user end, and at the next login they choose a password of their own before all else."""
    password = body.password if body else None
    changed = users.reset_password(
        session, user_id, password=password, by=caller.user.id, by_key=caller.of_key, now=now
    )
    response.headers["Cache-Control"] = "no-store"
    return PasswordAnswer(password=changed.password)


@router.post(
    "/{user_id}/logout-everywhere",
    summary="End all sessions of a user",
    status_code=204,
    dependencies=Managing,
    responses=refusals(BeyondKey, UserNotFound),
)
def end_sessions(user_id: PathId, session: Db, caller: CurrentCaller, now: Now) -> Response:
    users.end_sessions(session, user_id, by_key=caller.of_key, now=now)
    return Response(status_code=204)


def _answer_of(user: User) -> UserAnswer:
    return UserAnswer.model_validate(user)


def _with_password(made: WithPassword) -> NewUserAnswer:
    return NewUserAnswer(**_answer_of(made.user).model_dump(), password=made.password)
