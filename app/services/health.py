"""Whether all is well, part by part; each part is judged by what it last did, not by what it says of itself.

Workers prove themselves by stamping their row of `lanes` on a tick that beat sends, so an old stamp also tells of a
beat that stopped. All ages are taken by the database's clock.
"""

from dataclasses import dataclass
from typing import Literal

from kombu.connection import Connection
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.core.config import Settings
from app.database import transaction

Part = Literal["database", "broker", "workers", "beat", "lag", "signature"]
PARTS: tuple[Part, ...] = ("database", "broker", "workers", "beat", "lag", "signature")

PULSES = ("intake", "send", "sweep")
PULSE_SECONDS = 15
LAG_SECONDS = 30
_BROKER_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Health:
    """`troubles` holds a sentence for each part that is not well."""

    troubles: dict[Part, str]

    @property
    def is_well(self) -> bool:
        return not self.troubles


def examine(settings: Settings, *, bind: Engine | None = None) -> Health:
    troubles: dict[Part, str] = {}
    try:
        with transaction(bind) as session:
            session.execute(text("SET LOCAL statement_timeout = '2s'"))
            troubles |= _examine_rows(session)
    except SQLAlchemyError as error:
        troubles["database"] = f"The database does not answer ({type(error).__name__})."
    if trouble := _examine_broker(settings.broker_url):
        troubles["broker"] = trouble
    if not settings.app_secrets():
        troubles["signature"] = "app_secret_missing: webhooks are refused until WHATSAPP_APP_SECRET is set."
    return Health({part: troubles[part] for part in PARTS if part in troubles})


def _examine_rows(session: Session) -> dict[Part, str]:
    troubles: dict[Part, str] = {}
    alive = set(
        session.scalars(
            text("""
                SELECT substr(name, 7) FROM lanes
                WHERE name LIKE 'pulse:%' AND beat_at > clock_timestamp() - make_interval(secs => :seconds)
            """),
            {"seconds": PULSE_SECONDS},
        )
    )
    if silent := [name for name in PULSES if name not in alive]:
        troubles["workers"] = f"No sign of life for {PULSE_SECONDS} seconds from: {', '.join(silent)}."
    if not alive:
        troubles["beat"] = "No worker heard a tick: beat, or every worker, is away."
    # The lowest id is the oldest but for bodies of the same instant; the partial index answers without a scan.
    age = session.scalar(
        text("""
            SELECT extract(epoch FROM clock_timestamp() - received_at) FROM webhook_events
            WHERE lane = 'intake' AND processed_at IS NULL ORDER BY id LIMIT 1
        """)
    )
    if age is not None and age > LAG_SECONDS:
        troubles["lag"] = f"The oldest webhook body has waited for {int(age)} seconds."
    return troubles


def _examine_broker(url: str | None) -> str | None:
    connection = Connection(
        url or "memory://",
        connect_timeout=_BROKER_SECONDS,
        transport_options={"socket_connect_timeout": _BROKER_SECONDS, "socket_timeout": _BROKER_SECONDS},
    )
    try:
        with connection:
            connection.ensure_connection(max_retries=1, timeout=_BROKER_SECONDS)
    except Exception as error:  # each kind of broker fails in its own way, and every way means the same here
        return f"The broker does not answer ({type(error).__name__})."
    return None
