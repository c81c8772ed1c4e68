"""Bring a backup back: all of it or nothing, and then everything is paused.

What comes back is older than the world. Messages that waited then may have been sent since, so nothing is sent until a
person has looked.
"""

from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep

from psycopg import Connection
from psycopg.sql import SQL, Identifier

from app.core.config import ConfigError, Settings
from app.database import make_engine, transaction
from app.services import workspace
from app.services.alerts import raise_alert
from app.services.backups import address, connect, no_client, version
from app.services.dumps import Client, DumpFailed, find_client
from app.services.setup import known_revisions, prepare

# Everything that Hilo made, whichever version; what belongs to an extension stays.
EMPTY = """
    DO $$
    DECLARE thing record;
    BEGIN
        FOR thing IN
            SELECT c.oid::regclass AS name FROM pg_class c
            WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
                AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
        LOOP EXECUTE format('DROP TABLE %s CASCADE', thing.name); END LOOP;
        FOR thing IN
            SELECT p.oid::regprocedure AS name FROM pg_proc p
            WHERE p.pronamespace = current_schema()::regnamespace
                AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
        LOOP EXECUTE format('DROP ROUTINE %s CASCADE', thing.name); END LOOP;
    END $$
"""
PAUSE = "UPDATE {}.settings SET is_paused = true"

OTHERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
LEAVING_SECONDS = 2.0


def restore(settings: Settings, file: Path) -> None:
    """Put what the file holds in the place of all that the database holds, and pause everything."""
    conninfo = address(settings)
    with connect(conninfo) as connection:
        if others := _others(connection):
            raise ConfigError(f"{others} other connections use the database: stop Hilo first, then restore.")
        server = version(connection)
        schema = connection.execute("SELECT current_schema()").fetchone()
        pause = SQL(PAUSE).format(Identifier(schema[0] if schema else "public")).as_string()
    client = find_client(server=server)
    if client is None:
        raise ConfigError(no_client(server))
    _refuse_strange(client, file)
    try:
        client.restore(conninfo, file, before=EMPTY, after=pause)
    except DumpFailed as error:
        raise ConfigError(f"{file} could not be restored, and the database is as it was: {error}") from None
    prepare(settings, sample=False)
    _tell(settings, file)


def _others(connection: Connection) -> int:
    """Who has gone is still seen for a moment."""
    ends = monotonic() + LEAVING_SECONDS
    while True:
        found = connection.execute(OTHERS).fetchone()
        count = int(found[0]) if found is not None else 0
        if not count or monotonic() > ends:
            return count
        sleep(0.05)


def _refuse_strange(client: Client, file: Path) -> None:
    if not file.is_file():
        raise ConfigError(f"There is no file {file}.")
    try:
        client.contents(file)
        revision = client.revision(file)
    except DumpFailed as error:
        raise ConfigError(f"{file} is not a backup that can be read: {error}") from None
    if not revision:
        raise ConfigError(f"{file} is a backup of something else than Hilo.")
    if revision not in known_revisions():
        raise ConfigError(
            f"{file} is at revision {revision}, which this version of Hilo does not know:"
            " restore it with the newer version that it belongs to."
        )


def _tell(settings: Settings, file: Path) -> None:
    """Why everything is paused, for whoever is to resume it."""
    now = datetime.now(UTC)
    engine = make_engine(settings, admin=True)
    try:
        with transaction(engine) as session:
            place = workspace.get_workspace(session)
            place.paused_at, place.pause_reason = now, "The database was restored from a backup."
            raise_alert(
                session,
                kind=workspace.PAUSED,
                key="",
                severity="critical",
                title="Everything is paused: the database was restored from a backup",
                detail="Messages that waited when it was made may have been sent since. Look at them, then resume.",
                context={"file": file.name},
                now=now,
            )
    finally:
        engine.dispose()
