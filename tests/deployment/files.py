"""The files that deploy Hilo, read as their engines read them."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from app.core.config import CHECKOUT, Settings

COMPOSE_FILES = ("docker-compose.yml", "docker-compose.prod.yml")

SETTINGS = {name.upper() for name in Settings.model_fields}
# Read before the settings are, because they come from there.
BEFORE_SETTINGS = {"SECRETS_DIR"}
# The simulator's, which knows nothing of ours (simulator/settings.py), and the interpreter's.
OF_OTHERS = {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "MALLOC_ARENA_MAX", "PYTHON_VERSION"}


def parsed(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((CHECKOUT / name).read_text(encoding="utf-8"))
    return found


@dataclass(frozen=True)
class Instruction:
    stage: int
    name: str
    words: list[str]

    @property
    def flags(self) -> dict[str, str]:
        given = (word[2:].partition("=") for word in self.words if word.startswith("--"))
        return {name: value for name, _, value in given}

    @property
    def arguments(self) -> list[str]:
        return [word for word in self.words if not word.startswith("--")]


def instructions(dockerfile: Path = CHECKOUT / "Dockerfile") -> Iterator[Instruction]:
    text = re.sub(r"^\s*#.*\n", "", dockerfile.read_text(encoding="utf-8"), flags=re.MULTILINE)
    stage = -1
    for line in filter(str.strip, re.sub(r"\\\n", " ", text).split("\n")):
        name, _, rest = line.strip().partition(" ")
        stage += name == "FROM"
        yield Instruction(stage, name, shlex.split(rest))


def is_ignored(path: str, patterns: str) -> bool:
    """As Docker reads .dockerignore: the last pattern that matches a file, or a folder above it, decides."""
    ignored = False
    parents = [path, *(str(parent) for parent in Path(path).parents if str(parent) != ".")]
    for line in filter(None, (line.strip() for line in patterns.split("\n"))):
        if line.startswith("#"):
            continue
        pattern = _expression(line.removeprefix("!").strip("/"))
        if any(pattern.fullmatch(each) for each in parents):
            ignored = not line.startswith("!")
    return ignored


def _expression(pattern: str) -> re.Pattern[str]:
    signs = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    return re.compile("".join(signs.get(part, re.escape(part)) for part in parts))
