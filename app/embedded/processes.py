"""One child process: what it is, how it is started, and how it is ended.

A child must not outlive its parent, even when that one is killed with -9. Linux has a signal for it (PR_SET_PDEATHSIG)
with two traps: it follows the *thread* that forked, so only the main thread may spawn; and a change of user clears it,
so it is set last, in the child. Where it does not exist, the next start stops what is left (`leftovers.py`).
"""

import ctypes
import os
import pwd
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals
from typing import IO

from app.embedded.gate import Gate

ROTATED_LOG_BYTES = 10 * 1024 * 1024

PR_SET_PDEATHSIG = 1
# Looked up before any fork: between fork and exec, a child should do next to nothing.
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


# The order in which stages are stopped: whoever brings in work first, and what all the others stand on last.
WEB_STAGE, BEAT_STAGE, WORKER_STAGE, SIMULATOR_STAGE, BROKER_STAGE, DATABASE_STAGE = range(6)


@dataclass(frozen=True)
class Account:
    """A user of this machine as whom a child runs."""

    name: str
    uid: int
    gid: int

    @classmethod
    def of(cls, entry: pwd.struct_passwd) -> "Account":
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _nothing() -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class Process:
    """A program to run. Secrets go into `env` or `stdin`, never into `command`, which everybody can read."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str] = field(repr=False)
    log: Path
    folder: Path = Path("/")
    stdin: bytes = field(default=b"", repr=False)
    gate: Gate | None = None  # while it is shut, standard input stays open
    account: Account | None = None  # None: as whoever we are
    stage: int = 0  # lower stages are stopped first, those of one stage together
    stop_signal: Signals = SIGTERM
    stop_seconds: float = 1.0  # then it is killed
    orphan_signal: Signals = SIGKILL  # what it gets when its parent has died
    before: Callable[[], None] = _nothing  # makes way for each start


def spawn(process: Process) -> subprocess.Popen[bytes]:
    assert threading.current_thread() is threading.main_thread(), "the death signal follows the spawning thread"
    process.before()
    is_held = process.gate is not None and not process.gate.is_open
    with _open_log(process.log) as log:
        child = subprocess.Popen(  # noqa: S603 - the commands are ours
            process.command,
            cwd=process.folder,
            env=process.env,
            stdin=subprocess.PIPE if process.stdin or is_held else subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C reaches us alone, and we stop the others in order
            preexec_fn=_bind_to_parent(process.orphan_signal),
            user=process.account.uid if process.account else None,
            group=process.account.gid if process.account else None,
            extra_groups=[] if process.account else None,
        )
    if child.stdin is not None:
        if process.gate is not None:
            process.gate.hold(child.stdin)
        else:
            with suppress(BrokenPipeError), child.stdin:  # one that has died already shows by its exit code
                child.stdin.write(process.stdin)  # far less than a pipe holds, so this does not wait
    return child


def _bind_to_parent(orphan_signal: Signals) -> Callable[[], None]:
    parent = os.getpid()

    def in_child() -> None:
        if _prctl is not None:
            _prctl(PR_SET_PDEATHSIG, int(orphan_signal))
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    return in_child


def _open_log(path: Path) -> IO[bytes]:
    path.parent.mkdir(exist_ok=True)
    if path.exists() and path.stat().st_size > ROTATED_LOG_BYTES:
        path.replace(path.with_name(path.name + ".1"))
    return path.open("ab")


def last_words(log: Path, *, lines: int = 1) -> str:
    """The end of a log: what a program said before it ended."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 4096))
            said = file.read().decode(errors="replace").split("\n")
    except FileNotFoundError:
        return ""
    return "\n".join([line for line in said if line.strip()][-lines:])
