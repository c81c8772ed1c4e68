"""The schema file, the models and the migrations give the same database."""

import os
import shutil
import subprocess
import sys

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from app.core.config import CHECKOUT
from app.database import conninfo_of, url_of
from app.models import Base
from app.services.setup import current_revision
from tests.services.catalog import catalog_of, differences

SCHEMA = CHECKOUT / "database_schema.sql"


@pytest.fixture
def by_file(make_database):
    """As `psql -f` does: the file as it stands, statement by statement, its own BEGIN and COMMIT included."""
    url = make_database()
    with psycopg.connect(conninfo_of(url), autocommit=True) as connection:
        connection.execute(SCHEMA.read_text(encoding="utf-8"))
    return url


@pytest.fixture
def by_migrations(make_database):
    url = make_database()
    alembic(url, "upgrade", "head")
    return url


def alembic(url, *arguments):
    subprocess.run(
        [sys.executable, "-m", "alembic", *arguments],
        cwd=CHECKOUT,
        env={**os.environ, "DATABASE_URL": url},
        check=True,
        capture_output=True,
        text=True,
    )


def test_the_schema_file_and_the_migrations_give_the_same_database(by_file, by_migrations):
    found = differences(catalog_of(conninfo_of(by_file)), catalog_of(conninfo_of(by_migrations)))

    assert not found


def test_the_schema_file_and_the_models_describe_the_same_tables(by_file):
    engine = create_engine(url_of(by_file))

    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"compare_type": True, "compare_server_default": True, "include_object": is_compared},
        )
        found = compare_metadata(context, Base.metadata)
    engine.dispose()

    assert not found


def is_compared(_, name, kind, is_reflected, counterpart):
    """Indexes and partitions stand in the schema file alone; Alembic's table is Alembic's."""
    if kind == "index":
        return not is_reflected or counterpart is not None
    return not (kind == "table" and (name == "alembic_version" or name.startswith("webhook_events_")))


def test_migrations_come_one_after_the_other_and_end_where_the_schema_file_stands():
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(Config(CHECKOUT / "alembic.ini"))

    assert scripts.get_heads() == [current_revision()]
    assert all(isinstance(script.down_revision, str | None) for script in scripts.walk_revisions())


@pytest.mark.skipif(shutil.which("psql") is None, reason="psql is not installed")
def test_psql_applies_the_schema_file(make_database, by_file):
    url = make_database()

    subprocess.run(
        ["psql", "-q", "-X", "-v", "ON_ERROR_STOP=1", "-d", conninfo_of(url), "-f", str(SCHEMA)],
        check=True,
        capture_output=True,
    )

    assert not differences(catalog_of(conninfo_of(url)), catalog_of(conninfo_of(by_file)))


def test_an_update_rolls_up_what_was_there_before(make_database):
    url = make_database()
    alembic(url, "upgrade", "0009")
    with psycopg.connect(conninfo_of(url)) as connection:
        connection.execute("INSERT INTO contacts (created_at) VALUES ('2025-12-31 23:59+00')")

    alembic(url, "upgrade", "head")

    with psycopg.connect(conninfo_of(url)) as connection:
        waiting = connection.execute("SELECT ledger, hour::text, minutes FROM analytics_deltas").fetchall()
    assert waiting == [("contacts", "2025-12-31 23:00:00+00", 2**60 - 1)]
