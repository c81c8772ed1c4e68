"""Channels over HTTP."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.core.config import get_settings
from app.core.security import Undecryptable, decrypt
from app.services import alerts, channels
from tests.api.answers import error_of
from tests.builders import make_channel, make_message, the_channel

CHANNELS = "/api/v1/channels"


def test_a_number_is_claimed_with_a_name_and_a_token_of_its_own(admin: TestClient, session: Session) -> None:
    channel = make_channel(session, state="unclaimed")
    session.commit()

    answer = admin.post(f"{CHANNELS}/{channel.id}/claim", json={"name": "Shop", "token": "EAAG-secret"})

    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["name"], answer.json()["has_token"]) == ("active", "Shop", True)
    assert "EAAG" not in answer.text
    session.refresh(channel)
    assert channel.encrypted_token is not None
    assert "EAAG" not in channel.encrypted_token
    secret_key = get_settings().secret_key.get_secret_value()
    assert channels.token_of(channel, secret_key=secret_key) == "EAAG-secret"
    with pytest.raises(Undecryptable):
        decrypt(channel.encrypted_token, secret_key="another")


def test_a_number_is_claimed_without_a_body_and_only_once(admin: TestClient, session: Session) -> None:
    channel = make_channel(session, state="unclaimed")
    session.commit()

    first = admin.post(f"{CHANNELS}/{channel.id}/claim")
    again = admin.post(f"{CHANNELS}/{channel.id}/claim")

    assert (first.status_code, first.json()["has_token"]) == (200, False)
    assert error_of(again) == (409, "channel_claimed")
    assert channels.token_of(channel, secret_key="any") is None


def test_a_halted_number_holds_its_messages_until_it_is_resumed(admin: TestClient, session: Session) -> None:
    channel = the_channel(session)
    held = make_message(session, direction="outbound", dispatch="held")
    session.commit()
    path = f"{CHANNELS}/{channel.id}"

    halted = admin.post(f"{path}/halt", json={"reason": "Stock-taking"})
    halted_again = admin.post(f"{path}/halt")
    resumed = admin.post(f"{path}/resume")
    resumed_again = admin.post(f"{path}/resume")

    assert (halted.json()["state"], halted.json()["halt_reason"]) == ("halted", "Stock-taking")
    assert error_of(halted_again) == (409, "channel_halted")
    assert (resumed.json()["state"], resumed.json()["halt_reason"]) == ("active", None)
    assert error_of(resumed_again) == (409, "channel_active")
    session.refresh(held)
    assert held.dispatch == "queued"


def test_resuming_resolves_the_alert_that_told_of_the_halt(admin: TestClient, session: Session) -> None:
    channel = make_channel(session, state="halted", halt_reason="authentication (190)")
    breakers_alert = {"kind": "channel_halted", "severity": "critical", "title": "Sending is halted", "detail": None}
    now = datetime.now(UTC)
    alert_id = alerts.raise_alert(session, key=str(channel.id), context={}, now=now, **breakers_alert)
    other = alerts.raise_alert(session, key="another", context={}, now=now, **breakers_alert)
    session.commit()

    admin.post(f"{CHANNELS}/{channel.id}/resume")

    still_open = [item["id"] for item in admin.get("/api/v1/alerts").json()["items"]]
    assert (other in still_open, alert_id in still_open) == (True, False)


def test_who_halted_is_written_down(admin: TestClient, session: Session) -> None:
    answer = admin.post(f"{CHANNELS}/{the_channel(session).id}/halt")

    assert answer.json()["halt_reason"] == "Halted by admin."


@pytest.mark.parametrize("action", ["halt", "resume"])
def test_an_unclaimed_number_is_neither_halted_nor_resumed(admin: TestClient, session: Session, action: str) -> None:
    channel = make_channel(session, state="unclaimed")
    session.commit()

    assert error_of(admin.post(f"{CHANNELS}/{channel.id}/{action}")) == (409, "channel_unclaimed")


@pytest.mark.parametrize("body", [{"nmae": "x"}, {"name": ""}, {"token": 1}, {"token": "\x00"}, []])
def test_a_malformed_claim_is_refused(admin: TestClient, session: Session, body: Any) -> None:
    channel = make_channel(session, state="unclaimed")
    session.commit()

    assert error_of(admin.post(f"{CHANNELS}/{channel.id}/claim", json=body)) == (422, "validation_failed")


def test_channels_are_listed_and_shown_to_everybody(user: TestClient, session: Session) -> None:
    unclaimed = make_channel(session, state="unclaimed")
    session.commit()

    listed = user.get(CHANNELS).json()["items"]

    assert [item["state"] for item in listed] == ["unclaimed", "active"]
    assert user.get(f"{CHANNELS}/{unclaimed.id}").json() == listed[0]
    assert [item["id"] for item in user.get(CHANNELS, params={"state": "unclaimed"}).json()["items"]] == [unclaimed.id]


@pytest.mark.parametrize(
    ("method", "ending"), [("get", ""), ("post", "/claim"), ("post", "/halt"), ("post", "/resume")]
)
def test_a_channel_that_does_not_exist_is_not_found(admin: TestClient, method: str, ending: str) -> None:
    assert error_of(admin.request(method, f"{CHANNELS}/424242{ending}")) == (404, "channel_not_found")


def test_a_number_is_changed_and_its_token_never_shown(admin: TestClient, session: Session) -> None:
    channel = the_channel(session)
    path = f"{CHANNELS}/{channel.id}"

    changed = admin.patch(path, json={"name": "Shop", "token": "secret-token", "messages_per_second": 250})
    renamed = admin.patch(path, json={"name": None}).json()
    untold = admin.patch(path, json={"token": None}).json()

    assert changed.status_code == 200
    assert "secret-token" not in changed.text
    assert (changed.json()["name"], changed.json()["has_token"], changed.json()["messages_per_second"]) == (
        "Shop",
        True,
        250,
    )
    assert (renamed["name"], renamed["has_token"], untold["has_token"]) == (None, True, False)


@pytest.mark.parametrize("body", [{"messages_per_second": 0}, {"messages_per_second": 1_001}, {"token": ""}, {"x": 1}])
def test_a_number_cannot_be_changed_to_anything(admin: TestClient, session: Session, body: Any) -> None:
    assert admin.patch(f"{CHANNELS}/{the_channel(session).id}", json=body).status_code == 422
