"""What a person would look at when messages do not come or go: health, and beside it what is set up and what is not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import psycopg

from app.core.config import Settings
from app.database import conninfo_of
from app.services import health, probing
from app.services.health import PARTS, Health

State: TypeAlias = Literal["ok", "warning", "failing"]
Code: TypeAlias = Literal[
    health.Code,
    "well",
    "paused",
    "paused_unexplained",
    "running",
    "webhooks_never",
    "webhooks_last",
    "parked",
    "parked_none",
    "public_url",
    "public_url_unset",
    "numbers_active",
    "numbers_waiting",
    "numbers_none",
]

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
    code: Code
    detail: str
    values: Mapping[str, str | int] = field(default_factory=dict)


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
        Check(part, "failing", trouble.code, trouble.detail, trouble.values)
        if (trouble := found.troubles.get(part))
        else Check(part, "ok", "well", "All is well.")
        for part in PARTS
    ]


def of_rows(rows: Rows) -> list[Check]:
    return [
        _paused(rows),
        _webhooks(rows.silent_seconds),
        _parked(rows.parked),
        _numbers(rows),
    ]


def of_settings(settings: Settings) -> Check:
    if settings.public_url is None:
        return Check(
            "public_url",
            "warning" if settings.is_production else "ok",
            "public_url_unset",
            "PUBLIC_URL is not set: whether WhatsApp can reach us is never tried.",
        )
    url = settings.public_url
    return Check("public_url", "ok", "public_url", f"WhatsApp is expected to reach us at {url}.", {"url": url})


def _paused(rows: Rows) -> Check:
    if not rows.is_paused:
        return Check("paused", "ok", "running", "Automations run, and messages are sent.")
    if not rows.pause_reason:
        return Check("paused", "warning", "paused_unexplained", "Everything is paused: no reason was given")
    detail = f"Everything is paused: {rows.pause_reason}"
    return Check("paused", "warning", "paused", detail, {"reason": rows.pause_reason})


def _parked(count: int) -> Check:
    if not count:
        return Check("parked", "ok", "parked_none", "Everything that came in was applied.")
    detail = f"{count} webhook bodies hold an item that could not be applied: replay them."
    return Check("parked", "warning", "parked", detail, {"count": count})


def _webhooks(silent_seconds: float | None) -> Check:
    if silent_seconds is None:
        return Check(
            "webhooks",
            "warning",
            "webhooks_never",
            "WhatsApp has never called: subscribe its webhook `messages` to /webhooks/whatsapp with your verify token.",
        )
    detail = f"WhatsApp last called {_ago(silent_seconds)} ago."
    return Check("webhooks", "ok", "webhooks_last", detail, {"seconds": int(silent_seconds)})


def _numbers(rows: Rows) -> Check:
    if not rows.active:
        detail = "No business number is active: claim one, or resume one that was halted."
        return Check("numbers", "failing", "numbers_none", detail)
    if rows.unclaimed or rows.halted:
        detail = f"{rows.halted} numbers are halted, {rows.unclaimed} wait to be claimed."
        values = {"halted": rows.halted, "unclaimed": rows.unclaimed}
        return Check("numbers", "warning", "numbers_waiting", detail, values)
    return Check("numbers", "ok", "numbers_active", "Every business number is active.")


def _ago(seconds: float) -> str:
    for size, name in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{int(seconds // size)} {name}"
    return f"{int(seconds)} seconds"


async def _look(connection: psycopg.AsyncConnection) -> Rows:
    row = await (await connection.execute(LOOK)).fetchone()
    assert row is not None  # settings has its one row from the schema file
    return Rows(*row)
