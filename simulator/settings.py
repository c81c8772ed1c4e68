"""What the simulator is told by its environment. It reads no file of the app and never the app's settings."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class BadSetting(Exception):
    """A variable cannot be used; the text is for the person who set it."""


@dataclass(frozen=True)
class Settings:
    host: str
    port: int
    state_folder: Path
    token: str
    app_secret: str
    verify_token: str
    webhook_url: str
    phone_number_id: str
    waba_id: str
    app_id: str
    display_number: str
    verified_name: str
    clock_file: Path
    app_url: str | None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        def read(name: str, default: str) -> str:
            return environment.get(f"SIMULATOR_{name}") or default

        def read_digits(name: str, default: str) -> str:
            value = read(name, default).lstrip("+")
            if not (value.isascii() and value.isdigit()):
                raise BadSetting(f"SIMULATOR_{name} must be digits, not {value!r}.")
            return value

        port = int(read_digits("PORT", "8001"))
        if port > 65535:
            raise BadSetting(f"SIMULATOR_PORT must be at most 65535, not {port}.")
        state_folder = Path(read("STATE", ".hilo/simulator"))
        return cls(
            host=read("HOST", "127.0.0.1"),
            port=port,
            state_folder=state_folder,
            # Known to everyone, and harmless: they guard a make-believe account on loopback.
            token=read("TOKEN", "simulator-token"),
            app_secret=read("APP_SECRET", "simulator-app-secret"),
            verify_token=read("VERIFY_TOKEN", "simulator-verify-token"),
            webhook_url=read("WEBHOOK_URL", "http://127.0.0.1:8000/webhooks/whatsapp"),
            phone_number_id=read_digits("PHONE_NUMBER_ID", "106540352242922"),
            waba_id=read_digits("WABA_ID", "102290129340398"),
            app_id=read_digits("APP_ID", "670843887433847"),
            display_number=read_digits("DISPLAY_NUMBER", "15550783881"),
            verified_name=read("VERIFIED_NAME", "Hilo"),
            clock_file=Path(read("CLOCK_FILE", str(state_folder / "clock.json"))),
            app_url=environment.get("SIMULATOR_APP_URL") or None,
        )
