"""What the tests of the simulator hold: the simulator as a process, and a business that receives its webhooks."""

import contextlib
import hmac
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.ports import free_port
from tests.waiting import PATIENCE_SECONDS, eventually

ROOT = Path(__file__).parents[2]
TOKEN, APP_SECRET, VERIFY_TOKEN = "test-token", "test_app_secret", "verify-me"
PHONE, WABA, APP = "106540352242922", "102290129340398", "670843887433847"
BUSINESS_NUMBER = "15550783881"
ALICE, BOB, CHARLIE = "16505551234", "5491155550001", "5215512345678"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def error(self) -> dict[str, Any]:
        found: dict[str, Any] = self.json["error"]
        return found

    @property
    def code(self) -> int:
        return int(self.error["code"])


@dataclass
class Webhook:
    at: float
    headers: dict[str, str]
    raw: bytes

    @property
    def values(self) -> list[dict[str, Any]]:
        return [change["value"] for entry in json.loads(self.raw)["entry"] for change in entry["changes"]]


@dataclass
class Business:
    """A receiver of webhooks that answers what it is told to: `answer_with` is a status, or a function of the count."""

    port: int = field(default_factory=free_port)
    webhooks: list[Webhook] = field(default_factory=list)
    answer_with: int | Callable[[int], int] = 200
    verify_token: str = VERIFY_TOKEN
    _server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/webhooks/whatsapp"

    def start(self) -> None:
        business = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                business.webhooks.append(Webhook(time.monotonic(), dict(self.headers), raw))
                rule = business.answer_with
                self._answer(rule if isinstance(rule, int) else rule(len(business.webhooks)), b"")

            def do_GET(self) -> None:
                query = parse_qs(urlsplit(self.path).query)
                known = query["hub.verify_token"][0] == business.verify_token
                self._answer(200 if known else 403, query["hub.challenge"][0].encode() if known else b"")

            def _answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                if status in (301, 302, 307):
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

        self._server = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def items(self, kind: str) -> list[dict[str, Any]]:
        """Every message, status or preference received, in order of arrival, duplicates included."""
        return [item for webhook in list(self.webhooks) for value in webhook.values for item in value.get(kind, [])]

    def statuses(self, wamid: str) -> list[str]:
        return [item["status"] for item in self.items("statuses") if item["id"] == wamid]


@dataclass
class Simulator:
    state: Path
    business: Business
    port: int = field(default_factory=free_port)
    extra: dict[str, str] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = None
    _connection: http.client.HTTPConnection | None = None
    _used_at: float = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {
            "SIMULATOR_PORT": str(self.port),
            "SIMULATOR_STATE": str(self.state),
            "SIMULATOR_TOKEN": TOKEN,
            "SIMULATOR_APP_SECRET": APP_SECRET,
            "SIMULATOR_VERIFY_TOKEN": VERIFY_TOKEN,
            "SIMULATOR_WEBHOOK_URL": self.business.url,
            **self.extra,
        }

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "simulator"],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=(self.state.parent / "simulator.log").open("ab"),
        )
        eventually(self._is_up)

    def _is_up(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.state.parent / "simulator.log").read_text()
        try:
            return self.call("GET", "/_sim/health").status == 200
        except OSError:
            return False

    def signal(self, number: int) -> int:
        """Send it and wait for the end; the exit code."""
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.wait(PATIENCE_SECONDS)

    def stop(self) -> None:
        self._close()
        if self._process is not None and self._process.poll() is None:
            self.signal(signal.SIGKILL)

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        raw: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """One request, over a connection that is kept. A connection that breaks raises OSError."""
        if time.monotonic() - self._used_at > 30:
            self._close()  # The simulator closes what lies idle.
        self._used_at = time.monotonic()
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        sent = {"Content-Type": "application/json"} | (headers or {})
        payload = raw if raw is not None else (None if body is None else json.dumps(body).encode())
        try:
            self._connection.request(method, path, payload, sent)
            response = self._connection.getresponse()
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read().decode())
        except http.client.HTTPException as error:
            self._close()
            raise OSError("the connection broke") from error
        except OSError:
            self._close()
            raise

    def sim(self, method: str, path: str, body: object = None) -> Any:
        """A control call that must succeed; its JSON."""
        answer = self.call(method, f"/_sim{path}", body)
        assert answer.status < 300, (answer.status, answer.text)
        return answer.json

    def graph(self, method: str, path: str, body: object = None, *, token: str = TOKEN) -> Answer:
        return self.call(method, f"/v26.0{path}", body, headers={"Authorization": f"Bearer {token}"})

    def write(self, wa_id: str, text: str = "hola") -> str:
        """The customer sends a text; its wamid."""
        return str(self.sim("POST", f"/users/{wa_id}/messages", {"type": "text", "text": {"body": text}})["id"])

    def try_send(self, wa_id: str, **more: Any) -> Answer:
        body = {"messaging_product": "whatsapp", "to": f"+{wa_id}", "type": "text", "text": {"body": "hello"}} | more
        return self.graph("POST", f"/{PHONE}/messages", {k: v for k, v in body.items() if v is not None})

    def send(self, wa_id: str, **more: Any) -> str:
        """The business sends a text, which must be accepted; its wamid."""
        answer = self.try_send(wa_id, **more)
        assert answer.status == 200, answer.text
        return str(answer.json["messages"][0]["id"])

    def thread(self, wa_id: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.sim("GET", f"/users/{wa_id}/thread")["items"]
        return items

    def settle(self) -> None:
        """Wait until everything that was going to happen has happened."""

        def is_quiet() -> bool:
            health = self.sim("GET", "/health")
            return bool(health["pending_steps"] == 0 and health["pending_webhooks"] == 0)

        eventually(is_quiet)

    def faults(self, **faults: Any) -> None:
        # Statuses as fast as they come, unless a test is about their delays.
        quick = {"status_delay_seconds": {"sent": 0, "delivered": 0, "read": 0}}
        self.sim("PUT", "/faults", quick | faults)


@contextlib.contextmanager
def running(folder: Path, business: Business, **extra: str) -> Iterator[Simulator]:
    """A simulator of the test's own, for what a shared one cannot show."""
    simulator = Simulator(state=folder / "state", business=business, extra=extra)
    simulator.start()
    try:
        yield simulator
    finally:
        simulator.stop()


def signature(raw: bytes, *, secret: str = APP_SECRET, algorithm: str = "sha256") -> str:
    return f"{algorithm}={hmac.new(secret.encode(), raw, algorithm).hexdigest()}"
