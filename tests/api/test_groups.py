"""Groups over HTTP: lists of contacts."""

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from tests.api.answers import error_of
from tests.builders import make_contact

GROUPS = "/api/v1/groups"


def test_a_group_comes_back_as_it_was_written(user: TestClient) -> None:
    made = user.post(GROUPS, json={"name": " Customers ", "description": "Bought once."})

    assert made.status_code == 201
    group = made.json()
    assert (group["name"], group["description"], group["contacts"]) == ("Customers", "Bought once.", 0)
    assert user.get(f"{GROUPS}/{group['id']}").json() == group
    changed = user.patch(f"{GROUPS}/{group['id']}", json={"description": None}).json()
    assert (changed["name"], changed["description"]) == ("Customers", None)
    assert [each["id"] for each in user.get(GROUPS).json()["items"]] == [group["id"]]


def test_contacts_are_put_on_a_group_and_taken_off(user: TestClient, session: Session) -> None:
    ana, ben = make_contact(session, name="Ana", phone=None).id, make_contact(session, name="Ben", phone=None).id
    session.commit()
    group = user.post(GROUPS, json={"name": "Customers"}).json()["id"]

    added = user.post(f"{GROUPS}/{group}/contacts", json={"contact_ids": [ana, ben, 999_999]}).json()
    again = user.post(f"{GROUPS}/{group}/contacts", json={"contact_ids": [ana]}).json()
    on_it = user.get("/api/v1/contacts", params={"group_id": group}).json()["items"]
    removed = user.post(f"{GROUPS}/{group}/contacts/remove", json={"contact_ids": [ben, ben]}).json()

    assert (sorted(added["contact_ids"]), again["contact_ids"], removed["contact_ids"]) == ([ana, ben], [], [ben])
    assert [each["name"] for each in on_it] == ["Ben", "Ana"]
    assert on_it[0]["groups"] == [{"id": group, "name": "Customers"}]
    assert user.get(f"{GROUPS}/{group}").json()["contacts"] == 1


def test_deleting_a_group_leaves_its_contacts(user: TestClient, session: Session) -> None:
    ana = make_contact(session, phone=None).id
    session.commit()
    group = user.post(GROUPS, json={"name": "Customers"}).json()["id"]
    user.post(f"{GROUPS}/{group}/contacts", json={"contact_ids": [ana]})

    assert user.delete(f"{GROUPS}/{group}").status_code == 204

    assert user.get(f"/api/v1/contacts/{ana}").json()["groups"] == []
    assert error_of(user.get(f"{GROUPS}/{group}")) == (404, "group_not_found")


def test_two_groups_do_not_share_a_name(user: TestClient) -> None:
    user.post(GROUPS, json={"name": "Customers"})
    other = user.post(GROUPS, json={"name": "Friends"}).json()["id"]

    assert error_of(user.post(GROUPS, json={"name": "customers"})) == (409, "group_name_taken")
    assert error_of(user.patch(f"{GROUPS}/{other}", json={"name": "CUSTOMERS"})) == (409, "group_name_taken")


def test_a_group_is_made_once_for_one_key(user: TestClient) -> None:
    headers = {"Idempotency-Key": "1"}

    first = user.post(GROUPS, json={"name": "Customers"}, headers=headers)
    again = user.post(GROUPS, json={"name": "Customers"}, headers=headers)

    assert (first.json(), again.status_code) == (again.json(), 201)


@pytest.mark.parametrize(
    ("method", "ending"),
    [("get", ""), ("patch", ""), ("delete", ""), ("post", "/contacts"), ("post", "/contacts/remove")],
)
def test_a_group_that_does_not_exist_is_not_found(user: TestClient, method: str, ending: str) -> None:
    body = {"contact_ids": [1]} if ending else {"name": "A"}
    answer = user.request(method, f"{GROUPS}/999999{ending}", json=body)

    assert error_of(answer) == (404, "group_not_found")


@pytest.mark.parametrize("ids", [[], [0], ["1"], [1] * 1_001])
def test_members_that_are_none_are_refused(user: TestClient, ids: list[object]) -> None:
    assert error_of(user.post(f"{GROUPS}/1/contacts", json={"contact_ids": ids})) == (422, "validation_failed")
