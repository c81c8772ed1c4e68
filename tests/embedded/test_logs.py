"""Logs stay short while programs write to them, and no line is lost."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.embedded.leftovers import Register
from app.embedded.logs import cut_away, keep_short
from app.embedded.processes import Process
from app.embedded.watcher import Watcher
from tests.waiting import eventually

MOST = 64 * 1024

WRITER = """
import sys
for number in range(int(sys.argv[1])):
    sys.stderr.write(f"line {number:06} {'x' * 50}\\n")
print("done")
"""

# In one piece, which no cut falls into: of two cuts, only the later one is kept.
AT_ONCE = """
import os, sys, time
os.write(2, "".join(f"line {number:06} {'x' * 50}\\n" for number in range(int(sys.argv[1]))).encode())
time.sleep(600)
"""


def numbers(*paths: Path) -> list[int]:
    """Of the whole lines, in order."""
    lines = [line for path in paths for line in path.read_text().splitlines()]
    return [int(line[5:11]) for line in lines if line.startswith("line ") and len(line) == 62]


def test_a_short_log_is_left_alone(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_bytes(b"x" * MOST)

    assert not keep_short(log, most=MOST)
    assert not keep_short(tmp_path / "nothing.log", most=MOST)
    assert [path.name for path in tmp_path.iterdir()] == ["web.log"]


def test_of_a_long_one_the_older_part_is_put_aside_and_the_writer_goes_on(tmp_path: Path) -> None:
    log, count = tmp_path / "web.log", 3_000
    with log.open("ab") as file:
        command = [sys.executable, "-S", "-c", WRITER, str(count)]
        subprocess.run(command, stderr=file, stdout=subprocess.DEVNULL, check=True)

        assert keep_short(log, most=MOST)

        subprocess.run(command, stderr=file, stdout=subprocess.DEVNULL, check=True)

    assert log.stat().st_size < 200_000
    found = numbers(tmp_path / "web.log.1", log)
    assert found == [*range(count), *range(count)]


def test_a_cut_between_two_lines_puts_none_of_them_twice(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    lines = [f"line {number:06} {'x' * 50}\n" for number in range(3_000)]
    block = log.parent.stat().st_blksize
    lines[0] = lines[0].rstrip() + "x" * (block - sum(map(len, lines)) % block) + "\n"  # it ends where a block ends
    log.write_text("".join(lines))
    end = log.stat().st_size
    assert end % block == 0

    with log.open("ab") as file:
        file.write(b"line 003000 " + b"x" * 50 + b"\n")
    assert keep_short(log, most=MOST, cut_away=lambda descriptor, size: size == end)  # it says that it did

    assert numbers(tmp_path / "web.log.1") == list(range(1, 3_000))


def test_where_the_front_cannot_be_cut_away_the_file_is_emptied(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_text("".join(f"line {number:06} {'x' * 50}\n" for number in range(3_000)))

    assert keep_short(log, most=MOST, cut_away=lambda descriptor, size: False)  # as on a file system that cannot

    assert log.stat().st_size == 0
    assert numbers(tmp_path / "web.log.1") == list(range(3_000))


def test_no_line_is_lost_while_somebody_writes_without_a_pause(tmp_path: Path) -> None:
    log, kept = tmp_path / "web.log", list[int]()
    log.write_bytes(b"x" * 2 * MOST)
    with log.open("r+b") as file:
        if not cut_away(file.fileno(), MOST):
            pytest.skip("this file system cannot cut away the front of a file")
    log.unlink()
    with log.open("ab") as file:
        writer = subprocess.Popen(
            [sys.executable, "-S", "-u", "-c", WRITER, "20000"], stderr=file, stdout=subprocess.DEVNULL
        )
    while writer.poll() is None:
        if keep_short(log, most=MOST):
            kept += numbers(tmp_path / "web.log.1")
        time.sleep(0.001)
    kept += numbers(log)

    assert kept == list(range(20_000))


def test_the_supervisor_looks_after_them(folder: Path) -> None:
    log = folder / "chatty.log"
    chatty = Process(
        name="chatty",
        command=[sys.executable, "-S", "-c", AT_ONCE, "3000"],
        env={},
        log=log,
    )
    with Watcher(
        register=Register(folder / "processes.json"), say=lambda _: None, log_bytes=MOST, look_seconds=0.1
    ) as watcher:
        watcher.start(chatty)
        assert watcher.wait_until((folder / "chatty.log.1").exists, seconds=60)
        eventually(lambda: numbers(folder / "chatty.log.1", log) == list(range(3_000)))

    assert log.stat().st_size <= 2 * MOST
