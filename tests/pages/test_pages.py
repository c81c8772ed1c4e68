"""The operator's pages, as somebody uses them: at a browser, beside a phone that writes to the shop."""

import re
from collections.abc import Callable
from typing import TypeAlias

import pytest
from playwright.sync_api import Page, expect

from tests.pages.conftest import Visitor
from tests.pages.looking import look_over
from tests.pages.machine import EMAIL, PASSWORD, PEOPLE, Hilo
from tests.waiting import eventually

Visit: TypeAlias = Callable[..., Visitor]

BRUNO, MARIA, DIEGO, ANA = PEOPLE


def the_conversation(page: Page, name: str) -> None:
    """Open somebody's conversation from the list, which is live: it may only just appear."""
    page.get_by_role("link", name=re.compile(name)).click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def ticks_of(page: Page, text: str) -> object:
    return page.locator(".row-mine", has_text=text).locator(".ticks")


def test_a_wrong_password_is_said_in_words_and_the_right_one_lasts_over_a_reload(visit: Visit) -> None:
    visitor = visit()
    page = visitor.open("/contacts")
    page.get_by_label("E-mail or user name").fill(EMAIL)
    page.get_by_label("Password").fill("a wrong one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("That name and password do not go together.")).to_be_visible()
    visitor.forgive(401)

    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Contacts")).to_be_visible()
    page.reload()

    expect(page.get_by_role("heading", name="Contacts")).to_be_visible()


def test_a_message_from_a_phone_appears_is_answered_and_its_ticks_turn_blue(visit: Visit, hilo: Hilo) -> None:
    page = visit().sign_in()
    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()

    hilo.write(ANA, "¿Tienen pan de muerto?")
    the_conversation(page, "Ana Torres")
    expect(page.locator(".row-theirs", has_text="pan de muerto")).to_be_visible()
    page.get_by_label("Message to Ana Torres").fill("Sí, *hoy* a las 9")
    page.keyboard.press("Enter")

    expect(page.locator(".row-mine strong", has_text="hoy")).to_be_visible()
    expect(ticks_of(page, "a las 9")).to_have_attribute("data-sign", "read")
    expect(ticks_of(page, "a las 9")).to_have_css("color", "rgb(10, 102, 199)")
    assert "Sí, *hoy* a las 9" in [item["text"]["body"] for item in hilo.thread(ANA)]
    # Whoever looks has read it, and the phone sees so.
    eventually(lambda: all(item["status"] == "read" for item in hilo.thread(ANA) if item["direction"] == "inbound"))


def test_a_message_is_answered_by_quoting_it_and_theirs_shows_what_it_answers(visit: Visit, hilo: Hilo) -> None:
    hilo.write(BRUNO, "¿Tienen pan?")
    page = visit().sign_in()
    the_conversation(page, "Bruno Díaz")
    asked = page.locator(".row-theirs", has_text="¿Tienen pan?")
    asked.hover()
    asked.get_by_role("button", name="Reply").click()
    expect(page.get_by_label("Message to Bruno Díaz")).to_be_focused()
    page.keyboard.type("¿De cuál?")
    page.keyboard.press("Enter")

    ours = page.locator(".row-mine", has_text="¿De cuál?")
    expect(ours.locator(".quote")).to_contain_text("¿Tienen pan?")
    eventually(lambda: "context" in hilo.thread(BRUNO)[-1])
    sent = hilo.thread(BRUNO)[-1]
    assert sent["context"]["id"] == next(item["id"] for item in hilo.thread(BRUNO) if "¿Tienen pan?" in str(item))
    text = {"type": "text", "text": {"body": "Dulce"}, "context": {"message_id": sent["id"]}}
    hilo.sim("POST", f"/users/{BRUNO}/messages", text)
    expect(page.locator(".row-theirs", has_text="Dulce").locator(".quote")).to_contain_text("¿De cuál?")


def test_a_message_that_fails_says_why_and_can_be_sent_again(visit: Visit, hilo: Hilo) -> None:
    hilo.write(BRUNO, "¿Hacen envíos?")
    page = visit().sign_in()
    the_conversation(page, "Bruno Díaz")
    hilo.sim("PUT", "/faults", {"send_errors": [{"code": 131026}]})
    page.get_by_label("Message to Bruno Díaz").fill("Claro que sí")
    page.keyboard.press("Enter")
    row = page.locator(".row-mine", has_text="Claro que sí")
    expect(row.get_by_text("This number cannot receive it")).to_be_visible()

    row.get_by_role("button", name="Why?").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("The 24-hour window is open")).to_be_visible()
    expect(dialog.get_by_text("Meta's code 131026")).to_be_visible()
    hilo.sim("PUT", "/faults", {})
    dialog.get_by_role("button", name="Send again").click()

    expect(ticks_of(page, "Claro que sí")).to_have_attribute("data-sign", "read")


def test_a_conversation_is_taken_closed_and_opens_by_itself_when_its_contact_writes(visit: Visit, hilo: Hilo) -> None:
    hilo.write(DIEGO, "¿Abren los domingos?")
    page = visit().sign_in()
    the_conversation(page, "Diego Luna")

    page.get_by_role("button", name="Assigned to: Nobody").click()
    page.get_by_role("menuitemradio", name="Me").click()
    page.get_by_text("Mine", exact=True).click()
    expect(page.get_by_role("link", name=re.compile("Diego Luna"))).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.locator(".list").get_by_role("link", name=re.compile("Diego Luna"))).to_have_count(0)
    page.get_by_text("Open", exact=True).click()
    hilo.write(DIEGO, "¿Hola?")

    expect(page.locator(".list").get_by_role("link", name=re.compile("Diego Luna"))).to_be_visible()


def test_a_contact_is_added_edited_and_found(visit: Visit) -> None:
    visitor = visit()
    page = visitor.sign_in("/contacts")
    page.get_by_role("button", name="New contact").click()
    page.get_by_label("Name", exact=True).fill("Lucía Vega")
    page.get_by_label("Phone", exact=True).fill("12")
    page.get_by_role("button", name="Add contact").click()
    expect(page.get_by_text("This is not a phone number.")).to_be_visible()
    visitor.forgive(422)
    page.get_by_label("Phone", exact=True).fill("+52 55 0000 0042")
    page.get_by_role("button", name="Add contact").click()
    expect(page.get_by_role("heading", name="Lucía Vega")).to_be_visible()

    page.get_by_label("Tags").fill("vip,")
    page.get_by_label("Day").fill("29")
    page.get_by_label("Month").select_option("2")
    page.get_by_role("button", name="Add a field").click()
    page.get_by_label("Field", exact=True).fill("city")
    page.get_by_label("Value: city").fill("Quito")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Unsaved changes")).to_have_count(0)
    page.reload()

    expect(page.get_by_label("Day")).to_have_value("29")
    expect(page.get_by_label("Year")).to_have_value("")
    expect(page.get_by_label("Value: city")).to_have_value("Quito")
    page.get_by_role("link", name="Contacts").first.click()
    page.get_by_label("Search name, phone or e-mail").fill("lucía")
    row = page.get_by_role("row", name=re.compile("Lucía Vega"))
    expect(row.get_by_text("February 29")).to_be_visible()
    expect(row.get_by_text("vip")).to_be_visible()


def test_one_switch_pauses_everything_and_everybody_sees_it(visit: Visit) -> None:
    page = visit().sign_in()
    other = visit().sign_in()

    page.get_by_role("button", name=re.compile("Your menu")).click()
    page.get_by_role("menuitem", name="Pause everything").click()
    page.get_by_label("Why").fill("The price list is wrong.")
    page.get_by_role("button", name="Pause everything").click()
    expect(other.get_by_text("The price list is wrong.")).to_be_visible()
    other.get_by_role("button", name="Resume").click()

    expect(page.get_by_text("The price list is wrong.")).to_have_count(0)


CUT_WORDS = """() => [...document.querySelectorAll(".nav-item > span:not(.avatar, .nav-user-text)")]
  .filter((word) => word.scrollWidth > word.clientWidth)
  .map((word) => word.textContent)"""


@pytest.mark.parametrize(
    ("locale", "sign_in", "inbox", "contacts"),
    [
        ("en-GB", "Welcome back", "Inbox", "Contacts"),
        ("es-MX", "Hola de nuevo", "Bandeja", "Contactos"),
        ("pt-BR", "Olá de novo", "Caixa de entrada", "Contatos"),
    ],
)
def test_the_pages_speak_the_browsers_language(
    visit: Visit, locale: str, sign_in: str, inbox: str, contacts: str
) -> None:
    visitor = visit(locale=locale)
    page = visitor.open()
    expect(page.get_by_role("heading", name=sign_in)).to_be_visible()
    visitor.sign_in()

    expect(page.get_by_role("heading", name=inbox)).to_be_visible()
    expect(page.locator("nav").get_by_role("link", name=contacts)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", locale[:2])
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator("nav").get_by_role("link", name=contacts)).to_be_visible()
    eventually(lambda: page.evaluate(CUT_WORDS) == [])


def test_a_language_and_dark_colours_that_were_chosen_are_remembered(visit: Visit) -> None:
    page = visit().sign_in()
    page.get_by_role("button", name=re.compile("Your menu")).click()
    page.get_by_role("menuitemradio", name="Dark").click()
    page.get_by_role("button", name=re.compile("Your menu")).click()
    page.get_by_role("menuitemradio", name="Português").click()

    page.reload()

    expect(page.get_by_role("heading", name="Caixa de entrada")).to_be_visible()
    expect(page.locator("body")).to_have_css("background-color", "rgb(18, 16, 15)")


def test_the_keyboard_alone_goes_through_the_inbox_and_answers(visit: Visit, hilo: Hilo) -> None:
    hilo.write(MARIA, "Buenas tardes")
    page = visit().sign_in("/contacts")
    expect(page.get_by_role("heading", name="Contacts")).to_be_visible()

    page.keyboard.type("gi")
    expect(page.get_by_role("link", name=re.compile("María Ruiz"))).to_be_visible()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("maría ruiz")
    expect(page.locator(".list-row")).to_have_count(1)
    page.keyboard.press("Tab")
    page.locator("main").press("j")
    expect(page.get_by_label("Message to María Ruiz")).to_be_visible()
    page.keyboard.press("r")
    expect(page.get_by_label("Message to María Ruiz")).to_be_focused()
    page.keyboard.type("¡Hola!")
    page.keyboard.press("Enter")

    expect(page.locator(".row-mine", has_text="¡Hola!")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


def test_every_page_can_be_used_by_everybody(visit: Visit, hilo: Hilo) -> None:
    """axe finds nothing, and nothing reaches beyond the edge of a phone."""
    hilo.write(ANA, "hola")
    visitor = visit()
    visitor.open().get_by_label("Password").wait_for()
    look_over(visitor.page, "the sign-in page")
    page = visitor.sign_in()
    page.get_by_role("link", name=re.compile("Ana Torres")).wait_for()
    look_over(page, "the inbox")
    the_conversation(page, "Ana Torres")
    page.locator(".row").first.wait_for()
    look_over(page, "a conversation")
    visitor.open("/contacts")
    page.get_by_role("table").wait_for()
    look_over(page, "contacts")
    page.get_by_role("row", name=re.compile("Ana Torres")).get_by_role("link").first.click()
    page.get_by_label("Notes").wait_for()
    look_over(page, "a contact")
    visitor.open("/nothing")
    page.get_by_text("There is nothing here").wait_for()
    look_over(page, "an address that leads nowhere")
    visitor.open("/inbox/nobody")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    visitor.forgive(422)
