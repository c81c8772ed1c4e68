"""Which failures of CI get a second look."""

import importlib.util
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
spec = importlib.util.spec_from_file_location("once_more", CHECKOUT / "scripts" / "once_more.py")
assert spec is not None
assert spec.loader is not None
once_more = importlib.util.module_from_spec(spec)
spec.loader.exec_module(once_more)

PAGE = "tests/simulator/test_page.py::test_a_long_thread"
API = "tests/api/test_users.py::test_a_role[admin]"


@pytest.mark.parametrize(
    ("failed", "refusal"),
    [
        ([PAGE], None),
        ([PAGE, API], None),
        ([], "no test failed, so something else did"),
        ([f"{PAGE}_{number}" for number in range(4)], "4 tests failed, more than 3"),
        (
            [PAGE, "tests/crash/test_crash.py::test_lost"],
            "an invariant is at stake in tests/crash/test_crash.py::test_lost",
        ),
    ],
)
def test_a_few_that_prove_no_invariant_do(failed: list[str], refusal: str | None) -> None:
    assert once_more.why_not(failed) == refusal


def test_what_is_called_a_proof_is_there() -> None:
    assert [name for name in once_more.PROOFS if not (CHECKOUT / name).exists()] == []
