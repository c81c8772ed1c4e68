"""Ports for what tests start.

Three processes that share the tests draw at the same time, and a server takes seconds to sit down on the port that was
drawn for it: so a port is drawn once in a whole run, and from a range that Hilo draws none of its own from.
"""

import random

from app.embedded.ports import is_free
from tests import FOLDER

_OURS = range(10_000, 16_000)
_DRAWN = FOLDER.parent / "ports"


def free_port() -> int:
    _DRAWN.mkdir(exist_ok=True)
    for port in random.sample(_OURS, len(_OURS)):
        try:
            (_DRAWN / str(port)).touch(exist_ok=False)
        except FileExistsError:
            continue
        if is_free("127.0.0.1", port):
            return port
    raise OSError("no port is free")
