"""What no file of the project may hold: a place on one machine, the address of a package index, work put off."""

import re

import pytest

from tests.floors.source import tracked_texts

FORBIDDEN = {
    "a place on one machine": r"(?<![\w.$}])/(?:home|Users|work|root)/[\w.-]+",
    "a package index": r"pypi\.org|pythonhosted\.org|registry\.npmjs|registry\.yarnpkg",
    "work put off": r"\b(?:TODO|FIXME|XXX)\b",
}

HERE = "tests/floors/test_hygiene.py"


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_names(what):
    pattern = re.compile(FORBIDDEN[what])

    found = [
        f"{name}:{number}: {line.strip()[:120]}"
        for name, text in tracked_texts()
        for number, line in enumerate(text.splitlines(), 1)
        if name != HERE and pattern.search(line)
    ]

    assert not found


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("a place on one machine", "cd /ho" + "me/alice/hilo"),
        ("a package index", "https://" + "pypi.org/simple"),
        ("work put off", "# TODO: later"),
    ],
)
def test_what_is_looked_for_is_recognised(what, line):
    assert re.search(FORBIDDEN[what], line)
