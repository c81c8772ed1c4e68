"""Who agreed to hear from us about what, as a fold over an append-only ledger.

Only a whole message is an opt-out: "stop" is one, "when do you stop serving?" is not. An opt-out of `all` silences
every category until an opt-in to `all`, whatever was agreed to in between; that later opt-in does not undo a category's
own opt-out.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from app.domain.matching import normalise, tokens_of

ALL = "all"


class Choice(StrEnum):
    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the ledger; `at` is Meta's time where Meta told us."""

    category: str
    choice: Choice
    at: datetime


# Workspace settings replace these. Words that answer an ordinary question ("cancelar" a booking, "no", "end") are left
# out on purpose: silencing somebody who meant a booking is worse than a second STOP.
OUT_WORDS: Mapping[str, tuple[str, ...]] = {
    "en": ("stop", "stop all", "stopall", "unsubscribe", "opt out", "optout"),
    "es": ("baja", "dar de baja", "darme de baja", "parar", "salir", "desuscribir", "no más mensajes"),
    "pt": ("sair", "parar", "descadastrar", "cancelar inscrição", "não quero receber"),
}
IN_WORDS: Mapping[str, tuple[str, ...]] = {
    "en": ("start", "unstop", "subscribe", "opt in"),
    "es": ("alta", "darme de alta", "suscribir", "suscribirme"),
    "pt": ("inscrever", "quero receber", "voltar a receber"),
}
DEFAULT_OUT_WORDS = frozenset(word for words in OUT_WORDS.values() for word in words)
DEFAULT_IN_WORDS = frozenset(word for words in IN_WORDS.values() for word in words)

_LONGEST_MESSAGE = 100  # no keyword is longer; spares a 65,536-character text


def keyword_consent(
    text: str,
    *,
    out_words: Collection[str] = DEFAULT_OUT_WORDS,
    in_words: Collection[str] = DEFAULT_IN_WORDS,
) -> Choice | None:
    """What the whole message asks for; a word in both lists is an opt-out."""
    if len(text) > _LONGEST_MESSAGE:
        return None
    said = _said(text)
    if not said:
        return None
    if any(_said(word) == said for word in out_words):
        return Choice.OUT
    if any(_said(word) == said for word in in_words):
        return Choice.IN
    return None


def state(entries: Iterable[Entry]) -> Mapping[str, Choice]:
    """The choice in force for each category that the ledger names; greatest time wins, `out` wins ties."""
    latest: dict[str, Entry] = {}
    for entry in entries:
        held = latest.get(entry.category)
        if held is None or _precedence(entry) > _precedence(held):
            latest[entry.category] = entry
    if ALL in latest and latest[ALL].choice is Choice.OUT:
        return dict.fromkeys(latest, Choice.OUT)
    return {category: entry.choice for category, entry in latest.items()}


def is_opted_out(choices: Mapping[str, Choice], category: str) -> bool:
    return Choice.OUT in (choices.get(ALL), choices.get(category))


def _precedence(entry: Entry) -> tuple[datetime, bool]:
    return entry.at, entry.choice is Choice.OUT


@lru_cache(maxsize=1_024)
def _said(text: str) -> str:
    """The words alone: punctuation and emoji around "STOP" are only a tone of voice."""
    tokens = tokens_of(normalise(text, fold=True))
    words = [token for token in tokens if any(character.isalnum() for character in token)]
    return " ".join(words or tokens)
