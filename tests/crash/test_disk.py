"""A full disk, and what starts and keeps programs there: nothing of it may end for good."""

import os
import sys

import pytest

from tests.crash import disk

FOUND = """
import errno, os, subprocess, sys
from app.core.secrets import load_or_make
from app.embedded.checks import sole_supervisor
from app.embedded.leftovers import Register
from app.embedded.ports import free_port
from tests.crash.disk import find
disk = find()
data = disk.folder / "data"
"""

IS_FULL = """
file = disk.folder / "file"
disk.fill()
try:
    file.write_bytes(b"x" * 10_000)
except OSError as error:
    assert error.errno == errno.ENOSPC
else:
    raise AssertionError("there was room")
disk.free()
file.write_bytes(b"x" * 10_000)
"""

HOLDS_ON = """
data.mkdir()
disk.fill()
register = Register(data / "processes.json")
with sole_supervisor(data):
    register.write([os.getpid()])
disk.free()
register.write([os.getpid()])
assert [process.pid for process in register.alive()] == [os.getpid()]
"""

SAYS_SO = """
load_or_make(data)
disk.fill()
ports = {name: str(free_port()) for name in ("PORT", "SIMULATOR_PORT")}
env = os.environ | ports | {"DATA_DIR": str(data), "BROKER_URL": ""}
ended = subprocess.run([sys.executable, "-m", "app.main"], env=env, capture_output=True, text=True)
assert ended.returncode == 1, ended
assert ended.stderr == "The disk that holds DATA_DIR is full: make room on it, then start again.\\n", ended
"""


@pytest.fixture(autouse=True)
def _needs_a_disk() -> None:
    reason = disk.why_not(megabytes=1)
    if reason is not None and not os.environ.get("CI"):
        pytest.skip(reason)


@pytest.mark.parametrize("program", [IS_FULL, HOLDS_ON, SAYS_SO], ids=["full", "held", "said"])
def test_on_a_full_disk(program: str) -> None:
    assert disk.run_on_one([sys.executable, "-c", FOUND + program], megabytes=1) == 0
