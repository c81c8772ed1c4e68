"""Sessions: being signed in, as a family of refresh tokens, each used once.

Two tabs of a browser may refresh at the same moment with the same token. For a few seconds a used token therefore gives
its successor once more; after that it must have been stolen, from us or from the thief, and the family ends.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import structlog
from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased
from sqlalchemy.sql.dml import ReturningUpdate

from app.core.errors import NotFound, Unauthorized
from app.core.tokens import Access, hash_token, make_refresh_token, successor_of
from app.database import in_transaction
from app.models import RefreshToken, User
from app.services import audit
from app.services.audit import Actor

log = structlog.get_logger()

# As long as a request of the same browser may be under way beside the one that was faster.
GRACE = timedelta(seconds=20)
_LONGEST_USER_AGENT = 300


class SessionEnded(Unauthorized):
    code = "session_ended"


class SessionNotFound(NotFound):
    code = "session_not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    access: Access
    refresh_token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A session, as its owner sees it."""

    id: UUID
    user_agent: str | None
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime


def open_session(
    session: Session, user_id: int, *, user_agent: str | None, lifetime: timedelta, now: datetime
) -> Opened:
    token = make_refresh_token()
    row = RefreshToken(
        family=uuid4(),
        user_id=user_id,
        token_hash=hash_token(token),
        user_agent=user_agent and user_agent.replace("\x00", "")[:_LONGEST_USER_AGENT],
        created_at=now,
        expires_at=now + lifetime,
    )
    session.add(row)
    session.flush()
    return _opened(row, token)


def refresh(token: str, *, secret_key: str, lifetime: timedelta, now: datetime) -> Opened:
    """It opens its own transaction: that a token came again must be kept, though it is answered with a refusal."""

    def work(session: Session) -> Opened | None:
        return _refresh(session, token, secret_key=secret_key, lifetime=lifetime, now=now)

    opened = in_transaction(work)
    if opened is None:
        raise SessionEnded("This session has ended. Log in again.")
    return opened


def find_user(session: Session, access: Access) -> User | None:
    """Whose session it is, while user and session are alive."""
    return session.scalar(
        select(User).where(
            User.id == access.user_id,
            User.is_active,
            select(RefreshToken.id).where(_is_of(access.session_id)).exists(),
        )
    )


def list_sessions(session: Session, user_id: int, *, now: datetime) -> list[Known]:
    """The one used last comes first."""
    earlier = aliased(RefreshToken)
    began = select(func.min(earlier.created_at)).where(_is_of(RefreshToken.family, earlier)).scalar_subquery()
    rows = session.execute(
        select(RefreshToken, began)
        .where(
            RefreshToken.user_id == user_id,
            RefreshToken.used_at.is_(None),
            RefreshToken.revoked_at.is_(None),
            RefreshToken.expires_at > now,
        )
        .order_by(RefreshToken.created_at.desc(), RefreshToken.id.desc())
    )
    return [
        Known(
            id=row.family,
            user_agent=row.user_agent,
            created_at=first,
            last_used_at=row.created_at,
            expires_at=row.expires_at,
        )
        for row, first in rows
    ]


def end_session(session: Session, user_id: int, session_id: UUID, *, now: datetime) -> None:
    if not _revoke(session, user_id, RefreshToken.family == session_id, now=now):
        raise SessionNotFound("There is no such session, or it has ended already.")


def find_by_token(session: Session, token: str) -> UUID | None:
    """The session that a refresh token belongs to, used or not."""
    return session.scalar(select(RefreshToken.family).where(RefreshToken.token_hash == hash_token(token)))


def log_out(session: Session, session_id: UUID, *, trace: str | None, now: datetime) -> None:
    """Nothing happens when the session has ended already."""
    user = session.scalar(
        select(User).join(RefreshToken, RefreshToken.user_id == User.id).where(_is_of(session_id)).limit(1)
    )
    if user is not None and _revoke(session, user.id, RefreshToken.family == session_id, now=now):
        audit.attach(session, Actor(kind="user", id=user.id, name=user.username, at=now, trace=trace))
        audit.record(session, "user.logged_out", subject_id=user.id)


def end_all(session: Session, user_id: int, *, but: UUID | None = None, now: datetime) -> int:
    """How many sessions ended."""
    others = RefreshToken.family != but if but is not None else RefreshToken.id.is_not(None)
    return _revoke(session, user_id, others, now=now)


def _refresh(session: Session, token: str, *, secret_key: str, lifetime: timedelta, now: datetime) -> Opened | None:
    user_id = session.scalar(select(RefreshToken.user_id).where(RefreshToken.token_hash == hash_token(token)))
    # Whoever ends sessions locks the user first, too: no successor is made behind their back.
    is_active = session.scalar(select(User.is_active).where(User.id == user_id).with_for_update(key_share=True))
    if user_id is None or not is_active:
        return None
    while True:
        row = session.scalars(
            select(RefreshToken).where(RefreshToken.token_hash == hash_token(token)).with_for_update()
        ).one_or_none()
        if row is None or row.revoked_at is not None or row.expires_at <= now:
            return None
        successor = successor_of(token, secret_key=secret_key)
        if row.used_at is None:
            row.used_at = now
            return _rotate(session, row, successor, lifetime=lifetime, now=now)
        if now - row.used_at > GRACE:
            log.warning("refresh_token_reused", user_id=user_id, session_id=str(row.family))
            session.execute(_revoking(RefreshToken.family == row.family, now=now))
            return None
        token = successor
        latest = session.scalars(select(RefreshToken).where(RefreshToken.parent_id == row.id)).one()
        if latest.used_at is None and latest.revoked_at is None:
            return _opened(latest, successor)


def _rotate(session: Session, row: RefreshToken, successor: str, *, lifetime: timedelta, now: datetime) -> Opened:
    new = RefreshToken(
        family=row.family,
        user_id=row.user_id,
        parent_id=row.id,
        token_hash=hash_token(successor),
        user_agent=row.user_agent,
        created_at=now,
        expires_at=now + lifetime,
    )
    session.add(new)
    session.flush()
    return _opened(new, successor)


def _opened(row: RefreshToken, token: str) -> Opened:
    return Opened(
        access=Access(user_id=row.user_id, session_id=row.family), refresh_token=token, expires_at=row.expires_at
    )


def _revoke(session: Session, user_id: int, which: ColumnElement[bool], *, now: datetime) -> int:
    session.execute(select(User.id).where(User.id == user_id).with_for_update(key_share=True))
    # In a statement of its own, which sees what a refresh under way has just made.
    families = session.scalars(_revoking(RefreshToken.user_id == user_id, which, now=now)).all()
    return len(set(families))


def _revoking(*which: ColumnElement[bool], now: datetime) -> ReturningUpdate[UUID]:
    return (
        update(RefreshToken)
        .where(RefreshToken.revoked_at.is_(None), *which)
        .values(revoked_at=now)
        .returning(RefreshToken.family)
        .execution_options(synchronize_session=False)
    )


def _is_of(
    session_id: UUID | InstrumentedAttribute[UUID], token: type[RefreshToken] = RefreshToken
) -> ColumnElement[bool]:
    return (token.family == session_id) & token.revoked_at.is_(None)
