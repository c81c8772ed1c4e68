"""The pages' own checks, run as their developers run them: types against our OpenAPI, tests, format."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.frontend import Frontend
from app.embedded.frontend import NotBuilt, build, find_node
from scripts import api_types
from tests.waiting import PATIENCE_SECONDS

FOLDER = Frontend().folder


@pytest.fixture(scope="module")
def node() -> Iterator[str]:
    try:
        build(Frontend())
        yield str(find_node().node)
    except NotBuilt as error:
        pytest.fail(str(error))


@pytest.mark.parametrize(
    ("what", "script"),
    [
        ("types", ["node_modules/typescript/bin/tsc", "--noEmit"]),
        ("tests", ["node_modules/vitest/vitest.mjs", "run"]),
        ("format", ["node_modules/prettier/bin/prettier.cjs", "--check", "--log-level", "warn", "."]),
    ],
)
def test_the_pages_pass_their(what: str, script: list[str], node: str) -> None:
    if what == "types":
        assert api_types.main() == 0

    done = subprocess.run(
        [node, *script], cwd=FOLDER, capture_output=True, text=True, timeout=4 * PATIENCE_SECONDS, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_that_is_kept_names_where_packages_came_from() -> None:
    lock = (FOLDER / "package-lock.json").read_text(encoding="utf-8")

    assert '"resolved"' not in lock
    assert (FOLDER / ".npmrc").read_text(encoding="utf-8").count("omit-lockfile-registry-resolved=true") == 1


def test_every_version_is_exact() -> None:
    package = json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))
    versions = {**package["dependencies"], **package["devDependencies"]}

    assert not [name for name, version in versions.items() if not version[0].isdigit()]


def test_the_sources_are_beside_one_another(tmp_path: Path) -> None:
    """A hash of nothing would never be stale."""
    assert Frontend().wanted_stamp() != Frontend(tmp_path).wanted_stamp()
