"""PostgreSQL's own programs that save a database to a file and bring it back: found, run, and looked at.

A client must be as new as its server to save it, and what one version wrote an older one may not read. So both ways go
by the oldest client that is new enough: on one installation that is always the same.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from app.core import postgres_wheel

DEBIAN = Path("/usr/lib/postgresql")
# PostgreSQL 17 and newer write it at the head of each dump; older servers do not know it.
HEAD_BYTES = 65_536
UNKNOWN_TO_OLD_SERVERS = b"SET transaction_timeout = 0;\n"


class DumpFailed(Exception):
    """One of the programs ended with an error; the message is its last line."""


@dataclass(frozen=True, order=True)
class Client:
    major: int
    folder: Path

    def dump(self, conninfo: str, target: Path) -> None:
        self._run(["pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--file", str(target)], conninfo)

    def contents(self, file: Path) -> list[str]:
        """A line for each thing in it. Raises DumpFailed for what is no dump, or not a whole one."""
        said = self._run(["pg_restore", "--list", str(file)])
        return [line for line in said.split("\n") if line and not line.startswith(";")]

    def revision(self, file: Path) -> str:
        """The one that Alembic's table in it holds; empty when there is none."""
        said = self._run(["pg_restore", "--data-only", "--table=alembic_version", "--file=-", str(file)])
        found = re.search(r"^COPY .*alembic_version .*\n(\w+)$", said, re.MULTILINE)
        return found[1] if found else ""

    def restore(self, conninfo: str, file: Path, *, before: str, after: str) -> None:
        """All of it in one transaction, between two statements of ours: done whole, or not at all."""
        address, env = _without_password(conninfo)
        reader = subprocess.Popen(  # noqa: S603 - PostgreSQL's own
            [self._path("pg_restore"), "--no-owner", "--no-privileges", "--no-comments", "--file=-", file],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        arguments = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--output=/dev/null"]
        writer = subprocess.Popen(  # noqa: S603 - PostgreSQL's own
            [self._path("psql"), *arguments, "-c", before, "-f", "-", "-c", after, address],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=env | {"PGOPTIONS": "-c client_min_messages=warning"},
        )
        with reader, writer:
            with suppress(BrokenPipeError):  # psql has given up, and says why
                _pump(_open(reader.stdout), _open(writer.stdin))
            _open(reader.stdout).close()
            # psql would take the end of its input for the end of the file, and commit the half that came.
            if reader.wait() != 0:
                writer.kill()
            with suppress(BrokenPipeError):
                _open(writer.stdin).close()
            said = _open(writer.stderr).read() or _open(reader.stderr).read()
        if reader.returncode or writer.returncode:
            raise DumpFailed(_last_line(said.decode(errors="replace")))

    def _run(self, command: Sequence[str], conninfo: str | None = None) -> str:
        address, env = _without_password(conninfo) if conninfo else (None, None)
        program, *arguments = command
        done = subprocess.run(  # noqa: S603 - PostgreSQL's own
            [self._path(program), *arguments, *([f"--dbname={address}"] if address else [])],
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise DumpFailed(_last_line(done.stderr))
        return done.stdout

    def _path(self, program: str) -> str:
        return str(self.folder / program)


def find_client(*, server: int) -> Client | None:
    """The oldest that is as new as a server of that major version."""
    return min((client for client in _clients() if client.major >= server), default=None)


def _clients() -> Iterator[Client]:
    on_path = shutil.which("pg_dump")
    folders = [*postgres_wheel.folders(), *DEBIAN.glob("*/bin"), *([Path(on_path).parent] if on_path else [])]
    for folder in folders:
        if (folder / "pg_dump").exists() and (folder / "psql").exists():
            asked = subprocess.run([folder / "pg_dump", "--version"], capture_output=True, text=True, check=False)  # noqa: S603
            if found := re.search(r"PostgreSQL\) (\d+)", asked.stdout):
                yield Client(int(found[1]), folder)


def _open(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None, "asked for with PIPE"
    return pipe


def _pump(source: IO[bytes], target: IO[bytes]) -> None:
    head = source.read(HEAD_BYTES)
    target.write(head.replace(UNKNOWN_TO_OLD_SERVERS, b"", 1))
    shutil.copyfileobj(source, target)
    target.flush()


def _without_password(conninfo: str) -> tuple[str, dict[str, str]]:
    """An address that may stand in the list of processes, and the environment that completes it."""
    parts = conninfo_to_dict(conninfo)
    password = parts.pop("password", None)
    return make_conninfo("", **parts), {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}


def _last_line(said: str) -> str:
    lines = [line for line in said.split("\n") if line.strip()]
    return lines[-1] if lines else "it said nothing"
