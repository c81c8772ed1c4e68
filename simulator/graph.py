"""The Graph side: `/v26.0/…`, whatever the version, answered and refused as Meta does.

Checks come in Meta's order: token, id in the path, forced faults, the number's rate, the pair's rate, then the body.
"""

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from simulator import history, nodes, sends, threads
from simulator.errors import GraphError, trace_id, unknown_object
from simulator.server import ResetResponse
from simulator.wire import JsonObject, parse_object
from simulator.world import World

READABLE_SECONDS = 30 * 86400.0
MAX_BODY_BYTES = 1_000_000
_VERSION = re.compile(r"v\d+\.\d+")

_Answer = Callable[[World, Request], Awaitable[Response]]


async def graph(request: Request) -> Response:
    world: World = request.app.state.world
    try:
        response = await _answer(world, request)
    except GraphError as error:
        status = error.status(throttle_status=world.state.faults.throttle_status)
        response = JSONResponse(error.body(), status)
    version = request.path_params["version"]
    response.headers["facebook-api-version"] = version if _VERSION.fullmatch(version) else "v26.0"
    response.headers["x-fb-trace-id"] = trace_id()
    response.headers["x-fb-request-id"] = secrets.token_hex(16)
    return response


async def _answer(world: World, request: Request) -> Response:
    if not _VERSION.fullmatch(request.path_params["version"]):
        raise GraphError(2500, status=404, message=f"Unknown path components: {request.url.path}")
    node, _, edge = request.path_params["path"].strip("/").partition("/")
    fields = await _read_form(request)
    _check_token(world, request, fields, takes_app_token=node == "debug_token" or edge == "subscriptions")
    kind = _kind(world, node)
    if kind is None:
        if not node.isdigit():
            raise GraphError(803, message=f"(#803) Some of the aliases you requested do not exist: {node}")
        raise unknown_object(node, method=request.method)
    if (kind, edge, request.method) == ("phone", "messages", "POST"):
        return await _messages(world, fields)
    handler = nodes.HANDLERS.get((kind, edge, request.method)) or history.HANDLERS.get((kind, edge, request.method))
    if handler is None:
        if edge and request.method == "GET":
            raise GraphError(100, message=f"(#100) Tried accessing nonexisting field ({edge}) on node type ({kind})")
        raise unknown_object(node, method=request.method)
    answer = await handler(world, nodes.Call(node=node, query=dict(request.query_params), body=fields or {}))
    return JSONResponse(answer)


def _kind(world: World, node: str) -> str | None:
    settings = world.state.settings
    known = {
        settings.phone_number_id: "phone",
        settings.waba_id: "waba",
        settings.app_id: "app",
        "debug_token": "debug_token",
    }
    if node in known:
        return known[node]
    return "message_history" if history.find_entry(world, node) is not None else None


def _check_token(world: World, request: Request, fields: JsonObject | None, *, takes_app_token: bool) -> None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() not in ("bearer", "oauth"):
        token = request.query_params.get("access_token") or str((fields or {}).get("access_token") or "")
    settings = world.state.settings
    if not token:
        raise GraphError(190, message="An access token is required to request this resource.")
    good = [settings.token] + ([f"{settings.app_id}|{settings.app_secret}"] if takes_app_token else [])
    if not any(secrets.compare_digest(token.strip().encode(), each.encode()) for each in good):
        raise GraphError(190, message="Invalid OAuth access token - Cannot parse access token")


async def _read_form(request: Request) -> JsonObject | None:
    """The fields of the body, JSON or form; None where it cannot be read, which is told only after the other checks."""
    if request.method == "GET":
        return {}
    raw = bytearray()
    try:
        async for chunk in request.stream():
            raw += chunk
            if len(raw) > MAX_BODY_BYTES:
                raise GraphError(100, "The request body is too large.", status=413)
    except ClientDisconnect:
        return None
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        return await nodes.read_fields(bytes(raw), content_type=request.headers["content-type"])
    return parse_object(bytes(raw)) if raw else {}


async def _messages(world: World, fields: JsonObject | None) -> Response:
    if fields is not None and "status" in fields:
        return JSONResponse(await _mark_read(world, fields))
    state = world.state
    forced = _roll_errors(world)
    if state.send_dice.happens(state.faults.reset_before_accepting):
        return ResetResponse()
    if not state.bucket.take(now=state.clock.now()):
        raise GraphError(130429, "Cloud API message throughput has been reached.")
    if fields is None:
        raise GraphError(100, "The request body is not a JSON object.")
    sends.read_envelope(fields)
    recipient = sends.read_recipient(fields, business_number=state.settings.display_number)
    name, _ = world.find_recipient(recipient)
    if not state.pair_has_room(name, now=state.clock.now()):
        details = "Too many messages sent from this phone number to the same phone number in a short period of time."
        raise GraphError(131056, details)
    send = sends.read_text(fields)
    # From here to the change nothing awaits, or two requests could both find the last free place.
    accepted = world.accept(send, recipient=recipient, name=name, forced=forced)
    await state.store.committed()
    return await _answer_send(
        world,
        {"messaging_product": "whatsapp", "contacts": [accepted.contact], "messages": [{"id": accepted.wamid}]},
    )


def _roll_errors(world: World) -> int | None:
    """Raise the fault that strikes at once, if one does; else the code of one that strikes after acceptance."""
    forced = None
    for error in world.state.faults.send_errors:
        if not world.state.send_dice.happens(error.probability):
            continue
        if not error.is_async:
            raise GraphError(error.code, "Forced by /_sim/faults.", status=error.http_status)
        forced = error.code if forced is None else forced
    return forced


async def _answer_send(world: World, answer: JsonObject) -> Response:
    """The answer to an accepted send, unless a fault eats it."""
    state = world.state
    faults = state.faults
    dice = state.send_dice
    latency = dice.between(faults.send_latency_seconds)
    is_reset = dice.happens(faults.reset_after_accepting)
    is_server_error = dice.happens(faults.server_error_after_accepting)
    is_unreadable = dice.happens(faults.invalid_json_after_accepting)
    if latency > 0:
        await asyncio.sleep(latency)
    response: Response = JSONResponse(answer)
    if is_reset:
        return ResetResponse()
    if is_server_error:
        return Response("<html><body><h1>Sorry, something went wrong.</h1></body></html>", 500, media_type="text/html")
    if is_unreadable:
        return Response(bytes(response.body)[:-7], 200, media_type="application/json")
    return response


async def _mark_read(world: World, fields: JsonObject) -> JsonObject:
    sends.read_envelope(fields)
    if fields["status"] != "read":
        raise GraphError(100, "Param status must be read.")
    wamid = fields.get("message_id")
    if not isinstance(wamid, str) or not wamid:
        raise GraphError(100, "The parameter message_id is required.")
    typing = fields.get("typing_indicator")
    if typing is not None and (not isinstance(typing, dict) or typing.get("type") != "text"):
        raise GraphError(100, "Param typing_indicator['type'] must be text.")
    state = world.state
    with state.store.change() as db:
        wa_id = threads.mark_read(db, wamid, oldest=state.clock.now() - READABLE_SECONDS)
    if wa_id is None:
        raise GraphError(100, "Param message_id is not the id of a message received in the last 30 days.")
    state.tell(wa_id)
    await state.store.committed()
    if typing is not None:
        state.start_typing(wa_id)
    return {"success": True}
