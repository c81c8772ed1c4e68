"""docs/api.md: each of its examples does what it says, typed as it stands."""

import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.api.application import create_app
from app.core.config import CHECKOUT
from app.core.security import hash_password
from app.models import User
from tests.waiting import eventually

GUIDE = (CHECKOUT / "docs" / "api.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```sh\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
PASSWORD = "correct horse battery"


@pytest.fixture
def address(database: Engine) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(create_app(), port=0, log_config=None, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run)
    thread.start()
    eventually(lambda: server.started)
    [socket] = server.servers[0].sockets
    yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_examples_of_the_guide_do_what_they_say(address: str, session: Session) -> None:
    admin = session.scalars(select(User).where(User.role == "admin")).one()
    admin.hashed_password = hash_password(PASSWORD)
    session.commit()
    surroundings = {**os.environ, "HILO": address, "EMAIL": admin.email, "PASSWORD": PASSWORD, "TOKEN": ""}
    said: list[Any] = []

    for example in EXAMPLES:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", example], env=surroundings, capture_output=True, text=True, check=True
        )
        said.append(json.loads(done.stdout) if done.stdout.startswith("{") else done.stdout)
        if "access_token" in said[-1]:
            surroundings["TOKEN"] = said[-1]["access_token"]

    login, me, refused, made, found, changed, closed, preview, events, paused, resumed = said
    shown = json.loads(re.findall(r"^```json\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)[0])
    assert me["email"] == admin.email
    assert refused == shown
    assert login["token_type"] == "bearer"
    assert [each["id"] for each in found["items"]] == [each["id"] for each in changed["items"]] == [made["id"]]
    assert closed["error"] == "window_closed"
    assert (preview["new"], preview["failed"]) == (1, 0)
    assert events == "" or events.startswith(": ping\n")  # a loaded machine may need longer than its second
    assert (paused["is_paused"], resumed["is_paused"]) == (True, False)
