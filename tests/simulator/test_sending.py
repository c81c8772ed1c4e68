"""`POST /{phone}/messages`: what is accepted, what is refused, and with which of Meta's errors."""

from typing import Any
from urllib.parse import urlencode

import pytest

from tests.simulator.machine import ALICE, APP, APP_SECRET, BUSINESS_NUMBER, PHONE, TOKEN, Simulator


def test_a_text_is_accepted_with_a_wamid_and_the_number_it_went_to(simulator: Simulator) -> None:
    answer = simulator.try_send(ALICE, to="+1 (650) 555-1234")

    assert answer.status == 200
    assert answer.json["messaging_product"] == "whatsapp"
    assert answer.json["contacts"] == [{"input": "+1 (650) 555-1234", "wa_id": ALICE}]
    assert answer.json["messages"][0]["id"].startswith("wamid.")


def test_every_answer_carries_the_headers_of_graph(simulator: Simulator) -> None:
    good, bad = simulator.try_send(ALICE), simulator.graph("GET", "/1")

    for answer in (good, bad):
        assert answer.headers["facebook-api-version"] == "v26.0"
        assert answer.headers["x-fb-trace-id"]
        assert answer.headers["x-fb-request-id"]


def test_the_type_may_be_left_out_for_text(simulator: Simulator) -> None:
    assert simulator.try_send(ALICE, type=None).status == 200


def test_any_version_in_the_path_will_do(simulator: Simulator) -> None:
    body = {"messaging_product": "whatsapp", "to": ALICE, "text": {"body": "hello"}}

    answer = simulator.call("POST", f"/v13.0/{PHONE}/messages", body, headers={"Authorization": f"Bearer {TOKEN}"})

    assert answer.status == 200


def test_a_form_body_is_read_like_a_json_one(simulator: Simulator) -> None:
    form = {
        "messaging_product": "whatsapp",
        "to": ALICE,
        "type": "text",
        "text": '{"body": "héllo"}',
        "access_token": TOKEN,
    }

    answer = simulator.call(
        "POST",
        f"/v26.0/{PHONE}/messages",
        raw=urlencode(form).encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )

    assert answer.status == 200, answer.text


def test_a_multipart_body_is_read_too(simulator: Simulator) -> None:
    parts = {"messaging_product": "whatsapp", "to": ALICE, "text": '{"body": "hello"}'}
    raw = (
        "".join(f'--x\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in parts.items())
        + "--x--\r\n"
    )

    answer = simulator.call(
        "POST",
        f"/v26.0/{PHONE}/messages",
        raw=raw.encode(),
        headers={"Content-Type": "multipart/form-data; boundary=x", "Authorization": f"Bearer {TOKEN}"},
    )

    assert answer.status == 200, answer.text


def test_a_number_without_plus_is_taken_as_it_is_or_gets_the_country_code_of_the_business(simulator: Simulator) -> None:
    international = simulator.try_send(ALICE, to=ALICE).json["contacts"][0]["wa_id"]
    mexican = simulator.try_send(ALICE, to="5215512345678").json["contacts"][0]["wa_id"]
    national = simulator.try_send(ALICE, to="3055550143").json["contacts"][0]["wa_id"]

    assert (international, mexican, national) == (ALICE, "5215512345678", "13055550143")


def test_a_number_reaches_the_person_who_wrote_with_its_other_spelling(simulator: Simulator) -> None:
    simulator.write("5215512345678")

    answer = simulator.try_send("525512345678")

    assert answer.json["contacts"] == [{"input": "+525512345678", "wa_id": "5215512345678"}]


def test_a_business_scoped_id_in_recipient_is_answered_with_it(simulator: Simulator) -> None:
    simulator.write(ALICE)
    user_id = simulator.sim("GET", f"/users/{ALICE}/thread")["user"]["user_id"]

    answer = simulator.try_send(ALICE, to=None, recipient=user_id)

    assert answer.json["contacts"] == [{"input": user_id, "user_id": user_id}]


def test_to_wins_over_recipient(simulator: Simulator) -> None:
    answer = simulator.try_send(ALICE, recipient="US.1")

    assert answer.json["contacts"][0]["wa_id"] == ALICE


REFUSED: list[tuple[str, dict[str, Any], int]] = [
    ("no product", {"messaging_product": None}, 100),
    ("another product", {"messaging_product": "messenger"}, 100),
    ("nobody to send to", {"to": None}, 131008),
    ("an empty number", {"to": ""}, 131008),
    ("letters for a number", {"to": "call me"}, 131009),
    ("a number too short", {"to": "+123"}, 131009),
    ("a number too long", {"to": "+1234567890123456"}, 131009),
    ("a number that is a list", {"to": [ALICE]}, 100),
    ("a phone number as business-scoped id", {"to": None, "recipient": ALICE}, 131009),
    ("the business itself", {"to": f"+{BUSINESS_NUMBER}"}, 131021),
    ("an unknown type", {"type": "telegram"}, 100),
    ("a type that is no text", {"type": 7}, 100),
    ("no text object", {"text": None}, 131008),
    ("a text that is a string", {"text": "hello"}, 100),
    ("no body", {"text": {}}, 131008),
    ("an empty body", {"text": {"body": " "}}, 131009),
    ("a body too long", {"text": {"body": "x" * 4097}}, 131009),
    ("a body that is a number", {"text": {"body": 1}}, 100),
    ("an echo too long", {"biz_opaque_callback_data": "x" * 513}, 131009),
    ("an echo that is no text", {"biz_opaque_callback_data": {}}, 100),
    ("a context without id", {"context": {}}, 131008),
    ("a group", {"recipient_type": "group"}, 131041),
    ("an unknown kind of recipient", {"recipient_type": "crowd"}, 100),
    *[
        (f"a {kind}, which is not simulated", {"type": kind, kind: {}}, 131051)
        for kind in (
            "image",
            "template",
            "interactive",
            "reaction",
            "location",
            "contacts",
            "audio",
            "video",
            "sticker",
        )
    ],
]


@pytest.mark.parametrize(
    ("changes", "code"), [(c, code) for _, c, code in REFUSED], ids=[name for name, _, _ in REFUSED]
)
def test_a_bad_message_is_refused_with_metas_code_and_not_counted(
    simulator: Simulator, changes: dict[str, Any], code: int
) -> None:
    answer = simulator.try_send(ALICE, **changes)

    assert (answer.status, answer.code) == (400, code)
    assert answer.error["type"] == "OAuthException"
    assert answer.error["message"].startswith(f"(#{code}) ")
    assert answer.error["error_data"]["messaging_product"] == "whatsapp"
    assert answer.error["error_data"]["details"]
    assert answer.error["fbtrace_id"]
    assert simulator.sim("GET", "/ledger")["count"] == 0


def test_the_longest_text_and_echo_are_taken(simulator: Simulator) -> None:
    answer = simulator.try_send(ALICE, text={"body": "é" * 4096}, biz_opaque_callback_data="x" * 512)

    assert answer.status == 200


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"\xff", b'{"text": "\\ud800"}'])
def test_a_body_that_is_no_json_object_is_an_invalid_parameter(simulator: Simulator, raw: bytes) -> None:
    answer = simulator.call("POST", f"/v26.0/{PHONE}/messages", raw=raw, headers={"Authorization": f"Bearer {TOKEN}"})

    assert (answer.status, answer.code) == (400, 100)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}])
def test_a_missing_or_wrong_token_is_refused_before_anything_else(
    simulator: Simulator, headers: dict[str, str]
) -> None:
    answer = simulator.call("POST", "/v26.0/1/messages", raw=b"{", headers=headers)

    assert (answer.status, answer.code) == (401, 190)


def test_a_token_may_come_in_the_query(simulator: Simulator) -> None:
    assert simulator.call("GET", f"/v26.0/{PHONE}?access_token={TOKEN}").status == 200


def test_an_unknown_number_is_an_unsupported_request_whatever_the_body(simulator: Simulator) -> None:
    answer = simulator.graph("POST", "/999/messages", {})

    assert (answer.status, answer.code, answer.error["error_subcode"]) == (400, 100, 33)
    assert answer.error["type"] == "GraphMethodException"
    assert answer.error["message"].startswith("Unsupported post request. Object with ID '999' does not exist")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/who", 404, 803),
        ("GET", f"/{PHONE}/nothing", 400, 100),
        ("POST", f"/{PHONE}/nothing", 400, 100),
        ("DELETE", f"/{PHONE}", 400, 100),
        ("PUT", f"/{PHONE}/messages", 400, 100),
        ("GET", f"/{PHONE}?fields=favourite_colour", 400, 100),
        ("GET", "/7000000000000001/events", 400, 100),
    ],
)
def test_what_does_not_exist_is_refused_in_graphs_shape(
    simulator: Simulator, method: str, path: str, status: int, code: int
) -> None:
    answer = simulator.graph(method, path, {} if method != "GET" else None)

    assert (answer.status, answer.code) == (status, code)


def test_a_path_without_version_is_refused_in_graphs_shape(simulator: Simulator) -> None:
    answer = simulator.call("POST", f"/latest/{PHONE}/messages", {})

    assert (answer.status, answer.code) == (404, 2500)


def test_the_number_tells_what_it_is_asked(simulator: Simulator) -> None:
    default = simulator.graph("GET", f"/{PHONE}").json
    asked = simulator.graph("GET", f"/{PHONE}?fields=throughput,health_status,status").json

    assert default["display_phone_number"] == "+1 555-078-3881"
    assert {"verified_name", "code_verification_status", "quality_rating", "id"} <= default.keys()
    assert asked.keys() == {"id", "throughput", "health_status", "status"}
    assert asked["throughput"] == {"level": "STANDARD"}


def test_the_account_lists_its_number(simulator: Simulator) -> None:
    answer = simulator.graph("GET", f"/{102290129340398}/phone_numbers?fields=id,display_phone_number,status")

    assert answer.json["data"] == [{"id": PHONE, "display_phone_number": "+1 555-078-3881", "status": "CONNECTED"}]


def test_a_token_can_be_inspected_with_the_apps_own(simulator: Simulator) -> None:
    app_token = f"{APP}|{APP_SECRET}"

    good = simulator.graph("GET", f"/debug_token?input_token={TOKEN}", token=app_token).json["data"]
    bad = simulator.graph("GET", "/debug_token?input_token=other").json["data"]
    missing = simulator.graph("GET", "/debug_token")

    assert good["is_valid"] is True
    assert "whatsapp_business_messaging" in good["scopes"]
    assert bad["is_valid"] is False
    assert (missing.status, missing.code) == (400, 100)
