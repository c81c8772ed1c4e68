"""Channels: the business numbers that messages come and go by."""

from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias, cast

from fastapi import APIRouter, Depends
from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from app.api.fields import Answer, Cursor, Limit, PageAnswer, PathId, ShortText, Strict, storable
from app.api.refusals import OF_PAGES, refusals
from app.dependencies import Config, CurrentUser, Db, Now, requires
from app.models import Channel
from app.services import channels
from app.services.channels import (
    ChannelActive,
    ChannelClaimed,
    ChannelFields,
    ChannelHalted,
    ChannelNotFound,
    ChannelUnclaimed,
)

router = APIRouter(prefix="/api/v1/channels", tags=["channels"])
Reading = [Depends(requires("channels:read"))]
Managing = [Depends(requires("channels:manage"))]


Token: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=2000), AfterValidator(storable)]


class Claim(Strict):
    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Shop"}]})

    name: ShortText | None = None
    token: Token | None = Field(
        None, description="What this number sends with, kept encrypted; without it, the installation's own."
    )


class ChannelPatch(Strict):
    """A key left out stays as it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Shop", "messages_per_second": 80}]})

    name: ShortText | None = None
    token: Token | None = Field(None, description="Never shown again; null: the installation's own.")
    messages_per_second: Annotated[int, Field(ge=1, le=1000)] = Field(
        80, description="What WhatsApp allows this number, both directions together."
    )

    def written(self) -> ChannelFields:
        fields: dict[str, Any] = self.model_dump(exclude_unset=True)
        return cast(ChannelFields, fields)


class Halt(Strict):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Stock-taking until Monday."}]})

    reason: ShortText | None = None


class ChannelAnswer(Answer):
    id: int
    phone_number_id: str
    waba_id: str | None
    display_number: str | None
    name: str | None
    has_token: bool
    messages_per_second: int
    quality: str | None
    tier: str | None
    state: str
    halt_reason: str | None
    created_at: datetime
    updated_at: datetime


def _answer_of(channel: Channel) -> ChannelAnswer:
    return ChannelAnswer(
        id=channel.id,
        phone_number_id=channel.phone_number_id,
        waba_id=channel.waba_id,
        display_number=channel.display_number,
        name=channel.name,
        has_token=channel.encrypted_token is not None,
        messages_per_second=channel.messages_per_second,
        quality=channel.quality,
        tier=channel.tier,
        state=channel.state,
        halt_reason=channel.halt_reason,
        created_at=channel.created_at,
        updated_at=channel.updated_at,
    )


@router.get("", summary="List channels, newest first", dependencies=Reading, responses=OF_PAGES)
def list_channels(
    session: Db,
    state: Literal["active", "halted", "unclaimed"] | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> PageAnswer[ChannelAnswer]:
    page = channels.list_channels(session, state=state, limit=limit, cursor=cursor)
    return PageAnswer(items=[_answer_of(channel) for channel in page.items], next=page.next)


@router.get("/{channel_id}", summary="Show a channel", dependencies=Reading, responses=refusals(ChannelNotFound))
def get_channel(channel_id: PathId, session: Db) -> ChannelAnswer:
    return _answer_of(channels.get_channel(session, channel_id))


@router.patch("/{channel_id}", summary="Change a channel", dependencies=Managing, responses=refusals(ChannelNotFound))
def update_channel(channel_id: PathId, body: ChannelPatch, session: Db, settings: Config) -> ChannelAnswer:
    """A new token or rate counts as soon as what waits now has been sent."""
    secret_key = settings.secret_key.get_secret_value()
    return _answer_of(channels.update_channel(session, channel_id, body.written(), secret_key=secret_key))


@router.post(
    "/{channel_id}/claim",
    summary="Claim a number that webhooks came for",
    dependencies=Managing,
    responses=refusals(ChannelNotFound, ChannelClaimed),
)
def claim_channel(channel_id: PathId, session: Db, settings: Config, body: Claim | None = None) -> ChannelAnswer:
    """From now on its messages start automations, and messages may be sent with it."""
    claim = body or Claim()
    secret_key = settings.secret_key.get_secret_value()
    return _answer_of(
        channels.claim_channel(session, channel_id, name=claim.name, token=claim.token, secret_key=secret_key)
    )


@router.post(
    "/{channel_id}/halt",
    summary="Stop sending with a number",
    dependencies=Managing,
    responses=refusals(ChannelNotFound, ChannelHalted, ChannelUnclaimed),
)
def halt_channel(channel_id: PathId, session: Db, user: CurrentUser, body: Halt | None = None) -> ChannelAnswer:
    """What is to be sent waits; what was sent already cannot be called back."""
    reason = (body and body.reason) or f"Halted by {user.username}."
    return _answer_of(channels.halt_channel(session, channel_id, reason=reason))


@router.post(
    "/{channel_id}/resume",
    summary="Send with a halted number again",
    dependencies=Managing,
    responses=refusals(ChannelNotFound, ChannelActive, ChannelUnclaimed),
)
def resume_channel(channel_id: PathId, session: Db, now: Now) -> ChannelAnswer:
    return _answer_of(channels.resume_channel(session, channel_id, now=now))
