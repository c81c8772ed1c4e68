"""A load balancer as small as can be: hands each webhook to the next web server, as it came."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

PASSED_ON = ("Content-Type", "X-Hub-Signature-256")


class Balancer:
    def __init__(self) -> None:
        self.behind: list[int] = []  # ports
        self.answers: dict[int, int] = {}  # how many webhooks each answered with 200
        self._turn = count()
        balancer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name: self.headers[name] for name in PASSED_ON if name in self.headers}
                self.send_response(balancer.pass_on(self.path, body, headers))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    def pass_on(self, path: str, body: bytes, headers: dict[str, str]) -> int:
        """Its answer; 502 where nobody is there, and the sender comes again."""
        if not self.behind:
            return 502
        port = self.behind[next(self._turn) % len(self.behind)]
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("POST", path, body, headers)
            status = connection.getresponse().status
        except (OSError, HTTPException):
            return 502
        finally:
            connection.close()
        if status == 200:
            self.answers[port] = self.answers.get(port, 0) + 1
        return status


@contextmanager
def balancer() -> Iterator[Balancer]:
    made = Balancer()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.server.shutdown()
        made.server.server_close()
        thread.join()
