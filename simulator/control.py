"""The simulator's own calls, under `/_sim`: break things, move time, count. The customer's are in `phones`.

Refusals are `{"error": code, "detail": text}`. Every answer to a change is given once the change is in the file.
"""

from dataclasses import asdict

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from simulator import phones
from simulator.calls import Refused, read_body, route, validated, whole_number
from simulator.faults import Faults
from simulator.world import World


async def _get_faults(world: World, _: Request) -> Response:
    return JSONResponse(world.state.faults.model_dump(by_alias=True, mode="json"))


async def _put_faults(world: World, request: Request) -> Response:
    faults = validated(Faults, await read_body(request))
    with world.state.store.change():
        world.state.set_faults(faults)
    world.webhooks.reschedule()
    await world.state.store.committed()
    return await _get_faults(world, request)


class _Turn(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    freeze: bool | None = None
    advance_seconds: float = Field(default=0.0, ge=-1e10, le=1e10)
    rate: float | None = Field(default=None, gt=0, le=1e6)
    offset_seconds: float | None = Field(default=None, ge=-1e10, le=1e10)


async def _get_clock(world: World, _: Request) -> Response:
    return JSONResponse({"now": world.state.clock.now()} | asdict(world.state.clock.dial))


async def _put_clock(world: World, request: Request) -> Response:
    """What is left out stays: the clock goes on from its moment. `offset_seconds` counts from real time."""
    turn = validated(_Turn, await read_body(request))
    world.state.clock.turn(
        freeze=turn.freeze, advance_seconds=turn.advance_seconds, rate=turn.rate, offset_seconds=turn.offset_seconds
    )
    return await _get_clock(world, request)


async def _get_ledger(world: World, request: Request) -> Response:
    after = whole_number(request, "after", least=0, most=2**62, default=0)
    limit = whole_number(request, "limit", least=1, most=100_000, default=1000)
    db = world.state.store.db
    rows = db.execute("SELECT * FROM ledger WHERE seq > ? ORDER BY seq LIMIT ?", (after, limit)).fetchall()
    items = [
        {
            "id": row["id"],
            "to": row["recipient"],
            "type": row["type"],
            "biz_opaque_callback_data": row["opaque"],
            "at": row["at"],
        }
        for row in rows
    ]
    count = db.execute("SELECT count(*) AS count FROM ledger").fetchone()["count"]
    return JSONResponse({"count": count, "items": items})


async def _reset(world: World, _: Request) -> Response:
    world.reset()
    await world.state.store.committed()
    return JSONResponse({"success": True})


async def _get_business(world: World, _: Request) -> Response:
    settings = world.state.settings
    return JSONResponse(
        {
            "display_phone_number": settings.display_number,
            "verified_name": settings.verified_name,
            "phone_number_id": settings.phone_number_id,
            "waba_id": settings.waba_id,
            "app_url": settings.app_url,
        }
    )


async def _stream_events(world: World, _: Request) -> Response:
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(world.state.notices.stream(), media_type="text/event-stream", headers=headers)


async def _get_health(world: World, _: Request) -> Response:
    """200 while it runs; the counts say whether everything that was going to happen has happened."""
    pending = {"pending_steps": world.pipeline.pending(), "pending_webhooks": world.webhooks.pending()}
    return JSONResponse({"status": "ok"} | pending)


async def _unknown(_: World, __: Request) -> Response:
    raise Refused(404, "not_found", "There is no such call.")


ROUTES = [
    *phones.ROUTES,
    route("/faults", "GET", _get_faults),
    route("/faults", "PUT", _put_faults),
    route("/clock", "GET", _get_clock),
    route("/clock", "PUT", _put_clock),
    route("/ledger", "GET", _get_ledger),
    route("/reset", "POST", _reset),
    route("/business", "GET", _get_business),
    route("/events", "GET", _stream_events),
    route("/health", "GET", _get_health),
    *(route("/{rest:path}", method, _unknown) for method in ("GET", "POST", "PUT", "PATCH", "DELETE")),
]
