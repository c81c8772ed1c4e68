"""What every answer has in common, whichever route gives it."""

import re

import pytest
from pydantic import BaseModel
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from app.api.application import create_app
from app.core.config import ConfigError, get_settings
from app.core.errors import Conflict


class Order(BaseModel):
    count: int


@pytest.fixture(scope="module")
def application():
    """The application without its life: no database stands behind it. Some of its routes go wrong, each in its way."""
    application = create_app()

    @application.get("/broken")
    def broken() -> None:
        raise RuntimeError("the secret is 42")

    @application.get("/away")
    def away() -> None:
        raise OperationalError("SELECT 1", {}, Exception("server closed the connection"))

    @application.get("/refused")
    def refused() -> None:
        raise Conflict("It is taken.", fields=[{"field": "name", "code": "taken", "detail": "Choose another."}])

    @application.post("/orders")
    def order(order: Order, limit: int = 1) -> int:
        return order.count * limit

    return application


@pytest.fixture
def web(application):
    return TestClient(application)


def test_an_answer_carries_the_request_id_that_was_sent(web):
    answer = web.get("/", headers={"X-Request-Id": "trace-1.a_B"})

    assert answer.headers["X-Request-Id"] == "trace-1.a_B"


@pytest.mark.parametrize("sent", ["", "two words", "x" * 65, "line\\nbreak", 'quo"te'])
def test_an_odd_request_id_is_replaced(web, sent):
    answer = web.get("/", headers={"X-Request-Id": sent})

    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-Id"])


def test_an_unexpected_error_says_nothing_but_where_to_look(web):
    answer = web.get("/broken", headers={"X-Request-Id": "abc"})

    assert answer.status_code == 500
    assert answer.headers["X-Request-Id"] == "abc"
    assert answer.json() == {
        "error": "internal",
        "detail": "Something went wrong on our side. It was logged.",
        "request_id": "abc",
    }


def test_a_database_that_is_away_asks_to_try_again(web):
    answer = web.get("/away")

    assert (answer.status_code, answer.json()["error"]) == (503, "unavailable")
    assert answer.headers["Retry-After"] == "1"


def test_a_refusal_has_a_code_a_sentence_and_fields(web):
    answer = web.get("/refused")

    assert answer.status_code == 409
    assert answer.json() == {
        "error": "conflict",
        "detail": "It is taken.",
        "fields": [{"field": "name", "code": "taken", "detail": "Choose another."}],
    }


@pytest.mark.parametrize(
    ("body", "query", "fields"),
    [
        ('{"count": "many"}', "", [("count", "int_parsing")]),
        ("{}", "?limit=x", [("limit", "int_parsing"), ("count", "missing")]),
        ('{"count": ', "", [("body", "json_invalid")]),
        ("[]", "", [("body", "model_attributes_type")]),
    ],
)
def test_a_malformed_request_names_its_fields(web, body, query, fields):
    answer = web.post(f"/orders{query}", content=body, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["error"]) == (422, "validation_failed")
    assert [(field["field"], field["code"]) for field in answer.json()["fields"]] == fields


def test_what_was_sent_is_not_repeated(web):
    answer = web.post("/orders", json={"count": "my password"})

    assert "my password" not in answer.text


def test_an_address_without_anything_is_not_found(web):
    answer = web.get("/nothing/here")

    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


def test_a_wrong_method_names_the_right_ones(web):
    answer = web.delete("/api/v1/contacts")

    assert (answer.status_code, answer.json()["error"]) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, POST"


def in_parts():
    for _ in range(5):
        yield b" " * 1_000_000


@pytest.mark.parametrize("body", [b" " * 5_000_000, in_parts()], ids=["announced", "in parts"])
def test_a_body_that_is_too_large_is_refused(web, body):
    answer = web.post("/orders", content=body, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["error"]) == (413, "body_too_large")


def test_pages_elsewhere_may_call_us_only_when_they_are_named(monkeypatch):
    monkeypatch.setenv("ALLOWED_ORIGINS", "https://shop.example")
    get_settings.cache_clear()
    try:
        web = TestClient(create_app())
        named = web.get("/health/live", headers={"Origin": "https://shop.example"})
        other = web.get("/health/live", headers={"Origin": "https://elsewhere.example"})
    finally:
        get_settings.cache_clear()

    assert named.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "Access-Control-Allow-Origin" not in other.headers


def test_any_page_at_all_is_refused(monkeypatch):
    monkeypatch.setenv("ALLOWED_ORIGINS", "*")
    get_settings.cache_clear()
    try:
        with pytest.raises(ConfigError, match="ALLOWED_ORIGINS must name each origin"):
            create_app()
    finally:
        get_settings.cache_clear()


@pytest.mark.parametrize("path", ["/", "/docs", "/redoc", "/docs/oauth2-redirect"])
def test_pages_load_nothing_from_elsewhere(web, path):
    page = web.get(path)

    loaded = re.findall(r"""(?:src|href|url)\s*[=:(]\s*["']?([^"'\s>)]+)""", page.text)
    assert page.status_code == 200
    assert not [
        address for address in loaded if address.startswith(("http:", "https:", "//")) and ":8001" not in address
    ]


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_scripts_and_styles_of_the_documentation_are_there(web, path):
    page = web.get(path).text

    for address in re.findall(r"""(?:src|href)="(/docs/assets/[^"]+)""", page):
        assert web.get(address).status_code == 200


def test_the_authorize_button_logs_in_by_the_password_form(web):
    document = web.get("/openapi.json").json()

    flows = [scheme["flows"] for scheme in document["components"]["securitySchemes"].values() if "flows" in scheme]
    assert [flow["password"]["tokenUrl"] for flow in flows] == ["/api/v1/auth/login"]


def test_every_operation_has_a_name_of_its_own(web):
    document = web.get("/openapi.json").json()

    names = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names))


def test_it_starts_and_answers(client):
    answer = client.get("/health/live")

    assert answer.status_code == 200


def test_it_refuses_to_start_in_one_sentence(make_database, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://hilo@127.0.0.1:1/hilo")
    get_settings.cache_clear()
    application = create_app()

    try:
        with pytest.raises(ConfigError, match="cannot be reached"), TestClient(application):
            pass
    finally:
        get_settings.cache_clear()

    assert application.refusal is not None
    assert "\n" not in application.refusal
