"""Does a message say a keyword?

People type "¡HOLA!", "hola👍" and "mañana" without the tilde, so both sides are brought to one form first.
Punctuation never counts in `word` mode, symbols and emoji do: "👍" and "c++" can be keywords.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

# Invisible on a phone, yet they would part a word: soft hyphen, zero-width and direction marks, variation selectors.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]+")
_ACCENTS = re.compile("[\u0300-\u036f]+")
_LEADING_PUNCTUATION = " !\"#%&'()*,-./:;?@[\\]_{}¡¿«»“”‘’„–—…·"
# Scripts that put no space between words: each character stands alone, so a keyword is found inside a sentence.
_SPACELESS = {"CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR"}


class Mode(StrEnum):
    WORD = "word"
    EXACT = "exact"
    CONTAINS = "contains"
    STARTS = "starts"


class EmptyKeyword(ValueError):
    """Nothing of the keyword is left to look for."""


def normalise(text: str, *, fold: bool) -> str:
    """Text as it is compared: NFKC and case fold, without invisible characters, and without accents when `fold`."""
    if text.isascii():
        return text.lower()
    text = _INVISIBLE.sub("", text)
    if fold:
        bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
        if bare.isascii():
            return bare.lower()
        # Case folding can bring new accents ("İ" becomes an i with a dot), so they are stripped after it.
        text = _ACCENTS.sub("", unicodedata.normalize("NFKD", _caseless(bare)))
    return _caseless(text)


def tokens_of(normalised: str) -> list[str]:
    """Words, and each symbol, emoji or ideograph on its own."""
    return normalised.translate(_SEPARATED).split()


def _caseless(text: str) -> str:
    # Case folding can undo NFKC and the other way round, so the pair is repeated until nothing moves.
    while (again := unicodedata.normalize("NFKC", text.casefold())) != text:
        text = again
    return text


class _Separated(dict[int, str]):
    """A `str.translate` table that classifies a character the first time it is seen."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        category = unicodedata.category(character)[0]
        if category in "LNM":
            script = unicodedata.name(character, "").partition(" ")[0]
            value = f" {character} " if script in _SPACELESS else character
        elif category == "S":
            value = f" {character} "
        else:
            value = " "
        self[code] = value
        return value


_SEPARATED = _Separated()


class Heard:
    """What somebody wrote, brought to the forms that keywords ask for; each form is made once."""

    def __init__(self, text: str) -> None:
        self._text = text

    def form(self, *, fold: bool) -> "HeardForm":
        return self._folded if fold else self._plain

    @cached_property
    def _folded(self) -> "HeardForm":
        return HeardForm(normalise(self._text, fold=True))

    @cached_property
    def _plain(self) -> "HeardForm":
        return HeardForm(normalise(self._text, fold=False))


class HeardForm:
    def __init__(self, normalised: str) -> None:
        self.tokens = tokens_of(normalised)
        self.line = " ".join(normalised.split())

    @cached_property
    def bare(self) -> str:
        return self.line.lstrip(_LEADING_PUNCTUATION)

    def starts_with(self, needle: str) -> bool:
        # "¡Hola" starts with "hola", while a keyword that is itself punctuation is taken at its word.
        return self.line.startswith(needle) or self.bare.startswith(needle)

    def has_tokens_at(self, position: int, tokens: Sequence[str]) -> bool:
        return len(tokens) == 1 or self.tokens[position : position + len(tokens)] == list(tokens)


@dataclass(frozen=True, slots=True)
class Keywords:
    """The keywords of one trigger. `tokens` is filled in `word` mode, `needles` in the others."""

    words: tuple[str, ...]
    mode: Mode
    fold: bool
    tokens: tuple[tuple[str, ...], ...] = field(repr=False)
    needles: tuple[str, ...] = field(repr=False)

    @classmethod
    def of(cls, words: Iterable[str], *, mode: Mode = Mode.WORD, fold: bool = True) -> "Keywords":
        kept = tuple(dict.fromkeys(words))
        normalised = [normalise(word, fold=fold) for word in kept]
        if mode is Mode.WORD:
            tokens = tuple(dict.fromkeys(tuple(tokens_of(word)) for word in normalised))
            if not tokens or () in tokens:
                raise EmptyKeyword
            return cls(kept, mode, fold, tokens, ())
        needles = tuple(dict.fromkeys(" ".join(word.split()) for word in normalised))
        if not needles or "" in needles:
            raise EmptyKeyword
        return cls(kept, mode, fold, (), needles)

    def match(self, heard: Heard) -> bool:
        form = heard.form(fold=self.fold)
        match self.mode:
            case Mode.WORD:
                return any(
                    token == tokens[0] and form.has_tokens_at(position, tokens)
                    for tokens in self.tokens
                    for position, token in enumerate(form.tokens)
                )
            case Mode.EXACT:
                return form.line in self.needles
            case Mode.CONTAINS:
                return any(needle in form.line for needle in self.needles)
            case Mode.STARTS:
                return any(form.starts_with(needle) for needle in self.needles)
