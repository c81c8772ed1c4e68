"""What HTTP entrances share: the session, the time, who is calling, and what they may do.

A caller is checked before a database connection is taken, and looked up on every request: the token of a user who was
deactivated stops working at once.
"""

from collections.abc import Callable
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


def requires(role: str) -> Callable[[User], User]:
    """A dependency that lets only users of this role pass: `dependencies=[Depends(requires("admin"))]`."""

    def check(user: CurrentUser) -> User:
        if user.role != role:
            raise Forbidden(f"Only users with the role {role} may do this.")
        return user

    return check
