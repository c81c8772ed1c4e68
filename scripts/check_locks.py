"""The lock files say what requirements*.in ask for, and name no place of this machine or of a registry.

A lock that was made on one machine must install on every other: each brings its own address of the registry.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
UV = Path(sys.executable).with_name("uv")
COMPILE = ["pip", "compile", "--quiet", "--universal", "--generate-hashes", "--python-version", "3.11"]
LOCKS = {
    "requirements": [],
    "requirements-prod": ["-c", "requirements.txt"],  # the same versions that were tested
}

IN_REQUIREMENTS = re.compile(r"://|--(extra-)?index|--find-links")
ANYWHERE = re.compile(r"://[\w.-]*(pypi|pythonhosted|npmjs)\.|--(extra-)?index-url|--find-links|\"resolved\":")
MADE_BY_OTHERS = {"uv.lock", "pylock.toml"}  # they record addresses


def main() -> int:
    faults = [*stale_locks(), *addresses()]
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    if not faults:
        sys.stdout.write("Lock files: as compiled, without addresses.\n")
    return 1 if faults else 0


def stale_locks() -> list[str]:
    """Those that a fresh compilation would change, though every version that is locked stays."""
    faults = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in CHECKOUT.glob("requirements*"):
            shutil.copy(file, folder)
        for lock, constraints in LOCKS.items():
            command = [UV, *COMPILE, *constraints, f"{lock}.in", "-o", f"{lock}.txt"]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
            if done.returncode != 0:
                faults.append(f"{lock}.in does not compile: {done.stderr.strip()}")
            elif (folder / f"{lock}.txt").read_bytes() != (CHECKOUT / f"{lock}.txt").read_bytes():
                faults.append(f"{lock}.txt is not what {lock}.in asks for: run `make lock`.")
    return faults


def addresses() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True, check=True)  # noqa: S607
    files = [CHECKOUT / name for name in listed.stdout.split("\0") if name]
    faults = [f"{file.name} must not be kept: it records addresses." for file in files if file.name in MADE_BY_OTHERS]
    for file in files:
        pattern = IN_REQUIREMENTS if file.name.startswith("requirements") else ANYWHERE
        if file == Path(__file__).resolve() or not file.is_file():
            continue
        for number, line in enumerate(file.read_text(errors="replace").split("\n"), start=1):
            if pattern.search(line):
                faults.append(
                    f"{file.relative_to(CHECKOUT)}:{number} names a registry or an address: {line.strip()[:80]}"
                )
    return faults


if __name__ == "__main__":
    sys.exit(main())
