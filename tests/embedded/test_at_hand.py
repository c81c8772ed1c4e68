"""Commands on the embedded database, while Hilo runs and while it does not."""

import os
import subprocess
import sys
from pathlib import Path

from app.core.config import CHECKOUT
from app.embedded.checks import sole_supervisor


def run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=folder,
        env=env | {"PYTHONPATH": str(CHECKOUT), "DATA_DIR": str(folder / "data")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_embedded_database_is_saved_and_brought_back_by_hand(folder: Path) -> None:
    prepared = run(folder, "prepare", "--sample")
    assert (prepared.returncode, prepared.stderr) == (0, "")

    saved = run(folder, "backup", str(folder / "hilo.dump"))
    assert saved.returncode == 0, saved.stderr
    assert saved.stdout.startswith(f"Saved to {folder / 'hilo.dump'} (")

    with sole_supervisor(folder / "data"):
        refused = run(folder, "restore", str(folder / "hilo.dump"))
    assert refused.returncode == 1
    assert refused.stderr.startswith("Hilo already runs on")

    restored = run(folder, "restore", str(folder / "hilo.dump"))
    assert restored.returncode == 0, restored.stderr
    assert "Everything is paused" in restored.stdout
