"""Settings: each environment variable, its default and its reason.

Production means that WHATSAPP_TOKEN is set. Otherwise secrets that the environment does not give are made once and
kept in DATA_DIR, so that one command is enough to start.
"""

from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.core.data_dir import default_data_dir
from app.core.secrets import load_or_make

CHECKOUT = Path(__file__).resolve().parents[2]


class ConfigError(Exception):
    """A setting is missing or wrong; the message is one sentence for whoever starts the program."""


class OutOfReach(ConfigError):
    """What a setting names does not answer. It may later: this alone is worth another try."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore")

    # Where things are
    database_url: str | None = None  # unset: the supervisor embeds PostgreSQL
    database_admin_url: str | None = None  # direct, for migrations; default: database_url
    db_prepare_threshold: int | None = 5  # psycopg's default; -1 switches it off, as PgBouncer needs
    db_pool_size: int = 5  # connections a process keeps; each process has its own pool
    broker_url: str | None = None  # unset: the supervisor embeds Valkey
    data_dir: Path = Field(default_factory=lambda: default_data_dir(CHECKOUT))
    clock_file: Path | None = None  # shared with the simulator, so that both age together

    # Who may reach us
    host: str = "127.0.0.1"  # nobody outside this machine, unless asked for
    port: int = Field(default=8000, ge=1, le=65535)
    simulator_host: str = "127.0.0.1"
    simulator_port: int = Field(default=8001, ge=1, le=65535)
    public_url: str | None = None  # how the world reaches us; settling probes it
    allowed_origins: Annotated[list[str], NoDecode] = []
    secret_key: SecretStr = SecretStr("")
    access_token_minutes: int = 12 * 60
    admin_email: str = "admin@hilo.example"
    admin_password: SecretStr | None = None

    # WhatsApp
    whatsapp_token: SecretStr | None = None
    whatsapp_app_secret: SecretStr | None = None
    whatsapp_app_secret_previous: SecretStr | None = None  # accepted beside the new one while it is being changed
    whatsapp_api_url: str = ""
    phone_number_id: str = ""
    business_id: str = ""
    webhook_verify_token: SecretStr = SecretStr("")

    # Durations, in seconds (design: sending that survives a crash)
    start_within_seconds: float = 5  # a POST begins this soon after its claim, or never
    send_timeout_seconds: float = 30
    settle_silence_seconds: float | None = None  # unset: ten minutes, or twice the time intake was closed
    settle_give_up_seconds: float = 86_400
    status_overdue_seconds: float = 600  # an accepted message without a report asks message_history after this

    # Sizes
    intake_queue_bodies: int = 5_000  # bodies waiting for the next commit; beyond it Meta is asked to repeat (503)
    intake_batch_bytes: int = 8 * 1024 * 1024
    drain_batch_items: int = 1_000
    send_in_flight: int = 64  # POSTs under way for one number

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @property
    def is_production(self) -> bool:
        return self.whatsapp_token is not None

    @property
    def api_token(self) -> str:
        """The bearer token of the WhatsApp API, real or simulated."""
        if self.whatsapp_token is not None:
            return self.whatsapp_token.get_secret_value()
        return load_or_make(self.data_dir).simulator_token

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
    return _require(settings) if settings.is_production else _complete(settings)


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
