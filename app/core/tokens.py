"""Tokens: what shows who is calling, and what gets a new one of those.

Access tokens say whose they are and are believed for minutes. Refresh tokens and API keys are random, and only their
hashes are kept. The successor of a refresh token is computed from it: whoever asks twice at once gets the same one.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import jwt

from app.core.security import derive

_ALGORITHM = "HS256"
API_KEY_PREFIX = "hilo_"  # so that people, and programs that look for leaked keys, know what it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    user_id: int
    session_id: UUID


def make_access_token(access: Access, *, secret_key: str, now: datetime, lifetime: timedelta) -> str:
    claims = {"sub": str(access.user_id), "sid": str(access.session_id), "iat": now, "exp": now + lifetime}
    return jwt.encode(claims, derive(secret_key, "access token"), algorithm=_ALGORITHM)


def read_access_token(token: str, *, secret_key: str, now: datetime) -> Access | None:
    """Whose token it is; `None` when it is not ours or has run out."""
    try:
        claims = jwt.decode(
            token,
            derive(secret_key, "access token"),
            algorithms=[_ALGORITHM],
            # The one clock decides, not PyJWT's.
            options={"require": ["sub", "sid", "exp"], "verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
        access = Access(user_id=int(claims["sub"]), session_id=UUID(claims["sid"]))
        return access if now.timestamp() < float(claims["exp"]) else None
    except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError):
        return None


def make_refresh_token() -> str:
    return secrets.token_urlsafe(32)


def successor_of(token: str, *, secret_key: str) -> str:
    digest = hmac.digest(derive(secret_key, "refresh token"), token.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def make_api_key() -> str:
    return API_KEY_PREFIX + secrets.token_urlsafe(32)


def hash_token(token: str) -> bytes:
    """Fast, because what it hashes cannot be guessed."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()


def make_device_token(user_id: int, *, secret_key: str) -> str:
    """Shows that a browser has signed in to this account before."""
    claims = {"sub": str(user_id), "jti": secrets.token_urlsafe(12)}
    return jwt.encode(claims, derive(secret_key, "known device"), algorithm=_ALGORITHM)


def read_device_token(token: str, *, secret_key: str) -> tuple[int, str] | None:
    """Of which account, and which device."""
    try:
        claims = jwt.decode(
            token,
            derive(secret_key, "known device"),
            algorithms=[_ALGORITHM],
            options={"require": ["sub", "jti"]},
        )
        return int(claims["sub"]), str(claims["jti"])
    except (jwt.InvalidTokenError, ValueError):
        return None
