"""The least that can stand in for Meta's messages call: it answers at once or after a delay, and remembers.

A process of its own (`python -m benchmarks.far_side PORT`), so that it is accounted apart. Not the simulator, which
checks what Meta checks. Beside the API, under /_bench, it takes orders and tells what it accepted.
"""

import asyncio
import re
import sys
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import orjson
import uvloop

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
PAGE = 200_000


@dataclass(slots=True)
class Book:
    """Everything accepted so far: (moment, to, wamid, phone number id, text), in order of arrival."""

    delay: float = 0.0
    sent: list[tuple[float, str, str, str, str]] = field(default_factory=list)


class FarSide(asyncio.Protocol):
    def __init__(self, book: Book) -> None:
        self._book = book
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but name

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            found = LENGTH.search(self._buffer, 0, end)
            whole = end + 4 + (int(found[1]) if found else 0)
            if len(self._buffer) < whole:
                return
            head, body = self._buffer[:end], self._buffer[end + 4 : whole]
            self._buffer = self._buffer[whole:]
            self._take(head, body)

    def _take(self, head: bytes, body: bytes) -> None:
        method, target, _ = head.split(b" ", 2)
        if method == b"POST" and target.endswith(b"/messages"):
            answer = self._accept(target.split(b"/")[-2].decode(), orjson.loads(body))
            if self._book.delay:
                asyncio.get_running_loop().call_later(self._book.delay, self._write, answer)
            else:
                self._write(answer)
        else:
            self._write(_obey(self._book, target.decode()))

    def _accept(self, number: str, message: dict[str, Any]) -> dict[str, Any]:
        to = str(message.get("to") or message.get("recipient"))
        # From the echo, which names message and attempt: distinct, and at no cost.
        wamid = "wamid." + str(message["biz_opaque_callback_data"]).replace(":", ".")
        said = message["text"]["body"] if message["type"] == "text" else ""
        self._book.sent.append((monotonic(), to, wamid, number, said))
        return {
            "messaging_product": "whatsapp",
            "contacts": [{"input": to, "wa_id": to.lstrip("+")}],
            "messages": [{"id": wamid}],
        }

    def _write(self, answer: object) -> None:
        raw = orjson.dumps(answer)
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(raw) + raw
            )


def _obey(book: Book, target: str) -> object:
    parts = urlsplit(target)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    if parts.path == "/_bench/delay":
        book.delay = float(query["seconds"])
    elif parts.path == "/_bench/forget":
        book.sent.clear()
    elif parts.path == "/_bench/sent":
        after = int(query["after"])
        return book.sent[after : after + PAGE]
    return {"count": len(book.sent)}


async def serve(port: int) -> None:
    book = Book()
    server = await asyncio.get_running_loop().create_server(lambda: FarSide(book), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
