"""One Hilo and one browser for all of these tests; each test has a visitor of its own, who is signed in or not."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests import FOLDER
from tests.browser import find_chromium, running_browser
from tests.pages.machine import EMAIL, PASSWORD, Hilo, running
from tests.waiting import PATIENCE_SECONDS


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith("tests/pages/"):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.skipif(find_chromium() is None, reason="there is no Chromium here"))


@pytest.fixture(scope="session")
def hilo() -> Iterator[Hilo]:
    folder = FOLDER / "pages"
    folder.mkdir(mode=0o711)
    with running(folder) as hilo:
        yield hilo


@pytest.fixture(scope="module")  # its loop would be in the way of everybody else who needs one
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=1_000 * PATIENCE_SECONDS)
    with running_browser() as browser:
        yield browser


class Visitor:
    """Somebody at a browser; what the console complains of is kept."""

    def __init__(self, browser: Browser, hilo: Hilo, **options: Any) -> None:
        wanted: dict[str, Any] = {
            "viewport": {"width": 1440, "height": 900},
            "locale": "en-US",
            "color_scheme": "light",
            "timezone_id": "America/Mexico_City",
            "reduced_motion": "reduce",
        }
        self.context: BrowserContext = browser.new_context(**(wanted | options))
        self.context.set_default_timeout(1_000 * PATIENCE_SECONDS)
        self.page: Page = self.context.new_page()
        self._heard: list[str] = []
        self._forgiven: set[str] = set()
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self._heard.append(str(error)))
        self._hilo = hilo

    def forgive(self, status: int) -> None:
        """The browser tells of every refusal, also of those that come after the one that a test waits for."""
        self._forgiven.add(f"status of {status} ")

    def complaints(self) -> list[str]:
        return [text for text in self._heard if not any(each in text for each in self._forgiven)]

    def open(self, path: str = "/") -> Page:
        self.page.goto(self._hilo.url + path)
        return self.page

    def sign_in(self, path: str = "/", *, name: str = EMAIL, password: str = PASSWORD) -> Page:
        page = self.open(path)
        page.locator("input[name=username]").fill(name)
        page.locator("input[name=password]").fill(password)
        page.keyboard.press("Enter")
        page.locator("nav").first.wait_for()
        return page

    def _note(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self._heard.append(message.text)


@pytest.fixture
def visit(browser: Browser, hilo: Hilo) -> Iterator[Any]:
    """Makes visitors; whatever their browsers complained of fails the test."""
    visitors: list[Visitor] = []

    def make(**options: Any) -> Visitor:
        visitors.append(Visitor(browser, hilo, **options))
        return visitors[-1]

    yield make
    for visitor in visitors:
        visitor.context.close()
    assert [complaint for visitor in visitors for complaint in visitor.complaints()] == []
