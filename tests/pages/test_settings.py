"""The settings, as an admin uses them, and as somebody meets them who is none."""

import re
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import TypeAlias

from playwright.sync_api import Route, expect

from app.domain.permissions import PERMISSIONS
from tests.pages.conftest import Visitor
from tests.pages.hiring import add_user
from tests.pages.looking import look_over
from tests.pages.machine import PEOPLE, Hilo
from tests.waiting import PATIENCE_SECONDS, eventually

Visit: TypeAlias = Callable[..., Visitor]

ANA = list(PEOPLE)[-1]

SECTIONS = {
    "profile": "Your account",
    "api-keys": "API keys",
    "workspace": "General",
    "fields": "Custom fields",
    "users": "Users",
    "numbers": "Business numbers",
    "alerts": "Alerts",
    "audit-log": "Audit log",
    "webhooks": "Incoming webhooks",
    "system": "System",
}


def test_whoever_is_added_signs_in_with_the_password_shown_and_is_refused_what_admins_do(
    visit: Visit, hilo: Hilo
) -> None:
    page = visit().sign_in("/settings/users")
    password = add_user(page, username="rosa", name="Rosa Campos")
    expect(page.get_by_text(password)).to_have_count(0)

    theirs = visit().sign_in("/settings", name="rosa", password=password)

    settings = theirs.get_by_role("navigation", name="Settings")
    expect(settings.get_by_role("link")).to_have_text(["Your account", "API keys", "Business numbers", "Alerts"])
    for address in ("users", "audit-log"):
        theirs.goto(f"{hilo.url}/settings/{address}")
        expect(theirs.get_by_role("heading", name="This is for admins")).to_be_visible()
    theirs.get_by_role("link", name="Business numbers").click()
    theirs.get_by_role("table").get_by_role("link").first.click()
    expect(theirs.get_by_role("dialog").get_by_text("Active")).to_be_visible()
    expect(theirs.get_by_role("button", name="Halt")).to_have_count(0)
    theirs.goto(f"{hilo.url}/automations/new")
    expect(theirs.get_by_role("heading", name="This is for admins")).to_be_visible()
    theirs.get_by_role("main").get_by_role("link", name="Automations").click()
    theirs.get_by_role("link", name=re.compile("Saludo")).click()
    expect(theirs.get_by_text("You can look; your role changes nothing here.")).to_be_visible()
    expect(theirs.get_by_label("Name", exact=True)).to_be_disabled()
    expect(theirs.get_by_role("main").get_by_role("button")).to_have_count(0)


def allow(visitor: Visitor, *names: str) -> None:
    """As if the role of whoever signs in had these permissions and no others."""

    def answer(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, json=response.json() | {"permissions": list(names)})

    visitor.context.route("**/api/v1/auth/me", answer)


def test_whoever_may_nothing_is_told_so_on_every_page_and_nothing_is_asked_for(visit: Visit, hilo: Hilo) -> None:
    visitor = visit()
    allow(visitor)
    asked: list[str] = []
    visitor.context.on("request", lambda request: asked.append(request.url))
    page = visitor.sign_in()
    expect(page.locator(".nav-areas").get_by_role("link")).to_have_count(1)

    for address in ("inbox", "contacts", "contacts/import", "automations", "analytics", "settings/users"):
        page.goto(f"{hilo.url}/{address}")
        expect(page.get_by_role("heading", name="This is for admins", level=1)).to_be_visible()

    assert {url for url in asked if "/api/v1/" in url and "/auth/" not in url and "/events" not in url} == set()


def test_whoever_may_only_look_is_offered_nothing_that_would_be_refused(visit: Visit, hilo: Hilo) -> None:
    hilo.write(ANA, "¿Abren hoy?")
    visitor = visit()
    allow(visitor, *(name for name in PERMISSIONS if name.endswith(":read")))
    page = visitor.sign_in()
    page.get_by_role("link", name=re.compile("Ana Torres")).click()

    expect(page.get_by_role("heading", name="You can read here")).to_be_visible()
    for name in ("Close", "Reopen", "Reply to this message"):
        expect(page.get_by_role("button", name=name, exact=True)).to_have_count(0)
    page.goto(f"{hilo.url}/contacts")
    page.get_by_role("row", name=re.compile("Ana Torres")).get_by_role("link").first.click()
    expect(page.get_by_text("You can look; your role changes nothing here.")).to_be_visible()
    expect(page.get_by_label("Notes")).to_be_disabled()
    for name in ("Add a field", "Add to a group", "More"):
        expect(page.get_by_role("button", name=name, exact=True)).to_have_count(0)
    page.get_by_role("link", name="Contacts").first.click()
    expect(page.get_by_role("heading", name="Contacts")).to_be_visible()
    expect(page.get_by_role("button", name="New contact")).to_have_count(0)
    page.keyboard.press("n")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_whoever_is_deactivated_is_out_at_once_and_the_last_admin_stays_one(visit: Visit) -> None:
    visitor = visit()
    page = visitor.sign_in("/settings/users")
    password = add_user(page, username="ivan", name="Iván Soto")
    other = visit()
    other.sign_in("/contacts", name="ivan", password=password)

    page.get_by_role("row", name=re.compile("Iván Soto")).get_by_role("link").click()
    page.get_by_role("button", name="Deactivate").click()
    page.get_by_role("button", name="Deactivate").last.click()
    expect(page.get_by_role("button", name="Reactivate")).to_be_visible()
    other.open("/contacts")
    expect(other.page.get_by_role("heading", name="Welcome back")).to_be_visible()
    other.forgive(401)
    page.keyboard.press("Escape")
    page.get_by_role("row", name=re.compile("You")).get_by_role("link").click()
    page.get_by_label("Role").select_option("user")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("This is the last active admin.")).to_be_visible()
    visitor.forgive(409)


def test_whoever_was_given_a_new_password_chooses_another_before_all_else(visit: Visit) -> None:
    page = visit().sign_in("/settings/users")
    add_user(page, username="elsa", name="Elsa Mora")
    page.get_by_role("row", name=re.compile("Elsa Mora")).get_by_role("link").click()
    page.get_by_role("button", name="Reset password").click()
    page.get_by_role("button", name="Reset password").last.click()
    password = page.get_by_role("textbox", name="Password of Elsa Mora").inner_text()
    visitor = visit()
    theirs = visitor.open("/contacts")
    theirs.get_by_label("E-mail or user name").fill("elsa")
    theirs.get_by_label("Password").fill(password)
    theirs.keyboard.press("Enter")

    expect(theirs.get_by_role("heading", name="Choose your password")).to_be_visible()
    look_over(theirs, "choosing a password")
    visitor.forgive(403)
    theirs.get_by_label("New password").fill("three plain words of mine")
    theirs.keyboard.press("Enter")

    expect(theirs.get_by_role("heading", name="Contacts")).to_be_visible()


def test_an_api_key_is_shown_once_works_and_stops_when_it_is_revoked(visit: Visit, hilo: Hilo) -> None:
    page = visit().sign_in("/settings/api-keys")
    page.get_by_role("button", name="New key").click()
    page.get_by_role("button", name="Make key").click()
    expect(page.get_by_text("Choose one or more.")).to_be_visible()
    expect(page.get_by_label("Name")).to_be_focused()
    page.get_by_label("Name").fill("Web shop")
    page.get_by_label("See contacts").check()
    page.get_by_role("button", name="Make key").click()
    key = page.get_by_role("textbox", name="Your new key").inner_text()
    assert status_of(hilo, key, "contacts") == 200
    assert status_of(hilo, key, "conversations") == 403
    page.get_by_role("button", name="Done").click()
    page.reload()

    row = page.get_by_role("row", name=re.compile("Web shop"))
    expect(row.get_by_text("Works")).to_be_visible()
    expect(page.get_by_text(key)).to_have_count(0)
    page.get_by_role("button", name="Revoke Web shop").click()
    page.get_by_role("button", name="Revoke", exact=True).click()

    expect(row.get_by_text("Revoked")).to_be_visible()
    assert status_of(hilo, key, "contacts") == 401


def test_a_custom_field_is_declared_filled_in_refused_and_deleted(visit: Visit) -> None:
    visitor = visit()
    page = visitor.sign_in("/settings/fields")
    page.get_by_role("button", name="New field").click()
    page.get_by_label("Title").fill("Visitas")
    page.get_by_label("Holds").select_option("number")
    page.get_by_role("button", name="Add field").click()
    expect(page.get_by_role("row", name=re.compile("Visitas {visitas} A number"))).to_be_visible()

    page.get_by_role("link", name="Contacts").click()
    page.get_by_role("link", name="Juan Pérez").click()
    page.get_by_label("Visitas").fill("muchas")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Visitas")).to_be_focused()
    expect(page.locator(".field", has_text="Visitas").locator(".field-error")).to_have_text("Write a number.")
    visitor.forgive(422)
    page.get_by_label("Visitas").fill("3")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Unsaved changes")).to_have_count(0)
    page.reload()
    expect(page.get_by_label("Visitas")).to_have_value("3")

    visitor.open("/settings/fields").get_by_role("link", name=re.compile("Visitas")).click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete").last.click()
    expect(page.get_by_text("No custom fields yet")).to_be_visible()


def status_of(hilo: Hilo, key: str, what: str) -> int:
    headers = {"Authorization": f"Bearer {key}"}
    request = urllib.request.Request(f"{hilo.url}/api/v1/{what}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_the_settings_say_what_a_pause_does_and_pause_everything(visit: Visit) -> None:
    page = visit().sign_in("/settings/workspace")
    page.get_by_role("button", name="Pause everything").click()
    expect(page.get_by_role("dialog").get_by_text("nothing leaves any more")).to_be_visible()
    page.get_by_label("Why").fill("Stock-taking.")
    page.get_by_role("dialog").get_by_role("button", name="Pause everything").click()

    expect(page.get_by_role("heading", name="Everything is paused")).to_be_visible()
    expect(page.locator(".banner")).to_contain_text("Stock-taking.")
    page.get_by_role("main").get_by_role("button", name="Resume").click()
    expect(page.get_by_role("heading", name="Everything is running")).to_be_visible()
    expect(page.locator(".banner")).to_have_count(0)


def test_what_is_changed_stands_in_the_audit_log_before_and_after(visit: Visit) -> None:
    page = visit().sign_in("/settings/workspace")
    before = page.get_by_label("Time zone").input_value()
    page.get_by_label("Time zone").fill("America/Bogota")
    page.get_by_label("Words to opt out").fill("ya no,")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Unsaved changes")).to_have_count(0)
    page.get_by_role("link", name="Audit log").click()
    page.get_by_label("What was changed").select_option("settings")

    page.get_by_role("row", name=re.compile("time zone")).get_by_role("link").first.click()

    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".diff-before").filter(has_text=before)).to_be_visible()
    expect(dialog.locator(".diff-after").filter(has_text="America/Bogota")).to_be_visible()
    expect(dialog.locator(".diff-after").filter(has_text="ya no")).to_be_visible()
    theirs = visit(locale="es-MX").sign_in("/settings/audit-log?kind=settings")
    expect(theirs.get_by_role("row", name=re.compile("zona horaria, palabras de baja")).first).to_be_visible()
    theirs.get_by_role("link", name="Sistema", exact=True).click()
    expect(theirs.get_by_text("Todos los números del negocio están activos.")).to_be_visible()


def test_a_number_is_halted_with_a_reason_and_resumed(visit: Visit) -> None:
    page = visit().sign_in("/settings/numbers")
    page.get_by_role("table").get_by_role("link").first.click()
    dialog = page.get_by_role("dialog").first
    page.get_by_role("button", name="Halt").click()
    page.get_by_label("Why").fill("The price list is wrong.")
    page.get_by_role("button", name="Halt").last.click()
    expect(dialog.get_by_text("The price list is wrong.")).to_be_visible()
    expect(dialog.get_by_text("Halted", exact=True)).to_be_visible()
    dialog.get_by_role("button", name="Resume").click()

    expect(dialog.get_by_text("Active", exact=True)).to_be_visible()


def test_every_section_can_be_used_by_everybody(visit: Visit, hilo: Hilo) -> None:
    hilo.write("5215512345678", "hola")
    visitor = visit()
    page = visitor.sign_in("/settings")
    page.get_by_role("navigation", name="Settings").wait_for()
    look_over(page, "the way around")
    for address, title in SECTIONS.items():
        page.get_by_role("navigation", name="Settings").get_by_role("link", name=title).click()
        expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
        eventually(lambda: page.locator(".skeleton").count() == 0)
        look_over(page, address)
        page.go_back()  # to the way around, which on a phone is a page by itself
    page.goto(f"{hilo.url}/settings/webhooks")
    page.get_by_role("table").get_by_role("link").first.click()
    page.get_by_role("dialog").get_by_text("Body").first.wait_for()
    look_over(page, "a webhook")
