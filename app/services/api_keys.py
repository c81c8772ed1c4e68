"""API keys: how programs call. A key is shown once, ends when it is told to, and may at most what its owner may."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import or_, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.core.errors import Forbidden, Invalid, NotFound
from app.core.tokens import API_KEY_PREFIX, hash_token, make_api_key
from app.database import afterwards, in_transaction
from app.models import ApiKey, User
from app.services import pages
from app.services.pages import Page

log = structlog.get_logger()

_HINT_LENGTH = len(API_KEY_PREFIX) + 4
_NOTED_EVERY = timedelta(minutes=1)  # when a key was last used: a row written with every call would be a queue


class ApiKeyNotFound(NotFound):
    code = "api_key_not_found"


class ScopeNotAllowed(Forbidden):
    code = "scope_not_allowed"


class InvalidExpiry(Invalid):
    code = "invalid_expiry"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """`secret` is the key itself, which nobody sees again."""

    key: ApiKey
    secret: str


def list_keys(session: Session, user_id: int, *, limit: int, cursor: str | None) -> Page[ApiKey]:
    return pages.by_id(session, select(ApiKey).where(ApiKey.user_id == user_id), ApiKey.id, limit=limit, cursor=cursor)


def create_key(
    session: Session,
    user_id: int,
    *,
    name: str,
    scopes: Iterable[str],
    allowed: frozenset[str],
    expires_at: datetime | None,
    at_latest: datetime | None = None,
    now: datetime,
) -> NewKey:
    """`allowed` is what its maker may, and `at_latest` when its maker ends that is a key: nobody hands on more."""
    wanted = sorted(set(scopes))
    if beyond := [scope for scope in wanted if scope not in allowed]:
        raise ScopeNotAllowed(f"You cannot give what you may not do yourself: {', '.join(beyond)}.")
    if expires_at is not None and expires_at <= now:
        raise _invalid_expiry("A key expires in the future, or never.")
    if at_latest is not None and (expires_at is None or expires_at > at_latest):
        raise _invalid_expiry("A key that a key makes expires no later than that one.")
    secret = make_api_key()
    key = ApiKey(
        user_id=user_id,
        name=name,
        hint=secret[:_HINT_LENGTH],
        key_hash=hash_token(secret),
        scopes=wanted,
        expires_at=expires_at,
        created_at=now,
    )
    session.add(key)
    session.flush()
    log.info("api_key_created", api_key_id=key.id, user_id=user_id)
    return NewKey(key=key, secret=secret)


def _invalid_expiry(detail: str) -> InvalidExpiry:
    return InvalidExpiry(detail, fields=[{"field": "expires_at", "code": InvalidExpiry.code, "detail": detail}])


def revoke_key(session: Session, key_id: int, *, user_id: int, now: datetime) -> None:
    """Revoking twice changes nothing. `user_id` is whose key it must be."""
    key = session.get(ApiKey, key_id, with_for_update=True)
    if key is None or key.user_id != user_id:
        raise ApiKeyNotFound(f"There is no API key {key_id}.")
    if key.revoked_at is None:
        key.revoked_at = now
        log.info("api_key_revoked", api_key_id=key.id)


def find_owner(session: Session, key_hash: bytes, *, now: datetime) -> tuple[User, ApiKey] | None:
    """Whose key it is, while both are alive."""
    found = session.execute(
        select(User, ApiKey)
        .join(ApiKey, ApiKey.user_id == User.id)
        .where(
            ApiKey.key_hash == key_hash,
            ApiKey.revoked_at.is_(None),
            or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now),
            User.is_active,
        )
    ).one_or_none()
    if found is None:
        return None
    user, key = found
    if key.last_used_at is None or now - key.last_used_at >= _NOTED_EVERY:
        afterwards(session, partial(_note_use, key.id, now=now))
    return user, key


def _note_use(key_id: int, *, now: datetime) -> None:
    """In a transaction of its own: calls of the same program must not wait for one another here."""
    is_due = or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at <= now - _NOTED_EVERY)
    note = update(ApiKey).where(ApiKey.id == key_id, is_due).values(last_used_at=now)
    with suppress(OperationalError):  # what was asked for is done, and must not be answered as if it were not
        in_transaction(lambda session: session.execute(note.execution_options(synchronize_session=False)))
