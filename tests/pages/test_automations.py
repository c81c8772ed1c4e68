"""Automations and the dashboard, as somebody uses them: one that is made in the form answers a phone and is counted."""

import re

from playwright.sync_api import Page, expect

from tests.pages.looking import look_over
from tests.pages.machine import PEOPLE, Hilo
from tests.pages.test_pages import Visit
from tests.waiting import eventually

BRUNO, MARIA, DIEGO, ANA = PEOPLE
ANSWER = "Abrimos a las 9"


def texts_of(hilo: Hilo, wa_id: str) -> list[str]:
    return [item["text"]["body"] for item in hilo.thread(wa_id) if item["type"] == "text"]


def make(page: Page, name: str, word: str, text: str) -> None:
    """Fill in the form of a keyword that is answered, and save it."""
    page.get_by_role("link", name="New automation").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Words").fill(f"{word},")
    page.get_by_label("Message", exact=True).fill(text)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def test_an_automation_made_in_the_form_answers_is_told_of_and_is_counted(visit: Visit, hilo: Hilo) -> None:
    page = visit().sign_in("/automations")
    page.get_by_role("link", name="New automation").click()
    page.get_by_label("Name", exact=True).fill("Horario")
    page.get_by_label("Words").fill("horario,")
    page.get_by_label("Message", exact=True).fill(f"{ANSWER}, ")
    page.get_by_role("button", name="First name").click()
    expect(page.locator(".preview-bubble")).to_have_text(f"{ANSWER}, Ana")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Horario", level=1)).to_be_visible()

    hilo.write(MARIA, "¿Cuál es su horario?")
    eventually(lambda: f"{ANSWER}, María" in texts_of(hilo, MARIA))
    page.get_by_text("What it did", exact=True).click()
    row = page.get_by_role("row", name=re.compile("María Ruiz"))
    expect(row.get_by_text("Done")).to_be_visible()
    row.get_by_role("link").click()
    story = page.get_by_role("dialog")
    expect(story.get_by_text("Sent a message")).to_be_visible()
    expect(story.get_by_text("The 24-hour window is open")).to_be_visible()
    page.keyboard.press("Escape")

    page.locator("nav").get_by_role("link", name="Analytics").click()
    counted = page.get_by_role("table", name="Automations").get_by_role("row", name=re.compile("Horario"))
    expect(counted).to_be_visible()
    expect(page.get_by_role("heading", name="Messages over time")).to_be_visible()
    expect(page.locator(".plot canvas")).to_be_visible()
    page.get_by_text("As a table").click()
    expect(page.get_by_role("table", name="Messages over time").get_by_role("row").last).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Export CSV").click()
    assert "received" in saved.value.path().read_text(encoding="utf-8")


def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost_unasked(visit: Visit) -> None:
    visitor = visit()
    page = visitor.sign_in("/automations")
    page.get_by_role("link", name="New automation").click()
    page.get_by_role("button", name="Save").click()
    for field in ("Name", "Words", "Message"):
        expect(page.get_by_label(field, exact=True)).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    visitor.forgive(422)
    page.get_by_label("Name", exact=True).fill("Sin palabras")

    page.locator("nav").get_by_role("link", name="Contacts").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Sin palabras")
    page.go_back()  # the browser's own, back to before the form
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Sin palabras")
    page.go_back()
    page.get_by_role("button", name="Leave").click()

    expect(page.get_by_role("heading", name="Automations")).to_be_visible()


def test_an_automation_is_found_switched_off_changed_run_by_hand_and_kept_with_its_history(
    visit: Visit, hilo: Hilo
) -> None:
    hilo.write(DIEGO, "¿Están?")
    visitor = visit()
    page = visitor.sign_in("/automations")
    make(page, "Catálogo", "catalogo", "Aquí está")
    page.get_by_label("Priority").select_option("9")
    page.get_by_label("Exclusive group").fill("listas")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Unsaved changes")).to_have_count(0)
    page.reload()
    expect(page.get_by_label("Exclusive group")).to_have_value("listas")

    page.get_by_role("button", name="Run now").click()
    page.get_by_label("Search contacts").fill("diego")
    page.get_by_role("checkbox", name=re.compile("Diego Luna")).check()
    page.get_by_role("button", name="Run for 1 contact").click()
    eventually(lambda: "Aquí está" in texts_of(hilo, DIEGO))
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Switch off").click()
    expect(page.get_by_role("switch", name="Catálogo is on")).not_to_be_checked()
    visitor.forgive(409)  # it may not be deleted

    page.get_by_role("link", name="Automations").first.click()
    page.get_by_label("Search automations").fill("CATALOGO")
    expect(page.get_by_role("table").get_by_role("row")).to_have_count(2)
    expect(page.get_by_role("switch", name="Catálogo is on")).not_to_be_checked()


def test_a_schedule_is_said_in_words_and_comes_back_as_it_was(visit: Visit) -> None:
    page = visit().sign_in("/automations/new")
    page.get_by_label("Name", exact=True).fill("Lunes")
    page.get_by_label("Starts with").select_option("scheduled")
    page.get_by_label("How often").select_option("weekly")
    page.get_by_text("Fri", exact=True).click()
    page.get_by_label("At", exact=True).fill("18:30")
    page.get_by_label("By whose clock").select_option("contact")
    page.get_by_role("button", name="Add a condition").click()
    page.get_by_label("Field", exact=True).fill("tags")
    page.get_by_label("Value: tags").fill("vip")
    page.get_by_label("Message", exact=True).fill("Hola")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Lunes", level=1)).to_be_visible()

    page.reload()

    expect(page.get_by_role("checkbox", name="Mon")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Fri")).to_be_checked()
    expect(page.get_by_label("At", exact=True)).to_have_value("18:30")
    expect(page.get_by_label("By whose clock")).to_have_value("contact")
    expect(page.get_by_label("Value: tags")).to_have_value("vip")


BEYOND = """() => [...document.querySelectorAll("main *")]
  .filter((each) => each.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map((each) => each.className)"""


def test_the_form_fits_a_phone_where_words_are_long(visit: Visit) -> None:
    page = visit(locale="pt-BR", viewport={"width": 390, "height": 844}).sign_in("/automations/new")
    page.locator(".preview").wait_for()

    eventually(lambda: page.evaluate(BEYOND) == [])


def test_automations_and_the_dashboard_can_be_used_by_everybody(visit: Visit, hilo: Hilo) -> None:
    """axe finds nothing, and nothing reaches beyond the edge of a phone."""
    hilo.write(ANA, "hola")
    visitor = visit()
    page = visitor.sign_in("/automations")
    page.get_by_role("link", name=re.compile("Saludo")).wait_for()
    look_over(page, "automations")
    page.get_by_role("link", name=re.compile("Saludo")).click()
    page.locator(".preview-bubble").wait_for()
    look_over(page, "an automation")
    page.get_by_text("What it did", exact=True).click()
    page.get_by_role("row", name=re.compile("Ana Torres")).first.wait_for()
    look_over(page, "what an automation did")
    page.get_by_role("row", name=re.compile("Ana Torres")).first.get_by_role("link").click()
    page.get_by_text("Sent a message").first.wait_for()
    look_over(page, "what a run did")
    visitor.open("/analytics?range=today")
    page.locator(".plot canvas").wait_for()
    page.locator(".heat").wait_for()
    look_over(page, "the dashboard")
