"""The table of permissions."""

import re

import pytest

from app.domain.permissions import PERMISSIONS, Role, of_role


@pytest.mark.parametrize("name", PERMISSIONS)
def test_a_permission_is_a_noun_a_verb_and_a_sentence(name: str) -> None:
    permission = PERMISSIONS[name]

    assert re.fullmatch(r"[a-z]+(_[a-z]+)*:[a-z]+", name)
    assert permission.sentence.endswith(".")
    assert permission.roles


def test_admins_may_all_that_users_may_and_more() -> None:
    assert of_role(Role.USER) < of_role(Role.ADMIN) == PERMISSIONS.keys()


def test_a_role_that_does_not_exist_may_nothing() -> None:
    assert of_role("owner") == frozenset()
