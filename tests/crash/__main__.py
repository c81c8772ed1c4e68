"""The crash test: kill everything at random, and count.

python -m tests.crash --messages 300 --kills 30 --seconds 120 --scenario main
"""

import argparse
import os
import secrets
import shutil
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tests import FOLDER
from tests.crash import disk, report
from tests.crash.machine import NotUsable
from tests.crash.run import Broken, run, troubles_of
from tests.crash.sizes import Scenario, Size, full, short

# The second scenario asks another question, for which fewer will do.
SHARE_OF_SILENCE = 0.3


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _parser().parse_args(arguments)
    if asked.seed is None:
        asked.seed = secrets.randbelow(10**6)
    sizes = {scenario: _size(asked, scenario) for scenario in Scenario if asked.scenario in (scenario, "both")}
    try:
        again = ["tests.crash", *(arguments or sys.argv[1:]), "--seed", str(asked.seed)]
        code = run_on_disk(again, megabytes=max(size.disk_mb for size in sizes.values()))
        return _run_all(asked, sizes) if code is None else code
    finally:
        shutil.rmtree(FOLDER, ignore_errors=True)


def run_on_disk(module: Sequence[str], *, megabytes: int) -> int | None:
    """Run this again where a disk can be full, and return its exit code; None where we are already, or cannot be.

    In CI, where nobody reads what is said, we must be.
    """
    if disk.find() is not None:
        return None
    reason = disk.why_not(megabytes=megabytes)
    if reason is None:
        return disk.run_on_one([sys.executable, "-m", *module], megabytes=megabytes)
    if os.environ.get("CI"):
        raise SystemExit(f"{reason} So no disk can be full, and CI must test that.")
    say(f"{reason} So no disk will be full in this run.")
    return None


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _run_all(asked: argparse.Namespace, sizes: dict[Scenario, Size]) -> int:
    # Whoever ends us by a signal must not leave a machine behind that nobody stops.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    outcomes = []
    try:
        for scenario, size in sizes.items():
            outcomes.append(run(size, scenario, seed=asked.seed, say=say, disk=disk.find(), keep=asked.keep))
            say(report.text(outcomes[-1]) + "\n")
    except NotUsable as error:
        say(str(error))
        return 2
    except Broken as error:
        say(f"WRONG: {error}")
        return 1
    except KeyboardInterrupt:
        say("Stopped.")
        return 130
    if asked.report is not None:
        report.write(asked.report, outcomes, command=_command(asked))
    return 1 if troubles_of(outcomes) else 0


def _size(asked: argparse.Namespace, scenario: Scenario) -> Size:
    share = SHARE_OF_SILENCE if scenario is Scenario.SILENCE else 1.0
    messages = int(asked.messages * share)
    size = (short if asked.short else full)(
        messages=messages,
        people=min(messages, asked.people or messages),
        seconds=asked.seconds * share,
        kills=int(asked.kills * share),
    )
    size = replace(size, settle_within=asked.settle or size.settle_within)
    if asked.short and scenario is Scenario.SILENCE:  # too short for more than the sender's pause
        return replace(size, pauses=1, restarts=0, wipes=0, fills=0)
    return size


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--people", type=int, help="how many write; by default each message is another's")
    parser.add_argument("--seconds", type=float, default=900.0, help="of writing and killing")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--settle", type=float, help="seconds in which all must have settled after the last kill")
    parser.add_argument("--seed", type=int, help="repeats a schedule")
    parser.add_argument("--scenario", choices=[*Scenario, "both"], default="both")
    parser.add_argument("--short", action="store_true", help="with the short durations of the test in CI")
    parser.add_argument("--report", type=Path, help="where to write the figures, such as docs/crash.md")
    parser.add_argument("--keep", action="store_true", help="keep the logs also when all is well")
    return parser


def _command(asked: argparse.Namespace) -> str:
    options = f"--messages {asked.messages} --seconds {asked.seconds:.0f} --kills {asked.kills} --seed {asked.seed}"
    if asked.settle is not None:
        options += f" --settle {asked.settle:.0f}"
    if asked.scenario != "both":
        options += f" --scenario {asked.scenario}"
    return f'make crash ARGS="{options}"'


if __name__ == "__main__":
    sys.exit(main())
