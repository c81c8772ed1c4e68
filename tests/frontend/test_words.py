"""Refusals that the pages may meet have a sentence of their own, in three languages: a missing one would be English."""

import re
from typing import get_args

from sqlalchemy import inspect

import app.main
from app.api import wording
from app.core.config import CHECKOUT
from app.core.errors import AppError
from app.core.frontend import Frontend
from app.domain.permissions import PERMISSIONS
from app.services import audit, doctor

WORDS = Frontend().folder / "src" / "words"
# Of questions that the pages never ask, and of parents that nobody raises.
NEVER_SHOWN = {
    "error",
    "invalid",
    "invalid_idempotency_key",
    "metrics_closed",
    "segments_not_supported",
    "too_many_metrics",
    "unknown_dimension",
    "unknown_metric",
}
# Of bodies that no form can send: the pages' own fault, told as it comes.
NEVER_TYPED = re.compile(
    r"_type$|^(date|datetime|bool|float|uuid)_|^(json_invalid|enum|literal_error|timezone_aware|finite_number)$"
)


def test_every_refusal_has_its_sentence() -> None:
    assert app.main.app is not None  # all of them are defined by now

    said = words_of("problems.ts")

    assert {kind.code for kind in children_of(AppError)} - NEVER_SHOWN - said == set()


def test_every_fault_of_a_field_has_its_sentence() -> None:
    faults = {code for code in wording.SENTENCES if not NEVER_TYPED.search(code)}

    assert faults - words_of("fieldProblems.ts") == set()


def test_every_permission_has_its_name() -> None:
    assert {f'"may_{name}"' for name in PERMISSIONS} - words_of("people.ts") == set()


def test_every_finding_of_the_system_has_its_sentence() -> None:
    assert set(get_args(doctor.Code)) == words_of("checks.ts")


def test_every_field_and_verb_of_the_audit_log_has_its_name() -> None:
    noted = {column.name for model in audit.SUBJECTS for _, column in audit.columns_of(inspect(model))}
    said = [path.read_text(encoding="utf-8") for path in (CHECKOUT / "app").rglob("*.py")]
    recorded = [match for text in said for match in re.findall(r'audit\.record\(\s*session, "(\w+)\.(\w+)"', text)]

    assert noted - words_of("columns.ts") == set()
    assert len(recorded) > 10
    assert {f"kind_{kind}" for kind, _ in recorded} - words_of("operation.ts") == set()
    assert {f"verb_{verb}" for _, verb in recorded} - words_of("operation.ts") == set()


def words_of(file: str) -> set[str]:
    return set(re.findall(r'^  (\w+|"may_\w+:\w+"): \{', (WORDS / file).read_text(encoding="utf-8"), re.MULTILINE))


def children_of(parent: type[AppError]) -> set[type[AppError]]:
    children = set(parent.__subclasses__())
    return children.union(*(children_of(child) for child in children)) if children else set()
