"""Callers of the API: an admin, a user, and somebody without a token."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session, SessionTransaction
from starlette.testclient import TestClient

from app.services.audit import SUBJECTS
from tests.conftest import bearer

_WRITES = re.compile(r"\b(?:INSERT INTO|UPDATE|DELETE FROM)\s+(?:ONLY\s+)?(\w+)")
_TOLD_OF = {model.__tablename__ for model in SUBJECTS} | {"consents", "contact_groups"}


@pytest.fixture(autouse=True)
def nothing_untold(database: Engine) -> Iterator[None]:
    """Fails a test in which somebody changed what the audit log is about, and it says nothing."""
    callers: dict[Connection, Session] = {}
    written: dict[Connection, set[str]] = {}
    untold: list[set[str]] = []

    def begin(session: Session, _: SessionTransaction, connection: Connection) -> None:
        callers[connection], written[connection] = session, set()

    def note(connection: Connection, cursor: Any, statement: str, *_: Any) -> None:
        if connection in written and cursor.rowcount:
            written[connection] |= set(_WRITES.findall(statement))

    def end(connection: Connection) -> None:
        session, tables = callers.pop(connection, None), written.pop(connection, set())
        if session is not None and "audit" in session.info and tables & _TOLD_OF and "audit_log" not in tables:
            untold.append(tables)

    event.listen(Session, "after_begin", begin)
    event.listen(database, "after_cursor_execute", note)
    event.listen(database, "commit", end)
    yield
    event.remove(Session, "after_begin", begin)
    event.remove(database, "after_cursor_execute", note)
    event.remove(database, "commit", end)
    assert not untold, f"changed, and not in the audit log: {untold}"


@pytest.fixture
def nobody(database: Engine) -> TestClient:
    """Without the app's lifespan, which only webhooks need."""
    from app.main import app

    return TestClient(app)


@pytest.fixture
def admin(nobody: TestClient, admin_token: str) -> TestClient:
    return TestClient(nobody.app, headers=bearer(admin_token))


@pytest.fixture
def user(nobody: TestClient, user_token: str) -> TestClient:
    return TestClient(nobody.app, headers=bearer(user_token))
