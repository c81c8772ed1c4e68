"""What HTTP entrances share: the session, the time, who is calling, and what they may do.

A caller is checked before a database connection is taken, and looked up on every request: the token of a user who was
deactivated stops working at once.
"""

from datetime import datetime
from functools import lru_cache
from typing import Annotated

from fastapi import Depends
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy.orm import Session

from app.core.clock import Clock
from app.core.config import Settings, get_settings
from app.core.errors import Forbidden, Unauthorized
from app.core.security import read_access_token
from app.database import get_session
from app.domain import permissions
from app.domain.permissions import PERMISSIONS, Permission
from app.models import User
from app.services import users


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


def get_user_id(token: Annotated[str | None, Depends(_bearer)], settings: Config, now: Now) -> int:
    if token is None:
        raise Unauthorized("Log in first: send `Authorization: Bearer …`.")
    user_id = read_access_token(token, secret_key=settings.secret_key.get_secret_value(), now=now)
    if user_id is None:
        raise Unauthorized("This token is not valid, or no longer. Log in again.")
    return user_id


def get_current_user(user_id: Annotated[int, Depends(get_user_id)], session: Db) -> User:
    user = users.find_active(session, user_id)
    if user is None:
        raise Unauthorized("This token is not valid, or no longer. Log in again.")
    return user


CurrentUser = Annotated[User, Depends(get_current_user)]


async def public() -> None:
    """Declares that anybody may call a route."""


async def signed_in(_: CurrentUser) -> None:
    """Declares that whoever has an account may call a route."""


class Requires:
    """Declares the permission that a route needs, and lets only those pass who have it."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    async def __call__(self, user: CurrentUser) -> None:
        if self.permission.name not in permissions.of_role(user.role):
            raise Forbidden(f"This needs the permission {self.permission.name}, which you do not have.")


def requires(name: str) -> Requires:
    """`dependencies=[Depends(requires("contacts:write"))]`, with a name of `domain/permissions.py`."""
    return Requires(PERMISSIONS[name])
