"""Whether all is well, part by part; each part is judged by what it last did, not by what it says of itself.

Workers prove themselves by stamping their row of `lanes` on a tick that beat sends, so an old stamp also tells of a
beat that stopped. All ages are taken by the database's clock. No part is waited for longer than its seconds.
"""

import asyncio
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import psycopg
from kombu.connection import Connection

from app.core.config import Settings
from app.database import conninfo_of
from app.services import probing

Part = Literal["database", "broker", "workers", "beat", "lag", "signature"]
PARTS: tuple[Part, ...] = ("database", "broker", "workers", "beat", "lag", "signature")

PULSES = ("intake", "send", "sweep")
PULSE_SECONDS = 15
LAG_SECONDS = 30
DATABASE_SECONDS = 4.0  # a machine at its limit takes seconds for a connection, and is not away
_BROKER_STEP_SECONDS = 1.0
BROKER_SECONDS = 4.0  # connecting and logging in may each take their time


Code: TypeAlias = Literal[
    "database_silent",
    "database_foreign",
    "broker_silent",
    "workers_silent",
    "beat_silent",
    "lag",
    "signature_missing",
]


@dataclass(frozen=True, slots=True)
class Trouble:
    """`code` stays the same and has its sentence in each language of the pages; `values` are what that one tells."""

    code: Code
    detail: str
    values: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Health:
    """`troubles` tells of each part that is not well."""

    troubles: dict[Part, Trouble]

    @property
    def is_well(self) -> bool:
        return not self.troubles


async def examine(settings: Settings) -> Health:
    of_rows, of_broker = await asyncio.gather(
        _examine_database(settings.database_url or ""), _examine_broker(settings.broker_url)
    )
    troubles = of_rows | of_broker
    if not settings.app_secrets():
        troubles["signature"] = Trouble(
            "signature_missing", "app_secret_missing: webhooks are refused until WHATSAPP_APP_SECRET is set."
        )
    return Health({part: troubles[part] for part in PARTS if part in troubles})


async def _examine_database(url: str) -> dict[Part, Trouble]:
    try:
        return await probing.ask(conninfo_of(url), _examine_rows, seconds=DATABASE_SECONDS)
    except probing.Silent as error:
        return {"database": Trouble("database_silent", f"The database does not answer ({error}).")}
    except psycopg.Error as error:
        kind = type(error).__name__
        return {"database": Trouble("database_foreign", f"The database is not Hilo's, or of another version ({kind}).")}


async def _examine_rows(connection: psycopg.AsyncConnection) -> dict[Part, Trouble]:
    troubles: dict[Part, Trouble] = {}
    stamped = await connection.execute(
        """
        SELECT substr(name, 7) FROM lanes
        WHERE name LIKE 'pulse:%%' AND beat_at > clock_timestamp() - make_interval(secs => %s)
        """,
        (PULSE_SECONDS,),
    )
    alive = {name for (name,) in await stamped.fetchall()}
    if silent := [name for name in PULSES if name not in alive]:
        names = ", ".join(silent)
        troubles["workers"] = Trouble(
            "workers_silent",
            f"No sign of life for {PULSE_SECONDS} seconds from: {names}.",
            {"seconds": PULSE_SECONDS, "names": names},
        )
    if not alive:
        troubles["beat"] = Trouble("beat_silent", "No worker heard a tick: beat, or every worker, is away.")
    # The lowest id is the oldest but for bodies of the same instant; the partial index answers without a scan.
    oldest = await connection.execute("""
        SELECT extract(epoch FROM clock_timestamp() - received_at) FROM webhook_events
        WHERE lane = 'intake' AND processed_at IS NULL ORDER BY id LIMIT 1
    """)
    row = await oldest.fetchone()
    if row is not None and row[0] > LAG_SECONDS:
        seconds = int(row[0])
        troubles["lag"] = Trouble(
            "lag", f"The oldest webhook body has waited for {seconds} seconds.", {"seconds": seconds}
        )
    return troubles


async def _examine_broker(url: str | None) -> dict[Part, Trouble]:
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[str | None] = loop.create_future()

    def tell(trouble: str | None) -> None:
        if not answer.done():
            answer.set_result(trouble)

    def look() -> None:
        trouble = _connect(url)
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(tell, trouble)

    # A thread of its own: one of a pool would hold up whoever waits for the pool to end.
    threading.Thread(target=look, name="health-broker", daemon=True).start()
    try:
        trouble = await asyncio.wait_for(answer, BROKER_SECONDS)
    except TimeoutError:
        trouble = "The broker does not answer in time."
    return {} if trouble is None else {"broker": Trouble("broker_silent", trouble)}


def _connect(url: str | None) -> str | None:
    seconds = ("socket_connect_timeout", "socket_timeout", "read_timeout", "write_timeout")
    connection = Connection(
        url or "memory://",
        connect_timeout=_BROKER_STEP_SECONDS,
        transport_options=dict.fromkeys(seconds, _BROKER_STEP_SECONDS),
    )
    try:
        with connection:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=_BROKER_STEP_SECONDS)
    except Exception as error:  # each kind of broker fails in its own way, and every way means the same here
        return f"The broker does not answer ({type(error).__name__})."
    return None
