"""What the calls under `/_sim` share: how a body is read, how a refusal is written."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import TypeVar, overload

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulator.wire import JsonObject, parse_object
from simulator.world import World

MAX_BODY_BYTES = 512_000
Model = TypeVar("Model", bound=BaseModel)
Handler = Callable[[World, Request], Awaitable[Response]]


class Refused(Exception):
    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail


def route(path: str, method: str, handler: Handler) -> Route:
    @wraps(handler)
    async def endpoint(request: Request) -> Response:
        try:
            return await handler(request.app.state.world, request)
        except Refused as refused:
            return JSONResponse({"error": refused.code, "detail": refused.detail}, refused.status)

    return Route(f"/_sim{path}", endpoint, methods=[method])


async def read_body(request: Request) -> JsonObject:
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MAX_BODY_BYTES:
            raise Refused(413, "body_too_large", f"At most {MAX_BODY_BYTES} bytes are taken.")
    body = parse_object(bytes(raw))
    if body is None:
        raise Refused(422, "invalid_body", "The body must be a JSON object.")
    return body


def validated(model: type[Model], body: JsonObject) -> Model:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Refused(422, "invalid_body", f"{where}: {first['msg']}" if where else first["msg"]) from None


@overload
def whole_number(request: Request, name: str, *, least: int, most: int, default: int) -> int: ...


@overload
def whole_number(request: Request, name: str, *, least: int, most: int, default: None) -> int | None: ...


def whole_number(request: Request, name: str, *, least: int, most: int, default: int | None) -> int | None:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 20 and least <= int(text) <= most):
        raise Refused(422, "invalid_query", f"{name} must be a whole number from {least} to {most}.")
    return int(text)
