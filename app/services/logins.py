"""Logging in.

A wrong password, an unknown name and a deactivated user get the same answer after the same time, so that nobody can
find out who has an account. No transaction is held while a password is being hashed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.core.errors import AppError
from app.core.security import TooManyLogins, verify_password
from app.core.tokens import read_device_token
from app.database import in_transaction
from app.models import User
from app.services import audit, sessions, throttles
from app.services.audit import Actor
from app.services.sessions import Opened
from app.services.throttles import Attempt, Origin

log = structlog.get_logger()


class BadCredentials(AppError):
    code, status = "bad_credentials", 401


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """What somebody typed, and from where; `device_token` is the word of a browser that says it was here before."""

    name: str
    password: str
    address: str
    device_token: str | None
    user_agent: str | None
    trace: str | None


def log_in(login: Login, *, secret_key: str, lifetime: timedelta, now: datetime) -> Opened:
    """`login.name` is a user name or an e-mail address; `lifetime` is the session's."""

    def begin(session: Session) -> tuple[User | None, Attempt]:
        user = _find_by_name(session, login.name)
        account = login.name.casefold() if user is None else throttles.account_of(user)
        origin = Origin(address=login.address, device=_device_of(login, user, secret_key=secret_key))
        return user, throttles.begin(session, account=account, origin=origin, secret_key=secret_key, now=now)

    user, attempt = in_transaction(begin)
    hashed = user.hashed_password if user is not None and user.is_active else None
    try:
        is_right = verify_password(login.password, hashed)
    except TooManyLogins:
        in_transaction(lambda session: throttles.undo(session, attempt))
        raise

    def end(session: Session) -> Opened | None:
        if user is not None and is_right:
            return _open(session, user, login, attempt, lifetime=lifetime, now=now)
        _note_failure(session, user, login, attempt, now=now)
        return None

    opened = in_transaction(end)
    if opened is None:
        raise BadCredentials("The user name or the password is wrong.")
    log.info("user_logged_in", user_id=opened.access.user_id)
    return opened


def _find_by_name(session: Session, name: str) -> User | None:
    if "\x00" in name:  # PostgreSQL refuses it, and nobody's name holds it
        return None
    is_named = func.lower(User.username) == func.lower(name)
    statement = select(User).where(or_(is_named, func.lower(User.email) == func.lower(name)))
    return session.scalars(statement.order_by(is_named.desc()).limit(1)).first()


def _device_of(login: Login, user: User | None, *, secret_key: str) -> str | None:
    if login.device_token is None or user is None:
        return None
    known = read_device_token(login.device_token, secret_key=secret_key)
    return known[1] if known is not None and known[0] == user.id else None


def _open(
    session: Session, known: User, login: Login, attempt: Attempt, *, lifetime: timedelta, now: datetime
) -> Opened | None:
    user = session.scalar(select(User).where(User.id == known.id, User.is_active).with_for_update(key_share=True))
    if user is None or user.hashed_password != known.hashed_password:
        return None  # it was changed while we were hashing
    throttles.succeed(session, attempt)
    audit.attach(session, _actor(user, login, now=now))
    audit.record(session, "user.logged_in", subject_id=user.id)
    user.last_login = now
    return sessions.open_session(session, user.id, user_agent=login.user_agent, lifetime=lifetime, now=now)


def _note_failure(session: Session, user: User | None, login: Login, attempt: Attempt, *, now: datetime) -> None:
    # Something is written for a name that nobody has, too, so that this takes as long.
    throttles.confirm(session, attempt, now=now)
    if user is None:
        return
    audit.attach(session, _actor(user, login, now=now))
    audit.record(session, "user.login_failed", subject_id=user.id)


def _actor(user: User, login: Login, *, now: datetime) -> Actor:
    return Actor(kind="user", id=user.id, name=user.username, at=now, trace=login.trace)
