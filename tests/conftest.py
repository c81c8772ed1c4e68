"""What every test may ask for: a database of its own, the API, and tokens.

The server is TEST_DATABASE_URL's, else one embedded for this run. One database is prepared once and put back to that
state before each test that asks for it; whoever changes tables asks `make_database` for another.
"""

import gc
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as property_settings
from psycopg import sql
from sqlalchemy import Engine, make_url, select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

import app.database
from app.core.config import Settings, get_settings
from app.core.tokens import make_access_token
from app.database import conninfo_of, in_transaction
from app.embedded.postgres import Postgres
from app.models import User
from app.services.sessions import open_session
from app.services.setup import prepare
from tests import FOLDER
from tests.builders import make_user
from tests.clean_slate import CleanSlate

MakeDatabase = Callable[..., str]

# Property tests draw the same examples in each run and look at no clock: who changes nothing sees nothing change.
# Fixtures are made once for all examples of a test; where each needs a clean database, it wipes it.
property_settings.register_profile(
    "steady",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)
property_settings.register_profile("random", property_settings.get_profile("steady"), derandomize=False)
property_settings.load_profile("steady")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Several processes begin with a part of the list each: put a long test first in each, so that the end waits for
    none; and all that uses the pages into one, as each process that does starts a Hilo of its own."""
    parts = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if parts == 1:
        return
    long = [item for item in items if any(item.get_closest_marker(name) for name in ("crash", "long"))]
    pages = [item for item in items if item.path.parent.name == "pages" and item not in long]
    rest = [item for item in items if item not in long and item not in pages]
    items.clear()
    for part in range(parts):
        together = pages if part == 0 else []
        size = (len(rest) + len(together)) // (parts - part) - len(together)
        items += [*long[part::parts], *together, *rest[:size]]
        del rest[:size]


def pytest_collection_finish() -> None:
    """What was loaded by now stays: to look through it for garbage again and again took tests that only compute a third
    of their time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def database_server() -> Iterator[str]:
    """The address of a database on a server where tests may make others."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    server = Postgres(folder=FOLDER / "postgres", password=secrets.token_hex(16))
    server.start()
    try:
        with psycopg.connect(conninfo_of(server.url), autocommit=True) as connection:
            # Nobody needs these data after a crash, and making databases is several times faster.
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        yield server.url
    finally:
        server.stop()


@pytest.fixture(scope="session")
def template(database_server: str) -> Iterator[str]:
    """The name of a prepared database, without the sample shop, that is only ever copied."""
    name = f"hilo_template_{os.getpid()}_{secrets.token_hex(3)}"
    _run(database_server, "CREATE DATABASE {}", name)
    prepare(_settings_for(_address(database_server, name)), sample=False)
    yield name
    _run(database_server, "DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture(scope="session")
def slate(database_server: str, template: str) -> Iterator[CleanSlate]:
    name = f"hilo_test_{os.getpid()}_{secrets.token_hex(3)}"
    _run(database_server, "CREATE DATABASE {} TEMPLATE {}", name, template)
    os.environ["DATABASE_URL"] = _address(database_server, name)
    get_settings.cache_clear()
    app.database.engine.cache_clear()
    engine = app.database.engine()
    yield CleanSlate(engine)
    engine.dispose()
    _run(database_server, "DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
def database(slate: CleanSlate) -> Engine:
    """The engine that the app itself uses, on a database that was just prepared: one admin, one active channel."""
    slate.wipe()
    return slate.engine


@pytest.fixture
def session(database: Engine) -> Iterator[Session]:
    """Rolled back in the end; commit what others shall see."""
    with Session(database, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def make_database(database_server: str, template: str) -> Iterator[MakeDatabase]:
    """Makes databases that last as long as the test, and says their address: empty, or prepared."""
    made: list[str] = []

    def make(*, prepared: bool = False) -> str:
        made.append(f"hilo_test_{os.getpid()}_{secrets.token_hex(3)}")
        _run(database_server, "CREATE DATABASE {} TEMPLATE {}", made[-1], template if prepared else "template0")
        return _address(database_server, made[-1])

    yield make
    for name in made:
        _run(database_server, "DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 3, 14, 15, 0, tzinfo=UTC)


@pytest.fixture
def client(database: Engine) -> Iterator[TestClient]:
    """The API over HTTP, started as a server starts it. It carries no credentials; see `bearer`."""
    from app.main import app as application

    with TestClient(application) as client:
        yield client


@pytest.fixture
def admin_token(database: Engine) -> str:
    with Session(database, expire_on_commit=False) as session:
        return token_of(session.scalars(select(User).where(User.role == "admin")).first())


@pytest.fixture
def user_token(session: Session) -> str:
    user = make_user(session, role="user")
    session.commit()
    return token_of(user)


def token_of(user: User | None) -> str:
    assert user is not None
    now, lifetime = datetime.now(UTC), timedelta(hours=1)
    opened = in_transaction(
        lambda session: open_session(session, user.id, user_agent="tests", lifetime=lifetime, now=now)
    )
    secret_key = get_settings().secret_key.get_secret_value()
    return make_access_token(opened.access, secret_key=secret_key, now=now, lifetime=lifetime)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _settings_for(url: str) -> Settings:
    return get_settings().model_copy(update={"database_url": url})


def _address(server: str, database: str) -> str:
    return make_url(server).set(database=database).render_as_string(hide_password=False)


def _run(server: str, statement: str, *names: str) -> None:
    with closing(psycopg.connect(conninfo_of(server), autocommit=True)) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
