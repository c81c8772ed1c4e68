"""What a person would look at when messages do not come or go: health, and beside it what is set up and what is not."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import psycopg

from app.core.config import Settings
from app.database import conninfo_of
from app.services import health, probing
from app.services.health import PARTS, Health

State: TypeAlias = Literal["ok", "warning", "failing"]

SECONDS = 4.0

LOOK = """
    SELECT s.is_paused, s.pause_reason, current_setting('server_version'), (SELECT version_num FROM alembic_version),
        (SELECT extract(epoch FROM clock_timestamp() - received_at) FROM webhook_events ORDER BY id DESC LIMIT 1),
        (SELECT count(*) FROM webhook_events WHERE parked <> '{}'),
        (SELECT count(*) FROM channels WHERE state = 'active'),
        (SELECT count(*) FROM channels WHERE state = 'unclaimed'),
        (SELECT count(*) FROM channels WHERE state = 'halted')
    FROM settings s
"""


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    state: State
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    checks: list[Check]
    postgresql: str | None = None
    schema_revision: str | None = None
    is_paused: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """The columns of LOOK."""

    is_paused: bool
    pause_reason: str | None
    postgresql: str
    schema_revision: str
    silent_seconds: float | None
    parked: int
    active: int
    unclaimed: int
    halted: int


async def examine(settings: Settings) -> Findings:
    checks = of_health(await health.examine(settings))
    try:
        rows = await probing.ask(conninfo_of(settings.database_url or ""), _look, seconds=SECONDS)
    except (probing.Silent, psycopg.Error):
        return Findings(checks=checks)  # health has told of it
    checks += [*of_rows(rows), of_settings(settings)]
    return Findings(
        checks=checks,
        postgresql=rows.postgresql,
        schema_revision=rows.schema_revision,
        is_paused=rows.is_paused,
    )


def of_health(found: Health) -> list[Check]:
    return [
        Check(part, "failing", found.troubles[part]) if part in found.troubles else Check(part, "ok", "All is well.")
        for part in PARTS
    ]


def of_rows(rows: Rows) -> list[Check]:
    return [
        Check("paused", "warning", f"Everything is paused: {rows.pause_reason or 'no reason was given'}")
        if rows.is_paused
        else Check("paused", "ok", "Automations run, and messages are sent."),
        _webhooks(rows.silent_seconds),
        Check("parked", "warning", f"{rows.parked} webhook bodies hold an item that could not be applied: replay them.")
        if rows.parked
        else Check("parked", "ok", "Everything that came in was applied."),
        _numbers(rows),
    ]


def of_settings(settings: Settings) -> Check:
    if settings.public_url is None:
        return Check(
            "public_url",
            "warning" if settings.is_production else "ok",
            "PUBLIC_URL is not set: whether WhatsApp can reach us is never tried.",
        )
    return Check("public_url", "ok", f"WhatsApp is expected to reach us at {settings.public_url}.")


def _webhooks(silent_seconds: float | None) -> Check:
    if silent_seconds is None:
        return Check(
            "webhooks",
            "warning",
            "WhatsApp has never called: subscribe its webhook `messages` to /webhooks/whatsapp with your verify token.",
        )
    return Check("webhooks", "ok", f"WhatsApp last called {_ago(silent_seconds)} ago.")


def _numbers(rows: Rows) -> Check:
    if not rows.active:
        return Check("numbers", "failing", "No business number is active: claim one, or resume one that was halted.")
    if rows.unclaimed or rows.halted:
        return Check("numbers", "warning", f"{rows.halted} numbers are halted, {rows.unclaimed} wait to be claimed.")
    return Check("numbers", "ok", "Every business number is active.")


def _ago(seconds: float) -> str:
    for size, name in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{int(seconds // size)} {name}"
    return f"{int(seconds)} seconds"


async def _look(connection: psycopg.AsyncConnection) -> Rows:
    row = await (await connection.execute(LOOK)).fetchone()
    assert row is not None  # settings has its one row from the schema file
    return Rows(*row)
