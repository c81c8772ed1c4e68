"""What is wrong with a definition that somebody wants to save.

A shop owner reads these sentences, and reads them all at once: parsing never stops at the first problem,
so parsers add to `Problems` and go on with whatever is still understood.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

# Nobody reads more at once, and a body made of mistakes must not cost more than a glance.
_MOST = 100


@dataclass(frozen=True, slots=True)
class Problem:
    path: str
    code: str
    detail: str


class DefinitionError(Exception):
    """A definition was refused; `problems` holds every reason."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(f"{problem.path}: {problem.detail}" for problem in problems))
        self.problems = problems


class Problems:
    """The list that parsers add to."""

    def __init__(self) -> None:
        self._items: list[Problem] = []

    def add(self, path: str, code: str, detail: str) -> None:
        problem = Problem(path, code, detail)
        if len(self._items) < _MOST and problem not in self._items:
            self._items.append(problem)

    def later(self, path: str, what: str) -> None:
        """Something this version does not do; saying so beats an automation that silently never fires."""
        self.add(path, "not_supported", f"{what} cannot be used yet.")

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._items)

    def raise_if_any(self) -> None:
        if self._items:
            raise DefinitionError(tuple(self._items))


def join(path: str, key: object) -> str:
    return f"{path}.{key}" if path else str(key)


def suggestion(word: str, known: Collection[str]) -> str:
    """A sentence ending that names the nearest known word, or the known words when there are few."""
    near = get_close_matches(word, known, n=1)
    if near:
        return f' Did you mean "{near[0]}"?'
    return f" Known: {', '.join(sorted(known))}." if 0 < len(known) <= 16 else ""


def read_object(raw: object, path: str, problems: Problems) -> Mapping[str, object] | None:
    if isinstance(raw, Mapping) and all(isinstance(key, str) for key in raw):
        return raw
    problems.add(path, "not_an_object", "This must be a JSON object, like {…}.")
    return None


def check_keys(
    raw: Mapping[str, object],
    path: str,
    problems: Problems,
    *,
    allowed: Collection[str],
    later: Mapping[str, str] | None = None,
) -> None:
    """Refuse unknown keys: a misspelt key that is quietly ignored is an automation that never does what it says."""
    for key in raw:
        if later and key in later:
            problems.later(join(path, key), later[key])
        elif key not in allowed:
            problems.add(join(path, key), "unknown_key", f'"{key}" is not known here.{suggestion(key, allowed)}')


def read_version(node: Mapping[str, object], path: str, problems: Problems) -> int | None:
    """Of a JSON column: 0, the original shape, is that of one which says nothing."""
    version = node.get("v", 0)
    if isinstance(version, bool) or version not in (0, 1):
        problems.add(join(path, "v"), "unknown_version", "The version must be 0 (or left out) or 1.")
        return None
    return int(bool(version))


def read_text(raw: object, path: str, problems: Problems, *, longest: int) -> str | None:
    """Text of 1 to `longest` characters that is not only blanks."""
    if raw is None:
        problems.add(path, "missing", "This is needed.")
    elif not isinstance(raw, str):
        problems.add(path, "not_text", "This must be text.")
    elif not raw.strip():
        problems.add(path, "empty", "This must not be empty.")
    elif len(raw) > longest:
        problems.add(path, "too_long", f"This has {len(raw)} characters; at most {longest} are possible.")
    elif "\x00" in raw:
        problems.add(path, "bad_character", "This holds a character (NUL) that cannot be stored or sent.")
    else:
        return raw
    return None


def read_whole_number(raw: object, path: str, problems: Problems, *, least: int, most: int) -> int | None:
    number = int(raw) if isinstance(raw, float) and raw.is_integer() else raw
    if not isinstance(number, int) or isinstance(number, bool):
        problems.add(path, "not_a_number", f"This must be a whole number from {least} to {most}.")
    elif not least <= number <= most:
        problems.add(path, "out_of_range", f"{number} is not possible; choose from {least} to {most}.")
    else:
        return number
    return None


def read_choice(raw: object, path: str, problems: Problems, *, known: Collection[str]) -> str | None:
    if isinstance(raw, str) and raw in known:
        return raw
    near = suggestion(raw, known) if isinstance(raw, str) else suggestion("", known)
    problems.add(path, "unknown_choice", f"{_shown(raw)} is not one of the choices.{near}")
    return None


def read_flag(raw: object, path: str, problems: Problems) -> bool | None:
    if isinstance(raw, bool):
        return raw
    problems.add(path, "not_a_flag", "This must be true or false.")
    return None


def _shown(raw: object) -> str:
    return f'"{raw[:60]}"' if isinstance(raw, str) else "This"
