"""Static lists of contacts."""

import pytest
from sqlalchemy.orm import Session

from app.services import groups, merging
from tests.builders import make_contact


def members(session: Session, group_id: int) -> int:
    return groups.count_members(session, [group_id]).get(group_id, 0)


def test_a_contact_is_on_a_list_once(session: Session) -> None:
    ana, ben = make_contact(session), make_contact(session, phone="+15550002")
    group = groups.create_group(session, name="Customers", description=None, user_id=None)

    first = groups.add_contacts(session, group.id, [ana.id, ben.id, 999_999])
    again = groups.add_contacts(session, group.id, [ben.id])

    assert (sorted(first), again, members(session, group.id)) == (sorted([ana.id, ben.id]), [], 2)
    assert groups.remove_contacts(session, group.id, [ben.id, 999_999]) == [ben.id]
    assert members(session, group.id) == 1


def test_names_are_taken_whatever_their_case(session: Session) -> None:
    groups.create_group(session, name="Customers", description=None, user_id=None)
    other = groups.create_group(session, name="Friends", description=None, user_id=None)

    with pytest.raises(groups.GroupNameTaken):
        groups.create_group(session, name="customers", description=None, user_id=None)
    with pytest.raises(groups.GroupNameTaken):
        groups.update_group(session, other.id, name="CUSTOMERS", description=None)


def test_a_list_named_by_an_automation_is_made_when_it_is_missing(session: Session) -> None:
    ana, ben = make_contact(session), make_contact(session, phone="+15550002")
    known = groups.create_group(session, name="Customers", description=None, user_id=None)

    groups.add_by_name(session, [("customers", ana.id), ("New", ana.id), ("new", ben.id)])

    found = {
        group.name: members(session, group.id) for group in groups.list_groups(session, limit=9, cursor=None).items
    }
    assert found.pop("Customers") == members(session, known.id) == 1
    assert list(found.values()) == [2]


def test_a_merge_takes_the_places_on_lists_along(session: Session) -> None:
    ana, ben = make_contact(session), make_contact(session, phone="+15550002")
    group = groups.create_group(session, name="Customers", description=None, user_id=None)
    groups.add_contacts(session, group.id, [ana.id, ben.id])
    other = groups.create_group(session, name="Friends", description=None, user_id=None)
    groups.add_contacts(session, other.id, [ana.id])

    merging.absorb(session, loser=ana.id, winner=ben.id)

    assert (members(session, group.id), members(session, other.id)) == (1, 1)
