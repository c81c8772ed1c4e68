import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.matching import EmptyKeyword, Heard, Keywords, Mode, normalise, tokens_of

CASES = [
    ("word", "hola", "hola", True),
    ("word", "hola", "¡HOLA!", True),
    ("word", "hola", "hola👍", True),
    ("word", "hola", "pues hola, ¿qué tal?", True),
    ("word", "hola", "*hola*", True),
    ("word", "hola", "ho\u200bla", True),
    ("word", "hola", "cholas", False),
    ("word", "hola", "holas", False),
    ("word", "hola", "ho la", False),
    ("word", "hola", "", False),
    ("word", "mañana", "manana", True),
    ("word", "manana", "MAÑANA", True),
    ("word", "café", "cafe\u0301 con leche", True),
    ("word", "buenos días", "Buenos   dias!", True),
    ("word", "buenos días", "buenos\ndías", True),
    ("word", "buenos días", "días buenos", False),
    ("word", "buenos días", "buenos y días", False),
    ("word", "a b a c", "a b a b a c", True),
    ("word", "c++", "¿enseñan C++?", True),
    ("word", "c++", "plan c", False),
    ("word", "24/7", "¿abren 24/7?", True),
    ("word", "don't", "I don’t know", True),
    ("word", "👍", "👍🏽", True),
    ("word", "❤", "te quiero ❤️", True),
    ("word", "straße", "STRASSE 5", True),
    ("word", "привет", "Привет!", True),
    ("word", "नमस्ते", "नमस्ते जी", True),
    ("word", "नम", "नमस्ते", False),
    ("word", "你好", "早上你好吗", True),
    ("word", "ｈｏｌａ", "hola", True),
    ("exact", "hola", "  Hóla ", True),
    ("exact", "buenos días", "buenos    dias", True),
    ("exact", "hola", "hola!", False),
    ("exact", "hola", "hola hola", False),
    ("contains", "precio", "los precios", True),
    ("contains", "precio", "PRECIÓ", True),
    ("contains", "buenos dias", "muy buenos\tdías", True),
    ("contains", "precio", "preco", False),
    ("contains", "?", "¿y?", True),
    ("starts", "hola", "Hola, soy Ana", True),
    ("starts", "hola", "¡Hola!", True),
    ("starts", "hol", "hola", True),
    ("starts", "¡hola", "¡hola!", True),
    ("starts", "hola", "digo hola", False),
]


@pytest.mark.parametrize(("mode", "word", "text", "expected"), CASES)
def test_a_keyword_matches_in_its_mode(mode: str, word: str, text: str, expected: bool) -> None:
    assert Keywords.of([word], mode=Mode(mode)).match(Heard(text)) is expected


def test_each_mode_has_a_case_that_matches_and_one_that_does_not() -> None:
    assert {(mode, expected) for mode, _, _, expected in CASES} == {(m, e) for m in Mode for e in (True, False)}


def test_without_fold_an_accent_counts_and_a_capital_does_not() -> None:
    keywords = Keywords.of(["mañana"], fold=False)

    assert keywords.match(Heard("MAÑANA"))
    assert not keywords.match(Heard("manana"))


def test_any_of_several_keywords_is_enough() -> None:
    keywords = Keywords.of(["price", "precio"])

    assert [keywords.match(Heard(text)) for text in ("the price", "el precio", "nada")] == [True, True, False]


@pytest.mark.parametrize(("word", "mode"), [("", "word"), ("¿?", "word"), ("\u200b", "exact"), (" ", "contains")])
def test_a_keyword_with_nothing_to_look_for_is_refused(word: str, mode: str) -> None:
    with pytest.raises(EmptyKeyword):
        Keywords.of([word], mode=Mode(mode))


@given(st.text(), st.booleans())
def test_normalising_twice_changes_nothing_more(text: str, fold: bool) -> None:
    once = normalise(text, fold=fold)

    assert normalise(once, fold=fold) == once


@given(st.text(max_size=20), st.text(min_size=1, max_size=8), st.text(max_size=20))
def test_a_word_between_blanks_is_always_found(before: str, word: str, after: str) -> None:
    if not tokens_of(normalise(word, fold=True)):
        return

    assert Keywords.of([word]).match(Heard(f"{before} {word} {after}"))
