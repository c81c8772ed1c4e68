"""A disk that can be full without anybody else noticing.

A run lives in a mount namespace of its own, in which a small file system in memory holds DATA_DIR; it is gone when the
last process of the run is, however that ends. Root may mount it at once. Anybody else may as the root of a user
namespace, and is themselves again in a second one below it, since PostgreSQL refuses to run as root. Nothing but
util-linux is needed for that. A quota would need root, a limit on the size of files fails with another error than a
full disk does, and to fill the machine's own disk would hurt whoever shares it.
"""

import os
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import psutil

WHERE = "HILO_CRASH_DISK"
MOUNT = 'mount -t tmpfs -o "size=$1m,mode=0711" hilo-crash "$2" && shift 2 && exec "$@"'
BLOCKS = (2**22, 2**16, 2**12)
LEFT_MB = 1024  # of memory, for all that runs meanwhile


class Disk:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self) -> None:
        """Take what is left to the last block, also what somebody has just given back."""
        with self._filler.open("ab") as file:
            size = file.seek(0, os.SEEK_END)
            for block in BLOCKS:
                while _takes(file.fileno(), size, block):
                    size += block

    def free(self) -> None:
        self._filler.unlink(missing_ok=True)


def find() -> Disk | None:
    """The disk of the namespace that we are in."""
    folder = os.environ.get(WHERE)
    return Disk(Path(folder)) if folder else None


def why_not(*, megabytes: int) -> str | None:
    """What keeps this machine from mounting such a disk; None when nothing does."""
    if psutil.virtual_memory().available < (megabytes + LEFT_MB) * 2**20:
        return f"A disk of {megabytes} MB in memory would leave too little of it."
    with tempfile.TemporaryDirectory() as folder:
        try:
            tried = subprocess.run(_command(["true"], folder, megabytes=1), capture_output=True, text=True, check=False)
        except OSError as error:
            return f"There is no unshare ({error.strerror})."
    return None if tried.returncode == 0 else f"Nothing may be mounted here ({tried.stderr.strip()})."


def run_on_one(program: Sequence[str], *, megabytes: int) -> int:
    """Run a program that finds such a disk; its exit code. Whoever asks us to stop asks it."""
    with tempfile.TemporaryDirectory(prefix="hilo-crash-disk-") as folder:
        child = subprocess.Popen(_command(program, folder, megabytes=megabytes), env=os.environ | {WHERE: folder})

        def pass_on(number: int, _: FrameType | None) -> None:
            child.send_signal(number)

        # The terminal sends its SIGINT to both of us.
        before = signal.signal(signal.SIGTERM, pass_on), signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            return child.wait()
        finally:
            for number, handler in zip((signal.SIGTERM, signal.SIGINT), before, strict=True):
                signal.signal(number, handler)


def _command(program: Sequence[str], folder: str, *, megabytes: int) -> list[str]:
    mounted = ["sh", "-c", MOUNT, "sh", str(megabytes), folder]
    if os.geteuid() == 0:
        return ["unshare", "--mount", "--", *mounted, *program]
    as_myself = ["unshare", "--user", f"--map-user={os.getuid()}", f"--map-group={os.getgid()}", "--"]
    return ["unshare", "--user", "--map-root-user", "--mount", "--", *mounted, *as_myself, *program]


def _takes(descriptor: int, offset: int, length: int) -> bool:
    try:
        os.posix_fallocate(descriptor, offset, length)
    except OSError:
        return False
    return True
