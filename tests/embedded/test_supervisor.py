"""`python -m app.main`, from outside."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from app.core.config import CHECKOUT
from app.embedded.checks import sole_supervisor
from tests.ports import free_port
from tests.waiting import PATIENCE_SECONDS, eventually

COMMAND = [sys.executable, "-m", "app.main"]


def environment(folder: Path, **settings: object) -> dict[str, str]:
    ours = {"PORT": free_port(), "SIMULATOR_PORT": free_port(), "DATA_DIR": folder / "data"} | settings
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {"PYTHONPATH": str(CHECKOUT)} | {name: str(value) for name, value in ours.items()}


def refusal(folder: Path, **settings: object) -> str:
    """What it says when it does not start. It runs in a folder without `.env`."""
    env = environment(folder, **settings)
    ended = subprocess.run(COMMAND, cwd=folder, env=env, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert not (folder / "data" / "postgres").exists(), "something was started"
    return ended.stderr


@pytest.mark.parametrize("name", ["PORT", "SIMULATOR_PORT"])
def test_a_taken_port_is_named_with_its_variable(folder: Path, name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        said = refusal(folder, **{name: port})

    assert said == (f"Port {port} on 127.0.0.1 is taken: stop the program that has it, or set {name} to another.\n")


def test_a_second_supervisor_on_the_same_folder_is_refused(folder: Path) -> None:
    (folder / "data").mkdir()
    with sole_supervisor(folder / "data"):
        said = refusal(folder)

    assert said == (
        f"Hilo already runs on {folder}/data (process {os.getpid()}): stop it, or set DATA_DIR to another folder.\n"
    )


@pytest.mark.parametrize("missing", ["SECRET_KEY", "WEBHOOK_VERIFY_TOKEN", "ALLOWED_ORIGINS"])
def test_a_secret_missing_in_production_is_named(folder: Path, missing: str) -> None:
    settings = {
        "WHATSAPP_TOKEN": "token",
        "SECRET_KEY": "k" * 32,
        "WEBHOOK_VERIFY_TOKEN": "verify",
        "ALLOWED_ORIGINS": "https://example.com",
        "PHONE_NUMBER_ID": "1",
    }
    del settings[missing]

    said = refusal(folder, **settings)

    assert said.startswith(missing)
    assert said.count("\n") == 1


def test_a_folder_that_cannot_be_made_is_one_sentence(folder: Path) -> None:
    (folder / "file").write_text("")

    said = refusal(folder, DATA_DIR=folder / "file" / "data")

    assert "set DATA_DIR to another folder" in said
    assert said.count("\n") == 1


def test_all_of_it_starts_survives_a_kill_and_stops(folder: Path) -> None:
    env = environment(folder)
    supervisor, said = started(folder, env)
    assert "admin@" in said
    assert "shown this once" in said
    everything = psutil.Process(supervisor.pid).children(recursive=True)
    supervisor.kill()
    supervisor.communicate()
    _, alive = psutil.wait_procs(everything, timeout=PATIENCE_SECONDS)
    assert not alive

    supervisor, said = started(folder, env)
    assert "shown this once" not in said
    everything = psutil.Process(supervisor.pid).children(recursive=True)
    supervisor.send_signal(signal.SIGINT)
    supervisor.communicate(timeout=PATIENCE_SECONDS)

    assert supervisor.returncode == 0
    assert not [process for process in everything if process.is_running()]


def test_a_database_that_is_killed_while_its_tables_are_made_does_not_end_the_start(folder: Path) -> None:
    supervisor = subprocess.Popen(COMMAND, cwd=folder, env=environment(folder), stdout=subprocess.PIPE, text=True)
    try:
        preparing = wait_for_child(supervisor, lambda process: "prepare" in process.cmdline())
        database = wait_for_child(supervisor, lambda process: process.name() == "postgres")
        database.kill()

        said = read_until_up(supervisor)

        assert "postgres ended (killed by SIGKILL)" in said
        assert not preparing.is_running()
    finally:
        supervisor.send_signal(signal.SIGINT)
        supervisor.communicate(timeout=PATIENCE_SECONDS)


def wait_for_child(supervisor: subprocess.Popen[str], is_wanted: Callable[[psutil.Process], bool]) -> psutil.Process:
    def find() -> psutil.Process | None:
        for process in psutil.Process(supervisor.pid).children():
            with suppress(psutil.Error):
                if is_wanted(process):
                    return process
        return None

    found: psutil.Process = eventually(find)
    return found


def started(folder: Path, env: dict[str, str]) -> tuple[subprocess.Popen[str], str]:
    """The supervisor and what it said until everything was up."""
    supervisor = subprocess.Popen(COMMAND, cwd=folder, env=env, stdout=subprocess.PIPE, text=True)
    return supervisor, read_until_up(supervisor)


def read_until_up(supervisor: subprocess.Popen[str]) -> str:
    assert supervisor.stdout is not None
    said = ""
    while 'write "hola"' not in said:
        line = supervisor.stdout.readline()
        assert line, f"it ended: {said}"
        said += line
    return said
