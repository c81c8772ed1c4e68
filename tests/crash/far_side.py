"""What can be seen from outside: the API as an operator sees it, and the simulator as Meta's side."""

import asyncio
from dataclasses import dataclass
from typing import Any

import aiohttp

PAGE = 200
LEDGER_PAGE = 10_000
ANSWER_SECONDS = 20.0


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

    async def _get(self, path: str, query: dict[str, str]) -> Any:
        try:
            if self._token is None:
                form = {"username": self.email, "password": self.password}
                async with self.session.post(
                    f"{self.url}/api/v1/auth/login", data=form, timeout=_timeout(ANSWER_SECONDS)
                ) as answer:
                    if answer.status != 200:
                        raise NoAnswer(f"login answered {answer.status}")
                    self._token = (await answer.json())["access_token"]
            async with self.session.get(
                f"{self.url}/api/v1/{path}",
                params=query,
                headers={"Authorization": f"Bearer {self._token}"},
                timeout=_timeout(ANSWER_SECONDS),
            ) as answer:
                if answer.status != 200:
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


def _timeout(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=seconds)
