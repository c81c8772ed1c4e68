"""Adding a user, as an admin does it at a browser."""

import re

from playwright.sync_api import Page, expect


def add_user(page: Page, *, username: str, name: str, role: str = "user") -> str:
    """The password that is shown once."""
    page.get_by_role("button", name="New user").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("User name").fill(username)
    page.get_by_label("E-mail", exact=True).fill(f"{username}@hilo.example")
    page.get_by_label("Role").select_option(role)
    page.get_by_role("button", name="Add user").click()
    password = page.get_by_role("textbox", name=f"Password of {name}").inner_text()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("row", name=re.compile(name))).to_be_visible()
    return password
