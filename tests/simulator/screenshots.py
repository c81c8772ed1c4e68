"""`python -m tests.simulator.screenshots` takes the pictures of the phone page in docs/screenshots again.

The conversation is a real one: the simulator delivers it to a business that reads and answers over the Graph API.
"""

import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser

from tests.browser import find_chromium, running_browser
from tests.simulator.machine import CHARLIE, PHONE, Business, Simulator, running

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
SIZES = ((1440, 900), (390, 844))
_TURNS = {
    "hola": "¡Hola Ana! 👋 Gracias por escribirnos. Escribe *precio* y verás la lista.",
    "precio": "Nuestra lista de hoy:\n☕ Café de olla: $45\n🥐 Pan dulce: $20\n🍳 Desayuno: $120",
}
_THANKS = "¡Perfecto, gracias!"
_OTHERS = {"5215587654321": ("Juan Pérez", "¿Abren los domingos?"), "5215511112222": ("María García", "Buenas tardes")}


def main() -> int:
    if find_chromium() is None:
        sys.stderr.write("There is no Chromium here. On Debian: apt-get install chromium\n")
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    business = Business()
    business.start()
    names = {"SIMULATOR_VERIFIED_NAME": "Café Hilo", "SIMULATOR_APP_URL": "http://127.0.0.1:8000"}
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), business, **names) as simulator:
        converse(simulator)
        with running_browser() as browser:
            for width, height in SIZES:
                take(browser, simulator, width=width, height=height, theme="light")
                take(browser, simulator, width=width, height=height, theme="dark")
    business.stop()
    return 0


def converse(simulator: Simulator) -> None:
    for wa_id, (name, text) in _OTHERS.items():
        simulator.sim("PATCH", f"/users/{wa_id}", {"name": name})
        simulator.write(wa_id, text)
    simulator.sim("PATCH", f"/users/{CHARLIE}", {"name": "Ana Torres"})
    for text, answer in _TURNS.items():
        message_id = simulator.write(CHARLIE, text)
        read = {"messaging_product": "whatsapp", "status": "read", "message_id": message_id}
        simulator.graph("POST", f"/{PHONE}/messages", read)
        simulator.send(CHARLIE, text={"body": answer})
        simulator.settle()
    simulator.write(CHARLIE, _THANKS)
    simulator.settle()


def take(browser: Browser, simulator: Simulator, *, width: int, height: int, theme: Literal["light", "dark"]) -> None:
    is_phone = width < 560
    page = browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme=theme,
        locale="en-US",
        device_scale_factor=2 if is_phone else 1,
        is_mobile=is_phone,
        has_touch=is_phone,
        reduced_motion="reduce",
    )
    page.goto(simulator.url)
    page.locator(".row-mine .content", has_text=_THANKS).wait_for()
    # Nothing has the focus in a picture, and the fonts are there.
    page.evaluate("document.activeElement.blur(); document.fonts.ready")
    page.wait_for_timeout(500)
    page.screenshot(path=FOLDER / f"phone-{width}-{theme}.png")
    page.close()


if __name__ == "__main__":
    sys.exit(main())
