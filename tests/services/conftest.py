"""A desk that sends without a wire, on the app's own database."""

from datetime import datetime

import pytest
from sqlalchemy import Engine

from tests.services.sending import Desk, desk_of


@pytest.fixture
def desk(database: Engine, now: datetime) -> Desk:
    return desk_of(database, now)
