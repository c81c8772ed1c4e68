"""A mail server for tests: it keeps what it is handed, and fails as it is told."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any


@dataclass
class MailServer:
    """`answers` overrides what a verb is answered with; `hangs_up_at` cuts the line at "connect" or "data"."""

    port: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    hangs_up_at: str = ""
    letters: list[bytes] = field(default_factory=list)
    sessions: int = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def received(self) -> list[EmailMessage]:
        return [message_from_bytes(raw, policy=default) for raw in self.letters]  # type: ignore[misc]


@contextmanager
def mail_server() -> Iterator[MailServer]:
    box = MailServer()

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            box.sessions += 1
            if box.hangs_up_at == "connect":
                return
            self._say("220 hello")
            for line in self.rfile:
                verb = line.split(b" ")[0].strip().upper().decode()
                if verb == "DATA" and "DATA" not in box.answers:
                    self._say("354 go on")
                    if box.hangs_up_at == "data":
                        self.rfile.readline()
                        return
                    self._keep()
                    continue
                self._say(box.answers.get(verb, "250 ok"))
                if verb == "QUIT":
                    return

        def _keep(self) -> None:
            lines = []
            while (line := self.rfile.readline()) not in (b".\r\n", b""):
                lines.append(line)
            box.letters.append(b"".join(lines))
            self._say(box.answers.get("END", "250 kept"))

        def _say(self, text: str) -> None:
            self.wfile.write(text.encode() + b"\r\n")

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A line that was cut is part of the test."""

    with Server(("127.0.0.1", 0), Session) as server:
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()
