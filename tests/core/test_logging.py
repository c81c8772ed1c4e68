"""What libraries log, and what becomes of the words of their errors."""

import json
import logging

from app.core.logging import as_line


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
