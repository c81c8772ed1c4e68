"""Slows guessing down, by rows: it survives a restart, and all web processes count together.

A login is counted as failed before its password is looked at, and taken back when it was right: so many guesses at the
same moment are not one.
"""

import hashlib
import hmac
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.errors import AppError
from app.core.security import derive
from app.domain import throttling
from app.domain.throttling import Failures, Rule
from app.models import LoginThrottle, User


class LoginThrottled(AppError):
    code, status = "login_throttled", 429

    def __init__(self, wait: timedelta) -> None:
        seconds = math.ceil(wait.total_seconds())
        super().__init__(f"Too many logins failed. Try again in {seconds} seconds.")
        self.headers = {"Retry-After": str(seconds)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a login comes from; `device` is a browser that has signed in to this very account before."""

    address: str
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    own: bytes  # what is forgotten once the password was right
    counted: dict[bytes, datetime | None]  # what it was counted into, and the wait that it brought


def account_of(user: User) -> str:
    """With the password's hash: a new password has never been guessed at, and its owner need not wait."""
    return f"user {user.id} {user.hashed_password}"


def begin(session: Session, *, account: str, origin: Origin, secret_key: str, now: datetime) -> Attempt:
    """Counts a failure, to be taken back by `succeed` or `undo`; raises while it is time to wait."""

    def key(*parts: str) -> bytes:
        return hmac.digest(derive(secret_key, "login throttle"), "\x00".join(parts).encode(), hashlib.sha256)

    rules: dict[bytes, Rule]
    if origin.device is not None:
        own = key("device", account, origin.device)
        rules = {own: throttling.DEVICE}
    else:
        own = key("pair", account, origin.address)
        rules = {
            own: throttling.PAIR,
            key("address", origin.address): throttling.ADDRESS,
            key("account", account): throttling.ACCOUNT,
        }
    known = _lock(session, sorted(rules), now=now)
    left = max(throttling.time_left(failures, now=now) for failures in known.values())
    if left:
        raise LoginThrottled(left)
    after = {each: throttling.after_failure(rule, known[each], now=now) for each, rule in rules.items()}
    for each, failures in after.items():
        _write(session, each, failures)
    return Attempt(own, {each: failures.blocked_until for each, failures in after.items()})


def succeed(session: Session, attempt: Attempt) -> None:
    for key in sorted(attempt.counted):
        if key == attempt.own:
            session.execute(delete(LoginThrottle).where(LoginThrottle.key == key))
        else:
            _take_back(session, key, attempt.counted[key])


def confirm(session: Session, attempt: Attempt, *, now: datetime) -> None:
    """It did fail, and just now."""
    session.execute(
        update(LoginThrottle)
        .where(LoginThrottle.key == attempt.own)
        .values(last_failed_at=now)
        .execution_options(synchronize_session=False)
    )


def undo(session: Session, attempt: Attempt) -> None:
    """Nobody looked at the password."""
    for key in sorted(attempt.counted):
        _take_back(session, key, attempt.counted[key])


def _take_back(session: Session, key: bytes, blocked_until: datetime | None) -> None:
    # The wait of another attempt, which failed at the same moment, stays.
    others = case((LoginThrottle.blocked_until == blocked_until, None), else_=LoginThrottle.blocked_until)
    session.execute(
        update(LoginThrottle)
        .where(LoginThrottle.key == key)
        .values(failures=func.greatest(LoginThrottle.failures - 1, 0), blocked_until=others)
        .execution_options(synchronize_session=False)
    )


def _lock(session: Session, keys: list[bytes], *, now: datetime) -> dict[bytes, Failures]:
    session.execute(
        insert(LoginThrottle)
        .values([{"key": key, "failures": 0, "last_failed_at": now} for key in keys])
        .on_conflict_do_nothing()
    )
    rows = session.execute(
        select(LoginThrottle.key, LoginThrottle.failures, LoginThrottle.last_failed_at, LoginThrottle.blocked_until)
        .where(LoginThrottle.key.in_(keys))
        .order_by(LoginThrottle.key)
        .with_for_update()
    )
    return {key: Failures(count=count, last_at=last, blocked_until=until) for key, count, last, until in rows}


def _write(session: Session, key: bytes, failures: Failures) -> None:
    session.execute(
        update(LoginThrottle)
        .where(LoginThrottle.key == key)
        .values(failures=failures.count, last_failed_at=failures.last_at, blocked_until=failures.blocked_until)
        .execution_options(synchronize_session=False)
    )
