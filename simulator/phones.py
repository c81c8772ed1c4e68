"""The customer's side of `/_sim`: write, tap, look at the thread, be someone else.

A person who has not written yet can be looked at and changed like any other.
"""

from dataclasses import asdict, replace
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from simulator import inbound, people, tap, threads
from simulator.calls import Refused, read_body, route, validated, whole_number
from simulator.people import User
from simulator.wire import JsonObject
from simulator.world import World


def _wa_id(world: World, text: str) -> str:
    digits = text.removeprefix("+")
    if not (digits.isascii() and digits.isdigit() and 7 <= len(digits) <= 15):
        raise Refused(422, "invalid_wa_id", "A number is 7 to 15 digits.")
    if digits == world.state.settings.display_number:
        raise Refused(422, "invalid_wa_id", "That is the business's own number.")
    return digits


def _user_of(world: World, request: Request) -> User:
    """Who has this number, though they may not be in the file yet."""
    wa_id = _wa_id(world, request.path_params["wa_id"])
    return people.find(world.state.store.db, wa_id) or people.make(wa_id)


def _shown(user: User) -> JsonObject:
    shown = asdict(user)
    del shown["wrote_at"]
    return shown


async def _write(world: World, request: Request) -> Response:
    user = _user_of(world, request)
    body = await read_body(request)
    try:
        message = inbound.read(body)
    except inbound.BadMessage as error:
        raise Refused(422, "invalid_message", str(error)) from None
    return await _send_as(world, user, message)


async def _send_as(world: World, user: User, message: inbound.Inbound) -> Response:
    if user.blocked:
        raise Refused(409, "blocked", "This person has blocked the business and cannot write to it.")
    wamid = world.write(user.wa_id, message)
    await world.state.store.committed()
    return JSONResponse({"id": wamid}, 201)


class _Tap(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    message_id: str
    id: str


async def _tap(world: World, request: Request) -> Response:
    user = _user_of(world, request)
    given = validated(_Tap, await read_body(request))
    received = {message.id: message for message in threads.list_shown(world.state.store.db, user.wa_id)}
    message = received.get(given.message_id)
    if message is None or message.direction != "outbound":
        raise Refused(404, "message_not_found", "This phone has not received such a message.")
    reply = tap.reply(message, choice=given.id)
    if reply is None:
        raise Refused(409, "nothing_to_tap", "That message has no such button or row.")
    return await _send_as(world, user, inbound.read(reply))


async def _get_thread(world: World, request: Request) -> Response:
    user = _user_of(world, request)
    limit = whole_number(request, "limit", least=1, most=100_000, default=None)
    items = [message.item for message in threads.list_shown(world.state.store.db, user.wa_id, limit=limit)]
    return JSONResponse({"items": items, "user": _shown(user), "typing": world.state.is_typing(user.wa_id)})


class _Changes(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    username: Annotated[str, Field(pattern=r"^[A-Za-z0-9._]{3,35}$")] | None = None
    bsuid_only: bool | None = None
    read_receipts: bool | None = None
    online: bool | None = None
    blocked: bool | None = None
    opted_out: bool | None = None
    number: str | None = None


async def _change_user(world: World, request: Request) -> Response:
    user = _user_of(world, request)
    body = await read_body(request)
    changes = validated(_Changes, body)
    given = changes.model_dump(exclude_unset=True)
    number = given.pop("number", None)
    for name, value in given.items():
        # Only a username can be taken away; the rest has no "none".
        if value is None and name != "username":
            raise Refused(422, "invalid_body", f"{name}: must not be null")
    target = None if number is None else _wa_id(world, number)
    with world.state.store.change() as db:
        changed = replace(user, **given)
        if target is not None and target != user.wa_id and people.find(db, target) is not None:
            raise Refused(409, "number_taken", "Someone else has that number.")
        people.save(db, changed)
        if changed.opted_out != user.opted_out:
            world.tell_preference(changed)
        if changed.online and not user.online:
            world.pipeline.release(user.wa_id)
        if target is not None and target != user.wa_id:
            changed = world.change_number(changed, number=target)
        world.state.tell(changed.wa_id)
    await world.state.store.committed()
    return JSONResponse(_shown(changed))


async def _list_users(world: World, request: Request) -> Response:
    """Latest conversation first."""
    db = world.state.store.db
    rows = db.execute(
        "SELECT wa_id FROM users "
        "ORDER BY (SELECT max(seq) FROM messages WHERE messages.wa_id = users.wa_id) DESC NULLS LAST, wa_id LIMIT ?",
        (whole_number(request, "limit", least=1, most=100_000, default=200),),
    ).fetchall()
    items: list[JsonObject] = []
    for row in rows:
        user = people.get_or_make(db, row["wa_id"])
        last = threads.list_shown(db, user.wa_id, limit=1)
        summary = None
        if last:
            summary = {key: last[0].item[key] for key in ("id", "direction", "timestamp", "type", "status")}
            summary["text"] = threads.preview(last[0])
        items.append(_shown(user) | {"last_message": summary, "unread": threads.count_unread(db, user.wa_id)})
    return JSONResponse({"items": items})


ROUTES = [
    route("/users", "GET", _list_users),
    route("/users/{wa_id}", "PATCH", _change_user),
    route("/users/{wa_id}/messages", "POST", _write),
    route("/users/{wa_id}/thread", "GET", _get_thread),
    route("/users/{wa_id}/tap", "POST", _tap),
]
