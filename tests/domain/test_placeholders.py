from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.facts import Person
from app.domain.placeholders import FIXED, compile_template

ANA = Person(
    id=1,
    name="Ana Ruiz",
    phone="593991234567",
    email="ana@example.com",
    birthday=date(1990, 5, 15),
    tags=("vip", "lead"),
    custom={
        "city": "Quito",
        "Año": 2024,
        "saldo": 12.0,
        "socio": True,
        "vacío": "",
        "fecha-pago": "lunes",
        "trap": "{phone}",
    },
)
NOBODY = Person(id=2)

FILLED = [
    ("¡Hola {name}!", "¡Hola Ana Ruiz!"),
    ("{first_name}", "Ana"),
    ("{phone} {email}", "593991234567 ana@example.com"),
    ("{birthday}", "1990-05-15"),
    ("{tags}", "vip, lead"),
    ("{city} {Año} {saldo} {socio} {fecha-pago}", "Quito 2024 12 true lunes"),
    ("{ name }", "Ana Ruiz"),
    ("{Name} {CITY}", "Ana Ruiz Quito"),
    ("{{name}}", "Ana Ruiz"),
    ("{{ name }}", "Ana Ruiz"),
    ("{{{name}}}", "{Ana Ruiz}"),
    ("{name}}", "Ana Ruiz}"),
    ("{{name}", "{Ana Ruiz"),
    ("{trap}", "{phone}"),
]

# Braces that do not hold one name are text, and stay as they are.
KEPT = [
    "{",
    "}",
    "{}",
    "{{",
    "{{}}",
    "{ }",
    "{1}",
    "{{1}}",
    '{"a": 1}',
    "{a b}",
    "{name",
    "name}",
    "{na\nme}",
    "{name!}",
]

GAPS = [
    ("¡Hola {name}!", "¡Hola!"),
    ("Hola {name}, ¿qué tal?", "Hola, ¿qué tal?"),
    ("Hola {name} bienvenida", "Hola bienvenida"),
    ("Hola {first_name} {name}!", "Hola!"),
    ("Hola {first_name}{name} tú", "Hola tú"),
    ("Bonjour {name} !", "Bonjour !"),
    ("{name}, te esperamos", "te esperamos"),
    ("{name}: tu pedido", "tu pedido"),
    ("Adiós {name}", "Adiós"),
    ("Hola {name}\nGracias", "Hola\nGracias"),
    ("Gracias\n{name}, adiós", "Gracias\nadiós"),
    ("a  b {name}  c", "a  b  c"),
    ("({name})", "()"),
    ("{unknown_field}", ""),
    ("{vacío}", ""),
    ("{name}", ""),
]


@pytest.mark.parametrize(("template", "expected"), FILLED)
def test_a_placeholder_shows_what_is_known(template: str, expected: str) -> None:
    assert compile_template(template).render(ANA) == expected


@pytest.mark.parametrize("text", KEPT)
def test_other_braces_are_text(text: str) -> None:
    assert compile_template(text).render(ANA) == text


@pytest.mark.parametrize(("template", "expected"), GAPS)
def test_a_missing_value_leaves_no_gap(template: str, expected: str) -> None:
    assert compile_template(template).render(NOBODY) == expected


def test_each_fixed_name_has_a_case() -> None:
    assert all(any(f"{{{name}}}" in template for template, _ in FILLED) for name in FIXED)


def test_a_birthday_without_a_year_shows_none() -> None:
    person = Person(id=1, birthday=date(9996, 2, 29), birthday_year_known=False)

    assert compile_template("{birthday}").render(person) == "02-29"


def test_a_value_that_is_no_scalar_counts_as_missing() -> None:
    person = Person(id=1, custom={"x": ["a"]})  # type: ignore[dict-item]

    assert compile_template("a {x} b").render(person) == "a b"


@given(st.lists(st.sampled_from(["{name}", "{city}", "{{phone}}", "hola", " ", ",", "!", "\n"])))
def test_a_customer_never_sees_a_brace_of_a_placeholder(pieces: list[str]) -> None:
    shown = compile_template("".join(pieces)).render(NOBODY)

    assert "{" not in shown
    assert "}" not in shown


@given(st.text(alphabet=st.characters(exclude_characters="{}")))
def test_text_without_braces_is_sent_as_it_is(text: str) -> None:
    assert compile_template(text).render(NOBODY) == text
