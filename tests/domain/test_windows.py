from datetime import UTC, datetime, timedelta

import pytest

from app.domain import windows

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
NEXT_NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "kind",
    ["text", "image", "video", "audio", "document", "sticker", "location", "contacts", "button", "interactive", "order",
     "unsupported"],
)  # fmt: skip
def test_what_a_person_says_opens_the_window_for_a_day(kind: str) -> None:
    assert windows.expires_at(kind, NOON) == NEXT_NOON


@pytest.mark.parametrize("kind", ["reaction", "system", "edit", "revoke", "request_welcome", "something_new", ""])
def test_what_says_nothing_new_opens_no_window(kind: str) -> None:
    assert windows.expires_at(kind, NOON) is None


@pytest.mark.parametrize(
    ("expires_at", "now", "is_open"),
    [
        (NEXT_NOON, NOON, True),
        (NEXT_NOON, NEXT_NOON - timedelta(microseconds=1), True),
        (NEXT_NOON, NEXT_NOON, False),
        (NEXT_NOON, NEXT_NOON + timedelta(days=1), False),
        (None, NOON, False),
    ],
)
def test_a_window_is_open_until_the_moment_it_expires(
    expires_at: datetime | None, now: datetime, is_open: bool
) -> None:
    assert windows.is_open(expires_at, now) is is_open


def test_only_a_referral_opens_a_free_entry_window() -> None:
    assert windows.free_entry_expires_at(NOON, has_referral=True) == NOON + timedelta(hours=72)
    assert windows.free_entry_expires_at(NOON, has_referral=False) is None
