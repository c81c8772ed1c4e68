"""What the tests of the API read from its answers."""

from typing import Any


def error_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]
