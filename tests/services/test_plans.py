"""What the database looks at grows with the batch, not with its square, nor with the table.

Every statement of the pipeline tells its own plan as it runs: reading one with EXPLAIN would be asking for another. The
planner is asked twice, as it guesses otherwise once it has looked at the tables and they have changed since.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from time import time
from typing import Any

import orjson
import psycopg
import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from app.core.config import get_settings
from app.database import conninfo_of, make_engine
from app.models import Channel, Message
from app.services.drain import drain
from tests.builders import make_automation
from tests.conftest import MakeDatabase
from tests.services.sending import Desk, accepted, desk_of
from tests.webhooks import body_of, message, put, status

PEOPLE = 200
# Rows that one part of a plan touches for each message: an identity has three, a message a dozen reports.
MOST_EACH = 20

Looked = dict[str, int]  # statement → most rows that one part of its plan looked at


@pytest.fixture
def looked() -> Looked:
    return {}


@pytest.fixture
def telling(make_database: MakeDatabase, looked: Looked) -> Iterator[Engine]:
    """A database of which every statement tells its plan to the session that runs it."""
    address = make_database(prepared=True)
    engine = make_engine(get_settings().model_copy(update={"database_url": address}))

    @event.listens_for(engine, "connect")
    def _(connection: psycopg.Connection, _: object) -> None:
        connection.add_notice_handler(lambda notice: _note(notice.message_primary or "", looked))
        connection.execute("LOAD 'auto_explain'")
        for name, value in SETTINGS.items():
            connection.execute(f"SET {name} = {value}".encode())
        connection.commit()

    yield engine
    engine.dispose()


SETTINGS = {
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_timing": "off",
    "auto_explain.log_format": "json",
    "client_min_messages": "log",
}


def _note(told: str, looked: Looked) -> None:
    if "plan:" in told:
        plan = orjson.loads(told[told.index("{") :])
        statement = " ".join(plan["Query Text"].split())[:200]
        looked[statement] = max(looked.get(statement, 0), _most(plan["Plan"]))


def _most(part: dict[str, Any]) -> int:
    rows = sum(part.get(name, 0) for name in ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Join Filter"))
    return max(round(rows * part["Actual Loops"]), *map(_most, part.get("Plans", [])), 0)


def test_no_statement_of_the_pipeline_looks_at_more_than_its_batch(telling: Engine, looked: Looked) -> None:
    with Session(telling) as session:
        session.query(Channel).update({"messages_per_second": 1_000})
        make_automation(session, trigger_conditions={"keywords": ["hola"]})
        session.commit()
    desk = desk_of(telling, datetime.now(UTC))

    for turn in range(2):
        looked.clear()
        _converse(telling, desk, first=turn * PEOPLE)
        assert {statement: rows for statement, rows in looked.items() if rows > MOST_EACH * PEOPLE} == {}
        assert len(looked) > 20
        with psycopg.connect(conninfo_of(telling.url.render_as_string(hide_password=False)), autocommit=True) as other:
            other.execute(HISTORY)
            other.execute("ANALYZE")


# Of earlier today, so that what comes next lies beyond all that the planner has seen.
HISTORY = """
    INSERT INTO webhook_events (body, received_at, processed_at)
    SELECT '{}', now() - interval '1 second' - n * interval '1 ms', now() FROM generate_series(1, 20000) AS n
"""


def _converse(engine: Engine, desk: Desk, *, first: int) -> None:
    """So many people write, are answered, and read it."""
    at = int(time())
    people = range(first, first + PEOPLE)
    _drain(engine, lambda: [body_of(message("hola", wa_id=f"1650{n:07}", at=at)) for n in people])
    desk.now = datetime.now(UTC)
    while claimed := desk.claim(limit=PEOPLE):
        desk.record(*((one, accepted(f"wamid.{one.message_id}")) for one in claimed))
    with Session(engine) as session:
        outbound = select(Message.whatsapp_message_id).where(Message.direction == "outbound").order_by(Message.id)
        sent = session.scalars(outbound.offset(first)).all()
    assert len(sent) == PEOPLE
    for kind in ("sent", "delivered", "read"):
        _drain(engine, lambda kind=kind: [body_of(statuses=[status(kind, wamid=str(wamid), at=at)]) for wamid in sent])


def _drain(engine: Engine, bodies: Callable[[], list[bytes]]) -> None:
    with Session(engine) as session:
        put(session, *bodies())
    while drain(lane="intake", batch_items=1_000, now=datetime.now(UTC), bind=engine):
        pass
