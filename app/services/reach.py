"""Whether the world can reach our webhook, as far as we can tell.

Where PUBLIC_URL is set, a handshake sent through it must come back; without it nobody can look from outside, and being
up counts as being reachable.
"""

import asyncio
import contextlib
import secrets
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import aiohttp

PROBE_SECONDS = 2.0
TRUST_SECONDS = 6.0  # how long one success speaks for
STOP_SECONDS = 0.5


class Reach:
    def __init__(self, public_url: str | None, verify_token: str) -> None:
        self._url = f"{public_url.rstrip('/')}/webhooks/whatsapp" if public_url else None
        self._verify_token = verify_token
        self._seen_at = float("-inf")
        self._task: asyncio.Task[None] | None = None

    def is_reachable(self) -> bool:
        return self._url is None or monotonic() - self._seen_at < TRUST_SECONDS

    async def start(self) -> None:
        if self._url is not None:
            self._task = asyncio.create_task(self._run(self._url), name="reach")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task], timeout=STOP_SECONDS)

    async def _run(self, url: str) -> None:
        import aiohttp  # heavy, and few installations ask for it

        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PROBE_SECONDS)) as session:
            while True:
                with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError, ValueError):
                    await self._probe(session, url)
                await asyncio.sleep(PROBE_SECONDS)

    async def _probe(self, session: "aiohttp.ClientSession", url: str) -> None:
        began, nonce = monotonic(), secrets.token_urlsafe(12)
        query = {"hub.mode": "subscribe", "hub.verify_token": self._verify_token, "hub.challenge": nonce}
        async with session.get(url, params=query, allow_redirects=False) as answer:
            if answer.status == 200 and await answer.text() == nonce:
                self._seen_at = began
