"""What a password must be."""

import pytest

from app.domain.passwords import COMMON, SHORTEST, faults

NAMES = ["ana.perez", "ana.perez@hilo.example", "Ana María Pérez"]


@pytest.mark.parametrize(
    "password",
    [
        "three plain words",
        "Correct-Horse-9",
        "kj5h-2mnb-9xyz",
        "contraseña de mi casa azul",
        "ana.perez viaja en tren",
        "密码密码很长很长的一个",
    ],
)
def test_a_long_password_of_ones_own_will_do(password):
    assert faults(password, names=NAMES) == []


@pytest.mark.parametrize(
    ("password", "codes"),
    [
        ("short", ["password_too_short"]),
        ("123456789", ["password_too_short"]),
        ("", ["password_too_short"]),
        ("aaaaaaaaaaaa", ["password_too_simple"]),
        ("abcabcabcabc", ["password_too_simple"]),
        ("password123", ["password_too_common"]),
        ("Password123!", ["password_too_common"]),
        ("QWERTYUIOP", ["password_too_common"]),
        ("poiuytrewq", ["password_too_common"]),
        ("1234567890", ["password_too_common"]),
        ("contraseña2026", ["password_too_common"]),
        ("whatsapp2026", ["password_too_common"]),
        ("ANA.PEREZ2026", ["password_is_name"]),
        ("ana.perez@hilo.example", ["password_is_name"]),
        ("ana maría pérez", ["password_is_name"]),
        ("x7" * 501, ["password_too_long", "password_too_simple"]),
    ],
)
def test_what_is_wrong_is_said(password, codes):
    assert [fault.code for fault in faults(password, names=NAMES)] == codes


def test_users_without_a_full_name_have_none_to_avoid():
    assert faults("three plain words", names=["ana", "a@b.c", ""]) == []


def test_every_listed_password_is_one_that_could_pass_otherwise():
    """With digits at its end, that is: shorter ones are refused anyway."""
    assert all(word == word.casefold() and len(f"{word}12345") >= SHORTEST for word in COMMON)
