"""Our own programs: the web server, the workers, beat and the simulated phone, as processes to watch.

They take their settings from the environment and from `.env`, as they do when somebody starts them by hand. The
simulator is another party: it gets what is addressed to it, and none of our secrets besides.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import ceil
from pathlib import Path

from app.core.addresses import address
from app.core.config import CHECKOUT, SIMULATED_DISPLAY_NUMBER, SIMULATED_SHOP, Settings
from app.embedded.gate import Gate
from app.embedded.processes import BEAT_STAGE, SIMULATOR_STAGE, WEB_STAGE, WORKER_STAGE, Process

# What a program needs of its surroundings to run at all.
SURROUNDINGS = {"PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV", "SSL_CERT_FILE"}

# What a worker needs besides, to write down what it broke off and to give its lanes back.
RECORD_SECONDS = 1.2


def runs_simulator(settings: Settings) -> bool:
    """Unless the far end is Meta, or a simulator that somebody runs elsewhere."""
    ours = f"http://127.0.0.1:{settings.simulator_port}/"
    return not settings.is_production and settings.whatsapp_api_url.startswith(ours)


def preparation(settings: Settings, env: Mapping[str, str], *, logs: Path) -> Process:
    """Runs to its end: schema or migrations, and the first admin. A database of our own gets the sample shop too."""
    is_ours_to_try_out = settings.database_url is None and not settings.is_production
    arguments = ["app", "prepare", *(["--sample"] if is_ours_to_try_out else [])]
    return _python("prepare", arguments, env, logs=logs, stage=WORKER_STAGE, stop_seconds=1.0)


def pages(env: Mapping[str, str], *, logs: Path) -> Process:
    """Runs to its end: builds the operator's pages."""
    return _python("pages", ["app.embedded.frontend"], env, logs=logs, stage=WEB_STAGE, stop_seconds=1.0)


def web(settings: Settings, env: Mapping[str, str], *, gate: Gate, logs: Path) -> Process:
    server = ["app.embedded.ahead", "app.main:app", "--host", settings.host, "--port", str(settings.port)]
    # No access log: an address may carry a token, and at full load it would fill the disk.
    server += ["--no-access-log", "--timeout-graceful-shutdown", str(ceil(settings.stop_seconds))]
    stop_seconds = ceil(settings.stop_seconds) + 0.3
    return replace(_python("web", server, env, logs=logs, stage=WEB_STAGE, stop_seconds=stop_seconds), gate=gate)


def workers(settings: Settings, env: Mapping[str, str], *, logs: Path) -> list[Process]:
    """Those that take work, and beat, which asks for it by the clock."""
    celery = ["celery", "-A", "app.core.celery"]
    worker = [*celery, "worker", "--without-gossip", "--without-mingle"]
    beat = [*celery, "beat", "--scheduler", "celery.beat:Scheduler", "--pidfile="]  # in memory: no file to go stale
    return [
        _worker(
            "intake", worker, ["--pool", "threads", "-c", str(settings.worker_intake_threads)], settings, env, logs
        ),
        _worker("send", worker, ["--pool", "threads", "-c", str(settings.worker_send_threads)], settings, env, logs),
        _worker("sweep", worker, ["--pool", "solo"], settings, env, logs),
        _python("beat", beat, env, logs=logs, stage=BEAT_STAGE, stop_seconds=0.4),
    ]


def simulator(settings: Settings, *, data_dir: Path, clock_file: Path, logs: Path) -> Process:
    env = {name: value for name, value in os.environ.items() if name in SURROUNDINGS} | {
        "PYTHONUNBUFFERED": "1",
        "SIMULATOR_HOST": settings.simulator_host,
        "SIMULATOR_PORT": str(settings.simulator_port),
        "SIMULATOR_STATE": str(data_dir / "simulator"),
        "SIMULATOR_TOKEN": settings.api_token,
        "SIMULATOR_APP_SECRET": settings.app_secrets()[0].decode(),
        "SIMULATOR_VERIFY_TOKEN": settings.webhook_verify_token.get_secret_value(),
        "SIMULATOR_APP_URL": address(settings.host, settings.port),
        "SIMULATOR_WEBHOOK_URL": address(settings.host, settings.port) + "/webhooks/whatsapp",
        "SIMULATOR_PHONE_NUMBER_ID": settings.phone_number_id,
        "SIMULATOR_WABA_ID": settings.business_id,
        "SIMULATOR_DISPLAY_NUMBER": SIMULATED_DISPLAY_NUMBER,
        "SIMULATOR_VERIFIED_NAME": SIMULATED_SHOP,
        "SIMULATOR_CLOCK_FILE": str(clock_file),
    }
    return _python("simulator", ["simulator"], env, logs=logs, stage=SIMULATOR_STAGE, stop_seconds=0.3)


def _worker(
    queue: str, command: Sequence[str], pool: Sequence[str], settings: Settings, env: Mapping[str, str], logs: Path
) -> Process:
    arguments = [*command, "-Q", queue, "-n", f"{queue}@%h", *pool]
    stop_seconds = settings.stop_seconds + RECORD_SECONDS
    return _python(f"worker-{queue}", arguments, env, logs=logs, stage=WORKER_STAGE, stop_seconds=stop_seconds)


def _python(
    name: str, arguments: Sequence[str], env: Mapping[str, str], *, logs: Path, stage: int, stop_seconds: float
) -> Process:
    return Process(
        name=name,
        command=[sys.executable, "-m", *arguments],
        env=env,
        folder=CHECKOUT,
        log=logs / f"{name}.log",
        stage=stage,
        stop_seconds=stop_seconds,
    )
