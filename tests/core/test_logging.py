"""What libraries log, and what becomes of the words of their errors."""

import json
import logging
import subprocess
import sys

import pytest

from app.core.config import CHECKOUT
from app.core.logging import as_line

PROGRAM = """
import logging, os, sys
import structlog
logging.getLogger("uvicorn.access").addHandler(logging.StreamHandler())
from app.core.logging import configure
configure("web")
log = structlog.get_logger()
log.debug("small"); log.info("plain", message_id=7); log.warning("odd")
logging.getLogger("uvicorn.access").info("GET /?token=secret")
logging.getLogger("uvicorn.error").error("It broke")
sys.stderr.close()
log.warning("nobody hears this")
os._exit(7)
"""


def said(**settings: str) -> str:
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, cwd=CHECKOUT, env=settings, capture_output=True, text=True, timeout=60)
    assert done.returncode == 7, done.stderr  # what cannot be written stops nothing
    return done.stderr


def test_what_a_library_logs_is_a_json_line() -> None:
    record = logging.LogRecord("celery.beat", logging.ERROR, "beat.py", 1, "Removing %s", ("a.db",), None)

    line = json.loads(as_line(record))

    assert (line["logger"], line["event"], line["level"]) == ("celery.beat", "Removing a.db", "error")
    assert line["timestamp"].endswith("Z")


def test_an_error_is_told_by_kind_and_place_and_not_in_its_own_words() -> None:
    def fail() -> None:
        raise ValueError("Failing row contains (hola, +15550001)")

    try:
        fail()
    except ValueError as error:
        record = logging.LogRecord(
            "x", logging.ERROR, "x.py", 1, "It broke", (), (ValueError, error, error.__traceback__)
        )

    line = as_line(record)

    assert json.loads(line)["error"] == "ValueError"
    assert "in fail" in json.loads(line)["stack"]
    assert "hola" not in json.loads(line)["event"]


@pytest.mark.parametrize(
    ("level", "heard"),
    [
        ("debug", ["small", "plain", "odd", "It broke"]),
        ("info", ["plain", "odd", "It broke"]),
        ("error", ["It broke"]),
    ],
)
def test_a_line_is_one_json_object_from_the_level_on_that_is_set(level: str, heard: list[str]) -> None:
    lines = [json.loads(line) for line in said(LOG_LEVEL=level).splitlines()]

    assert [line["event"] for line in lines] == heard
    assert {line["process"] for line in lines} == {"web"}
    assert all(line["level"] and line["timestamp"].endswith("Z") for line in lines)


def test_people_read_text() -> None:
    shown = said(LOG_FORMAT="text", NO_COLOR="1")

    assert "plain" in shown
    assert "message_id=7" in shown
    assert "{" not in shown
