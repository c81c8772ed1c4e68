"""The processes of a machine: which is which, and what can be done to one."""

import subprocess
import time
from contextlib import suppress
from signal import SIGKILL, Signals

import psutil

from tests.crash.plans import Target


def plays(process: psutil.Process) -> Target | None:
    try:
        command, name = process.cmdline(), process.name()
    except psutil.Error:
        return None
    if name == "postgres":
        title = " ".join(command)
        if title.startswith("postgres: "):
            return Target.BACKEND if title.startswith("postgres: hilo ") else None
        return Target.POSTGRES
    if name.startswith("valkey-server"):
        return Target.VALKEY
    if "app.main:app" in command:
        return Target.WEB
    if "beat" in command:
        return Target.BEAT
    if "-Q" in command:
        return Target(f"worker-{command[command.index('-Q') + 1]}")
    return None


def signal(process: psutil.Process, number: Signals) -> bool:
    """Whether it was there to get it. psutil makes sure that the pid is still the process that we found."""
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return False
    if number is SIGKILL:
        # psutil's own wait would take the exit code away from whoever started it.
        wait_for_exit(process, seconds=2)
    return True


def wait_for_exit(process: psutil.Process, *, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while is_alive(process):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def process_of(child: subprocess.Popen[bytes] | None) -> psutil.Process | None:
    if child is None or child.poll() is not None:
        return None
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(child.pid)
    return None


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
