"""Business numbers. Nothing is sent or triggered on one that nobody claimed, and nothing is sent on a halted one."""

from datetime import datetime
from typing import TypedDict

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import Conflict, NotFound
from app.core.security import decrypt, encrypt
from app.database import after_commit
from app.models import Channel
from app.services import alerts, messages, notices, pages
from app.services.pages import Page

log = structlog.get_logger()


class ChannelNotFound(NotFound):
    code = "channel_not_found"


class ChannelClaimed(Conflict):
    code = "channel_claimed"


class ChannelUnclaimed(Conflict):
    code = "channel_unclaimed"


class ChannelHalted(Conflict):
    code = "channel_halted"


class ChannelActive(Conflict):
    code = "channel_active"


class ChannelRequired(Conflict):
    code = "channel_required"


def list_channels(session: Session, *, state: str | None, limit: int, cursor: str | None) -> Page[Channel]:
    statement = select(Channel)
    if state is not None:
        statement = statement.where(Channel.state == state)
    return pages.by_id(session, statement, Channel.id, limit=limit, cursor=cursor)


def get_channel(session: Session, channel_id: int) -> Channel:
    channel = session.get(Channel, channel_id)
    if channel is None:
        raise ChannelNotFound(f"There is no channel {channel_id}.")
    return channel


def get_sending_channel(session: Session, channel_id: int | None) -> Channel:
    """The channel that a message is to leave by; a halted one counts, for its messages wait.

    `None` means the only one.
    """
    if channel_id is None:
        ours = session.scalars(select(Channel).where(Channel.state != "unclaimed")).all()
        usable = [channel for channel in ours if channel.state == "active"] or list(ours)
        if len(usable) != 1:
            count = "several numbers could" if usable else "no number is yours yet"
            raise ChannelRequired(f"Say which number is to send (channel_id): {count}.")
        return usable[0]
    channel = get_channel(session, channel_id)
    if channel.state == "unclaimed":
        raise ChannelUnclaimed("Nobody has claimed this number yet, so nothing is sent with it.")
    return channel


def claim_channel(
    session: Session, channel_id: int, *, name: str | None, token: str | None, secret_key: str
) -> Channel:
    """`token` is what this number sends with; without one, the installation's own."""
    channel = _lock(session, channel_id)
    if channel.state != "unclaimed":
        raise ChannelClaimed("This number has been claimed already.")
    channel.state = "active"
    if name is not None:
        channel.name = name
    if token is not None:
        channel.encrypted_token = encrypt(token, secret_key=secret_key)
    log.info("channel_claimed", channel_id=channel.id)
    return _refreshed(session, channel)


class ChannelFields(TypedDict, total=False):
    """What people set; a missing key leaves the column alone. No token means the installation's own."""

    name: str | None
    token: str | None
    messages_per_second: int


def update_channel(session: Session, channel_id: int, fields: ChannelFields, *, secret_key: str) -> Channel:
    channel = _lock(session, channel_id)
    if "name" in fields:
        channel.name = fields["name"]
    if "messages_per_second" in fields:
        channel.messages_per_second = fields["messages_per_second"]
    if "token" in fields:
        token = fields["token"]
        channel.encrypted_token = None if token is None else encrypt(token, secret_key=secret_key)
    log.info("channel_updated", channel_id=channel.id)
    return _refreshed(session, channel)


def halt_channel(session: Session, channel_id: int, *, reason: str) -> Channel:
    channel = _lock(session, channel_id)
    _refuse_unclaimed(channel)
    if channel.state == "halted":
        raise ChannelHalted("This number is halted already.")
    channel.state, channel.halt_reason = "halted", reason
    log.info("channel_halted", channel_id=channel.id)
    return _refreshed(session, channel)


def resume_channel(session: Session, channel_id: int, *, now: datetime) -> Channel:
    """Messages that were held go back to the queue, where they pass every gate again."""
    channel = _lock(session, channel_id)
    _refuse_unclaimed(channel)
    if channel.state == "active":
        raise ChannelActive("This number is active already.")
    channel.state, channel.halt_reason = "active", None
    session.flush()
    alerts.resolve_by_key(session, kind="channel_halted", key=str(channel_id), now=now)
    messages.release_held(session, channel_id, now=now)
    after_commit(session, "messages.send", channel_id=channel_id)
    log.info("channel_resumed", channel_id=channel.id)
    return _refreshed(session, channel)


def token_of(channel: Channel, *, secret_key: str) -> str | None:
    """The channel's own token; `None` when it sends with the installation's."""
    return None if channel.encrypted_token is None else decrypt(channel.encrypted_token, secret_key=secret_key)


def _lock(session: Session, channel_id: int) -> Channel:
    channel = session.get(Channel, channel_id, with_for_update={"key_share": True}, populate_existing=True)
    if channel is None:
        raise ChannelNotFound(f"There is no channel {channel_id}.")
    return channel


def _refuse_unclaimed(channel: Channel) -> None:
    if channel.state == "unclaimed":
        raise ChannelUnclaimed("Nobody has claimed this number yet: claim it first.")


def _refreshed(session: Session, channel: Channel) -> Channel:
    """With what triggers wrote (`updated_at`)."""
    session.flush()
    session.refresh(channel)
    notices.changed(session, "channel", channel.id)
    return channel
