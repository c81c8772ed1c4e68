"""A whole Hilo, as `python -m app.main` starts it, with its pages and its simulated phone, for a browser to look at."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.core.config import CHECKOUT
from app.core.frontend import Frontend
from app.embedded.frontend import build
from tests.ports import free_port
from tests.waiting import PATIENCE_SECONDS

EMAIL, PASSWORD = "ana@hilo.example", "three plain words"
PEOPLE = {
    "5491155550001": "Bruno Díaz",
    "5215511112222": "María Ruiz",
    "5215587654321": "Diego Luna",
    "5215512345678": "Ana Torres",
}


@dataclass(frozen=True)
class Hilo:
    url: str
    phone_url: str

    def sim(self, method: str, path: str, body: object = None) -> Any:
        """The simulator's own control API."""
        request = urllib.request.Request(
            f"{self.phone_url}/_sim{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            return json.load(answer)

    def write(self, wa_id: str, *texts: str) -> None:
        """Somebody writes to the shop from their phone."""
        self.sim("PATCH", f"/users/{wa_id}", {"name": PEOPLE[wa_id]})
        for text in texts:
            self.sim("POST", f"/users/{wa_id}/messages", {"type": "text", "text": {"body": text}})

    def thread(self, wa_id: str) -> list[dict[str, Any]]:
        """What that phone shows."""
        items: list[dict[str, Any]] = self.sim("GET", f"/users/{wa_id}/thread")["items"]
        return items


@contextmanager
def running(folder: Path, command: Sequence[str] = (sys.executable, "-m", "app.main")) -> Iterator[Hilo]:
    build(Frontend())
    port, phone_port = free_port(), free_port()
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    env = kept | {
        "PYTHONPATH": str(CHECKOUT),
        "DATA_DIR": str(folder / "data"),
        "PORT": str(port),
        "SIMULATOR_PORT": str(phone_port),
        "ADMIN_EMAIL": EMAIL,
        "ADMIN_PASSWORD": PASSWORD,
    }
    supervisor = subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.PIPE, text=True)
    try:
        _await_greeting(supervisor)
        yield Hilo(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{phone_port}")
    finally:
        supervisor.send_signal(signal.SIGINT)
        supervisor.communicate(timeout=PATIENCE_SECONDS)


def _await_greeting(supervisor: "subprocess.Popen[str]") -> None:
    assert supervisor.stdout is not None
    said = ""
    while 'write "hola"' not in said:
        line = supervisor.stdout.readline()
        assert line, f"it ended: {said}"
        said += line
