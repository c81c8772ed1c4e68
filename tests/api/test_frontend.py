"""The pages behind the API's routes: which address gets what, with which headers."""

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.api.frontend import Pages, phone_address
from app.core.config import get_settings
from app.core.frontend import Frontend

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Encoding": "identity"}


@pytest.fixture
def frontend(tmp_path: Path) -> Frontend:
    return Frontend(tmp_path / "frontend")


@pytest.fixture
def web(frontend: Frontend) -> TestClient:
    application = Starlette()
    application.router.default = Pages(application.router.default, get_settings(), frontend)
    return TestClient(application)


def put(frontend: Frontend, *, stamp: str = "1", **files: str) -> None:
    wanted = {
        ".stamp": stamp,
        "index.html": "<html><head><title>Hilo</title></head></html>",
        "theme.js": "'theme'",
        "assets/index-abc.js": "'plain'",
        "assets/index-abc.js.br": "'brotli'",
        "assets/index-abc.js.gz": "'gzip'",
        **files,
    }
    for name, text in wanted.items():
        (frontend.built / name).parent.mkdir(parents=True, exist_ok=True)
        (frontend.built / name).write_text(text)


@pytest.mark.parametrize("path", ["/", "/inbox", "/contacts/7", "/a/b.c"])
def test_every_address_of_a_browser_leads_to_the_page(web: TestClient, frontend: Frontend, path: str) -> None:
    put(frontend)

    answer = web.get(path, headers=BROWSER)

    assert answer.status_code == 200
    assert "<title>Hilo</title>" in answer.text
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path", ["/api", "/api/v1/nothing", "/webhooks/x", "/docs/x", "/health/x", "/assets/gone.js", "/metrics/x"]
)
def test_what_is_not_found_below_the_api_is_no_page(web: TestClient, frontend: Frontend, path: str) -> None:
    put(frontend)

    assert web.get(path, headers=BROWSER).status_code == 404


def test_a_program_that_asks_for_no_page_gets_none(web: TestClient, frontend: Frontend) -> None:
    put(frontend)

    assert web.get("/inbox", headers={"Accept": "application/json"}).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_pages_are_only_read(web: TestClient, frontend: Frontend, method: str) -> None:
    put(frontend)

    assert web.request(method, "/inbox", headers=BROWSER).status_code == 404


@pytest.mark.parametrize("path", ["/../secret", "/assets/../../secret", "/%2e%2e/secret", "/.stamp"])
def test_nothing_beside_the_build_is_handed_out(web: TestClient, frontend: Frontend, path: str) -> None:
    put(frontend)
    (frontend.folder / "secret").write_text("the secret is 42")

    answer = web.get(path)

    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("accepted", "encoding", "content"),
    [("gzip, deflate, br", "br", "'brotli'"), ("gzip", "gzip", "'gzip'"), ("identity", None, "'plain'")],
)
def test_an_asset_is_handed_out_as_the_browser_likes_it_and_kept_for_ever(
    web: TestClient, frontend: Frontend, accepted: str, encoding: str | None, content: str
) -> None:
    put(frontend)

    with web.stream("GET", "/assets/index-abc.js", headers={"Accept-Encoding": accepted}) as answer:
        raw = b"".join(answer.iter_raw()).decode()

    assert (answer.headers.get("Content-Encoding"), raw) == (encoding, content)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Vary"] == "Accept-Encoding"


def test_the_page_is_sent_again_only_when_it_has_changed(web: TestClient, frontend: Frontend) -> None:
    put(frontend)
    tag = web.get("/", headers=BROWSER).headers["ETag"]

    same = web.get("/", headers=BROWSER | {"If-None-Match": tag})
    put(frontend, stamp="2", **{"index.html": "<html><head><title>New</title></head></html>"})
    other = web.get("/", headers=BROWSER | {"If-None-Match": tag})

    assert (same.status_code, other.status_code) == (304, 200)
    assert "New" in other.text


def test_a_page_knows_where_the_simulated_phone_is(web: TestClient, frontend: Frontend) -> None:
    put(frontend)

    assert '<meta name="hilo-phone" content="http://127.0.0.1:' in web.get("/", headers=BROWSER).text


def test_where_nothing_is_built_the_page_says_why_and_leads_to_the_phone_and_to_the_api(
    web: TestClient, frontend: Frontend
) -> None:
    frontend.folder.mkdir()
    frontend.note_problem("The pages need Node <20.19>.")

    answer = web.get("/", headers=BROWSER)

    assert answer.status_code == 200
    assert "The pages need Node &lt;20.19&gt;." in answer.text
    assert "refresh" not in answer.text
    assert f'href="{phone_address(get_settings())}"' in answer.text
    assert 'href="/docs"' in answer.text


def test_while_it_is_being_built_the_page_looks_again(web: TestClient, frontend: Frontend) -> None:
    waiting = web.get("/", headers=BROWSER).text
    put(frontend)

    assert 'http-equiv="refresh"' in waiting
    assert "<title>Hilo</title>" in web.get("/", headers=BROWSER).text
