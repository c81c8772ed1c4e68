"""The cookies of a browser that is signed in: what renews its access token, and what shows that it was here before.

No script can read them, and only the routes below `/auth` get them. A page elsewhere cannot use them, either: what a
browser sends by itself is taken from our own pages and from those that ALLOWED_ORIGINS names.
"""

from datetime import datetime
from typing import Annotated, TypeAlias
from urllib.parse import urlsplit

from fastapi import Cookie, Depends, Request, Response

from app.core.config import Settings
from app.core.errors import Forbidden
from app.core.tokens import make_device_token, read_device_token
from app.dependencies import Config
from app.services.sessions import Opened

PATH = "/api/v1/auth"
REFRESH = "hilo_refresh"
DEVICE = "hilo_device"
_DEVICE_SECONDS = 365 * 24 * 3600

RefreshCookie: TypeAlias = Annotated[str | None, Cookie(alias=REFRESH)]
DeviceCookie: TypeAlias = Annotated[str | None, Cookie(alias=DEVICE)]


class WrongOrigin(Forbidden):
    code = "wrong_origin"


async def from_our_pages(request: Request, settings: Config) -> None:
    """Every browser says which page a POST comes from; a program that is no browser says nothing, and may."""
    origin = request.headers.get("origin")
    if origin is None:
        is_ours = request.headers.get("sec-fetch-site", "none") in {"same-origin", "none"}
    else:
        ours = {request.headers.get("host", ""), urlsplit(settings.public_url or "").netloc} - {""}
        allowed = {each.rstrip("/") for each in settings.allowed_origins}
        is_ours = origin in allowed or _host(origin) in ours
    if not is_ours:
        raise WrongOrigin("This page may not use the login of another one. ALLOWED_ORIGINS names those that may.")


FromOurPages = Depends(from_our_pages)


def keep(response: Response, opened: Opened, request: Request, settings: Settings, *, now: datetime) -> None:
    seconds = int((opened.expires_at - now).total_seconds())
    _set(response, REFRESH, opened.refresh_token, seconds, request, settings)
    response.headers["Cache-Control"] = "no-store"


def remember_device(response: Response, user_id: int, device: str | None, request: Request, settings: Settings) -> None:
    secret_key = settings.secret_key.get_secret_value()
    known = read_device_token(device, secret_key=secret_key) if device else None
    if known is None or known[0] != user_id:
        _set(response, DEVICE, make_device_token(user_id, secret_key=secret_key), _DEVICE_SECONDS, request, settings)


def forget(response: Response, request: Request, settings: Settings) -> None:
    _set(response, REFRESH, "", 0, request, settings)


def _set(response: Response, name: str, value: str, seconds: int, request: Request, settings: Settings) -> None:
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path=PATH,
        httponly=True,
        samesite="strict",
        secure=settings.is_production or request.url.scheme == "https",
    )


def _host(origin: str) -> str:
    """`null`, which pages without an origin send, has none."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""
