"""A desk that sends without a wire, on the app's own database."""

from datetime import datetime

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.services.sends import Claimed
from tests.services.sending import Desk, desk_of, make_person, make_queued


@pytest.fixture
def desk(database: Engine, now: datetime) -> Desk:
    return desk_of(database, now)


@pytest.fixture
def claimed(desk: Desk, session: Session, now: datetime) -> Claimed:
    """A message that is under way, and alone."""
    make_queued(session, make_person(session, now), now)
    session.commit()
    [claimed] = desk.claim()
    return claimed
