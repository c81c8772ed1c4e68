"""The crash test: kill everything at random, and count.

python -m tests.crash --messages 300 --kills 30 --seconds 120 --scenario main
"""

import argparse
import secrets
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from tests import FOLDER
from tests.crash import report
from tests.crash.machine import NotUsable
from tests.crash.plans import Scenario, full, short
from tests.crash.run import run, troubles_of

ROOT = Path(__file__).parents[2]


def main(arguments: Sequence[str] | None = None) -> int:
    # Whoever ends us by a signal must not leave a machine behind that nobody stops.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    asked = _parser().parse_args(arguments)
    seed = asked.seed if asked.seed is not None else secrets.randbelow(10**6)
    size = (short if asked.short else full)(
        messages=asked.messages,
        people=asked.people or asked.messages,
        seconds=asked.seconds,
        kills=asked.kills,
    )
    scenarios = list(Scenario) if asked.scenario == "both" else [Scenario(asked.scenario)]
    outcomes = []
    try:
        for scenario in scenarios:
            outcomes.append(run(size, scenario, seed=seed, say=_say, keep=asked.keep))
            _say(report.text(outcomes[-1]) + "\n")
    except NotUsable as error:
        _say(str(error))
        return 2
    except KeyboardInterrupt:
        _say("Stopped.")
        return 130
    finally:
        shutil.rmtree(FOLDER, ignore_errors=True)
    if asked.report is not None:
        report.write(asked.report, outcomes, command=_command(asked, seed))
    return 1 if troubles_of(outcomes) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--people", type=int, help="how many write; by default each message is another's")
    parser.add_argument("--seconds", type=float, default=300.0, help="of writing and killing")
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, help="repeats a schedule")
    parser.add_argument("--scenario", choices=[*Scenario, "both"], default="both")
    parser.add_argument("--short", action="store_true", help="with the short durations of the test in CI")
    parser.add_argument("--report", type=Path, help="where to write the figures, such as docs/crash.md")
    parser.add_argument("--keep", action="store_true", help="keep logs and data also when all is well")
    return parser


def _command(asked: argparse.Namespace, seed: int) -> str:
    options = f"--messages {asked.messages} --seconds {asked.seconds:.0f} --kills {asked.kills} --seed {seed}"
    if asked.scenario != "both":
        options += f" --scenario {asked.scenario}"
    return f'make crash ARGS="{options}"'


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
