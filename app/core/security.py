"""Passwords, and secrets kept in the database.

Every key is derived from SECRET_KEY for its one purpose. Hashing a password is slow by design, so it is done one at a
time and few may wait: a flood of logins may keep others from logging in, but never from being served.
"""

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import ClassVar

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from app.core.errors import AppError

# Argon2id with 19 MiB, two passes, one lane: the least that OWASP asks for, about 20 ms of one core. One lane, because
# more would take every core at once.
_HASHER = PasswordHash((Argon2Hasher(memory_cost=19_456, time_cost=2, parallelism=1),))
_LONGEST_WAIT_SECONDS = 3
_turn = threading.BoundedSemaphore(1)
_places = threading.BoundedSemaphore(4)  # well below API_CONCURRENCY: logins never take the whole API's places


class TooManyLogins(AppError):
    code, status = "too_many_logins", 429
    headers: ClassVar[dict[str, str]] = {"Retry-After": "3"}


class Undecryptable(Exception):
    """A kept secret was made with another SECRET_KEY."""


def hash_password(password: str) -> str:
    with _turn_to_hash():
        return _HASHER.hash(password)


def verify_password(password: str, hashed_password: str | None) -> bool:
    """`None` stands for a user that does not exist: false, after the same time."""
    with _turn_to_hash():
        decoy = _decoy()
        is_right = _HASHER.verify(password, hashed_password or decoy)
    return is_right and hashed_password is not None


def encrypt(text: str, *, secret_key: str) -> str:
    return _fernet(secret_key).encrypt(text.encode()).decode()


def decrypt(text: str, *, secret_key: str) -> str:
    try:
        return _fernet(secret_key).decrypt(text.encode()).decode()
    except InvalidToken:
        raise Undecryptable("This was encrypted with another SECRET_KEY.") from None


@lru_cache
def derive(secret_key: str, purpose: str) -> bytes:
    """The key for one purpose."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"hilo {purpose}".encode()).derive(secret_key.encode())


@contextmanager
def _turn_to_hash() -> Iterator[None]:
    refusal = "Too many people are logging in at this moment. Try again in a few seconds."
    if not _places.acquire(blocking=False):
        raise TooManyLogins(refusal)
    try:
        if not _turn.acquire(timeout=_LONGEST_WAIT_SECONDS):
            raise TooManyLogins(refusal)
        try:
            yield
        finally:
            _turn.release()
    finally:
        _places.release()


@lru_cache
def _decoy() -> str:
    return _HASHER.hash("nobody's password")


@lru_cache
def _fernet(secret_key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(derive(secret_key, "kept secrets")))
