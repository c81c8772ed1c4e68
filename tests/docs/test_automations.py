"""The page about automations tells the truth: each example can be saved, and every kind has one."""

import json
import re
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.core.config import CHECKOUT
from app.domain.automation import ACTIONS, TRIGGERS
from tests.conftest import bearer

PAGE = (CHECKOUT / "docs" / "automations.md").read_text(encoding="utf-8")
EXAMPLES: list[dict[str, Any]] = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]


def test_each_example_can_be_saved(session: Session, admin_token: str) -> None:
    from app.main import app

    session.execute(text("ALTER SEQUENCE automations_id_seq RESTART WITH 1"))
    session.commit()
    client = TestClient(app, headers=bearer(admin_token))

    refused = [
        (example["name"], answer.json())
        for example in EXAMPLES
        if (answer := client.post("/api/v1/automations", json=example)).status_code != 201
    ]

    assert refused == []


@pytest.mark.parametrize("kind", [*TRIGGERS, *ACTIONS])
def test_every_kind_has_a_section_with_an_example(kind: str) -> None:
    assert f"### `{kind}`" in PAGE
    assert any(kind in (example["trigger_type"], example["action_type"]) for example in EXAMPLES)
