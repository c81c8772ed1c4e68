"""Slows guessing down, by rows: it survives a restart, and all web processes count together.

A login is counted as failed before its password is looked at, and taken back when it was right: so many guesses at the
same moment are not one.
"""

import hashlib
import hmac
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
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
    shared: tuple[bytes, ...]  # what others count into as well


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
    for each, rule in rules.items():
        _write(session, each, throttling.after_failure(rule, known[each], now=now))
    return Attempt(own, tuple(each for each in rules if each != own))


def succeed(session: Session, attempt: Attempt) -> None:
    session.execute(delete(LoginThrottle).where(LoginThrottle.key == attempt.own))
    _take_back(session, list(attempt.shared))


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
    _take_back(session, [attempt.own, *attempt.shared])


def _take_back(session: Session, keys: list[bytes]) -> None:
    locked = select(LoginThrottle.key).where(LoginThrottle.key.in_(keys)).order_by(LoginThrottle.key).with_for_update()
    session.execute(
        update(LoginThrottle)
        .where(LoginThrottle.key.in_(session.scalars(locked).all()))
        .values(failures=func.greatest(LoginThrottle.failures - 1, 0), blocked_until=None)
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
