"""Sessions: refresh tokens that are used once."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.tokens import hash_token
from app.database import in_transaction
from app.models import LoginThrottle, RefreshToken
from app.services import sessions, sweeps
from app.services.sessions import GRACE, Opened, SessionEnded
from tests.builders import make_user

MONTH = timedelta(days=30)
LATER = GRACE + timedelta(seconds=1)


@pytest.fixture
def opened(session: Session, now) -> Opened:
    user = make_user(session)
    made = sessions.open_session(session, user.id, user_agent="Firefox", lifetime=MONTH, now=now)
    session.commit()
    return made


def refresh(token: str, *, now) -> Opened:
    return sessions.refresh(token, secret_key="s" * 32, lifetime=MONTH, now=now)


def test_a_refresh_gives_another_token_of_the_same_session(opened, now):
    then = now + timedelta(minutes=15)

    after = refresh(opened.refresh_token, now=then)

    assert after.refresh_token != opened.refresh_token
    assert after.access == opened.access
    assert after.expires_at == then + MONTH


def test_only_hashes_are_kept(opened, session):
    row = session.scalars(select(RefreshToken)).one()

    assert row.token_hash == hash_token(opened.refresh_token)
    assert opened.refresh_token.encode() not in row.token_hash


def test_a_token_that_comes_again_later_ends_the_whole_session(opened, session, now):
    thief = refresh(opened.refresh_token, now=now)

    with pytest.raises(SessionEnded):
        refresh(opened.refresh_token, now=now + LATER)

    with pytest.raises(SessionEnded):
        refresh(thief.refresh_token, now=now + LATER)
    assert sessions.find_user(session, opened.access) is None


def test_a_token_that_comes_twice_at_once_gives_the_same_successor(opened, now):
    first = refresh(opened.refresh_token, now=now)
    second = refresh(opened.refresh_token, now=now + GRACE)

    assert second == first
    assert refresh(first.refresh_token, now=now + LATER).access == opened.access


def test_a_request_that_was_overtaken_gets_the_newest_token(opened, now):
    first = refresh(opened.refresh_token, now=now)
    second = refresh(first.refresh_token, now=now + timedelta(seconds=1))

    assert refresh(opened.refresh_token, now=now + timedelta(seconds=2)) == second


def test_both_of_two_who_hold_a_token_are_found_out(opened, now):
    """The grace hands a thief a token, and the next time one of the two is late."""
    victim = refresh(opened.refresh_token, now=now)
    thief = refresh(opened.refresh_token, now=now + timedelta(seconds=5))
    refresh(thief.refresh_token, now=now + timedelta(minutes=10))

    with pytest.raises(SessionEnded):
        refresh(victim.refresh_token, now=now + timedelta(minutes=15))
    with pytest.raises(SessionEnded):
        refresh(thief.refresh_token, now=now + timedelta(minutes=16))


def test_many_tabs_at_once_stay_in(opened, session, now):
    start, answers = threading.Barrier(6), []

    def tab() -> None:
        start.wait()
        answers.append(refresh(opened.refresh_token, now=now).refresh_token)

    tabs = [threading.Thread(target=tab) for _ in range(6)]
    for each in tabs:
        each.start()
    for each in tabs:
        each.join()

    assert len(answers) == 6
    assert len(set(answers)) == 1
    assert len(session.scalars(select(RefreshToken)).all()) == 2


def test_a_session_that_nobody_uses_ends(opened, now):
    with pytest.raises(SessionEnded):
        refresh(opened.refresh_token, now=now + MONTH)


@pytest.mark.parametrize("token", ["", "nonsense", "\x00", "ñ" * 300])
def test_a_token_that_nobody_gave_out_is_refused(opened, now, token):
    with pytest.raises(SessionEnded):
        refresh(token, now=now)


def test_a_deactivated_user_cannot_refresh(opened, session, now):
    user = sessions.find_user(session, opened.access)
    user.is_active = False
    session.commit()

    with pytest.raises(SessionEnded):
        refresh(opened.refresh_token, now=now)


def test_ending_all_sessions_ends_one_that_is_just_being_refreshed(opened, session, now):
    """The refresh holds the user; who ends sessions waits, and then sees the successor, too."""
    start = threading.Barrier(2)

    def end() -> None:
        start.wait()
        in_transaction(lambda own: sessions.end_all(own, opened.access.user_id, now=now))

    other = threading.Thread(target=end)
    other.start()
    with Session(session.bind) as under_way:
        sessions._refresh(under_way, opened.refresh_token, secret_key="s" * 32, lifetime=MONTH, now=now)
        start.wait()
        under_way.commit()
    other.join()

    assert sessions.find_user(session, opened.access) is None


def test_what_has_run_out_is_forgotten(session, now):
    user = make_user(session)
    for lifetime in (timedelta(hours=-1), timedelta(hours=1)):
        sessions.open_session(session, user.id, user_agent=None, lifetime=lifetime, now=datetime.now(UTC))
    for age in (timedelta(days=2), timedelta(0)):
        key = str(age).encode()
        session.add(LoginThrottle(key=key, failures=1, last_failed_at=datetime.now(UTC) - age))
    session.flush()

    sweeps.forget_old(session)

    assert len(session.scalars(select(RefreshToken.id)).all()) == 1
    assert session.scalars(select(LoginThrottle.key)).all() == [b"0:00:00"]


def test_the_list_shows_a_session_once_however_often_it_was_refreshed(opened, session, now):
    later = now + timedelta(minutes=15)
    refresh(opened.refresh_token, now=later)
    other = sessions.open_session(session, opened.access.user_id, user_agent="curl", lifetime=MONTH, now=now)

    known = sessions.list_sessions(session, opened.access.user_id, now=later)

    assert [(each.id, each.user_agent) for each in known] == [
        (opened.access.session_id, "Firefox"),
        (other.access.session_id, "curl"),
    ]
    assert (known[0].created_at, known[0].last_used_at) == (now, later)


def test_one_session_or_all_others_can_be_ended(opened, session, now):
    user_id = opened.access.user_id
    second, third = (
        sessions.open_session(session, user_id, user_agent=None, lifetime=MONTH, now=now) for _ in range(2)
    )

    sessions.end_session(session, user_id, second.access.session_id, now=now)
    ended = sessions.end_all(session, user_id, but=third.access.session_id, now=now)

    assert ended == 1
    assert [each.id for each in sessions.list_sessions(session, user_id, now=now)] == [third.access.session_id]
    with pytest.raises(sessions.SessionNotFound):
        sessions.end_session(session, user_id, second.access.session_id, now=now)


def test_nobody_ends_the_session_of_somebody_else(opened, session, now):
    stranger = make_user(session)

    with pytest.raises(sessions.SessionNotFound):
        sessions.end_session(session, stranger.id, opened.access.session_id, now=now)
