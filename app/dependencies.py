"""What HTTP entrances share: the session, the time, who is calling, and what they may do.

A caller is checked before a database connection is taken, and looked up on every request: a token stops working at once
when its user is deactivated or its session ends.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy.orm import Session

from app.core.clock import Clock
from app.core.config import Settings, get_settings
from app.core.errors import Forbidden, Unauthorized
from app.core.tokens import API_KEY_PREFIX, Access, hash_token, read_access_token
from app.database import get_session
from app.domain import permissions
from app.domain.permissions import PERMISSIONS, Permission
from app.models import User
from app.services import api_keys, audit, sessions
from app.services.audit import Actor


class PasswordChangeRequired(Forbidden):
    code = "password_change_required"


@lru_cache
def get_clock() -> Clock:
    return Clock(get_settings().clock_file)


def get_now(clock: Annotated[Clock, Depends(get_clock)]) -> datetime:
    return clock.now()


Db = Annotated[Session, Depends(get_session, scope="function")]
Now = Annotated[datetime, Depends(get_now)]
Config = Annotated[Settings, Depends(get_settings)]
_bearer = OAuth2PasswordBearer(tokenUrl="/api/v1/auth/login", auto_error=False)


async def get_token(token: Annotated[str | None, Depends(_bearer)]) -> str | None:
    return token


Token = Annotated[str | None, Depends(get_token)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who is calling and what they may. One of the two ids says by what: a session of their own, or a program's key."""

    user: User
    permissions: frozenset[str]
    session_id: UUID | None = None
    api_key_id: int | None = None
    ends_at: datetime | None = None  # of a key

    @property
    def of_key(self) -> frozenset[str] | None:
        """What the key may by which this call comes; None where a person calls."""
        return None if self.api_key_id is None else self.permissions


async def get_credentials(token: Token, settings: Config, now: Now) -> Access | bytes:
    return read_credentials(token, settings, now=now)


def read_credentials(token: str | None, settings: Settings, *, now: datetime) -> Access | bytes:
    """An access token's, or the hash of an API key. Nobody has been looked up yet."""
    if token is None:
        raise Unauthorized("Log in first: send `Authorization: Bearer …`.")
    if token.startswith(API_KEY_PREFIX):
        return hash_token(token)
    access = read_access_token(token, secret_key=settings.secret_key.get_secret_value(), now=now)
    if access is None:
        raise Unauthorized("This token is not valid, or no longer. Log in again.")
    return access


def get_arrival(
    credentials: Annotated[Access | bytes, Depends(get_credentials)], request: Request, session: Db, now: Now
) -> Caller:
    caller = look_up(credentials, session, now=now)
    actor = Actor(
        kind="user",
        id=caller.user.id,
        name=caller.user.username,
        api_key_id=caller.api_key_id,
        at=now,
        trace=request.state.request_id,
    )
    audit.attach(session, actor)
    return caller


# Whoever calls, though they may have to choose a password first.
Arrival = Annotated[Caller, Depends(get_arrival)]


async def get_caller(caller: Arrival) -> Caller:
    _refuse_borrowed_password(caller)
    return caller


CurrentCaller = Annotated[Caller, Depends(get_caller)]


async def get_current_user(caller: CurrentCaller) -> User:
    return caller.user


CurrentUser = Annotated[User, Depends(get_current_user)]


async def public() -> None:
    """Declares that anybody may call a route."""


async def signed_in(_: CurrentCaller) -> None:
    """Declares that whoever has an account, and each of their programs, may call a route."""


async def in_person(caller: CurrentCaller) -> None:
    """Declares that whoever has an account may call a route, but no program with a key."""
    _refuse_keys(caller)


async def changing_password(caller: Arrival) -> None:
    """Declares that whoever has an account may call a route, but no program: also while a password is to be chosen."""
    _refuse_keys(caller)


class Requires:
    """Declares the permission that a route needs, and lets only those pass who have it."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    async def __call__(self, caller: CurrentCaller) -> None:
        if self.permission.name not in caller.permissions:
            raise Forbidden(f"This needs the permission {self.permission.name}, which you do not have.")


def requires(name: str) -> Requires:
    """`dependencies=[Depends(requires("contacts:write"))]`, with a name of `domain/permissions.py`."""
    return Requires(PERMISSIONS[name])


async def get_address(request: Request, settings: Config) -> str:
    """Where a call comes from. Of an IPv6 address its network, as everybody has a whole network of them."""
    address = request.client.host if request.client else ""
    forwarded = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    if 0 < settings.proxies_in_front <= len(forwarded):
        # What stands further left was written by the caller.
        address = forwarded[-settings.proxies_in_front].strip()
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    return str(ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)


Address = Annotated[str, Depends(get_address)]


def look_up_watcher(credentials: Access | bytes, session: Session, *, now: datetime) -> None:
    """Refuses, while somebody is calling, whoever would be refused when they began."""
    _refuse_borrowed_password(look_up(credentials, session, now=now))


def look_up(credentials: Access | bytes, session: Session, *, now: datetime) -> Caller:
    if isinstance(credentials, Access):
        user = sessions.find_user(session, credentials)
        if user is not None:
            return Caller(user=user, permissions=permissions.of_role(user.role), session_id=credentials.session_id)
    elif (found := api_keys.find_owner(session, credentials, now=now)) is not None:
        owner, key = found
        allowed = permissions.of_key(key.scopes, role=owner.role)
        return Caller(user=owner, permissions=allowed, api_key_id=key.id, ends_at=key.expires_at)
    raise Unauthorized("This token is not valid, or no longer. Log in again.")


def _refuse_borrowed_password(caller: Caller) -> None:
    if caller.session_id is not None and caller.user.must_change_password:
        raise PasswordChangeRequired("Choose a password of your own first: POST /api/v1/auth/password.")


def _refuse_keys(caller: Caller) -> None:
    if caller.session_id is None:
        raise Forbidden("This is not possible with an API key: log in.")
