"""When a business may write freely: the 24 hours after a person's last message.

Meta keeps the clock: windows count from Meta's time of the message, not from when we heard of it, and the latest one
wins, so a late webhook can neither shorten nor wrongly extend a window.
"""

from datetime import datetime, timedelta

SERVICE_WINDOW = timedelta(hours=24)
# The person came from an advertisement (their message carries a `referral`). A page of October 2026 says up to seven
# days; the shorter figure never sends into a closed window.
FREE_ENTRY_WINDOW = timedelta(hours=72)

# The one list of inbound kinds that open or prolong the service window: a person said something to the business.
#   unsupported  They wrote, only Meta cannot show us what (a poll, a GIF). Should Meta see it otherwise, it refuses our
#                answer with 131047; not counting it would leave a person who just wrote without one.
# Not on it:
#   reaction     Undocumented by Meta. Counting one that Meta does not count would fail every answer.
#   edit, revoke Change an earlier message; nothing new was said.
#   system       WhatsApp speaking, not the person (a number changed).
#   A kind that we do not know does not count either.
OPENING_KINDS = frozenset(
    {
        "text",
        "image",
        "video",
        "audio",
        "document",
        "sticker",
        "location",
        "contacts",
        "button",
        "interactive",
        "order",
        "unsupported",
    }
)


def expires_at(kind: str, meta_time: datetime) -> datetime | None:
    """When the window that this message opens shuts; `None` when it opens none."""
    return meta_time + SERVICE_WINDOW if kind in OPENING_KINDS else None


def free_entry_expires_at(meta_time: datetime, *, has_referral: bool) -> datetime | None:
    return meta_time + FREE_ENTRY_WINDOW if has_referral else None


def is_open(expires_at: datetime | None, now: datetime) -> bool:
    return expires_at is not None and now < expires_at
