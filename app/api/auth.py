"""Logging in, staying so, and one's own account.

An access token lives for minutes and travels in a header; the refresh token that renews it lives in a cookie.
"""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.security import OAuth2PasswordRequestForm
from pydantic import BaseModel, ConfigDict, Field, field_validator

from app.api import cookies
from app.api.cookies import DeviceCookie, FromOurPages, RefreshCookie, WrongOrigin
from app.api.fields import Answer, ShortText, Strict
from app.api.passwords import Password
from app.api.problems import answer_of
from app.api.refusals import refusals
from app.core.config import Settings
from app.core.security import TooManyLogins
from app.core.tokens import make_access_token, read_access_token
from app.dependencies import (
    Address,
    Arrival,
    Caller,
    Config,
    CurrentCaller,
    Db,
    Now,
    Token,
    changing_password,
    in_person,
    public,
    signed_in,
)
from app.domain.permissions import PERMISSIONS, Role
from app.models import User
from app.services import audit, logins, sessions, users
from app.services.logins import BadCredentials, Login
from app.services.sessions import Opened, SessionEnded, SessionNotFound
from app.services.throttles import LoginThrottled, Origin
from app.services.users import UserFields, WeakPassword, WrongPassword

router = APIRouter(prefix=cookies.PATH, tags=["auth"])


class TokenAnswer(BaseModel):
    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - OAuth2's word, not a password
    expires_in: int = Field(description="Seconds. Ask `/auth/refresh` for another one before they are over.")


class UserAnswer(Answer):
    id: int
    username: str
    email: str
    full_name: str | None
    role: str
    is_active: bool
    must_change_password: bool = Field(description="After a reset, until they chose one that nobody else knows.")
    last_login: datetime | None
    created_at: datetime
    updated_at: datetime


class MeAnswer(UserAnswer):
    permissions: list[str] = Field(description="What the caller may do; of an API key, what it may.")


class PermissionAnswer(Answer):
    name: str
    sentence: str
    roles: list[Role] = Field(description="Who has it.")

    @field_validator("roles", mode="before")
    @classmethod
    def _in_order(cls, roles: frozenset[Role]) -> list[Role]:
        return sorted(roles)


class PermissionsAnswer(BaseModel):
    items: list[PermissionAnswer]


class MePatch(Strict):
    model_config = ConfigDict(json_schema_extra={"examples": [{"full_name": "Ana Pérez"}]})

    full_name: ShortText | None = None


class PasswordChange(Strict):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"old_password": "the old one", "new_password": "three plain words"}]}
    )

    old_password: Password
    new_password: Password


class SessionAnswer(Answer):
    id: UUID
    user_agent: str | None = Field(description="What the browser or program calls itself.")
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime = Field(description="When it ends unless it is used.")
    is_current: bool


class SessionsAnswer(BaseModel):
    items: list[SessionAnswer]


@router.post(
    "/login",
    summary="Log in with a user name or e-mail address",
    response_model=TokenAnswer,
    dependencies=[Depends(public), FromOurPages],
    responses=refusals(BadCredentials, LoginThrottled, TooManyLogins, WrongOrigin),
)
def log_in(
    form: Annotated[OAuth2PasswordRequestForm, Depends()],
    settings: Config,
    now: Now,
    address: Address,
    request: Request,
    response: Response,
    device: DeviceCookie = None,
) -> TokenAnswer:
    """Sets a cookie that `/auth/refresh` takes. After some failures the next one has to wait (`Retry-After`)."""
    login = Login(
        name=form.username,
        password=form.password,
        address=address,
        device_token=device,
        user_agent=request.headers.get("user-agent"),
        trace=request.state.request_id,
    )
    opened = logins.log_in(
        login, secret_key=settings.secret_key.get_secret_value(), lifetime=_lifetime(settings), now=now
    )
    cookies.remember_device(response, opened.access.user_id, device, request, settings)
    return _answer(opened, request, response, settings, now=now)


@router.post(
    "/refresh",
    summary="Get a new access token",
    response_model=TokenAnswer,
    dependencies=[Depends(public), FromOurPages],
    responses=refusals(SessionEnded, WrongOrigin),
)
def refresh(
    settings: Config, now: Now, request: Request, response: Response, token: RefreshCookie = None
) -> TokenAnswer:
    """By the cookie that logging in has set; it is replaced. A cookie that was used before ends the whole session."""
    if token is None:
        raise SessionEnded("Log in first: there is no session here.")
    opened = sessions.refresh(
        token, secret_key=settings.secret_key.get_secret_value(), lifetime=_lifetime(settings), now=now
    )
    return _answer(opened, request, response, settings, now=now)


@router.post(
    "/logout",
    summary="Log out",
    status_code=204,
    dependencies=[Depends(public), FromOurPages],
    responses=refusals(WrongOrigin),
)
def log_out(
    session: Db, settings: Config, now: Now, request: Request, bearer: Token, cookie: RefreshCookie = None
) -> Response:
    """Ends the session of the cookie, and that of the access token where one is sent. Without one nothing happens."""
    access = read_access_token(bearer or "", secret_key=settings.secret_key.get_secret_value(), now=now)
    by_token = access.session_id if access else None
    by_cookie = sessions.find_by_token(session, cookie) if cookie else None
    for session_id in set(filter(None, (by_token, by_cookie))):
        sessions.log_out(session, session_id, trace=request.state.request_id, now=now)
    response = Response(status_code=204)
    cookies.forget(response, request, settings)
    return response


@router.post(
    "/logout-everywhere",
    summary="End all sessions of one's own",
    status_code=204,
    dependencies=[Depends(in_person)],
)
def log_out_everywhere(caller: CurrentCaller, session: Db, settings: Config, now: Now, request: Request) -> Response:
    """This one too. API keys go on working."""
    ended = sessions.end_all(session, caller.user.id, now=now)
    audit.record(session, "session.ended", after={"user_id": caller.user.id, "sessions": ended})
    response = Response(status_code=204)
    cookies.forget(response, request, settings)
    return response


@router.get("/sessions", summary="List one's own sessions, the latest first", dependencies=[Depends(in_person)])
def list_sessions(caller: CurrentCaller, session: Db, now: Now) -> SessionsAnswer:
    known = sessions.list_sessions(session, caller.user.id, now=now)
    return SessionsAnswer(
        items=[
            SessionAnswer(
                id=each.id,
                user_agent=each.user_agent,
                created_at=each.created_at,
                last_used_at=each.last_used_at,
                expires_at=each.expires_at,
                is_current=each.id == caller.session_id,
            )
            for each in known
        ]
    )


@router.delete(
    "/sessions/{session_id}",
    summary="End a session of one's own",
    status_code=204,
    dependencies=[Depends(in_person)],
    responses=refusals(SessionNotFound),
)
def end_session(session_id: UUID, caller: CurrentCaller, session: Db, now: Now) -> Response:
    sessions.end_session(session, caller.user.id, session_id, now=now)
    audit.record(session, "session.ended", subject_id=session_id, after={"user_id": caller.user.id})
    return Response(status_code=204)


@router.get("/me", summary="Who the token belongs to", dependencies=[Depends(signed_in)])
def get_me(caller: CurrentCaller) -> MeAnswer:
    return _me(caller)


@router.get("/permissions", summary="List all permissions", dependencies=[Depends(signed_in)])
def list_permissions() -> PermissionsAnswer:
    """What roles are made of, and what the scopes of an API key may be."""
    return PermissionsAnswer(items=[PermissionAnswer.model_validate(each) for each in PERMISSIONS.values()])


@router.patch("/me", summary="Change what others see of oneself", dependencies=[Depends(in_person)])
def update_me(body: MePatch, caller: CurrentCaller, session: Db, now: Now) -> MeAnswer:
    fields: UserFields = {"full_name": body.full_name} if "full_name" in body.model_fields_set else {}
    users.update_user(session, caller.user.id, fields, now=now)
    return _me(caller)


@router.post(
    "/password",
    summary="Change one's own password",
    status_code=204,
    dependencies=[Depends(changing_password)],
    responses=refusals(WrongPassword, WeakPassword, LoginThrottled, TooManyLogins),
)
def change_password(
    body: PasswordChange, caller: Arrival, session: Db, settings: Config, now: Now, address: Address
) -> Response:
    """The old one is asked for. All other sessions end. After somebody else reset it, this comes before all else."""
    assert caller.session_id is not None  # in person
    refusal = users.change_password(
        session,
        caller.user,
        old=body.old_password,
        new=body.new_password,
        session_id=caller.session_id,
        origin=Origin(address=address, device=f"session {caller.session_id}"),
        secret_key=settings.secret_key.get_secret_value(),
        now=now,
    )
    return Response(status_code=204) if refusal is None else answer_of(refusal)


def _answer(opened: Opened, request: Request, response: Response, settings: Settings, *, now: datetime) -> TokenAnswer:
    cookies.keep(response, opened, request, settings, now=now)
    lifetime = timedelta(minutes=settings.access_token_minutes)
    token = make_access_token(
        opened.access, secret_key=settings.secret_key.get_secret_value(), now=now, lifetime=lifetime
    )
    return TokenAnswer(access_token=token, expires_in=int(lifetime.total_seconds()))


def _lifetime(settings: Settings) -> timedelta:
    return timedelta(days=settings.refresh_token_days)


def _me(caller: Caller) -> MeAnswer:
    user: User = caller.user
    return MeAnswer(**UserAnswer.model_validate(user).model_dump(), permissions=sorted(caller.permissions))
