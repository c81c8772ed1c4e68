"""Which faults count against the data, and which against nobody."""

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from app.database import is_operational


@pytest.mark.parametrize(
    ("statement", "values", "expected"),
    [
        ("SELECT CAST(:text AS text)", {"text": "a NUL: \0"}, False),  # the driver refuses it before the server sees it
        ("SELECT 1 / 0", {}, False),
        ("SELECT CAST('x' AS integer)", {}, False),
        ("SELECT pg_terminate_backend(pg_backend_pid())", {}, True),
        ("SET LOCAL statement_timeout = 1; SELECT pg_sleep(1)", {}, True),
    ],
)
def test_a_fault_of_the_connection_is_told_from_one_of_the_data(
    database: Engine, statement: str, values: dict[str, str], expected: bool
) -> None:
    with pytest.raises(DBAPIError) as caught, database.begin() as connection:
        connection.execute(text(statement), values)

    assert is_operational(caught.value) is expected


def test_a_socket_that_breaks_is_operational_and_our_own_mistake_is_not() -> None:
    assert is_operational(ConnectionResetError())
    assert not is_operational(ValueError())
