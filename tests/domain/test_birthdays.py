from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import birthdays
from app.domain.birthdays import Birthday, BirthdayError

any_birthday = st.builds(
    lambda day, is_year_known: Birthday(year=day.year if is_year_known else None, month=day.month, day=day.day),
    st.dates(date(1800, 1, 1), date(2999, 12, 31)),
    st.booleans(),
)


@pytest.mark.parametrize(
    ("text", "year", "stored"),
    [
        ("1990-05-15", 1990, date(1990, 5, 15)),
        ("2000-02-29", 2000, date(2000, 2, 29)),
        ("9999-05-15", None, date(9999, 5, 15)),
        ("9999-02-28", None, date(9999, 2, 28)),
        ("9999-02-29", None, date(9996, 2, 29)),
        (" 1990-05-15 ", 1990, date(1990, 5, 15)),
    ],
)
def test_a_birthday_is_read_and_stored(text: str, year: int | None, stored: date) -> None:
    birthday = birthdays.parse(text)

    assert birthday is not None
    assert birthday.year == year
    assert birthday.is_year_unknown is (year is None)
    assert birthday.to_date() == stored
    assert birthday.to_edge() == text.strip()


@pytest.mark.parametrize("text", ["", "  "])
def test_blank_text_is_no_birthday(text: str) -> None:
    assert birthdays.parse(text) is None


@pytest.mark.parametrize(
    "text",
    ["1990-02-30", "1991-02-29", "9999-02-30", "1990-13-01", "1990-00-10", "0000-00-00", "0001-01-01", "9998-05-15",
     "15/05/1990", "1990-5-15", "1990-05-15T00:00:00Z", "1990-W20-2", "19900515", "--05-15", "hola"],
)  # fmt: skip
def test_what_is_no_birthday_is_refused(text: str) -> None:
    with pytest.raises(BirthdayError):
        birthdays.parse(text)


def test_our_own_storage_form_of_the_leap_day_is_understood() -> None:
    assert birthdays.parse("9996-02-29") == Birthday(year=None, month=2, day=29)


@pytest.mark.parametrize(
    ("stored", "is_unknown"),
    [
        (date(9999, 3, 20), True),
        (date(9996, 2, 29), True),
        (date(1996, 2, 29), False),
        (date(1990, 5, 15), False),
    ],
)
def test_a_stored_birthday_says_whether_its_year_is_known(stored: date, is_unknown: bool) -> None:
    assert birthdays.is_year_unknown(stored) is is_unknown
    assert birthdays.from_date(stored).is_year_unknown is is_unknown


@given(any_birthday)
def test_a_birthday_survives_the_column_and_the_edge(birthday: Birthday) -> None:
    assert birthdays.from_date(birthday.to_date()) == birthday
    assert birthdays.parse(birthday.to_edge()) == birthday
