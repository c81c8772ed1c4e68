"""What came of it: goals as ratios of runs that stood next to each other, and what no figure shows."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from benchmarks import results
from benchmarks.figures import middle
from benchmarks.machine import OURS
from benchmarks.results import Floor, Line, Outcome, Run

GOALS = {"pywa": 8.0, "n8n": 40.0}

SENTENCES = {
    "Hilo": "checks the signature, has the webhook on disk before it answers 200, keeps the person, the conversation, "
    "both messages and why the reply was allowed (consent, window, pacing), and sends each reply once through any "
    "crash. All of that is in its figures.",
    "pywa": "checks the signature, then answers 200 before it does anything. It stores nothing: what it was doing when "
    "it died, and a reply that could not be sent (five seconds of silence are enough), are gone, and nobody can tell "
    "which. It knows no people, no consent, no pacing, and no order within a conversation.",
    "n8n": "checks no signature (its webhook, set and HTTP request nodes take a body from anybody), answers 200 before "
    "the workflow has run, and here replies whatever was written: looking for the keyword would be one node more. It "
    "stores each execution, but no people, no consent, no pacing, and a webhook that comes twice is answered twice.",
}


@dataclass(slots=True)
class Measured:
    """One side's runs, by their title."""

    name: str
    memory_mib: float = 0.0  # at its highest after a run
    runs: dict[str, list[Run]] = field(default_factory=dict)
    asked: int = 0

    def add(self, title: str, run: Run, *, asked: int, memory_mib: float) -> None:
        self.runs.setdefault(title, []).append(run)
        self.asked += asked
        self.memory_mib = max(self.memory_mib, memory_mib)

    @property
    def answered(self) -> int:
        return sum(run.events for runs in self.runs.values() for run in runs)


def outcomes(measured: Sequence[Measured], *, at_full_speed: Sequence[str], slowly: str) -> list[Outcome]:
    """The first one measured is ours. At full speed a latency is the place in the queue, so it is left out."""
    ours, *peers = measured
    found = [
        Outcome(
            case=title,
            title=title,
            lines=[
                Line(one.name, [replace(run, p50_ms=None, p99_ms=None) for run in one.runs[title]]) for one in measured
            ],
            floors=[_times(ours, peer, title) for peer in peers],
        )
        for title in at_full_speed
    ]
    lines = [Line(one.name, one.runs[slowly]) for one in measured]
    return [*found, Outcome(case=slowly, title=slowly, lines=lines, floors=[])]


def document(around: Mapping[str, str], measured: Sequence[Measured], made: Sequence[Outcome]) -> str:
    about = "\n".join(f"- {name}: {value}" for name, value in around.items())
    parts = [
        "# The same conversation through Hilo and its peers",
        about,
        "A signed webhook with a keyword comes in, a text goes out to the far side. Sides take turns of seconds. "
        "Events are conversations that were answered, counted until the last reply arrived.",
        results.table(made),
        _beside(measured, made),
        "CPU-ms is processor time a conversation of all processes of that side, then its parts; generator and far side "
        "are nobody's. Memory is without PostgreSQL's shared buffers. Hilo is how many times "
        "more Hilo answers, or spends less.",
        results.verdicts(made),
        "\n".join(f"- {one.name} {SENTENCES[one.name]}" for one in measured),
    ]
    return "\n\n".join(parts) + "\n"


def write(folder: Path, around: Mapping[str, str], measured: Sequence[Measured], made: Sequence[Outcome]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    text = folder / "peers.md"
    text.write_text(document(around, measured, made))
    record = {
        "around": dict(around),
        "sides": [asdict(one) for one in measured],
        "floors": [
            asdict(floor) | {"case": outcome.case, "is_met": floor.is_met}
            for outcome in made
            for floor in outcome.floors
        ],
    }
    text.with_suffix(".json").write_text(json.dumps(record, indent=1) + "\n")
    return text


def _times(ours: Measured, peer: Measured, title: str) -> Floor:
    """Of runs that stood next to each other; a peer that answered nobody has no ratio, and fails nothing."""
    pairs = zip(ours.runs[title], peer.runs[title], strict=True)
    times = middle([one.rate / other.rate for one, other in pairs if other.rate])
    return Floor(what=f"times {peer.name}", figure=times, bound=GOALS[peer.name], is_ratio=True)


def _beside(measured: Sequence[Measured], made: Sequence[Outcome]) -> str:
    titles = [outcome.title for outcome in made if outcome.floors]
    head = ["", "asked", "unanswered", "memory, MiB", *(f"Hilo, CPU at {title}" for title in titles)]
    ours = measured[0]
    rows = [
        [
            one.name,
            f"{one.asked:,}",
            f"{one.asked - one.answered:,}",
            f"{one.memory_mib:,.0f}",
            *(f"{_cpu_ms(one, title) / _cpu_ms(ours, title):.1f}x" for title in titles),
        ]
        for one in measured
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---", *["---:"] * (len(head) - 1)], *rows])


def _cpu_ms(one: Measured, title: str) -> float:
    return Line(one.name, one.runs[title]).cpu_ms(*OURS)
