"""One person's way through one automation, and the events that move it.

A run is a value: `advance` gives the next one. It is stored as JSON, so whatever decides its end (what became of
each effect) is kept in it, not looked up later.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from pydantic import TypeAdapter

RunState: TypeAlias = Literal["active", "waiting", "sending", "done"]
EffectKind: TypeAlias = Literal["send", "email", "start", "contact", "group", "log"]
EffectResult: TypeAlias = Literal["accepted", "done", "skipped", "failed"]
ARRIVED = frozenset({"accepted", "done"})


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectMemo:
    """What became of an effect; `result` is `None` while it is under way. The far end accepts, we do. `wamid` is
    WhatsApp's id of a message that it accepted."""

    kind: EffectKind = "send"
    node: str
    visit: int
    part: int = 0
    result: EffectResult | None = None
    reason: str | None = None
    wamid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """`steps` counts the steps recorded so far; `visits` how often each node was entered; `lineage` holds the
    automations that led here by starting one another, the first one first; `by` names who started it by hand."""

    automation_id: int
    version_id: int | None
    cursor: str | None
    state: RunState = "active"
    wake_at: datetime | None = None
    visits: Mapping[str, int] = field(default_factory=dict)
    steps: int = 0
    effects: tuple[EffectMemo, ...] = ()
    path: tuple[str, ...] = ()
    lineage: tuple[int, ...] = ()
    by: str | None = None

    def to_json(self) -> dict[str, object]:
        made: dict[str, object] = _RUN.dump_python(self, mode="json")
        return made

    @classmethod
    def from_json(cls, raw: Mapping[str, object]) -> "Run":
        if "sends" in raw:  # begun when messages were the only effects
            raw = {**raw, "effects": raw["sends"]}
        return _RUN.validate_python(raw)


_RUN = TypeAdapter(Run)


@dataclass(frozen=True, slots=True)
class Started:
    """The run begins, or is put off until then; it counts only for a run that has not moved yet."""

    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class PutOff:
    """The moment at which the run begins is another one; it counts only for a run that was put off."""

    until: datetime


@dataclass(frozen=True, slots=True)
class TimerDue:
    """Somebody looked at the clock. Too early, or when nothing waits, it means nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectSettled:
    """What became of the effect that the run is waiting for; told again, or of another one, it means nothing."""

    node: str
    visit: int
    result: EffectResult
    reason: str | None = None
    wamid: str | None = None


@dataclass(frozen=True, slots=True)
class Stopped:
    """The run is taken off its way, by a restart or by hand; an effect under way is not waited for."""

    reason: str


RunEvent: TypeAlias = Started | PutOff | TimerDue | EffectSettled | Stopped


def idempotency_key(run_id: object, node: str, visit: int, part: int) -> str:
    """The outbox key of one part of one visit's effect: the same however often it is decided."""
    joined = "|".join((str(run_id), node, str(visit), str(part)))
    return "run:" + hashlib.sha256(joined.encode()).hexdigest()
