"""Keeps a log short while a program writes to it, which may be for months, and loses no line.

The older part is copied to NAME.1, then cut away from the front of the file, while others append to its end. ext4, XFS
and F2FS do that in one step. Elsewhere the file is emptied right after the last look at it: what is written in those
microseconds is lost, and nothing else.
"""

import ctypes
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

CHUNK_BYTES = 1024 * 1024

FALLOC_FL_COLLAPSE_RANGE = 0x08
_fallocate = ctypes.CDLL(None, use_errno=True).fallocate if sys.platform == "linux" else None
if _fallocate is not None:
    _fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_longlong, ctypes.c_longlong]


def cut_away(descriptor: int, size: int) -> bool:
    """Take so many bytes, whole blocks, from the front of a file; whether its file system can do that."""
    return _fallocate is not None and _fallocate(descriptor, FALLOC_FL_COLLAPSE_RANGE, 0, size) == 0


def keep_short(path: Path, *, most: int, cut_away: Callable[[int, int], bool] = cut_away) -> bool:
    """Whether there was more than `most`, and the older part was put aside."""
    try:
        if path.stat().st_size <= most:
            return False
    except FileNotFoundError:
        return False
    draft = path.with_name(path.name + ".1.new")
    try:
        with path.open("r+b") as log, draft.open("wb") as older:
            _put_aside(log, older, cut_away)
        draft.replace(path.with_name(path.name + ".1"))
    finally:
        draft.unlink(missing_ok=True)
    return True


def _put_aside(log: IO[bytes], older: IO[bytes], cut_away: Callable[[int, int], bool]) -> None:
    status = os.fstat(log.fileno())
    block = status.st_blksize
    whole = status.st_size // block * block  # only whole blocks can be cut away
    _copy(log, older, until=whole)
    if _is_within_a_line(log):
        older.write(log.readline())  # so that it is whole in the older part
    older.flush()
    if whole and cut_away(log.fileno(), whole):
        return
    _copy(log, older, until=None)
    older.flush()
    os.ftruncate(log.fileno(), 0)


def _is_within_a_line(log: IO[bytes]) -> bool:
    """Whether it stands neither at the beginning of the file nor behind the end of a line."""
    place = log.tell()
    if not place:
        return False
    log.seek(place - 1)
    return log.read(1) != b"\n"


def _copy(source: IO[bytes], target: IO[bytes], *, until: int | None) -> None:
    """From where it stands to that place, or to its end as it is by then."""
    while until is None or source.tell() < until:
        part = source.read(CHUNK_BYTES if until is None else min(CHUNK_BYTES, until - source.tell()))
        if not part:
            return
        target.write(part)
