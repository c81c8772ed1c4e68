"""What can be seen from outside: the API as an operator sees it, and the simulator as Meta's side."""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import time
from dataclasses import dataclass
from typing import Any

import aiohttp

from tests.crash.course import Asked

PAGE = 200
LEDGER_PAGE = 10_000
ANSWER_SECONDS = 20.0
ASK_AGAIN_SECONDS = 1.0
PADDING_BYTES = 150_000


class NoAnswer(Exception):
    """It could not be asked just now; ask again."""


@dataclass
class Api:
    """Hilo's API. It is away whenever something was killed, so every call may raise NoAnswer."""

    session: aiohttp.ClientSession
    url: str
    email: str
    password: str
    _token: str | None = None

    async def is_up(self) -> bool:
        try:
            async with self.session.get(f"{self.url}/health", timeout=_timeout(5)) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False

    async def read(self, path: str, **query: str) -> list[dict[str, Any]]:
        """All pages of a list."""
        items: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            page = await self._get(path, query | {"limit": str(PAGE)} | ({"cursor": cursor} if cursor else {}))
            items += page["items"]
            cursor = page["next"]
            if cursor is None:
                return items

    async def has(self, path: str, **query: str) -> bool:
        page = await self._get(path, query | {"limit": "1"})
        return bool(page["items"])

    async def ask(self, key: str, *, to: str, text: str) -> Asked:
        """Have a text sent; asked again under the same key until it is acknowledged, as any careful program does."""
        message = {"to": f"+{to}", "type": "text", "text": {"body": text}}
        while True:
            try:
                answer = await self._call("POST", "messages", json=message, headers={"Idempotency-Key": key})
                return Asked(answer["id"], answer["conversation_id"])
            except NoAnswer:
                await asyncio.sleep(ASK_AGAIN_SECONDS)

    async def _get(self, path: str, query: dict[str, str]) -> Any:
        return await self._call("GET", path, params=query)

    async def _call(self, method: str, path: str, *, headers: dict[str, str] | None = None, **more: Any) -> Any:
        try:
            if self._token is None:
                form = {"username": self.email, "password": self.password}
                async with self.session.post(
                    f"{self.url}/api/v1/auth/login", data=form, timeout=_timeout(ANSWER_SECONDS)
                ) as answer:
                    if answer.status != 200:
                        raise NoAnswer(f"login answered {answer.status}")
                    self._token = (await answer.json())["access_token"]
            async with self.session.request(
                method,
                f"{self.url}/api/v1/{path}",
                headers={"Authorization": f"Bearer {self._token}", **(headers or {})},
                timeout=_timeout(ANSWER_SECONDS),
                **more,
            ) as answer:
                if answer.status == 401:
                    self._token = None  # it has run out: a soak lasts longer than an access token
                if answer.status not in (200, 202):
                    raise NoAnswer(f"{path} answered {answer.status}")
                return await answer.json()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise NoAnswer(f"{path}: {type(error).__name__}") from error


@dataclass
class Simulator:
    session: aiohttp.ClientSession
    url: str

    async def wait(self, *, seconds: float) -> None:
        async with asyncio.timeout(seconds):
            while True:
                try:
                    await self.pending()
                    return
                except (aiohttp.ClientError, OSError):
                    await asyncio.sleep(0.1)

    async def put_faults(self, document: dict[str, Any]) -> None:
        async with self.session.put(f"{self.url}/_sim/faults", json=document) as answer:
            answer.raise_for_status()

    async def write(self, wa_id: str, text: str) -> str:
        """A customer writes; the wamid."""
        message = {"type": "text", "text": {"body": text}}
        async with self.session.post(f"{self.url}/_sim/users/{wa_id}/messages", json=message) as answer:
            answer.raise_for_status()
            return str((await answer.json())["id"])

    async def ledger(self) -> list[dict[str, Any]]:
        """Every send that was accepted, once each."""
        items: list[dict[str, Any]] = []
        while True:
            query = {"after": str(len(items)), "limit": str(LEDGER_PAGE)}
            async with self.session.get(f"{self.url}/_sim/ledger", params=query) as answer:
                answer.raise_for_status()
                page = await answer.json()
            items += page["items"]
            if len(items) >= page["count"]:
                return items

    async def accepted(self) -> int:
        async with self.session.get(f"{self.url}/_sim/ledger", params={"limit": "1"}) as answer:
            answer.raise_for_status()
            return int((await answer.json())["count"])

    async def pending(self) -> int:
        """Steps and webhooks that have not happened yet."""
        async with self.session.get(f"{self.url}/_sim/health") as answer:
            answer.raise_for_status()
            body = await answer.json()
        return int(body["pending_steps"]) + int(body["pending_webhooks"])


@dataclass
class Padding:
    """Webhooks of ours that say nothing and are large, so that a full disk cannot take them. Each has another size, by
    which it can be found again."""

    session: aiohttp.ClientSession
    url: str
    secret: str
    stored: list[int]  # sizes of those that were acknowledged
    _made: int = 0

    async def is_stored(self, *, seconds: float) -> bool:
        """Try until one is."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if await self.post() == 200:
                return True
            await asyncio.sleep(0.1)
        return False

    async def post(self) -> int | None:
        """The status of the answer, or None without one."""
        self._made += 1
        body = self._body(PADDING_BYTES + self._made)
        signature = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Hub-Signature-256": f"sha256={signature}", "Content-Type": "application/json"}
        try:
            async with self.session.post(self.url, data=body, headers=headers, timeout=_timeout(10)) as answer:
                await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None
        if answer.status == 200:
            self.stored.append(len(body))
        return answer.status

    def _body(self, size: int) -> bytes:
        # Random, because PostgreSQL would compress anything else.
        value = {"padding": base64.b64encode(os.urandom(size))[:size].decode()}
        changes = [{"field": "crash_padding", "value": value}]
        return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "0", "changes": changes}]}).encode()


def _timeout(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=seconds)
