"""A small machine to be hurt by tests: `python -m tests.embedded.machine FOLDER STOP_SECONDS [postgres] [valkey]`.

It watches the servers named and two programs, `web` and `worker`, which write to FOLDER/events what happens to them.
"""

import sys
from pathlib import Path
from signal import SIGINT

from app.embedded.leftovers import Register, end
from app.embedded.postgres import Postgres
from app.embedded.processes import WEB_STAGE, WORKER_STAGE, Process
from app.embedded.valkey import Valkey
from app.embedded.watcher import Stopped, Watcher

PROGRAM = """
import os, signal, sys
def note(what):
    with open("events", "a") as events:
        events.write(f"{sys.argv[1]} {what} {os.getpid()}\\n")
def stop(*_):
    note("stopped")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
note("started")
while True:
    signal.pause()
"""


def program(name: str, stage: int, folder: Path, *, stop_seconds: float) -> Process:
    return Process(
        name=name,
        command=[sys.executable, "-S", "-c", PROGRAM, name],
        env={},
        folder=folder,
        log=folder / f"{name}.log",
        stage=stage,
        stop_seconds=stop_seconds,
    )


def main(folder: Path, stop_seconds: float, wanted: list[str]) -> None:
    classes = {"postgres": Postgres, "valkey": Valkey}
    servers = [classes[name](folder=folder / name, password="secret") for name in wanted]
    register = Register(folder / "processes.json")
    end(register.alive(), signal=SIGINT, seconds=3)
    with Watcher(register=register, say=lambda line: sys.stdout.write(line + "\n")) as watcher:
        try:
            for server in servers:
                server.prepare()
                watcher.start(server.process())
            for server in servers:
                assert watcher.wait_until(server.is_ready, seconds=60)
            (folder / "urls").write_text("\n".join(server.url for server in servers))
            for name, stage in (("web", WEB_STAGE), ("worker", WORKER_STAGE)):
                watcher.start(program(name, stage, folder, stop_seconds=stop_seconds))
            watcher.watch()
        except Stopped:
            pass


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), float(sys.argv[2]), sys.argv[3:])
