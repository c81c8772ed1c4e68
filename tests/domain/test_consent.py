from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import consent
from app.domain.consent import Choice, Entry

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)

entries = st.builds(
    lambda category, choice, minute: Entry(category=category, choice=choice, at=NOON + timedelta(minutes=minute)),
    st.sampled_from(["all", "marketing", "utility"]),
    st.sampled_from(Choice),
    st.integers(0, 4),
)


def entry(category: str, choice: str, minute: int) -> Entry:
    return Entry(category=category, choice=Choice(choice), at=NOON + timedelta(minutes=minute))


@pytest.mark.parametrize(
    "text",
    ["STOP", "stop", " Stop. ", "STOP!!!", "stop 🛑", "¡BAJA!", "Darme de baja", "SALIR", "sair", "parar",
     "No mas mensajes", "no más mensajes", "Não quero receber", "UNSUBSCRIBE", "\u200bstop"],
)  # fmt: skip
def test_a_whole_message_that_asks_to_stop_is_an_opt_out(text: str) -> None:
    assert consent.keyword_consent(text) is Choice.OUT


@pytest.mark.parametrize("text", ["START", "Alta", "suscribirme", "quero receber", "¡Alta!"])
def test_a_whole_message_that_asks_for_more_is_an_opt_in(text: str) -> None:
    assert consent.keyword_consent(text) is Choice.IN


@pytest.mark.parametrize(
    "text",
    ["", "   ", "?", "👍", "hola", "when do you stop serving?", "quiero dar de baja mi tarjeta", "planta baja",
     "stopping", "non-stop", "cancelar", "cancel", "no", "salir de dudas", "stop " * 50],
)  # fmt: skip
def test_a_message_that_only_holds_such_a_word_means_nothing(text: str) -> None:
    assert consent.keyword_consent(text) is None


def test_a_workspace_may_bring_its_own_words() -> None:
    words = {"out_words": ["Basta ya", "🛑"], "in_words": ["Vuelvo"]}

    assert consent.keyword_consent("¡basta ya!", **words) is Choice.OUT
    assert consent.keyword_consent("🛑", **words) is Choice.OUT
    assert consent.keyword_consent("vuelvo", **words) is Choice.IN
    assert consent.keyword_consent("stop", **words) is None


def test_a_word_in_both_lists_is_an_opt_out() -> None:
    assert consent.keyword_consent("hola", out_words=["hola"], in_words=["HOLA"]) is Choice.OUT


@pytest.mark.parametrize(
    ("ledger", "expected"),
    [
        ([], {}),
        ([entry("marketing", "in", 0)], {"marketing": "in"}),
        ([entry("marketing", "in", 0), entry("marketing", "out", 1)], {"marketing": "out"}),
        ([entry("marketing", "out", 0), entry("marketing", "in", 1)], {"marketing": "in"}),
        ([entry("marketing", "in", 1), entry("marketing", "out", 1)], {"marketing": "out"}),
        ([entry("all", "out", 0), entry("marketing", "in", 5)], {"all": "out", "marketing": "out"}),
        (
            [entry("all", "out", 0), entry("all", "in", 1), entry("marketing", "in", 0)],
            {"all": "in", "marketing": "in"},
        ),
        ([entry("marketing", "out", 0), entry("all", "in", 1)], {"all": "in", "marketing": "out"}),
        ([entry("all", "in", 1), entry("all", "out", 1)], {"all": "out"}),
    ],
)
def test_the_ledger_tells_the_choice_in_force(ledger: list[Entry], expected: dict[str, str]) -> None:
    assert consent.state(ledger) == expected


@pytest.mark.parametrize(
    ("choices", "category", "expected"),
    [
        ({}, "marketing", False),
        ({"marketing": Choice.OUT}, "marketing", True),
        ({"marketing": Choice.OUT}, "service", False),
        ({"all": Choice.OUT}, "service", True),
        ({"all": Choice.OUT, "marketing": Choice.IN}, "marketing", True),
        ({"all": Choice.IN, "marketing": Choice.OUT}, "marketing", True),
    ],
)
def test_a_hard_opt_out_silences_every_category(choices: dict[str, Choice], category: str, expected: bool) -> None:
    assert consent.is_opted_out(choices, category) is expected


@given(st.lists(entries, max_size=8), st.data())
def test_neither_order_nor_duplication_changes_a_choice(ledger: list[Entry], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(ledger + ledger[:3]))

    assert consent.state(shuffled) == consent.state(ledger)


@given(st.lists(entries, max_size=8))
def test_after_a_hard_opt_out_only_a_hard_opt_in_helps(ledger: list[Entry]) -> None:
    silenced = [*ledger, entry("all", "out", 5), entry("marketing", "in", 6), entry("utility", "in", 6)]

    assert set(consent.state(silenced).values()) == {Choice.OUT}
    assert consent.state([*silenced, entry("all", "in", 7)])["marketing"] is Choice.IN
