"""How every refusal looks: `{"error": code, "detail": sentence}`, with `fields` where single fields are at fault.

Codes are promises to programs, sentences are for people. What was sent is never repeated: it may hold a password.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Match

from app.api import wording
from app.core.errors import AppError
from app.database import is_operational, sqlstate

log = structlog.get_logger()

ANSWERED = "is_answered"  # set in a request's state when an unexpected error was logged and answered

_CODES = {
    400: "bad_request",
    401: "not_authenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
}


_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def add_error_handlers(app: FastAPI) -> None:
    app.add_exception_handler(AppError, _app_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(DBAPIError, _database_error)
    app.add_exception_handler(PoolExhausted, _database_error)
    app.add_exception_handler(Exception, _unexpected)


def _app_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, AppError)
    return answer_of(error)


def answer_of(error: AppError) -> JSONResponse:
    """For a route that refuses and yet keeps what it wrote: whatever is raised undoes it."""
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    headers |= getattr(error, "headers", {})
    return _answer(error.status, error.code, error.detail, fields=error.fields, headers=headers)


def _validation_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    fields = [
        {
            "field": _field(each["loc"]),
            "code": str(each["type"]),
            "detail": wording.sentence(each["type"], str(each["msg"]), each.get("ctx", {})),
        }
        for each in error.errors()
    ]
    names = ", ".join(dict.fromkeys(each["field"] for each in fields))
    return _answer(422, "validation_failed", f"Please check: {names}.", fields=fields)


def _field(location: Sequence[str | int]) -> str:
    """`text.body` for a field of the body, `limit` for a parameter, `body` where the body as a whole is no JSON."""
    place, *path = location
    if not path or (place == "body" and isinstance(path[0], int)):
        return str(place)
    return ".".join(str(part) for part in path)


def _http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    detail = str(error.detail)
    if error.status_code == 404:
        detail = "There is nothing at this address." if detail == "Not Found" else detail
    elif error.status_code == 405:
        headers["Allow"] = ", ".join(_allowed_methods(request) or ["GET", "HEAD"])  # files have no methods
        detail = f"{request.method} is not possible here."
    return _answer(error.status_code, _CODES.get(error.status_code, "refused"), detail, headers=headers)


def _allowed_methods(request: Request) -> list[str]:
    """Those of all routes of this path; Starlette names only the first one's."""
    asked = {key: request.scope[key] for key in ("type", "path", "root_path", "headers") if key in request.scope}
    return [
        method
        for method in _METHODS
        if any(route.matches({**asked, "method": method})[0] == Match.FULL for route in request.app.routes)
    ]


def _database_error(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, PoolExhausted) and not is_operational(error):
        return _unexpected(request, error)
    state = sqlstate(error) if isinstance(error, DBAPIError) else None
    log.warning("database_unavailable", path=request.url.path, sqlstate=state, error=type(error).__name__)
    return _answer(
        503, "unavailable", "The database cannot be asked right now. Try again.", headers={"Retry-After": "1"}
    )


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    log.error("request_failed", method=request.method, path=request.url.path, exc_info=error)
    request.scope.setdefault("state", {})[ANSWERED] = True
    request_id = getattr(request.state, "request_id", None)
    return JSONResponse(
        {"error": "internal", "detail": "Something went wrong on our side. It was logged.", "request_id": request_id},
        status_code=500,
    )


def _answer(
    status: int,
    code: str,
    detail: str,
    *,
    fields: Sequence[Mapping[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    content: dict[str, Any] = {"error": code, "detail": detail}
    if fields:
        content["fields"] = fields
    return JSONResponse(content, status_code=status, headers=dict(headers or {}))
