"""The database: one engine a process, one transaction a unit of work, and the only code that commits.

Background work is asked for with `after_commit`: workers hear of it when the rows are there, and not at all when the
transaction fails.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from time import monotonic
from types import MappingProxyType
from typing import Any, TypeVar

import psycopg
from sqlalchemy import Dialect, Engine, create_engine, event, make_url
from sqlalchemy.exc import DataError, DBAPIError, DisconnectionError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from app.core import measures
from app.core.config import ConfigError, Settings, get_settings
from app.core.nudges import nudger

T = TypeVar("T")

# Deadlock and serialisation failure: the same work, done again, succeeds.
RETRIED = {"40P01", "40001"}
TRIES = 5

# Who waits for a lock, or forgets that others wait for theirs, gives up.
PATIENCE = "SET LOCAL lock_timeout = '2s'; SET LOCAL idle_in_transaction_session_timeout = '10s';"
BY_INDEX = "SET LOCAL enable_seqscan = off; SET LOCAL enable_mergejoin = off; SET LOCAL jit = off"

NONE: Mapping[str, Any] = MappingProxyType({})

PUT_AWAY_AT = "put_away_at"
RESTED_SECONDS = 1.0

# SQLSTATE classes and states that speak of the connection, locks, resources or a shutdown, never of the data.
OPERATIONAL_CLASSES = ("08", "40", "53", "57")
OPERATIONAL_STATES = ("55P03", "25P03")


def url_of(text: str) -> str:
    """A SQLAlchemy address for psycopg 3 from any usual spelling (`postgres://`, `postgresql://`)."""
    url = make_url(text.replace("postgres://", "postgresql://", 1))
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def conninfo_of(text: str) -> str:
    """The same address for libpq."""
    return make_url(url_of(text)).set(drivername="postgresql").render_as_string(hide_password=False)


def make_engine(settings: Settings, *, admin: bool = False) -> Engine:
    text = (settings.database_admin_url if admin else None) or settings.database_url
    if text is None:
        raise ConfigError("DATABASE_URL is not set: set it, or start everything with `python -m app.main`.")
    made = create_engine(
        url_of(text),
        pool_size=settings.db_pool_size,
        max_overflow=settings.db_pool_overflow,
        pool_timeout=settings.db_pool_wait_seconds,
        pool_use_lifo=True,  # the same few work all the time, and the others stay small
        hide_parameters=True,  # an error may be logged, and the values may be a person's words
        connect_args={
            "prepare_threshold": settings.prepare_threshold,
            "connect_timeout": 5,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
        },
    )
    event.listen(made, "do_connect", _connect)
    event.listen(made, "checkin", _put_away)
    event.listen(made, "checkout", partial(_take_out, made.dialect))
    return made


def _connect(
    dialect: Dialect, _record: ConnectionPoolEntry, arguments: Sequence[Any], options: Mapping[str, Any]
) -> Any:
    """As the driver does it. Where no more files may be opened, the driver fails by an error that is not its own, which
    nobody would take for a database that is away."""
    try:
        return dialect.connect(*arguments, **options)
    except OSError as error:
        raise psycopg.OperationalError(f"connection failed: {error.strerror}") from error


def _put_away(connection: psycopg.Connection | None, record: ConnectionPoolEntry) -> None:
    if connection is not None and not connection.closed:
        connection.autocommit = False  # as whoever takes it next expects; `transaction` begins by itself
        record.info[PUT_AWAY_AT] = monotonic()


def _take_out(dialect: Dialect, connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    """Ask a connection that has rested whether it still stands: one at work was heard from just now."""
    if monotonic() - record.info.get(PUT_AWAY_AT, monotonic()) < RESTED_SECONDS:
        return
    try:
        dialect.do_ping(connection)
    except psycopg.Error as error:
        raise DisconnectionError from error  # the pool opens another


@lru_cache
def engine() -> Engine:
    made = make_engine(get_settings())
    if isinstance(made.pool, QueuePool):
        pool = made.pool
        measures.CONNECTIONS.show(lambda: float(pool.checkedin() + pool.checkedout()))
    return made


@contextmanager
def transaction(
    bind: Engine | None = None, *, statement_seconds: float | None = None, by_index: bool = False
) -> Iterator[Session]:
    """A session that commits at the end, then does what `after_commit` and `afterwards` were asked for.

    A statement that takes longer than DB_STATEMENT_SECONDS, or than is said here, fails. `by_index` is for work in sets
    of known keys, which are looked up one by one and no table is scanned: the planner guesses how many keys there are
    and what tables hold that changed since it last looked, and where it guesses badly it reads millions of rows to find
    a thousand.
    """
    milliseconds = int(1000 * (statement_seconds or get_settings().db_statement_seconds))
    with Session(bind or engine(), expire_on_commit=False) as session:
        _begin(session, f"SET LOCAL statement_timeout = {milliseconds}; {BY_INDEX if by_index else ''}")
        yield session
        session.commit()
    for task, arguments in session.info.get("nudges", ()):
        nudger.nudge(task, **arguments)
    for work in session.info.get("afterwards", ()):
        work()


def _begin(session: Session, settings: str) -> None:
    """Begin with all that holds until commit, in one trip instead of two: small transactions are mostly trips.

    SET LOCAL, not session state: a pooler may hand the connection to somebody else after the commit.
    """
    driver = _driver_of(session)
    driver.autocommit = True  # else the driver would begin first
    with _as_sqlalchemy(session):
        driver.execute(f"BEGIN; {PATIENCE} {settings}".encode())


def in_transaction(work: Callable[[Session], T], bind: Engine | None = None, *, by_index: bool = False) -> T:
    """Do the work in a transaction of its own, again when PostgreSQL says that doing it again will help."""
    for left in reversed(range(TRIES)):
        try:
            with transaction(bind, by_index=by_index) as session:
                return work(session)
        except DBAPIError as error:
            if sqlstate(error) not in RETRIED or not left:
                raise
    raise AssertionError("unreachable")


def fetch(session: Session, sql: str, parameters: Mapping[str, Any] = NONE) -> list[tuple[Any, ...]]:
    """The rows of a statement with parameters as `:name`, by the driver alone: for work that is done all day.

    What SQLAlchemy adds to a statement costs more than the driver itself. Errors are SQLAlchemy's all the same, so that
    nobody has to know which way a statement took. What the session still holds back is not written first.
    """
    with _as_sqlalchemy(session):
        cursor = _driver_of(session).execute(_statement(sql), parameters)
        return cursor.fetchall() if cursor.description else []


def fetch_value(session: Session, sql: str, parameters: Mapping[str, Any] = NONE) -> Any:
    """The first column of the first row; `None` where there is no row."""
    rows = fetch(session, sql, parameters)
    return rows[0][0] if rows else None


def fetch_values(session: Session, sql: str, parameters: Mapping[str, Any] = NONE) -> list[Any]:
    """The first column of each row."""
    return [row[0] for row in fetch(session, sql, parameters)]


@lru_cache(maxsize=1_000)  # there are fewer in the whole program
def _statement(sql: str) -> bytes:
    return re.sub(r"(?<![:\w]):(\w+)", r"%(\1)s", sql.replace("%", "%%")).encode()


def _driver_of(session: Session) -> psycopg.Connection[tuple[Any, ...]]:
    driver = session.connection().connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver


@contextmanager
def _as_sqlalchemy(session: Session) -> Iterator[None]:
    """Errors of the driver as SQLAlchemy raises them."""
    try:
        yield
    except psycopg.Error as error:
        dialect = session.connection().dialect
        raise DBAPIError.instance(None, None, error, psycopg.Error, hide_parameters=True, dialect=dialect) from error


def get_session() -> Iterator[Session]:
    """FastAPI's dependency. Use it with `scope="function"`, so that the commit comes before the answer."""
    with transaction(statement_seconds=get_settings().api_statement_seconds) as session:
        yield session


def after_commit(session: Session, task: str, **arguments: int | str) -> None:
    session.info.setdefault("nudges", []).append((task, arguments))


def afterwards(session: Session, work: Callable[[], None]) -> None:
    """Tell and count what was done once it is done: not what a transaction wrote that then failed."""
    session.info.setdefault("afterwards", []).append(work)


def sqlstate(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


def is_operational(error: BaseException) -> bool:
    """Whether the fault lies with the connection, a lock, a resource or a shutdown, not with the data."""
    if not isinstance(error, DBAPIError):
        return isinstance(error, OSError)
    state = sqlstate(error)
    if state is None:  # no answer of the server: the connection broke, unless the driver itself refused the data
        return not isinstance(error, DataError)
    return state.startswith(OPERATIONAL_CLASSES) or state in OPERATIONAL_STATES
