"""What the tests of the API read from its answers."""

from typing import Any


def error_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


def faults_of(answer: Any) -> set[tuple[str, str]]:
    """Which fields are at fault, and how."""
    return {(fault["field"], fault["code"]) for fault in answer.json()["fields"]}
