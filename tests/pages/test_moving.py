"""Contacts as a whole: a table that comes in and goes out, two that are one person, one that is forgotten."""

import re

from playwright.sync_api import Page, expect

from tests.pages.looking import look_over
from tests.pages.test_pages import Visit

TABLE = "nombre,teléfono,color\nSol Paz,+52 55 7000 0001,rojo\nSol P.,+52 55 7000 0002,azul\nMal,12,\n"


def choose(page: Page, text: str) -> None:
    file = {"name": "feria.csv", "mimeType": "text/csv", "buffer": text.encode()}
    page.get_by_label("CSV file").set_input_files(file)  # type: ignore[arg-type] # a FilePayload


def test_a_table_is_looked_at_imported_told_of_and_comes_out_again(visit: Visit) -> None:
    visitor = visit()
    page = visitor.sign_in("/contacts")
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Import contacts").click()
    choose(page, "color\nrojo\n")
    expect(page.locator(".field-error")).to_have_text("There is no column called name, phone or email.")
    visitor.forgive(422)
    choose(page, TABLE)
    faults = page.get_by_role("table", name="What is wrong")
    expect(faults.get_by_role("row", name=re.compile("4 phone This is not a phone number"))).to_be_visible()
    expect(page.get_by_text("no field is called so: color")).to_be_visible()
    look_over(page, "a table before it is imported")
    page.get_by_label("Tags for everybody").fill("feria,")
    page.get_by_role("button", name="Import 2 contacts").click()

    expect(page.get_by_role("heading", name="feria.csv")).to_be_visible()
    expect(page.get_by_text("3 of 3 rows")).to_be_visible()
    look_over(page, "the report of an import")
    page.get_by_role("link", name="See them").click()
    expect(page.get_by_role("row", name=re.compile("Sol P"))).to_have_count(2)
    page.get_by_role("button", name="More actions").click()
    with page.expect_download() as saved:
        page.get_by_role("menuitem", name="Export those found").click()
    lines = saved.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[1] for line in lines] == ["name", "Sol P.", "Sol Paz"]


def test_two_contacts_become_one_and_one_is_erased_when_its_name_is_written(visit: Visit) -> None:
    page = visit().sign_in("/contacts/import")
    choose(page, "nombre,teléfono\nLuz Mar,+52 55 7000 0003\nLuz M.,+52 55 7000 0004\n")
    page.get_by_label("Tags for everybody").fill("plaza,")
    page.get_by_role("button", name="Import 2 contacts").click()
    expect(page.get_by_text("2 of 2 rows")).to_be_visible()
    page.get_by_role("link", name="See them").click()
    page.get_by_role("link", name="Luz Mar").click()
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Merge").click()
    page.get_by_label("Search contacts").fill("luz m.")
    page.get_by_role("radio", name=re.compile(r"Luz M\.")).check()
    page.get_by_role("button", name="Merge", exact=True).click()
    expect(page.get_by_text("+525570000004")).to_be_visible()

    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Erase for good").click()
    page.get_by_role("button", name="Erase for good").click()
    expect(page.get_by_text("This is not the name above.")).to_be_visible()
    page.get_by_label("to confirm").fill("Luz Mar")
    page.get_by_role("button", name="Erase for good").click()

    expect(page.get_by_role("heading", name="Contacts")).to_be_visible()
    page.goto(page.url.partition("?")[0] + "?tag=plaza")
    expect(page.get_by_text("Nobody matches")).to_be_visible()
