"""Which faults count against the data, and which against nobody."""

import os
import subprocess
import sys

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core.config import CHECKOUT
from app.database import fetch, is_operational
from tests.conftest import MakeDatabase

FAULTS = pytest.mark.parametrize(
    ("sql", "values", "expected"),
    [
        ("SELECT CAST(:text AS text)", {"text": "a NUL: \0"}, False),  # the driver refuses it before the server sees it
        ("SELECT 1 / 0", {}, False),
        ("SELECT CAST('x' AS integer)", {}, False),
        ("SELECT pg_terminate_backend(pg_backend_pid())", {}, True),
        ("SET LOCAL statement_timeout = 1; SELECT pg_sleep(1)", {}, True),
    ],
)


@FAULTS
def test_a_fault_of_the_connection_is_told_from_one_of_the_data(
    database: Engine, sql: str, values: dict[str, str], expected: bool
) -> None:
    with pytest.raises(DBAPIError) as caught, database.begin() as connection:
        connection.execute(text(sql), values)

    assert is_operational(caught.value) is expected


@FAULTS
def test_what_goes_by_the_driver_alone_fails_in_the_same_way(
    database: Engine, sql: str, values: dict[str, str], expected: bool
) -> None:
    with pytest.raises(DBAPIError) as caught, Session(database) as session:
        fetch(session, sql, values)

    assert is_operational(caught.value) is expected


def test_a_statement_for_the_driver_reads_like_any_other(session: Session) -> None:
    sql = "SELECT CAST(:one AS int)::text, '10:30', 7 % 4, '{\"a\": 1}'::jsonb, CAST(:one AS int)"

    assert fetch(session, sql, {"one": 1}) == [("1", "10:30", 3, {"a": 1}, 1)]


def test_a_statement_without_rows_gives_none(session: Session) -> None:
    assert fetch(session, "UPDATE settings SET name = :name", {"name": "Hilo"}) == []


def test_a_socket_that_breaks_is_operational_and_our_own_mistake_is_not() -> None:
    assert is_operational(ConnectionResetError())
    assert not is_operational(ValueError())


FEW_DESCRIPTORS = """
import os, resource, sys
from sqlalchemy.exc import DBAPIError
from app.core.config import get_settings
from app.database import make_engine
from app.services.counters import Keeper
made, keeper = make_engine(get_settings()), Keeper(get_settings(), process="test")
resource.setrlimit(resource.RLIMIT_NOFILE, (128, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))

def look():
    try:
        made.connect().close()
        return True
    except DBAPIError:
        return False
    finally:
        made.dispose()

assert look() and keeper.keep()  # all is loaded that takes a descriptor to load
seen = []
for left in range(8):
    taken = []
    try:
        while True:
            taken.append(os.dup(0))
    except OSError:
        pass
    for descriptor in taken[:left]:
        os.close(descriptor)
    seen.append((look(), keeper.keep()))
    for descriptor in taken[left:]:
        os.close(descriptor)
assert seen[0] == (False, False) and seen[-1] == (True, True), seen
"""


def test_without_descriptors_to_spare_the_database_is_away_and_comes_back(make_database: MakeDatabase) -> None:
    env = os.environ | {"DATABASE_URL": make_database(prepared=True)}

    done = subprocess.run(
        [sys.executable, "-c", FEW_DESCRIPTORS], cwd=CHECKOUT, env=env, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
