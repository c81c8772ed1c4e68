"""People who sign in.

A wrong password, an unknown name and a deactivated user get the same answer after the same time, so that nobody can
find out who has an account.
"""

from datetime import datetime

import structlog
from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from app.core.errors import AppError
from app.core.security import verify_password
from app.database import in_transaction
from app.models import User

log = structlog.get_logger()


class BadCredentials(AppError):
    code, status = "bad_credentials", 401


def log_in(login: str, password: str, *, now: datetime) -> User:
    """`login` is a username or an e-mail address.

    It opens its own transactions, because none may be held while a password is being hashed.
    """
    user = in_transaction(lambda session: _find_by_login(session, login))
    usable = user is not None and user.is_active
    if not verify_password(password, user.hashed_password if user is not None and usable else None) or user is None:
        raise BadCredentials("The user name or the password is wrong.")
    in_transaction(lambda session: _record_login(session, user.id, now=now))
    log.info("user_logged_in", user_id=user.id)
    return user


def find_active(session: Session, user_id: int) -> User | None:
    return session.scalar(select(User).where(User.id == user_id, User.is_active))


def _find_by_login(session: Session, login: str) -> User | None:
    if "\x00" in login:  # PostgreSQL refuses it, and nobody's name holds it
        return None
    is_named = User.username == login
    statement = select(User).where(or_(is_named, func.lower(User.email) == login.lower()))
    return session.scalars(statement.order_by(is_named.desc()).limit(1)).first()


def _record_login(session: Session, user_id: int, *, now: datetime) -> None:
    session.execute(update(User).where(User.id == user_id).values(last_login=now))
