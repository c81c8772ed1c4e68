"""Orders that a decision gives. The services carry them out in the decision's own transaction; nothing here does.

Each run ends with exactly one `Finish`, whatever happened on its way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from app.domain.changes import Changes

FinishStatus: TypeAlias = Literal["success", "failed", "partial", "skipped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SendMessage:
    """Write one outbox row; `content` is in WhatsApp's shape, `text` what a person reads."""

    node: str
    visit: int
    part: int
    content: Mapping[str, object]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SendEmail:
    """Write one row of `effects`; what becomes of the e-mail comes back as an event."""

    node: str
    visit: int
    to: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StartAutomation:
    """Write one row of `effects`: whether the other automation let the person in comes back as an event.

    `lineage` holds the automations that led here, the one that gives this order last.
    """

    node: str
    visit: int
    automation_id: int
    lineage: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateContact:
    changes: Changes


@dataclass(frozen=True, slots=True, kw_only=True)
class AddToGroup:
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordStep:
    """One row of `automation_steps`: what was decided at a node, or what came back to it."""

    seq: int
    node: str
    visit: int
    kind: str
    decision: Mapping[str, object]
    output: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRuns:
    """End this person's active runs of the automation with the event `Stopped(reason)`: a new run takes over."""

    automation_id: int
    entry_keys: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """The run is over: one row of `automation_logs`. `error` is the reason of the first effect that did not come."""

    status: FinishStatus
    outcome: str
    error: str | None
    path: tuple[str, ...]


Effect: TypeAlias = (
    SendMessage | SendEmail | StartAutomation | UpdateContact | AddToGroup | RecordStep | StopRuns | Finish
)
