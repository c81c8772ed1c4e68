"""The soak: order, crash and load together, for as long as asked.

python -m tests.crash.soak --minutes 30

Customers write in bursts, their webhooks come in batches, twice and out of order, a program sends by the API, and
meanwhile everything of the crash test happens. In the end the invariants must hold, no part may have grown, and the
facts must be those of an undisturbed drain of the same webhooks.
"""

import argparse
import logging
import secrets
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from tests import FOLDER
from tests.crash import disk, report, samples
from tests.crash.__main__ import run_on_disk, say
from tests.crash.machine import NotUsable
from tests.crash.run import Broken, Outcome, Watch, run
from tests.crash.samples import Sample
from tests.crash.sizes import Scenario, Size, endurance

ROWS = 30  # of the table of samples, however long the run was
MOST_MINUTES = 24 * 60
MOST_A_SECOND = 30.0  # half of what one number may carry in both directions


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _parser().parse_args(arguments)
    if asked.seed is None:
        asked.seed = secrets.randbelow(10**6)
    size = endurance(seconds=60 * asked.minutes, rate=asked.rate)
    try:
        again = ["tests.crash.soak", *(arguments or sys.argv[1:]), "--seed", str(asked.seed)]
        code = run_on_disk(again, megabytes=size.disk_mb)
        return _soak(asked, size) if code is None else code
    finally:
        shutil.rmtree(FOLDER, ignore_errors=True)


def _soak(asked: argparse.Namespace, size: Size) -> int:
    # Whoever ends us by a signal must not leave a machine behind that nobody stops.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # The undisturbed drain runs in this very process, and would tell of each body.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    watch = Watch(sample_seconds=max(2.0, 60 * asked.minutes / 500))
    try:
        outcome = run(size, Scenario.MAIN, seed=asked.seed, say=say, disk=disk.find(), keep=asked.keep, watch=watch)
    except NotUsable as error:
        say(str(error))
        return 2
    except Broken as error:
        say(f"WRONG: {error}")
        return 1
    except KeyboardInterrupt:
        say("Stopped.")
        return 130
    grown = samples.troubles(outcome.samples)
    say(report.text(outcome))
    say(_told(outcome, grown))
    if asked.report is not None:
        command = f'make soak ARGS="--minutes {asked.minutes:g} --rate {asked.rate:g} --seed {asked.seed}"'
        asked.report.write_text(_page(outcome, grown, command=command), encoding="utf-8")
    return 1 if outcome.troubles or grown else 0


def _told(outcome: Outcome, grown: Sequence[str]) -> str:
    growth = [
        f"  {part:<16}  {early:6.1f} MB → {late:6.1f} MB"
        for part, (early, late) in samples.growth(outcome.samples).items()
    ]
    same = "the same" if not outcome.differences else "DIFFERENT"
    return "\n".join(
        [
            f"Facts beside those of an undisturbed drain of the same webhooks: {same}",
            "Memory in the second and in the last quarter:",
            *growth,
            *(f"  WRONG: {trouble}" for trouble in grown),
        ]
    )


def _page(outcome: Outcome, grown: Sequence[str], *, command: str) -> str:
    troubles = [*outcome.troubles, *grown]
    growth = {part: f"{early:.1f} → {late:.1f}" for part, (early, late) in samples.growth(outcome.samples).items()}
    parts = [
        "# The soak\n",
        (__doc__ or "").partition("\n\n")[2].partition("\n\n")[2],
        f"Written by `{command}`, on {report.machine()}.\n",
        "**Passed.**\n" if not troubles else "\n".join(f"- {trouble}" for trouble in troubles) + "\n",
        report.table(report.figures(outcome)),
        "## Memory, in MB, in the second and in the last quarter\n",
        "What a process has for itself; a process that was killed begins anew.\n",
        report.table(growth),
        "## Over time\n",
        "| second | sends owed | webhooks not taken yet | memory, MB |\n|---|---|---|---|",
        *(_row(sample) for sample in outcome.samples[:: max(1, len(outcome.samples) // ROWS)]),
    ]
    return "\n".join(parts) + "\n"


def _row(sample: Sample) -> str:
    return f"| {sample.at:.0f} | {sample.owed} | {sample.webhooks} | {sum(sample.memory.values()):.0f} |"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.crash.soak", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=_between(1, MOST_MINUTES), default=10.0)
    parser.add_argument("--rate", type=_between(1, MOST_A_SECOND), default=10.0, help="messages a second")
    parser.add_argument("--seed", type=int, help="repeats a schedule")
    parser.add_argument("--report", type=Path, help="where to write the figures, such as docs/soak.md")
    parser.add_argument("--keep", action="store_true", help="keep the logs also when all is well")
    return parser


def _between(least: float, most: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        value = float(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"it must be from {least:g} to {most:g}")
        return value

    return read


if __name__ == "__main__":
    sys.exit(main())
