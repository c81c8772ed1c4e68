"""The database: one engine a process, one transaction a unit of work, and the only code that commits.

Background work is asked for with `after_commit`: workers hear of it when the rows are there, and not at all when the
transaction fails.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TypeVar

from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.orm import Session

from app.core.config import ConfigError, Settings, get_settings
from app.core.nudges import nudger

T = TypeVar("T")

# Deadlock and serialisation failure: the same work, done again, succeeds.
RETRIED = {"40P01", "40001"}
TRIES = 5

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
    return create_engine(
        url_of(text),
        pool_size=settings.db_pool_size,
        max_overflow=settings.db_pool_size,
        pool_pre_ping=True,
        hide_parameters=True,  # an error may be logged, and the values may be a person's words
        connect_args={
            "prepare_threshold": settings.prepare_threshold,
            "connect_timeout": 5,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
        },
    )


@lru_cache
def engine() -> Engine:
    return make_engine(get_settings())


@contextmanager
def transaction(bind: Engine | None = None) -> Iterator[Session]:
    """A session that commits at the end, then sends what `after_commit` was asked for."""
    with Session(bind or engine(), expire_on_commit=False) as session:
        # SET LOCAL, not session state: a pooler may hand the connection to somebody else after the commit.
        session.connection().exec_driver_sql(
            "SET LOCAL lock_timeout = '2s'; SET LOCAL idle_in_transaction_session_timeout = '10s'"
        )
        yield session
        session.commit()
    for task, arguments in session.info.get("nudges", ()):
        nudger.nudge(task, **arguments)


def in_transaction(work: Callable[[Session], T], bind: Engine | None = None) -> T:
    """Do the work in a transaction of its own, again when PostgreSQL says that doing it again will help."""
    for left in reversed(range(TRIES)):
        try:
            with transaction(bind) as session:
                return work(session)
        except DBAPIError as error:
            if sqlstate(error) not in RETRIED or not left:
                raise
    raise AssertionError("unreachable")


def read_by_index(session: Session) -> None:
    """Until commit, look rows up one by one and scan no table.

    For work in sets of known keys. The planner guesses how many keys there are and what tables hold that changed since
    it last looked; where it guesses badly it reads millions of rows to find a thousand.
    """
    session.connection().exec_driver_sql(
        "SET LOCAL enable_seqscan = off; SET LOCAL enable_mergejoin = off; SET LOCAL jit = off"
    )


def get_session() -> Iterator[Session]:
    """FastAPI's dependency. Use it with `scope="function"`, so that the commit comes before the answer."""
    with transaction() as session:
        yield session


def after_commit(session: Session, task: str, **arguments: int | str) -> None:
    session.info.setdefault("nudges", []).append((task, arguments))


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
