"""Save the database to a file: by hand, every so often, and before an update changes it.

A file has its name once it has been read again and is on disk; what is only half there never looks like a backup.
"""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import structlog

from app.core.config import ConfigError, OutOfReach, Settings
from app.core.data_dir import make_data_dir
from app.database import conninfo_of
from app.services.dumps import Client, DumpFailed, find_client

log = structlog.get_logger()

Say = Callable[[str], None]

RETRY_SECONDS = 300.0
LATE_SECONDS = 3_600  # how long a repeated backup may take before it counts as missing


def backups_folder(settings: Settings) -> Path:
    return settings.data_dir / "backups"


def back_up(settings: Settings, target: Path | None = None) -> Path:
    """Save the database to this file, or to a new one in DATA_DIR/backups, where only the latest are kept."""
    conninfo = address(settings)
    with connect(conninfo) as connection:
        server, revision = version(connection), _revision(connection)
    client = find_client(server=server)
    if client is None:
        raise ConfigError(no_client(server))
    if target is not None:
        return _save(client, conninfo, target)
    made = _save(client, conninfo, _new_file(settings, revision, "backup"))
    _forget_old(settings, "backup")
    return made


def back_up_for_ever(settings: Settings, say: Say) -> None:
    """One every BACKUP_EVERY_HOURS, counted from the latest that is there: a restart makes none too many."""
    while True:
        time.sleep(max(0.0, _due_at(settings) - time.time()))
        try:
            say(f"Saved to {back_up(settings)}.")
        except ConfigError as error:
            say(str(error))
            time.sleep(RETRY_SECONDS)


def is_recent(settings: Settings) -> bool:
    """Whether the latest repeated backup is where it should be by now."""
    return time.time() < _due_at(settings) + LATE_SECONDS


def save_before_update(settings: Settings, *, server: int, revision: str, say: Say) -> None:
    """Raises ConfigError when it should be saved and cannot be: what an update ruined could not be brought back."""
    if settings.backups_kept == 0:
        return
    client = find_client(server=server)
    if client is None:
        say(f"The database is updated without a backup: {no_client(server)}")
        return
    made = _save(client, address(settings), _new_file(settings, revision, "before-update"))
    _forget_old(settings, "before-update")
    say(f"The database was saved to {made} before its update.")


def _save(client: Client, conninfo: str, target: Path) -> Path:
    draft = target.with_name(f".{target.name}.part")
    try:
        draft.touch(mode=0o600)
        client.dump(conninfo, draft)
        if not any(" TABLE DATA " in line and " alembic_version " in line for line in client.contents(draft)):
            raise ConfigError("The database holds no Hilo: there is nothing to save.")
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        draft.replace(target)
    except DumpFailed as error:
        raise ConfigError(f"The database could not be saved to {target}: {error}") from None
    except OSError as error:
        raise ConfigError(f"The database could not be saved to {target}: {error.strerror}.") from None
    finally:
        draft.unlink(missing_ok=True)
    log.info("database_saved", bytes=target.stat().st_size)
    return target


def _new_file(settings: Settings, revision: str, kind: str) -> Path:
    folder = backups_folder(settings)
    make_data_dir(settings.data_dir)
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"hilo-{datetime.now(UTC):%Y%m%d-%H%M%S}-{revision}-{kind}.dump"


def _files(settings: Settings, kind: str) -> list[Path]:
    """Oldest first, by name."""
    return sorted(backups_folder(settings).glob(f"hilo-*-{kind}.dump"))


def _forget_old(settings: Settings, kind: str) -> None:
    for file in _files(settings, kind)[: -max(settings.backups_kept, 1)]:
        file.unlink(missing_ok=True)


def _due_at(settings: Settings) -> float:
    latest = max((file.stat().st_mtime for file in _files(settings, "backup")), default=0.0)
    return latest + settings.backup_every_hours * 3_600


def address(settings: Settings) -> str:
    """The direct one: a pooler would not do."""
    url = settings.database_admin_url or settings.database_url
    if url is None:
        raise ConfigError("DATABASE_URL is not set.")
    return conninfo_of(url)


def connect(conninfo: str) -> psycopg.Connection:
    try:
        return psycopg.connect(conninfo, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError as error:
        raise OutOfReach(f"The database cannot be reached ({type(error).__name__}).") from None


def version(connection: psycopg.Connection) -> int:
    return connection.info.server_version // 10_000


def _revision(connection: psycopg.Connection) -> str:
    if connection.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
        raise ConfigError("The database holds no Hilo: there is nothing to save.")
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return row[0] if row else "none"


def no_client(server: int) -> str:
    return f"there is no pg_dump for PostgreSQL {server} or newer here (postgresql-client of that version has it)."
