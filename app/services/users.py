"""The people who sign in: adding, changing and removing them, and their passwords.

Somebody always is left who may do all this: whoever takes an admin away holds the rows of all admins meanwhile, so that
two cannot take one another away.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn, TypedDict
from uuid import UUID

import structlog
from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.secrets import READABLE
from app.core.security import hash_password, verify_password
from app.domain import passwords, permissions
from app.domain.passwords import Fault
from app.domain.permissions import Role
from app.models import User
from app.services import audit, notices, pages, sessions, throttles
from app.services.pages import Page
from app.services.throttles import Origin

log = structlog.get_logger()


class UserNotFound(NotFound):
    code = "user_not_found"


class UsernameTaken(Conflict):
    code = "username_taken"


class EmailTaken(Conflict):
    code = "email_taken"


class LastAdmin(Conflict):
    code = "last_admin"


class OwnAccount(Conflict):
    code = "own_account"


class WeakPassword(Invalid):
    code = "weak_password"


class WrongPassword(Invalid):
    code = "wrong_password"


class BeyondKey(Forbidden):
    code = "beyond_api_key"


class UserFields(TypedDict, total=False):
    """A missing key leaves the column alone."""

    username: str
    email: str
    full_name: str | None
    role: str
    is_active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WithPassword:
    """`password` is the one that we made, to be shown once; `None` where somebody chose it."""

    user: User
    password: str | None


def list_users(
    session: Session, *, q: str | None, role: str | None, is_active: bool | None, limit: int, cursor: str | None
) -> Page[User]:
    statement = select(User).where(User.deleted_at.is_(None))
    if q is not None:
        columns = (User.username, User.email, User.full_name)
        statement = statement.where(or_(*(column.icontains(q, autoescape=True) for column in columns)))
    if role is not None:
        statement = statement.where(User.role == role)
    if is_active is not None:
        statement = statement.where(User.is_active == is_active)
    return pages.by_id(session, statement, User.id, limit=limit, cursor=cursor)


def get_user(session: Session, user_id: int) -> User:
    user = session.get(User, user_id)
    if user is None or user.deleted_at is not None:
        raise _missing(user_id)
    return user


def create_user(
    session: Session,
    fields: UserFields,
    *,
    password: str | None,
    by_key: frozenset[str] | None = None,
    now: datetime,
) -> WithPassword:
    """`by_key`, here and below: what the API key may that asks for it; `None` where a person does."""
    _refuse_beyond(fields.get("role", Role.USER), by_key)
    chosen = make_password() if password is None else password
    user = User(**fields, hashed_password="", created_at=now, updated_at=now)
    _check_password(chosen, user)
    user.hashed_password = hash_password(chosen)
    session.add(user)
    _flush(session)
    session.refresh(user)
    notices.changed(session, "user", user.id)
    log.info("user_created", user_id=user.id)
    return WithPassword(user=user, password=chosen if password is None else None)


def update_user(
    session: Session, user_id: int, fields: UserFields, *, by_key: frozenset[str] | None = None, now: datetime
) -> User:
    if "role" in fields:
        _refuse_beyond(fields["role"], by_key)
    takes_away = fields.get("role", "admin") != "admin" or not fields.get("is_active", True)
    user = _lock_beside_an_admin(session, user_id) if takes_away else _lock(session, user_id)
    _refuse_admins(user, by_key)
    for name, value in fields.items():
        setattr(user, name, value)
    if not user.is_active:
        _end_sessions(session, user, now=now)
    _flush(session)
    session.refresh(user)
    notices.changed(session, "user", user.id)
    return user


def delete_user(
    session: Session, user_id: int, *, by: int, by_key: frozenset[str] | None = None, now: datetime
) -> None:
    """For good: name and address are free again. The row stays, without them, for all that this person made."""
    if user_id == by:
        raise OwnAccount("You cannot delete the account that you are using.")
    user = _lock_beside_an_admin(session, user_id)
    _refuse_admins(user, by_key)
    _end_sessions(session, user, now=now)
    user.is_active, user.deleted_at = False, now
    # No user name has a colon, so nobody can have taken these.
    user.username = user.email = f"deleted:{user.id}"
    user.full_name, user.hashed_password = None, ""
    notices.changed(session, "user", user.id)
    log.info("user_deleted", user_id=user.id)


def reset_password(
    session: Session,
    user_id: int,
    *,
    password: str | None,
    by: int | None,
    by_key: frozenset[str] | None = None,
    now: datetime,
) -> WithPassword:
    """Ends all of that user's sessions; logged in again, they choose another. `by` is `None` on the command line."""
    if user_id == by:
        raise OwnAccount("Change your own password with the old one: POST /api/v1/auth/password.")
    user = _lock(session, user_id)
    _refuse_beyond(user.role, by_key)
    chosen = make_password() if password is None else password
    _check_password(chosen, user)
    set_password(session, user, chosen, is_borrowed=True, now=now)
    return WithPassword(user=user, password=chosen if password is None else None)


def end_sessions(session: Session, user_id: int, *, by_key: frozenset[str] | None = None, now: datetime) -> None:
    user = get_user(session, user_id)
    _refuse_admins(user, by_key)
    ended = sessions.end_all(session, user.id, now=now)
    audit.record(session, "session.ended", after={"user_id": user.id, "sessions": ended})


def set_password(session: Session, user: User, password: str, *, is_borrowed: bool, now: datetime) -> None:
    """Whatever it is: what an installation's own settings say is not judged. `is_borrowed`: to be changed at once."""
    user.hashed_password, user.must_change_password = hash_password(password), is_borrowed
    _end_sessions(session, user, now=now)
    audit.record(session, "user.password_reset", subject_id=user.id)
    log.info("password_reset", user_id=user.id)


def change_password(
    session: Session,
    user: User,
    *,
    old: str,
    new: str,
    session_id: UUID,
    origin: Origin,
    secret_key: str,
    now: datetime,
) -> WrongPassword | None:
    """Ends the user's other sessions. A wrong old one is returned, not raised: that it was wrong must be kept."""
    user = _lock(session, user.id)
    _check_password(new, user, field="new_password")
    if new == old:
        raise _weak([passwords.UNCHANGED], field="new_password")
    account = throttles.account_of(user)
    attempt = throttles.begin(session, account=account, origin=origin, secret_key=secret_key, now=now)
    if not verify_password(old, user.hashed_password):
        audit.record(session, "user.password_refused", subject_id=user.id)
        detail = "The old password is wrong."
        return WrongPassword(detail, fields=[{"field": "old_password", "code": WrongPassword.code, "detail": detail}])
    throttles.succeed(session, attempt)
    user.hashed_password, user.must_change_password = hash_password(new), False
    sessions.end_all(session, user.id, but=session_id, now=now)
    audit.record(session, "user.password_changed", subject_id=user.id)
    log.info("password_changed", user_id=user.id)
    return None


def find_admin(session: Session, *, email: str | None, default: str) -> User:
    """Whose e-mail address it is; without one, the default's, or the only active admin."""
    if email is not None:
        user = find_by_email(session, email)
        if user is None:
            raise UserNotFound(f"There is no user with the address {email}.")
        return user
    admins = session.scalars(select(User).where(User.role == "admin", User.is_active)).all()
    named = [user for user in admins if user.email.lower() == default.strip().lower()] or admins
    if len(named) != 1:
        raise UserNotFound("Say whose password it is: --email, of " + ", ".join(sorted(user.email for user in admins)))
    return named[0]


def find_by_email(session: Session, email: str) -> User | None:
    return session.scalar(
        select(User).where(func.lower(User.email) == func.lower(email.strip()), User.deleted_at.is_(None))
    )


def make_password() -> str:
    """About a hundred bits, in groups that can be read out."""
    return "-".join("".join(secrets.choice(READABLE) for _ in range(4)) for _ in range(5))


def _lock(session: Session, user_id: int) -> User:
    user = session.scalar(
        select(User)
        .where(User.id == user_id, User.deleted_at.is_(None))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if user is None:
        raise _missing(user_id)
    return user


def _lock_beside_an_admin(session: Session, user_id: int) -> User:
    """The user, while there is another active admin. All admins first and by id, so that two who do this wait."""
    admins = select(User.id).where(User.role == "admin", User.is_active).order_by(User.id)
    if set(session.scalars(admins.with_for_update(key_share=True))) <= {user_id}:
        raise LastAdmin("This is the last active admin: make somebody else an admin first.")
    return _lock(session, user_id)


def _end_sessions(session: Session, user: User, *, now: datetime) -> None:
    if ended := sessions.end_all(session, user.id, now=now):
        audit.record(session, "session.ended", after={"user_id": user.id, "sessions": ended})


def _check_password(password: str, user: User, *, field: str = "password") -> None:
    found = passwords.faults(password, names=[user.username, user.email, user.full_name or ""])
    if found:
        raise _weak(found, field=field)


def _weak(faults: Sequence[Fault], *, field: str) -> WeakPassword:
    return WeakPassword(
        " ".join(fault.sentence for fault in faults),
        fields=[{"field": field, "code": fault.code, "detail": fault.sentence} for fault in faults],
    )


def _refuse_beyond(role: str, by_key: frozenset[str] | None) -> None:
    if by_key is not None and not permissions.may_let_in(role, held=by_key):
        raise BeyondKey("A key gives nobody an account that may do more than the key: log in.")


def _refuse_admins(user: User, by_key: frozenset[str] | None) -> None:
    if by_key is not None and user.role == Role.ADMIN:
        raise BeyondKey("A key changes no admins: log in.")


def _flush(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        _explain(error)


def _explain(error: IntegrityError) -> NoReturn:
    constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    if constraint == "users_username":
        raise UsernameTaken("Somebody has this user name, in these or in other capitals.") from None
    if constraint == "users_email":
        raise EmailTaken("Somebody has this e-mail address.") from None
    raise error


def _missing(user_id: int) -> UserNotFound:
    return UserNotFound(f"There is no user {user_id}.")
