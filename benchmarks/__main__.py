"""`make bench`: run the cases, print the table, keep it. `--list` names them; README.md here says what they measure."""

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from app.core.config import CHECKOUT
from benchmarks import results
from benchmarks.cases import CASES, Case
from benchmarks.data import Size
from benchmarks.harness import Bench
from benchmarks.installation import NotUsable
from benchmarks.load import require_wrk
from benchmarks.profiling import Sampler
from benchmarks.results import Outcome

FULL = Size(contacts=1_000_000, messages=10_000_000)
SHORT = Size(contacts=20_000, messages=200_000)
FLOOR_SHARE = 2 / 3  # of a ratio's floor, below which the short run fails


def main() -> int:
    arguments = _arguments()
    if arguments.list:
        for case in CASES:
            print(f"{case.name:<16}{case.title}")
        return 0
    # Whoever ends us by a signal gets everything stopped as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))
    try:
        require_wrk()
        return _run(arguments)
    except NotUsable as reason:
        print(reason, file=sys.stderr)
        return 2


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--case", action="append", choices=[case.name for case in CASES], help="only this; repeatable")
    parser.add_argument("--list", action="store_true", help="name the cases")
    parser.add_argument("--short", action="store_true", help="ratios only, small; fails below two thirds of a floor")
    parser.add_argument("--messages", type=int, help=f"how many are loaded (default {FULL.messages:,})")
    parser.add_argument("--contacts", type=int, help="how many are loaded (default: a tenth of the messages)")
    parser.add_argument("--channels", type=int, default=8, help="business numbers (default 8)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep what is loaded there, for the next run")
    parser.add_argument("--profile", action="store_true", help="also tell what the database was at in each case")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where results go (default benchmarks/results)")
    return parser.parse_args()


def _run(arguments: argparse.Namespace) -> int:
    began = time.monotonic()
    usual = SHORT if arguments.short else FULL
    messages = arguments.messages or usual.messages
    size = Size(
        contacts=arguments.contacts or (messages // 10 if arguments.messages else usual.contacts),
        messages=messages,
        channels=arguments.channels,
    )
    outcomes: list[Outcome] = []
    keep = arguments.keep.resolve() if arguments.keep else None
    with Bench(size, keep=keep, is_short=arguments.short, say=_say) as bench:
        for case in _chosen(arguments):
            _say(f"{case.name}: {case.title}")
            made = _profiled(case, bench) if arguments.profile else case.run(bench)
            outcomes += [_ratios_of(outcome) for outcome in made] if arguments.short else made
            _say(f"{results.table(made)}\n\n{results.verdicts(made)}")
    seconds = time.monotonic() - began
    around = results.surroundings()
    print("\n" + results.document(around, outcomes, seconds=seconds))
    if not (arguments.case or arguments.short) or arguments.out:
        folder = (arguments.out or CHECKOUT / "benchmarks" / "results").resolve()
        print(f"Written to {results.write(folder, 'bench', around, outcomes, seconds=seconds)}")
    return _verdict(outcomes, is_short=arguments.short)


def _profiled(case: Case, bench: Bench) -> list[Outcome]:
    with Sampler(bench.main()) as sampler:
        made = case.run(bench)
    _say(sampler.report())
    return made


def _chosen(arguments: argparse.Namespace) -> Sequence[Case]:
    return [
        case
        for case in CASES
        if (not arguments.case or case.name in arguments.case) and (case.has_ratio or not arguments.short)
    ]


def _ratios_of(outcome: Outcome) -> Outcome:
    return replace(outcome, floors=[floor for floor in outcome.floors if floor.is_ratio])


def _verdict(outcomes: Sequence[Outcome], *, is_short: bool) -> int:
    """A short run fails where a ratio is far from its floor; a full one tells, and fails nobody."""
    failed = [
        f"{outcome.title}: {floor.what} {floor.figure:.3g}, floor {floor.bound:g}"
        for outcome in outcomes
        for floor in outcome.floors
        if floor.is_ratio and floor.share < FLOOR_SHARE
    ]
    if not is_short or not failed:
        return 0
    print("Below two thirds of the floor:\n" + "\n".join(failed), file=sys.stderr)
    return 1


def _say(text: str) -> None:
    print(f"{text}\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
