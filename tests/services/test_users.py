"""Users: somebody always is left who may manage them."""

import threading

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database import in_transaction
from app.models import User
from app.services import users
from app.services.users import LastAdmin
from tests.builders import make_user


def only_admins(session: Session, *names: str) -> list[int]:
    for user in session.scalars(select(User)):
        user.role = "user"
    made = [make_user(session, username=name, role="admin").id for name in names]
    session.commit()
    return made


@pytest.mark.parametrize("fields", [{"role": "user"}, {"is_active": False}, {"role": "user", "is_active": True}])
def test_the_last_active_admin_stays_one(session, now, fields):
    ana, bob = only_admins(session, "ana", "bob")
    users.update_user(session, bob, {"is_active": False}, now=now)

    with pytest.raises(LastAdmin):
        users.update_user(session, ana, fields, now=now)


def test_the_last_active_admin_cannot_be_deleted(session, now):
    ana, bob = only_admins(session, "ana", "bob")
    users.delete_user(session, bob, by=ana, now=now)

    with pytest.raises(LastAdmin):
        users.delete_user(session, ana, by=0, now=now)


def test_somebody_who_is_no_admin_can_always_be_deactivated(session, now):
    only_admins(session, "ana")
    other = make_user(session)

    assert not users.update_user(session, other.id, {"is_active": False}, now=now).is_active


@pytest.mark.parametrize("way", ["demote", "deactivate", "delete"])
def test_two_admins_who_take_one_another_away_at_once_are_not_both_gone(session, now, way):
    ana, bob = only_admins(session, "ana", "bob")
    start, refused = threading.Barrier(2), []

    def take_away(victim: int, by: int) -> None:
        def work(own: Session) -> None:
            start.wait()
            if way == "delete":
                users.delete_user(own, victim, by=by, now=now)
            else:
                fields = {"role": "user"} if way == "demote" else {"is_active": False}
                users.update_user(own, victim, fields, now=now)

        try:
            in_transaction(work)
        except LastAdmin:
            refused.append(victim)

    both = [threading.Thread(target=take_away, args=pair) for pair in ((ana, bob), (bob, ana))]
    for each in both:
        each.start()
    for each in both:
        each.join()

    left = session.scalars(select(User.id).where(User.role == "admin", User.is_active)).all()
    assert refused == left
    assert len(left) == 1


def test_a_deleted_user_leaves_a_row_without_a_name(session, now):
    ana, bob = only_admins(session, "ana", "bob")

    users.delete_user(session, bob, by=ana, now=now)
    session.flush()

    row = session.get(User, bob)
    assert (row.username, row.email, row.full_name, row.is_active) == (f"deleted:{bob}", f"deleted:{bob}", None, False)
    with pytest.raises(users.UserNotFound):
        users.get_user(session, bob)
    assert make_user(session, username="bob").id != bob


def test_passwords_that_we_make_are_all_different_and_will_do(session, now):
    made = [users.make_password() for _ in range(20)]

    assert len(set(made)) == 20
    for password in made:
        assert users.passwords.faults(password, names=["ana"]) == []
