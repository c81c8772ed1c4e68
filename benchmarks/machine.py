"""Who used the processor, and how much memory is whose, read from /proc.

A process that ended has left its time with the parent that waited for it, so a tree is its living members' own time and
what each of them has reaped. All that the machine was busy with beyond ours, the generator and the far side is others'.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from time import monotonic

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


class Role(StrEnum):
    WEB = "web"
    INTAKE = "worker-intake"
    SEND = "worker-send"
    SWEEP = "worker-sweep"
    BEAT = "beat"
    SUPERVISOR = "supervisor"
    POSTGRES = "postgres"
    BROKER = "broker"
    RIVAL = "rival"  # the web process of another design
    FAR_SIDE = "far side"
    GENERATOR = "generator"
    ASIDE = "aside"  # of ours, but not what is measured: it counts with the others


OURS = (
    Role.WEB,
    Role.INTAKE,
    Role.SEND,
    Role.SWEEP,
    Role.BEAT,
    Role.SUPERVISOR,
    Role.POSTGRES,
    Role.BROKER,
    Role.RIVAL,
)
WORKERS = (Role.INTAKE, Role.SEND, Role.SWEEP, Role.BEAT, Role.SUPERVISOR)


@dataclass(frozen=True, slots=True)
class Process:
    """A line of /proc/PID/stat: what we need of it, in seconds."""

    pid: int
    parent: int
    seconds: float  # its own and that of the children it has waited for


@dataclass(frozen=True, slots=True)
class Reading:
    """Processor seconds so far."""

    at: float
    by_role: Mapping[Role, float]
    busy: float
    stolen: float  # by the hypervisor, for other machines


@dataclass(frozen=True, slots=True)
class Spent:
    """Processor seconds between two readings."""

    seconds: float
    by_role: Mapping[Role, float]
    others: float
    stolen: float

    @property
    def ours(self) -> float:
        return self.of(*OURS)

    def of(self, *roles: Role) -> float:
        return sum(self.by_role.get(role, 0.0) for role in roles)

    @property
    def others_cores(self) -> float:
        return self.others / self.seconds if self.seconds else 0.0


def parse_stat(line: str) -> Process:
    """The name may hold spaces and brackets, so fields are counted from the last bracket."""
    pid, _, rest = line.partition(" (")
    fields = rest.rpartition(") ")[2].split()
    ticks = sum(int(fields[place]) for place in (11, 12, 13, 14))
    return Process(pid=int(pid), parent=int(fields[1]), seconds=ticks / TICKS)


def parse_busy(line: str) -> tuple[float, float]:
    """(busy, stolen) seconds from the first line of /proc/stat; guests are counted in user time already."""
    user, nice, system, _idle, _wait, irq, soft, stolen = (int(part) / TICKS for part in line.split()[1:9])
    return user + nice + system + irq + soft, stolen


def difference(before: Reading, after: Reading) -> Spent:
    by_role = {role: max(0.0, seconds - before.by_role.get(role, 0.0)) for role, seconds in after.by_role.items()}
    known = sum(seconds for role, seconds in by_role.items() if role is not Role.ASIDE)
    return Spent(
        seconds=after.at - before.at,
        by_role=by_role,
        others=max(0.0, after.busy - before.busy - known),
        stolen=after.stolen - before.stolen,
    )


def sum_by_role(processes: Mapping[int, Process], roles: Mapping[int, Role]) -> dict[Role, float]:
    """Each process takes the role of the nearest one above it that has one; those without any are strangers."""
    found: dict[int, Role | None] = {}

    def role_of(pid: int) -> Role | None:
        if pid not in found:
            found[pid] = None  # a pid that leads back to itself has no root
            process = processes.get(pid)
            found[pid] = roles.get(pid) or (role_of(process.parent) if process is not None else None)
        return found[pid]

    sums: dict[Role, float] = {}
    for process in processes.values():
        if (role := role_of(process.pid)) is not None:
            sums[role] = sums.get(role, 0.0) + process.seconds
    return sums


class Meter:
    """`roles` names the roots; our own process is the generator's."""

    def __init__(self, roles: Mapping[int, Role]) -> None:
        self._roles = {os.getpid(): Role.GENERATOR, **roles}

    def read(self) -> Reading:
        lines = (PROC / "stat").read_text().splitlines()
        busy, stolen = parse_busy(lines[0])
        return Reading(at=monotonic(), by_role=sum_by_role(read_processes(), self._roles), busy=busy, stolen=stolen)

    def since(self, before: Reading) -> Spent:
        return difference(before, self.read())


def read_processes() -> dict[int, Process]:
    found = {}
    for entry in os.scandir(PROC):
        if entry.name.isdecimal():
            try:
                process = parse_stat((PROC / entry.name / "stat").read_text())
            except (FileNotFoundError, ProcessLookupError):  # it ended while we looked
                continue
            found[process.pid] = process
    return found


def children_of(root: int) -> dict[int, str]:
    """pid → command line of the direct children."""
    found = {}
    for process in read_processes().values():
        if process.parent == root:
            try:
                command = (PROC / str(process.pid) / "cmdline").read_bytes()
            except (FileNotFoundError, ProcessLookupError):
                continue
            found[process.pid] = command.replace(b"\0", b" ").decode(errors="replace").strip()
    return found


def role_of_command(command: str) -> Role | None:
    """What a child of the supervisor is, by its command line."""
    words = command.split()
    program = words[0].rpartition("/")[2] if words else ""
    if program == "postgres" or program.startswith("postgres:"):
        return Role.POSTGRES
    if program.startswith("valkey-server"):
        return Role.BROKER
    if "app.main:app" in words:
        return Role.WEB
    if "beat" in words:
        return Role.BEAT
    if "-Q" in words:
        return Role(f"worker-{words[words.index('-Q') + 1]}")
    return None


@dataclass(frozen=True, slots=True)
class Memory:
    """In MiB: a page that several processes share counts once, in parts."""

    private: float
    shared: float  # for PostgreSQL: its shared buffers


def memory_of(pid: int, all_processes: Mapping[int, Process]) -> Memory:
    """Of a process and everything below it."""
    below = {pid}
    grew = True
    while grew:
        more = {process.pid for process in all_processes.values() if process.parent in below} - below
        below |= more
        grew = bool(more)
    parts = [_rollup(each) for each in below]
    return Memory(private=sum(part.private for part in parts), shared=sum(part.shared for part in parts))


def _rollup(pid: int) -> Memory:
    try:
        text = (PROC / str(pid) / "smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return Memory(0.0, 0.0)
    return parse_rollup(text)


def parse_rollup(text: str) -> Memory:
    sizes = {line.split()[0]: int(line.split()[1]) / 1024 for line in text.splitlines() if line.endswith(" kB")}
    shared = sizes.get("Pss_Shmem:", 0.0)
    return Memory(private=sizes.get("Pss:", 0.0) - shared, shared=shared)
