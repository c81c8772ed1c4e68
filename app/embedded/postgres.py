"""PostgreSQL without Docker or a system server: a child of ours, in a private folder, reached by a socket in it.

No port can collide and nobody else can connect. The data folder is made in a draft and renamed, so that it is there
whole or not at all, whenever the power goes. Its name holds the major version: another major cannot read it.
"""

import os
import re
import shutil
import sys
import tempfile
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGQUIT
from urllib.parse import quote

import psutil
import psycopg
from psycopg.sql import quote as quote_literal

from app.core.secrets import write_private
from app.embedded.errors import StartError
from app.embedded.leftovers import end, working_in
from app.embedded.postgres_binaries import account_for, find_binaries
from app.embedded.processes import DATABASE_STAGE, Account, Process, spawn
from app.embedded.server import Server

ROLE = DATABASE = "hilo"
PORT = 5432  # part of the socket's name, nothing more
SOCKET_PATH_BYTES = 107 if sys.platform == "linux" else 103
FAST_SHUTDOWN = SIGINT  # ends sessions; SIGTERM would wait for them
# Without a checkpoint, and so with recovery at the next start. A fast one that comes while it recovers never ends.
IMMEDIATE_SHUTDOWN = SIGQUIT

INITDB = [
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    # The same sort order on every machine, without the system's locales.
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--no-instructions",
]

PREDECESSOR_SECONDS = 3.0  # for a server that is still there; then it is killed, and the next one recovers

SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "max_locks_per_transaction": "256",  # a statement over many day partitions locks each
    "shared_buffers": "256MB",
    # At full speed 1 GB, as it comes, meant a checkpoint every six seconds, and after each of them every page is logged
    # whole at its next change: that was most of what was written.
    "max_wal_size": "4GB",
    # A worker that was killed while waiting for a lock must not go on waiting as a ghost.
    "client_connection_check_interval": "2s",
    "idle_in_transaction_session_timeout": "5min",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class Postgres(Server):
    title = "PostgreSQL"

    @property
    def url(self) -> str:
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        return (
            f"postgresql+psycopg://{ROLE}:{quote(self._password, safe='')}@/{database}"
            f"?host={quote(str(self._socket_folder), safe='/')}&port={PORT}"
        )

    @property
    def _socket_folder(self) -> Path:
        return _socket_folder(self.folder)

    def prepare(self) -> None:
        self._account = account_for(self.folder)
        _make_private(self.folder, self._account)
        refuse_unreachable(self.folder, self._account)
        self._binaries = find_binaries(account=self._account, copies=self.folder)
        self._data = self.folder / f"pg{self._binaries.major}"
        _refuse_other_major(self.folder, self._data, self._binaries.major)
        _make_private(self._socket_folder, self._account)
        self._make_way()
        for draft in self.folder.glob("new-*"):  # of a first start that was cut off
            end(working_in(draft, program="postgres"), signal=SIGKILL, seconds=PREDECESSOR_SECONDS)
            shutil.rmtree(draft, ignore_errors=True)
        if not self._data.exists():
            self._make_data()
        self._set_password()

    def process(self) -> Process:
        settings = SETTINGS | {"unix_socket_directories": str(self._socket_folder)}
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return replace(
            self._program("postgres", "-D", str(self._data), *arguments),
            stop_signal=FAST_SHUTDOWN,
            stop_seconds=1.2,
            orphan_signal=IMMEDIATE_SHUTDOWN,
            before=self._make_way,
        )

    def is_ready(self) -> bool:
        try:
            psycopg.connect(
                host=str(self._socket_folder),
                port=PORT,
                user=ROLE,
                dbname=DATABASE,
                password=self._password,
                connect_timeout=2,
            ).close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        super().stop()
        if self._socket_folder != self.folder:
            with suppress(OSError):
                self._socket_folder.rmdir()

    def _program(self, program: str, *arguments: str, stdin: str = "") -> Process:
        return Process(
            name=program,
            command=[self._binaries.path(program), *arguments],
            env={"LC_ALL": "C", "PATH": os.defpath},
            stdin=stdin.encode(),
            log=self.log,
            account=self._account,
            stage=DATABASE_STAGE,
        )

    def _make_way(self) -> None:
        # The parts of a server that was killed end by themselves; a server whose parent died is shutting down.
        end(working_in(self._data, program="postgres"), signal=FAST_SHUTDOWN, seconds=PREDECESSOR_SECONDS)
        # PostgreSQL does not start while the pid in this file exists, though it be somebody else's by now. Nobody works
        # in the folder any more, so the file can go; a pid that is dead is left to PostgreSQL, which looks closer.
        lock = self._data / "postmaster.pid"
        if lock.exists() and psutil.pid_exists(int(lock.read_text().split("\n")[0] or 0)):
            lock.unlink()

    def _make_data(self) -> None:
        draft = Path(tempfile.mkdtemp(prefix="new-", dir=self.folder))
        password = self._file("password", self._password)
        _give(draft, self._account)
        self._run(self._program("initdb", f"--username={ROLE}", f"--pwfile={password}", *INITDB, "-D", str(draft)))
        self._alone(draft, f"CREATE DATABASE {DATABASE}")
        password.unlink()
        self._note_password()
        draft.rename(self._data)

    def _set_password(self) -> None:
        """Follow the password when it has changed, as it does when secrets.json was removed."""
        noted = self.folder / "password.sha256"
        if not noted.exists() or noted.read_text() != self._fingerprint():
            self._alone(self._data, f"ALTER ROLE {ROLE} PASSWORD {quote_literal(self._password)}")
            self._note_password()

    def _note_password(self) -> None:
        write_private(self.folder / "password.sha256", self._fingerprint())

    def _fingerprint(self) -> str:
        return sha256(self._password.encode()).hexdigest()

    def _alone(self, data: Path, statement: str) -> None:
        """Run one statement without a server: nobody else can be in there."""
        self._run(self._program("postgres", "--single", "-D", str(data), "postgres", stdin=statement + "\n"))

    def _run(self, process: Process) -> None:
        if spawn(process).wait() != 0:
            raise self.silent()

    def _file(self, name: str, text: str) -> Path:
        path = self.folder / name
        write_private(path, text)
        _give(path, self._account)
        return path


def _make_private(folder: Path, account: Account | None) -> None:
    """Make a folder that nobody but the server's user (and root) enters, or refuse one that is not like that."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    if folder.is_symlink() or folder.stat().st_uid not in {os.geteuid(), account.uid if account else os.geteuid()}:
        raise StartError(f"{folder} belongs to somebody else: remove it, or set DATA_DIR to another folder.")
    _give(folder, account)
    folder.chmod(0o700)


def _give(path: Path, account: Account | None) -> None:
    if account is not None:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def refuse_unreachable(folder: Path, account: Account | None) -> None:
    for parent in reversed(folder.parents):
        if account is not None and not _may_enter(parent.stat(), account):
            raise StartError(
                f"PostgreSQL runs as the user {account.name}, who may not pass through {parent}: "
                f"allow it (chmod o+x {parent}), or set DATA_DIR to a folder elsewhere."
            )


def _may_enter(folder: os.stat_result, account: Account) -> bool:
    if folder.st_uid == account.uid:
        return bool(folder.st_mode & 0o100)
    if folder.st_gid == account.gid:
        return bool(folder.st_mode & 0o010)
    return bool(folder.st_mode & 0o001)


def _refuse_other_major(folder: Path, data: Path, major: int) -> None:
    for noted in folder.glob("pg*/PG_VERSION"):
        other = noted.read_text().strip()
        if other != str(major) and (noted.parent == data or not data.exists()):
            raise StartError(
                f"{noted.parent} holds data of PostgreSQL {other}, and this is PostgreSQL {major}: carry it over with "
                f"pg_dump and pg_restore, or set DATA_DIR to another folder."
            )


def _socket_folder(folder: Path) -> Path:
    """The server's own folder, unless the socket's path would be too long or odd: then a short one for it alone."""
    path = str(folder / f".s.PGSQL.{PORT}")
    if len(os.fsencode(path)) <= SOCKET_PATH_BYTES and re.fullmatch(r"[\w./ -]+", path):
        return folder
    return Path(tempfile.gettempdir()) / f"hilo-{sha256(os.fsencode(folder)).hexdigest()[:12]}"
