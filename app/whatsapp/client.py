"""The wire to the Graph API, Meta's or any that keeps its contract: one pooled connection set a process.

No call is ever repeated here and no redirect is followed: whether to send again is decided from evidence, elsewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp
import orjson

from app.domain.gates import Recipient
from app.whatsapp.answers import Accepted, Ambiguous, Answer, NotSent, Rejected

CONNECT_SECONDS = 5.0  # a place in the pool and a connection; a send that gets neither has not begun
CONNECTIONS = 1000  # about as many as a process may have by default; beyond that a send waits for a place


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A business number and what it is called by."""

    phone_number_id: str
    token: str


@dataclass(frozen=True, slots=True)
class DeliveryEvent:
    """One line of message_history."""

    status: str
    at: datetime


class GraphClient:
    def __init__(self, base_url: str, *, timeout_seconds: float) -> None:
        self._base_url = base_url.rstrip("/")
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds, connect=CONNECT_SECONDS)
        self._session: aiohttp.ClientSession | None = None

    async def send(self, line: Line, recipient: Recipient, content: Mapping[str, Any], echo: str) -> Answer:
        """Post one message; never raises for what the far end or the network does."""
        body = {"messaging_product": "whatsapp", "recipient_type": "individual", **_addressed(recipient), **content}
        body["biz_opaque_callback_data"] = echo
        try:
            async with self._open().post(
                f"{self._base_url}/{line.phone_number_id}/messages",
                data=orjson.dumps(body),
                headers=_headers(line),
                allow_redirects=False,
            ) as response:
                return _read(response.status, await response.read())
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            # Name, refusal, TLS, connect time-out or a full pool: no request left this machine.
            return NotSent(reason=type(error).__name__)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return Ambiguous(reason=type(error).__name__)

    async def mark_read(self, line: Line, wamid: str) -> bool:
        """Show the blue ticks; whether there is nothing more to try."""
        body = {"messaging_product": "whatsapp", "status": "read", "message_id": wamid}
        try:
            async with self._open().post(
                f"{self._base_url}/{line.phone_number_id}/messages",
                data=orjson.dumps(body),
                headers=_headers(line),
                allow_redirects=False,
            ) as response:
                await response.read()
                return response.status < 500 and response.status != 429
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False

    async def history(self, line: Line, wamid: str) -> list[DeliveryEvent] | None:
        """What Meta says of a message that we know by its wamid; None when it would not tell."""
        try:
            async with self._open().get(
                f"{self._base_url}/{line.phone_number_id}/message_history",
                params={"message_id": wamid, "fields": "message_id,events{delivery_status,timestamp}"},
                headers=_headers(line),
                allow_redirects=False,
            ) as response:
                if response.status != 200:
                    return None
                return _history(orjson.loads(await response.read()), wamid)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=self._timeout,
                connector=aiohttp.TCPConnector(limit=CONNECTIONS, ttl_dns_cache=60, keepalive_timeout=15),
            )
        return self._session


def _addressed(recipient: Recipient) -> dict[str, str]:
    if recipient.to is not None:
        return {"to": recipient.to}
    return {"recipient": recipient.recipient or ""}


def _headers(line: Line) -> dict[str, str]:
    return {"Authorization": f"Bearer {line.token}", "Content-Type": "application/json"}


def _read(status: int, raw: bytes) -> Answer:
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return Ambiguous(reason=f"http_{status}_unreadable")
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, dict) and (code := _code(error.get("code"))) is not None and status != 200:
        return Rejected(
            code=code,
            subcode=_code(error.get("error_subcode")),
            message=str(error.get("type") or "error").replace("\0", ""),
        )
    if status == 200 and (wamid := _wamid(body)):
        return Accepted(wamid=wamid)
    return Ambiguous(reason=f"http_{status}_unreadable")


def _code(value: Any) -> int | None:
    """A code as Graph has them. What the database could not keep is no code, and proves nothing."""
    is_code = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**31
    return value if is_code else None


def _wamid(body: Any) -> str | None:
    messages = body.get("messages") if isinstance(body, dict) else None
    first = messages[0] if isinstance(messages, list) and messages else None
    wamid = first.get("id") if isinstance(first, dict) else None
    return wamid if isinstance(wamid, str) and wamid and "\0" not in wamid else None


def _history(body: Any, wamid: str) -> list[DeliveryEvent]:
    events = [event for node in body["data"] if node.get("message_id") == wamid for event in node["events"]["data"]]
    return [
        DeliveryEvent(event["delivery_status"].lower(), datetime.fromtimestamp(int(event["timestamp"]), UTC))
        for event in events
    ]
