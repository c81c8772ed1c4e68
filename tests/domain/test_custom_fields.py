"""Custom fields: what each kind takes, as JSON and as a cell of a table."""

import pytest

from app.domain.custom_fields import CustomField, Kind, problem, problems, read

SIZE = CustomField(key="size", kind=Kind.CHOICE, choices=("S", "M"))


def of(kind: Kind) -> CustomField:
    return SIZE if kind is Kind.CHOICE else CustomField(key="x", kind=kind)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.TEXT, "Puebla"),
        (Kind.TEXT, ""),
        (Kind.NUMBER, 3),
        (Kind.NUMBER, -0.5),
        (Kind.DATE, "2028-02-29"),
        (Kind.BOOLEAN, False),
        (Kind.CHOICE, "M"),
    ],
)
def test_what_fits(kind: Kind, value: object) -> None:
    assert problem(of(kind), value) is None


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        (Kind.TEXT, 3, "not_a_text"),
        (Kind.TEXT, "x" * 1_001, "not_a_text"),
        (Kind.NUMBER, "3", "not_a_number"),
        (Kind.NUMBER, True, "not_a_number"),
        (Kind.NUMBER, float("nan"), "not_a_number"),
        (Kind.DATE, "2027-02-29", "not_a_date"),
        (Kind.DATE, "20270228", "not_a_date"),
        (Kind.DATE, 2027, "not_a_date"),
        (Kind.BOOLEAN, "true", "not_a_boolean"),
        (Kind.CHOICE, "XL", "not_a_choice"),
        (Kind.CHOICE, ["S"], "not_a_choice"),
    ],
)
def test_what_does_not_fit(kind: Kind, value: object, code: str) -> None:
    found = problem(of(kind), value)

    assert found is not None
    assert found.code == code


def test_nothing_and_what_nobody_declared_always_fit() -> None:
    assert problems([SIZE], {"size": None, "city": {"any": "thing"}}) == []
    assert [one.key for one in problems([SIZE], {"size": 1})] == ["size"]


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        (Kind.NUMBER, "3", 3),
        (Kind.NUMBER, "3.5", 3.5),
        (Kind.NUMBER, "inf", float("inf")),
        (Kind.NUMBER, "many", "many"),
        (Kind.BOOLEAN, "Sí", True),
        (Kind.BOOLEAN, "no", False),
        (Kind.BOOLEAN, "maybe", "maybe"),
        (Kind.TEXT, "3", "3"),
    ],
)
def test_a_cell_is_read_by_its_kind(kind: Kind, cell: str, value: object) -> None:
    assert read(of(kind), cell) == value
