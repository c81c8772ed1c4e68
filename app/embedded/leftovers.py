"""Servers and workers that outlived their supervisor.

Usually none: on Linux a child gets a signal when its parent dies. But one may still be on its way out when the next
start comes, and elsewhere there is no such signal. A pid alone proves nothing, as the system gives it to somebody else
later: a server is known by the folder that it works in, a worker by its pid together with the moment it began.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from signal import SIGTERM, Signals

import psutil

from app.core.secrets import write_private

SAME_MOMENT_SECONDS = 1.0


def working_in(folder: Path, *, program: str) -> list[psutil.Process]:
    """The processes of this program whose working folder it is: a database server and all its children have one."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.name().startswith(program) and Path(process.cwd()) == folder:
                found.append(process)
    return found


def end(processes: Sequence[psutil.Process], *, signal: Signals = SIGTERM, seconds: float) -> None:
    """Ask, wait, then kill."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal)
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=seconds)


class Register:
    """The pids of our children, in a file for the start after a crash."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, pids: Sequence[int]) -> None:
        rows = []
        for pid in pids:
            with suppress(psutil.NoSuchProcess):
                rows.append({"pid": pid, "began_at": psutil.Process(pid).create_time()})
        # A full disk is no reason to end what runs. Older pids in the file harm nobody: they are looked at closely.
        with suppress(OSError):
            write_private(self._path, json.dumps(rows))

    def alive(self) -> list[psutil.Process]:
        try:
            rows = json.loads(self._path.read_text())
        except (FileNotFoundError, ValueError):
            return []
        found = []
        for row in rows:
            with suppress(psutil.NoSuchProcess):
                process = psutil.Process(row["pid"])
                if abs(process.create_time() - row["began_at"]) < SAME_MOMENT_SECONDS:
                    found.append(process)
        return found
