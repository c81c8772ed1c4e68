"""Where the operator's pages lie: their sources, what was built of them, and why they could not be built.

The build is stamped with a hash of its sources and locked packages. An image carries only what was built; without
sources nothing is ever stale.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.core.config import CHECKOUT

_PARTS = ("package.json", "package-lock.json", ".npmrc", "vite.config.js", "index.html", "public", "src")
# Types and tests are not part of what is built.
_LEFT_OUT = (".test.ts", "src/api/schema.ts")


@dataclass(frozen=True)
class Frontend:
    folder: Path = CHECKOUT / "frontend"

    @property
    def built(self) -> Path:
        return self.folder / "dist"

    @property
    def log(self) -> Path:
        return self.folder / "build.log"

    def is_stale(self) -> bool:
        return (self.folder / "package.json").exists() and self.stamp() != self.wanted_stamp()

    @property
    def problem(self) -> str | None:
        """Why the last try to build it failed, in a sentence."""
        return _text(self.folder / "build.problem")

    def stamp(self) -> str | None:
        return _text(self.built / ".stamp")

    def wanted_stamp(self) -> str:
        digest = hashlib.sha256()
        for path in self._sources():
            content = path.read_bytes()
            digest.update(f"{path.relative_to(self.folder).as_posix()}\0{len(content)}\0".encode() + content)
        return digest.hexdigest()

    def note_problem(self, sentence: str | None) -> None:
        file = self.folder / "build.problem"
        if sentence is None:
            file.unlink(missing_ok=True)
        else:
            file.write_text(sentence, encoding="utf-8")

    def _sources(self) -> Iterator[Path]:
        for part in _PARTS:
            path = self.folder / part
            files = sorted(path.rglob("*")) if path.is_dir() else [path]
            yield from (file for file in files if file.is_file() and not file.as_posix().endswith(_LEFT_OUT))


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except (FileNotFoundError, NotADirectoryError):
        return None
