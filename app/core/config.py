"""Settings: each environment variable, its default and its reason.

Production means that WHATSAPP_TOKEN is set. Otherwise secrets that the environment does not give are made once and
kept in DATA_DIR, so that one command is enough to start.
"""

import os
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.core import addresses, mailbox
from app.core.data_dir import default_data_dir
from app.core.mailbox import BadMailbox, Mailbox
from app.core.secrets import load_or_make

CHECKOUT = Path(__file__).resolve().parents[2]
SHORTEST_TOKEN = 16


class ConfigError(Exception):
    """A setting is missing or wrong; the message is one sentence for whoever starts the program."""


class OutOfReach(ConfigError):
    """What a setting names does not answer. It may later: this alone is worth another try."""


def _secrets_dir() -> Path | None:
    """A file for each secret, named as its setting in small letters: so containers are given them."""
    folder = Path(os.environ.get("SECRETS_DIR", "/run/secrets"))
    return folder if folder.is_dir() else None


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", secrets_dir=_secrets_dir()
    )

    # Where things are
    database_url: str | None = None  # unset: the supervisor embeds PostgreSQL
    database_admin_url: str | None = None  # direct, for migrations; default: database_url
    db_prepare_threshold: int | None = 5  # psycopg's default; -1 switches it off, as PgBouncer needs
    # Connections: each process has a pool of its own. Five processes with ten each, and the few that stand beside the
    # pools (two of web, one now and then of every process), fit into PostgreSQL's default of a hundred.
    db_pool_size: int = Field(default=5, ge=1, le=500)  # those that a process keeps
    db_pool_overflow: int = Field(default=5, ge=0, le=500)  # those that it may open besides, for as long as it is busy
    db_pool_wait_seconds: float = Field(default=5, gt=0, le=60)  # for a free one; longer, and whoever waits is gone
    db_statement_seconds: float = Field(default=30, ge=1, le=3600)  # nothing that works on a batch takes a second
    api_statement_seconds: float = Field(default=10, ge=1, le=3600)  # nobody waits longer for a page
    broker_url: str | None = None  # Redis, Valkey or RabbitMQ; unset: the supervisor embeds Valkey
    data_dir: Path = Field(default_factory=lambda: default_data_dir(CHECKOUT))
    clock_file: Path | None = None  # shared with the simulator, so that both age together

    # Days that webhook bodies are kept, raw: they prove what came, and can be replayed. Unfinished ones stay longer.
    # Two at least: while an unknown send is settled, the bodies of its day speak of it.
    webhook_days: int = Field(default=30, ge=2, le=36_500)
    # Days that the audit log is kept. Long: whoever asks who did that, asks late. Its roll-ups stay for good.
    audit_days: int = Field(default=3_650, ge=30, le=36_500)
    # Backups, in DATA_DIR/backups
    backups_kept: int = Field(default=7, ge=0, le=10_000)  # of each kind; 0: none is made before an update
    backup_every_hours: float = Field(default=24, gt=0, le=8_760)  # by `python -m app backup --repeat`

    # Who may reach us
    host: str = "127.0.0.1"  # nobody outside this machine, unless asked for
    port: int = Field(default=8000, ge=1, le=65535)
    simulator_host: str = "127.0.0.1"
    simulator_port: int = Field(default=8001, ge=1, le=65535)
    public_url: str | None = None  # how the world reaches us; settling probes it
    allowed_origins: Annotated[list[str], NoDecode] = []
    secret_key: SecretStr = SecretStr("")
    access_token_minutes: int = Field(default=15, ge=1, le=24 * 60)  # how long a caller is believed without asking
    refresh_token_days: int = Field(default=30, ge=1, le=365)  # a session that nobody uses ends after this
    # Proxies that stand in front and add the caller's address to X-Forwarded-For: 1 behind one nginx, or on Render.
    proxies_in_front: int = Field(default=0, ge=0, le=5)
    admin_email: str = "admin@hilo.example"
    admin_password: SecretStr | None = None

    # Watching
    metrics_token: SecretStr | None = (
        None  # what a scrape of /metrics carries; unset: from here only, in production none
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "json", "text"] = "auto"  # auto: text on a terminal, else JSON
    log_bytes: int = Field(default=10 * 1024 * 1024, ge=64 * 1024)  # of each file in DATA_DIR/logs; one older is kept

    # WhatsApp
    whatsapp_token: SecretStr | None = None
    whatsapp_app_secret: SecretStr | None = None
    whatsapp_app_secret_previous: SecretStr | None = None  # accepted beside the new one while it is being changed
    whatsapp_api_url: str = ""
    phone_number_id: str = ""
    business_id: str = ""
    webhook_verify_token: SecretStr = SecretStr("")

    # E-mail, for automations that send some
    smtp_url: SecretStr | None = None  # unset: an e-mail step fails `email_not_configured`
    smtp_from: str | None = None  # "Café <hola@cafe.example>"; unset: the user of SMTP_URL

    # Durations, in seconds (design: sending that survives a crash)
    # Told to stop, a process lets calls and requests that are under way end, for so long. Where nothing is under way it
    # ends at once; a call that is broken off is `unknown`, which takes minutes to settle.
    stop_seconds: float = Field(default=1, ge=0.1, le=300)
    start_within_seconds: float = 5  # a POST begins this soon after its claim, or never
    send_timeout_seconds: float = 30
    settle_silence_seconds: float | None = None  # unset: ten minutes, or twice the time intake was closed
    settle_give_up_seconds: float = 86_400
    status_overdue_seconds: float = 600  # an accepted message without a report asks message_history after this

    # Sizes
    # Bodies that wait for the next commit; beyond either bound Meta is asked to repeat (503). More than a second of
    # Meta's ceiling fits in (3,300 a second), and memory stays where it is.
    intake_queue_bodies: int = Field(default=5_000, ge=1, le=1_000_000)
    intake_queue_bytes: int = Field(default=64 * 1024 * 1024, ge=4 * 1024 * 1024)
    intake_batch_bytes: int = Field(default=8 * 1024 * 1024, ge=1_024)  # in one commit: fewer and larger gain nothing
    # Bodies that are still arriving, signed or not: whoever opens many connections must not fill our memory.
    webhook_arriving_bytes: int = Field(default=64 * 1024 * 1024, ge=4 * 1024 * 1024)
    api_arriving_bytes: int = Field(default=32 * 1024 * 1024, ge=4 * 1024 * 1024)
    # Requests to the API at work at once. Unset: as many as the pool has connections, so that none waits for one.
    api_concurrency: int | None = Field(default=None, ge=1, le=1_000)
    # Those that wait for their turn; more are answered 503. API_WAIT_SECONDS ends the wait, this bounds the memory: a
    # task and a few kB each.
    api_queue: int = Field(default=500, ge=0, le=100_000)
    api_wait_seconds: float = Field(default=2, gt=0, le=60)  # after this somebody at a page has reloaded it
    event_streams: int = Field(default=500, ge=0, le=100_000)  # open at once: each a connection, and a few kB
    # One transaction of the drain: large enough that its fixed cost is shared, small enough that no lock is held long.
    drain_batch_items: int = Field(default=1_000, ge=1, le=10_000)
    drain_batch_bytes: int = Field(default=8 * 1024 * 1024, ge=1_024)  # one body at least, however large
    drain_batch_seconds: float = Field(default=0.25, gt=0, le=10)  # for reading bodies; what is left comes next time
    # POSTs under way for one number: as many as may be left unknown by a crash. A number of more than 430 messages a
    # second may have 0.15 s' worth, or an answer that takes 100 ms would hold it back.
    send_in_flight: int = Field(default=64, ge=1, le=1_000)
    worker_intake_threads: int = Field(
        default=2, ge=1, le=64
    )  # one lane for news, one for history: more would only wait
    worker_send_threads: int = Field(default=4, ge=1, le=64)  # a task only wakes a sender, or asks Meta about the past

    # How long roll-ups are kept; those by the day for ever. By the minute one looks at today and yesterday, and a day
    # of those takes the room of sixty by the hour; by the hour one compares with the season before.
    analytics_minutes_days: int = Field(default=2, ge=1, le=60)
    analytics_hours_days: int = Field(default=120, ge=7, le=3_650)

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @property
    def is_production(self) -> bool:
        return self.whatsapp_token is not None

    @property
    def api_places(self) -> int:
        return self.api_concurrency or self.db_pool_size + self.db_pool_overflow

    @property
    def api_token(self) -> str:
        """The bearer token of the WhatsApp API, real or simulated."""
        if self.whatsapp_token is not None:
            return self.whatsapp_token.get_secret_value()
        return load_or_make(self.data_dir).simulator_token

    @property
    def mailbox(self) -> Mailbox | None:
        if self.smtp_url is None:
            return None
        try:
            return mailbox.parse(self.smtp_url.get_secret_value(), sender=self.smtp_from)
        except BadMailbox as wrong:
            raise ConfigError(f"SMTP_URL is not usable: {wrong}.") from None

    @property
    def prepare_threshold(self) -> int | None:
        return None if self.db_prepare_threshold is None or self.db_prepare_threshold < 0 else self.db_prepare_threshold

    def app_secrets(self) -> tuple[bytes, ...]:
        """What a webhook may be signed with; empty when no secret is known, and then none is accepted."""
        secrets = (self.whatsapp_app_secret, self.whatsapp_app_secret_previous)
        return tuple(secret.get_secret_value().encode() for secret in secrets if secret is not None)


# What the simulator and a fresh development database call the one business number.
SIMULATED_PHONE_NUMBER_ID = "106540352242922"
SIMULATED_BUSINESS_ID = "102290129340398"
SIMULATED_DISPLAY_NUMBER = "15550783881"
SIMULATED_SHOP = "Café Hilo"


def load() -> Settings:
    """Settings from the environment, `.env` and DATA_DIR; raises ConfigError in one sentence."""
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper() if first["loc"] else "settings"
        raise ConfigError(f"{name} is not usable: {first['msg']}.") from None
    _check(settings)
    return _require(settings) if settings.is_production else _complete(settings)


def _check(settings: Settings) -> None:
    given = {
        "DATABASE_URL": (addresses.DATABASE, settings.database_url),
        "DATABASE_ADMIN_URL": (addresses.DATABASE, settings.database_admin_url),
        "BROKER_URL": (addresses.BROKER, settings.broker_url),
        "PUBLIC_URL": (addresses.PAGE, settings.public_url),
        "WHATSAPP_API_URL": (addresses.PAGE, settings.whatsapp_api_url),
    }
    for name, (kind, text) in given.items():
        if text and (wrong := addresses.fault(kind, text)):
            raise ConfigError(f"{name} is not usable: {wrong}.")
    connections = settings.db_pool_size + settings.db_pool_overflow
    if settings.api_places > connections:
        raise ConfigError(
            f"API_CONCURRENCY is {settings.api_places}, but DB_POOL_SIZE and DB_POOL_OVERFLOW allow {connections}"
            " connections: lower the one or raise the others."
        )
    token = settings.metrics_token
    if token is not None and len(token.get_secret_value()) < SHORTEST_TOKEN:
        raise ConfigError(f"METRICS_TOKEN must have {SHORTEST_TOKEN} characters or more.")
    _ = settings.mailbox  # said at the start, not when the first e-mail is due


def _require(settings: Settings) -> Settings:
    if len(settings.secret_key.get_secret_value().encode()) < 32:
        raise ConfigError("SECRET_KEY must be set to 32 bytes or more when WHATSAPP_TOKEN is set.")
    if not settings.webhook_verify_token.get_secret_value():
        raise ConfigError("WEBHOOK_VERIFY_TOKEN must be set when WHATSAPP_TOKEN is set.")
    if not settings.allowed_origins:
        raise ConfigError("ALLOWED_ORIGINS must be set when WHATSAPP_TOKEN is set.")
    if not settings.phone_number_id:
        raise ConfigError("PHONE_NUMBER_ID must be set when WHATSAPP_TOKEN is set.")
    return settings.model_copy(
        update={"whatsapp_api_url": settings.whatsapp_api_url or "https://graph.facebook.com/v26.0"}
    )


def _complete(settings: Settings) -> Settings:
    secrets = load_or_make(settings.data_dir)
    return settings.model_copy(
        update={
            "secret_key": SecretStr(settings.secret_key.get_secret_value() or secrets.secret_key),
            "webhook_verify_token": SecretStr(
                settings.webhook_verify_token.get_secret_value() or secrets.webhook_verify_token
            ),
            "whatsapp_app_secret": settings.whatsapp_app_secret or SecretStr(secrets.whatsapp_app_secret),
            "whatsapp_api_url": settings.whatsapp_api_url or f"http://127.0.0.1:{settings.simulator_port}/v26.0",
            "phone_number_id": settings.phone_number_id or SIMULATED_PHONE_NUMBER_ID,
            "business_id": settings.business_id or SIMULATED_BUSINESS_ID,
        }
    )


@lru_cache
def get_settings() -> Settings:
    return load()
