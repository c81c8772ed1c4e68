"""Logging in, and who one is."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Response
from fastapi.security import OAuth2PasswordRequestForm
from pydantic import BaseModel

from app.api.fields import Answer
from app.api.refusals import refusals
from app.core.security import TooManyLogins, make_access_token
from app.dependencies import Config, CurrentUser, Now, public, signed_in
from app.models import User
from app.services import users
from app.services.users import BadCredentials

router = APIRouter(prefix="/api/v1/auth", tags=["auth"])


class TokenAnswer(BaseModel):
    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - OAuth2's word, not a password
    expires_in: int


class UserAnswer(Answer):
    id: int
    username: str
    email: str
    full_name: str | None
    role: str
    is_active: bool
    last_login: datetime | None
    created_at: datetime
    updated_at: datetime


@router.post(
    "/login",
    summary="Log in with a user name or e-mail address",
    response_model=TokenAnswer,
    dependencies=[Depends(public)],
    responses=refusals(BadCredentials, TooManyLogins),
)
def log_in(
    form: Annotated[OAuth2PasswordRequestForm, Depends()], settings: Config, now: Now, response: Response
) -> TokenAnswer:
    user = users.log_in(form.username, form.password, now=now)
    lifetime = timedelta(minutes=settings.access_token_minutes)
    token = make_access_token(user.id, secret_key=settings.secret_key.get_secret_value(), now=now, lifetime=lifetime)
    response.headers["Cache-Control"] = "no-store"
    return TokenAnswer(access_token=token, expires_in=int(lifetime.total_seconds()))


@router.get("/me", summary="Who the token belongs to", response_model=UserAnswer, dependencies=[Depends(signed_in)])
def get_me(user: CurrentUser) -> User:
    return user
