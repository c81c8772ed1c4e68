"""The figures of a run, for the terminal and for `docs/crash.md`."""

import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import psutil

from tests.crash.plans import Scenario
from tests.crash.run import Outcome

INTRODUCTION = """# The crash test

Hilo's promise is that no message is lost or sent twice, whatever dies and whenever. This page is written by the test of
that promise, `make crash`; it is not edited by hand.

The simulated WhatsApp runs outside. Customers write to it, each message causes one reply, and meanwhile every process
of Hilo is killed with `kill -9` at random: the web server, the workers, beat, PostgreSQL and single connections of it,
Valkey, a second sender as another machine would run it, and the supervisor itself. The sender that holds the lane is
stopped for a while and continued when another has taken over; the web server is stopped too. The far end resets
connections before and after it has accepted a message, answers with a 500 that says nothing, delays its reports,
repeats and reorders them.

The verdict comes from outside: from the API, and from the simulator's ledger, which holds each accepted send once.
"""

ABOUT: Mapping[Scenario, str] = {
    Scenario.MAIN: "Reports arrive, late and out of order. Every reply must be in the ledger exactly once, and read.",
    Scenario.SILENCE: (
        "Customers' messages arrive, but no status is ever reported, and the address at which the world reaches us\n"
        "refuses, so that silence proves nothing. Nothing may be doubled. What WhatsApp confirmed gets its status\n"
        "from the message history; what it did not ends visibly as `outcome_unknown`, with an alert."
    ),
}


def write(path: Path, outcomes: Sequence[Outcome], *, command: str) -> None:
    parts = [INTRODUCTION, f"Run on {datetime.now(UTC):%Y-%m-%d} by `{command}`, on {_machine()}.\n"]
    for outcome in outcomes:
        parts.append(f"## {_title(outcome)}\n\n{ABOUT[outcome.scenario]}\n")
        parts.append(_table(_figures(outcome)))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(parts), encoding="utf-8")


def text(outcome: Outcome) -> str:
    """The same for a terminal."""
    figures = _figures(outcome)
    width = max(len(name) for name in figures)
    lines = [_title(outcome), *(f"  {name:<{width}}  {value}" for name, value in figures.items())]
    return "\n".join([*lines, *(f"  WRONG: {trouble}" for trouble in outcome.troubles)])


def _title(outcome: Outcome) -> str:
    return f"{outcome.scenario.capitalize()} run: {'failed' if outcome.troubles else 'passed'}"


def _figures(outcome: Outcome) -> dict[str, str]:
    verdict, course, size = outcome.verdict, outcome.course, outcome.size
    settled = "not in time" if outcome.settled_after is None else f"{outcome.settled_after:.0f} s after the last kill"
    return {
        "messages written": f"{len(course.written)} by {size.people} people in {size.seconds:.0f} s",
        "inbound stored": str(verdict.inbound),
        "replies": str(verdict.outbound),
        "accepted by the far end": str(verdict.accepted),
        "lost": str(len(verdict.lost)),
        "doubled": str(len(verdict.doubled)),
        "stuck": str(len(verdict.stuck)),
        "outcome unknown": str(len(verdict.unknown)),
        "replies by status": _counts(verdict.statuses),
        "automation logs": _counts(verdict.logs),
        "tries by outcome": _counts(outcome.attempts),
        "sent again on proof": str(outcome.attempts.get("not_sent, by proof", 0)),
        "replies that took more than one try": str(verdict.repeated),
        "kills": f"{course.kills.total()}: {_counts(course.kills)}",
        "stopped and continued": ", ".join(f"{name} for {seconds:.0f} s" for name, seconds in course.frozen) or "none",
        "starts of the supervisor": str(outcome.supervisor_starts),
        "accepted when the last kill was over": str(course.accepted_at_last_kill),
        "settled": settled,
        "whole run": f"{outcome.took:.0f} s",
        "seed": str(outcome.seed),
    }


def _counts(counts: Mapping[str, int]) -> str:
    return "; ".join(f"{count} {name}" for name, count in sorted(counts.items(), key=lambda each: -each[1])) or "none"


def _table(figures: Mapping[str, str]) -> str:
    rows = [f"| {name} | {value} |" for name, value in figures.items()]
    return "\n".join(["| | |", "|---|---|", *rows]) + "\n"


def _machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{os.cpu_count()} processors ({_processor()}), {memory:.0f} GB of memory, {platform.system()} "
        f"{platform.release().split('-')[0]}, Python {platform.python_version()}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
