"""`python -m tests.pages.screenshots` takes the pictures of the operator's pages in docs/screenshots again.

What they show has happened: people wrote from simulated phones, and automations and an operator answered.
"""

import re
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser import find_chromium, running_browser
from tests.pages.conftest import Visitor
from tests.pages.hiring import add_user
from tests.pages.machine import PEOPLE, Hilo, running
from tests.waiting import eventually

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
SIZES = ((1440, 900), (390, 844))
BRUNO, MARIA, DIEGO, ANA = PEOPLE
TABLE = """nombre,teléfono,cumpleaños
Sol Paz,+52 55 7000 0001,9999-06-30
Luz Mar,+52 55 7000 0002,
Ivo Gil,12,1990-13-01
"""
ANSWER = "Con gusto 😊 Te lo aparto para las *9:00*. ¿Cuántos quieres?"


def main() -> int:
    if find_chromium() is None:
        sys.stderr.write("There is no Chromium here. On Debian: apt-get install chromium\n")
        return 1
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o711)  # as root, PostgreSQL's user passes through
        picture(folder)
    return 0


def picture(folder: Path) -> None:
    with running(folder) as hilo, running_browser() as browser:
        converse(hilo)
        visitor = Visitor(browser, hilo)
        answer(visitor, hilo)
        edit(visitor)
        hire(visitor)
        visitor.context.close()
        for width, height in SIZES:
            for theme in ("light", "dark"):
                phone = {"is_mobile": True, "has_touch": True} if width < 560 else {}
                visitor = Visitor(
                    browser, hilo, viewport={"width": width, "height": height}, color_scheme=theme, **phone
                )
                for name, show in PICTURES.items():
                    show(visitor)
                    take(visitor.page, FOLDER / f"{name}-{width}-{theme}.png")
                visitor.context.close()


def converse(hilo: Hilo) -> None:
    hilo.sim("PUT", "/faults", {"status_delay_seconds": {"read": 0.2}})
    say(hilo, BRUNO, "¿Hacen envíos a Palermo?")
    say(hilo, DIEGO, "¿Abren los domingos?")
    say(hilo, MARIA, "Buenas tardes")
    for text in ("hola", "precio", "¡Qué rico! ¿Tienen pan de muerto para mañana?"):
        say(hilo, ANA, text)


def say(hilo: Hilo, wa_id: str, text: str) -> None:
    """And wait for what the shop's automations say to it."""
    before = len(hilo.thread(wa_id))
    hilo.write(wa_id, text)
    if "?" not in text or before == 0:
        eventually(lambda: len(hilo.thread(wa_id)) == before + 2)


def answer(visitor: Visitor, hilo: Hilo) -> None:
    page = visitor.sign_in()
    page.get_by_role("link", name=re.compile("Ana Torres")).click()
    page.get_by_label("Message to Ana Torres").fill(ANSWER)
    page.keyboard.press("Enter")
    expect(page.locator(".row-mine", has_text="9:00").locator(".ticks")).to_have_attribute("data-sign", "read")
    hilo.write(ANA, "¡Seis, por favor! 🙏")
    page.locator(".row-theirs", has_text="Seis").wait_for()


def edit(visitor: Visitor) -> None:
    page = visitor.page
    page.get_by_role("link", name="Open contact").click()
    page.get_by_label("Tags").fill("cliente, vip,")
    page.get_by_label("Day").fill("15")
    page.get_by_label("Month").select_option("5")
    page.get_by_label("Language").select_option("es")
    page.get_by_label("Notes").fill("Prefiere recoger temprano. Sin nuez.")
    page.get_by_role("button", name="Add a field").click()
    page.get_by_label("Field", exact=True).fill("city")
    page.get_by_label("Value: city").fill("Coyoacán")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Unsaved changes").wait_for(state="detached")


def hire(visitor: Visitor) -> None:
    page = visitor.open("/settings/users")
    add_user(page, username="rosa", name="Rosa Campos")
    add_user(page, username="ivan", name="Iván Soto")
    add_user(page, username="lucia", name="Lucía Vega", role="admin")


def show_sign_in(visitor: Visitor) -> None:
    visitor.open().get_by_label("Password").wait_for()


def show_inbox(visitor: Visitor) -> None:
    page = visitor.sign_in()
    page.get_by_role("link", name=re.compile("Ana Torres")).wait_for()
    if page.viewport_size and page.viewport_size["width"] > 560:
        page.get_by_role("link", name=re.compile("Ana Torres")).click()
        page.locator(".row-theirs", has_text="Seis").wait_for()


def show_conversation(visitor: Visitor) -> None:
    page = visitor.open("/inbox")
    page.get_by_role("link", name=re.compile("Ana Torres")).click()
    page.locator(".row-theirs", has_text="Seis").wait_for()
    page.locator("button.bubble-meta").last.click()
    page.locator(".reports li").first.wait_for()


def show_contacts(visitor: Visitor) -> None:
    visitor.open("/contacts").get_by_role("row", name=re.compile("Ana Torres")).wait_for()


def show_contact(visitor: Visitor) -> None:
    page = visitor.open("/contacts")
    page.get_by_role("row", name=re.compile("Ana Torres")).get_by_role("link").first.click()
    page.get_by_label("Value: city").wait_for()


def show_import(visitor: Visitor) -> None:
    page = visitor.open("/contacts/import")
    file = {"name": "feria.csv", "mimeType": "text/csv", "buffer": TABLE.encode()}
    page.get_by_label("CSV file").set_input_files(file)  # type: ignore[arg-type] # a FilePayload
    page.get_by_role("table", name="What is wrong").wait_for()


def show_settings(visitor: Visitor) -> None:
    page = visitor.open("/settings/workspace")
    page.get_by_label("Time zone").wait_for()


def show_users(visitor: Visitor) -> None:
    visitor.open("/settings/users").get_by_role("row", name=re.compile("Rosa")).wait_for()


def show_number(visitor: Visitor) -> None:
    page = visitor.open("/settings/numbers")
    page.get_by_role("table").get_by_role("link").first.click()
    page.get_by_label("Access token").wait_for()


def show_change(visitor: Visitor) -> None:
    page = visitor.open("/settings/audit-log?kind=contact")
    page.get_by_role("row", name=re.compile("changed")).get_by_role("link").first.click()
    page.get_by_role("dialog").locator(".diff").wait_for()


def show_automations(visitor: Visitor) -> None:
    visitor.open("/automations").get_by_role("row", name=re.compile("Saludo")).wait_for()


def show_automation(visitor: Visitor) -> None:
    page = visitor.open("/automations")
    page.get_by_role("link", name=re.compile("Saludo")).click()
    page.locator(".preview-bubble").wait_for()


def show_dashboard(visitor: Visitor) -> None:
    page = visitor.open("/analytics?range=today")
    page.get_by_role("table", name="Automations").wait_for()
    page.locator(".plot canvas").wait_for()


PICTURES: Mapping[str, Callable[[Visitor], None]] = {
    "sign-in": show_sign_in,
    "inbox": show_inbox,
    "message": show_conversation,
    "contacts": show_contacts,
    "contact": show_contact,
    "import": show_import,
    "automations": show_automations,
    "automation": show_automation,
    "dashboard": show_dashboard,
    "settings": show_settings,
    "users": show_users,
    "number": show_number,
    "audit-log": show_change,
}


def take(page: Page, path: Path) -> None:
    # Nothing has the focus in a picture, and the fonts are there.
    page.evaluate("document.activeElement.blur(); document.fonts.ready")
    page.wait_for_timeout(500)
    page.screenshot(path=path)


if __name__ == "__main__":
    sys.exit(main())
