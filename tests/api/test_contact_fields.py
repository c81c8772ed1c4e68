"""Custom fields over HTTP, and what contacts may hold under their keys."""

import pytest
from starlette.testclient import TestClient

from tests.api.answers import error_of

FIELDS = "/api/v1/fields"
CONTACTS = "/api/v1/contacts"
SIZE = {"key": "size", "title": "Shirt size", "kind": "choice", "choices": ["S", "M", "S"]}


def test_a_field_comes_back_as_it_was_declared(admin: TestClient, user: TestClient) -> None:
    made = admin.post(FIELDS, json=SIZE)

    assert made.status_code == 201
    field = made.json()
    assert (field["key"], field["kind"], field["choices"]) == ("size", "choice", ["S", "M"])
    changed = admin.patch(f"{FIELDS}/{field['id']}", json={"choices": ["L"]}).json()
    assert (changed["title"], changed["choices"]) == ("Shirt size", ["L"])
    assert user.get(FIELDS).json()["items"] == [user.get(f"{FIELDS}/{field['id']}").json()] == [changed]
    assert admin.delete(f"{FIELDS}/{field['id']}").status_code == 204
    assert error_of(user.get(f"{FIELDS}/{field['id']}")) == (404, "field_not_found")


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({**SIZE, "key": "name"}, "invalid_field", "key"),
        ({**SIZE, "choices": []}, "invalid_field", "choices"),
        ({**SIZE, "kind": "text"}, "invalid_field", "choices"),
        ({**SIZE, "key": "with space"}, "validation_failed", "key"),
        ({**SIZE, "kind": "colour"}, "validation_failed", "kind"),
    ],
)
def test_a_field_that_cannot_be_is_refused(admin: TestClient, body: dict, code: str, field: str) -> None:
    answer = admin.post(FIELDS, json=body)

    assert error_of(answer) == (422, code)
    assert answer.json()["fields"][0]["field"] == field


def test_a_key_is_declared_once(admin: TestClient) -> None:
    admin.post(FIELDS, json=SIZE)

    assert error_of(admin.post(FIELDS, json=SIZE)) == (409, "field_key_taken")


def test_contacts_hold_what_fits_and_what_nobody_declared(admin: TestClient, user: TestClient) -> None:
    admin.post(FIELDS, json=SIZE)

    made = user.post(CONTACTS, json={"name": "Ana", "metadata": {"size": "M", "crm": {"id": 7}}})
    refused = user.post(CONTACTS, json={"name": "Ben", "metadata": {"size": "XL"}})
    changed = user.patch(f"{CONTACTS}/{made.json()['id']}", json={"metadata": {"size": 3}})
    emptied = user.patch(f"{CONTACTS}/{made.json()['id']}", json={"metadata": {"size": None}})

    assert made.json()["metadata"] == {"size": "M", "crm": {"id": 7}}
    assert error_of(refused) == error_of(changed) == (422, "invalid_metadata")
    assert refused.json()["fields"] == [
        {"field": "metadata.size", "code": "not_a_choice", "detail": "Write one of: S, M."}
    ]
    assert emptied.json()["metadata"] == {"size": None}
