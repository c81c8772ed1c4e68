"""`make bench-peers`: install pywa and n8n elsewhere, hold the same conversation with all three in turns, tell."""

import argparse
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from app.core.config import CHECKOUT
from benchmarks import results
from benchmarks.data import Size
from benchmarks.harness import Bench
from benchmarks.installation import NotUsable
from benchmarks.peers import report
from benchmarks.peers.conversation import Talks
from benchmarks.peers.installer import N8N, NODE, PYWA, install_n8n, install_pywa
from benchmarks.peers.report import Measured
from benchmarks.peers.sides import Hilo, N8nSide, Peer, Pywa, Side

SIZE = Size(contacts=60_000, messages=200_000, automations=1)  # a peer has one keyword, so we have one
CONNECTIONS = (16, 64)
SLOWLY_RATE = 5  # what n8n answers without a queue
SLOWLY = 50
WARM = 100
ROUNDS = 3


def main() -> int:
    arguments = _arguments()
    # Whoever ends us by a signal gets everything stopped as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))
    try:
        with ExitStack() as stack:
            return _run(arguments, _folder(arguments.keep, stack), stack)
    except NotUsable as reason:
        print(reason, file=sys.stderr)
        return 2


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--peer", action="append", choices=["pywa", "n8n"], help="only this one; n8n takes 2.8 GB")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"turns of each side (default {ROUNDS})")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="install there, and keep it for the next run")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where results go (default benchmarks/results)")
    return parser.parse_args()


def _folder(keep: Path | None, stack: ExitStack) -> Path:
    if keep is None:
        folder = Path(tempfile.mkdtemp(prefix="hilo-peers-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
    else:
        folder = keep.resolve()
        if folder.is_relative_to(CHECKOUT):
            raise NotUsable("--keep names a folder of the checkout: the peers are installed outside of it.")
        folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)  # as root, PostgreSQL's user passes through
    return folder


def _run(arguments: argparse.Namespace, folder: Path, stack: ExitStack) -> int:
    chosen = arguments.peer or ["pywa", "n8n"]
    python = install_pywa(folder, _say) if "pywa" in chosen else None
    n8n = install_n8n(folder, _say) if "n8n" in chosen else None
    began = time.monotonic()
    bench = stack.enter_context(Bench(SIZE, keep=folder / "hilo", is_short=False, say=_say))
    far_side = f"http://127.0.0.1:{bench.far_side.port}/v26.0"
    sides: list[Side] = [Hilo(bench)]
    if python is not None:
        sides.append(_entered(Pywa(python, bench.folder, far_side=far_side), stack))
    if n8n is not None:
        sides.append(_entered(N8nSide(n8n, bench.folder, far_side=far_side), stack))
    measured = _measure(Talks(bench.far_side, sides, size=SIZE, folder=bench.folder), sides, rounds=arguments.rounds)
    made = report.outcomes(measured, at_full_speed=[_title(count) for count in CONNECTIONS], slowly=_slowly())
    around = results.surroundings() | {
        "pywa": ", ".join(PYWA),
        "n8n": f"{N8N}, {NODE[0]}, on a PostgreSQL of its own",
        "whole run": f"{(time.monotonic() - began) / 60:.1f} minutes and {arguments.rounds} rounds, installed before",
    }
    print("\n" + report.document(around, measured, made))
    if not arguments.peer or arguments.out:
        place = (arguments.out or CHECKOUT / "benchmarks" / "results").resolve()
        print(f"Written to {report.write(place, around, measured, made)}")
    return 0


def _entered(side: Peer, stack: ExitStack) -> Peer:
    stack.callback(side.stop)
    return side


def _measure(talks: Talks, sides: Sequence[Side], *, rounds: int) -> list[Measured]:
    for side in sides:
        talks.run(side, WARM, connections=CONNECTIONS[0])
    measured = [Measured(side.name) for side in sides]
    for turn in range(1, rounds + 1):
        for connections in CONNECTIONS:
            for side, kept in zip(sides, measured, strict=True):
                run = talks.run(side, side.count, connections=connections)
                kept.add(_title(connections), run, asked=side.count, memory_mib=side.memory_mib())
                _say(f"{turn}/{rounds}, {_title(connections)}, {side.name}: {run.rate:,.0f}/s, {run.errors} lost")
        for side, kept in zip(sides, measured, strict=True):
            run = talks.run(side, SLOWLY, connections=CONNECTIONS[0], rate=SLOWLY_RATE)
            kept.add(_slowly(), run, asked=SLOWLY, memory_mib=side.memory_mib())
    return measured


def _title(connections: int) -> str:
    return f"{connections} connections"


def _slowly() -> str:
    return f"{SLOWLY_RATE} a second"


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
