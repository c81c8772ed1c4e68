"""Callers of the API: an admin, a user, and somebody without a token."""

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from tests.conftest import bearer


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
