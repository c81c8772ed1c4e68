"""What must hold before anything is started: one supervisor a folder, and ports that nobody else has."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from app.core.config import Settings
from app.embedded.errors import StartError
from app.embedded.ports import is_free

DYING_SECONDS = 1.0  # a supervisor that was killed a moment ago still holds its lock


class AlreadyRunning(StartError):
    pass


@contextmanager
def sole_supervisor(data_dir: Path) -> Iterator[None]:
    """Hold the folder's lock. The system takes it away from whoever dies, so it is never stale."""
    try:
        file = (data_dir / "supervisor.lock").open("a+")
    except OSError as error:
        raise StartError(f"{data_dir} cannot be written ({error.strerror}): set DATA_DIR to another folder.") from None
    with file:
        deadline = time.monotonic() + DYING_SECONDS
        while not _locked(file.fileno()):
            if time.monotonic() > deadline:
                file.seek(0)
                raise AlreadyRunning(
                    f"Hilo already runs on {data_dir} (process {file.read().strip() or 'unknown'}): stop it, "
                    "or set DATA_DIR to another folder."
                )
            time.sleep(0.05)
        with suppress(OSError):  # the disk is full; the pid is only told to people, and the lock is what counts
            os.ftruncate(file.fileno(), 0)
            os.write(file.fileno(), f"{os.getpid()}\n".encode())
        yield


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def require_free_ports(settings: Settings, *, with_simulator: bool) -> None:
    if with_simulator and settings.port == settings.simulator_port:
        raise StartError(f"PORT and SIMULATOR_PORT are both {settings.port}: set one of them to another number.")
    wanted = [("PORT", settings.host, settings.port)]
    if with_simulator:
        wanted.append(("SIMULATOR_PORT", settings.simulator_host, settings.simulator_port))
    for name, host, port in wanted:
        if not is_free(host, port):
            raise StartError(f"Port {port} on {host} is taken: stop the program that has it, or set {name} to another.")
