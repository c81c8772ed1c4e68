"""Make the database ready: its tables, the days ahead, the business number, the first admin, the sample shop.

Any process may ask at any start, several at the same moment: one does the work in one transaction, the others wait for
its lock and find everything done.
"""

import re
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import structlog
from sqlalchemy import Connection, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core.config import CHECKOUT, SIMULATED_DISPLAY_NUMBER, ConfigError, OutOfReach, Settings
from app.core.secrets import first_login_file, load_or_make, write_private
from app.core.security import hash_password, verify_password
from app.database import make_engine, transaction
from app.models import Base, Channel, User
from app.services import audit, users
from app.services.adopting import adopt_all
from app.services.audit import Actor
from app.services.backups import Say, save_before_update
from app.services.partitions import make_partitions, present_relations
from app.services.sample import add_sample_shop

if TYPE_CHECKING:
    from alembic.config import Config

log = structlog.get_logger()

SCHEMA = CHECKOUT / "database_schema.sql"
MIGRATIONS = CHECKOUT / "migrations"
OLDEST_POSTGRESQL = 15

# The key of an advisory lock, which ends with its transaction; a number that no other program is likely to choose.
PREPARE_LOCK = 0x48494C4F01


def _log(sentence: str) -> None:
    log.warning("prepare_says", sentence=sentence)


def prepare(settings: Settings, *, sample: bool, say: Say = _log) -> None:
    """Bring the database to this version; `sample` adds the sample shop to one that nobody has used yet.

    One that an update changes is saved to a file first; `say` hears of it, or of why it could not be.

    Raises ConfigError, in one sentence, where that cannot be done.
    """
    engine = make_engine(settings, admin=True)
    try:
        with transaction(engine) as session:
            connection = session.connection()
            _refuse_old_server(connection)
            session.execute(text("SET LOCAL statement_timeout = 0"))  # an index over ten million rows takes its time
            session.execute(text("SET LOCAL idle_in_transaction_session_timeout = '60s'"))  # so does loading Alembic
            # Whoever comes second waits for as long as the first one takes; what follows waits for others briefly.
            session.execute(text("SET LOCAL lock_timeout = 0"))
            session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": PREPARE_LOCK})
            session.execute(text("SET LOCAL lock_timeout = '10s'"))
            _bring_up_to_date(connection, settings, say)
            is_unused = session.scalars(select(User.id).limit(1)).first() is None  # also when psql made the tables
            # The database's clock, because it is the one that stamps webhook bodies.
            make_partitions(session, session.scalars(select(func.timezone("UTC", func.now()))).one().date())
            _open_channel(session, settings)
            if is_unused:
                adopt_all(session)
            if is_unused and sample:
                add_sample_shop(session)
            _ensure_admin(session, settings)  # last: what comes after it is told of in the audit log
    except (DBAPIError, psycopg.Error) as error:
        raise _explained(error) from error
    finally:
        engine.dispose()


def _server_version(connection: Connection) -> int:
    return int(connection.scalars(text("SHOW server_version_num")).one()) // 10_000


def _refuse_old_server(connection: Connection) -> None:
    version = _server_version(connection)
    if version < OLDEST_POSTGRESQL:
        raise ConfigError(f"PostgreSQL {version} is too old: Hilo needs PostgreSQL {OLDEST_POSTGRESQL} or newer.")


def _bring_up_to_date(connection: Connection, settings: Settings, say: Say) -> None:
    """Columns that somebody added are nobody's business here."""
    with Session(connection) as session:
        present = present_relations(session, [*Base.metadata.tables, "alembic_version"])
    ours = present - {"alembic_version"}
    if not present:
        _apply_schema(connection)
        return
    revisions = [] if "alembic_version" not in present else _revisions(connection)
    if ours and not revisions:
        raise ConfigError(
            f"The database already holds a table named {min(ours)} that is not Hilo's: give Hilo a database of its own."
        )
    if revisions != [current_revision()]:
        _upgrade(connection, revisions, settings, say)


def current_revision() -> str:
    """Where this version's databases stand, as the schema file stamps them: importing Alembic to ask takes longer."""
    stamp = re.search(r"^INSERT INTO alembic_version VALUES \('(\w+)'\);$", _read(SCHEMA), re.MULTILINE)
    assert stamp is not None, "the schema file ends by stamping its revision"
    return stamp[1]


def _revisions(connection: Connection) -> list[str]:
    return list(connection.scalars(text("SELECT version_num FROM alembic_version")))


def _apply_schema(connection: Connection) -> None:
    # psql runs the file in a transaction of its own; here it is part of ours.
    statements = "\n".join(line for line in _read(SCHEMA).splitlines() if line not in {"BEGIN;", "COMMIT;"})
    # By the driver: SQLAlchemy would look for parameters in it.
    with closing(connection.connection.cursor()) as cursor:
        cursor.execute(statements)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def known_revisions() -> set[str]:
    from alembic.script import ScriptDirectory

    return {script.revision for script in ScriptDirectory.from_config(_alembic()).walk_revisions()}


def _alembic() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def _upgrade(connection: Connection, revisions: Sequence[str], settings: Settings, say: Say) -> None:
    from alembic import command

    if unknown := set(revisions) - known_revisions():
        raise ConfigError(
            f"The database is at revision {min(unknown)}, which this version of Hilo does not know:"
            " start the newer version that it belongs to."
        )
    # Saving takes as long as the database is large, and this transaction only holds its turn meanwhile.
    connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    if revisions:  # else Alembic's table alone is there
        save_before_update(settings, server=_server_version(connection), revision=revisions[0], say=say)
    config = _alembic()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    log.info("database_upgraded", revision=current_revision())


def _open_channel(session: Session, settings: Settings) -> None:
    """PHONE_NUMBER_ID's number works from the start; one that was halted stays halted."""
    if not settings.phone_number_id:
        return
    # A webhook may make the row, unclaimed, at this very moment.
    session.execute(insert(Channel).values(phone_number_id=settings.phone_number_id).on_conflict_do_nothing())
    channel = session.scalars(select(Channel).where(Channel.phone_number_id == settings.phone_number_id)).one()
    if channel.state == "unclaimed":
        channel.state = "active"
    if settings.business_id:
        channel.waba_id = settings.business_id
    if not settings.is_production and channel.display_number is None:
        channel.display_number = SIMULATED_DISPLAY_NUMBER
    session.flush()


def _ensure_admin(session: Session, settings: Settings) -> None:
    """There is an admin; ADMIN_EMAIL with ADMIN_PASSWORD lets one in again who was locked out."""
    email = settings.admin_email.strip().lower()
    password = settings.admin_password.get_secret_value() if settings.admin_password else None
    is_asked_for = password is not None and "admin_email" in settings.model_fields_set
    if not is_asked_for and session.scalars(select(User.id).where(User.role == "admin").limit(1)).first():
        return
    if password is None and settings.is_production:
        raise ConfigError("ADMIN_PASSWORD must be set at the first start in production: it is how you sign in.")
    if password is None:
        password = load_or_make(settings.data_dir).admin_password
        write_private(first_login_file(settings.data_dir), f"{email}\n{password}\n")
    now = session.scalars(select(func.now())).one()
    audit.attach(session, Actor(kind="start", name="ADMIN_EMAIL", at=now))
    user = users.find_by_email(session, email)
    if user is None:
        name = _free_username(session, email)
        session.add(User(username=name, email=email, role="admin", hashed_password=hash_password(password)))
        session.flush()
        return
    user.role = "admin"
    user.is_active = True
    if not verify_password(password, user.hashed_password):
        # Only a new one, not at every start: it ends the sessions of that admin.
        users.set_password(session, user, password, is_borrowed=False, now=now)
    session.flush()


def _free_username(session: Session, email: str) -> str:
    name = email.partition("@")[0]
    return email if session.scalars(select(User.id).where(func.lower(User.username) == name)).first() else name


def _explained(error: DBAPIError | psycopg.Error) -> Exception:
    """A sentence for what whoever starts the program can mend; anything else as it is."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(cause, "sqlstate", None)
    reason = str(cause).strip().partition("\n")[0]
    if state in {"42P07", "42723", "42710"}:  # a table, function or trigger of that name is there
        return ConfigError(f"The database is not empty and not Hilo's ({reason}): give Hilo a database of its own.")
    if state in {"42501", "3F000"}:
        return ConfigError(f"The database user may not make tables ({reason}): DATABASE_ADMIN_URL needs one who may.")
    if state in {"0A000", "58P01"}:  # an extension is not installed
        return ConfigError(f"PostgreSQL lacks a part of its own ({reason}): install its contrib package.")
    is_lost = isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError)
    if is_lost and (state is None or state.startswith(("08", "53", "57"))):
        return OutOfReach(f"The database cannot be reached ({reason}).")
    return error
