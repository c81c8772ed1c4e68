"""What was done to the machine in a run, and what it was asked to do."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Paused:
    name: str
    seconds: float
    has_lost_lane: bool  # somebody else held it when this one went on


@dataclass(frozen=True, kw_only=True)
class Filled:
    """How webhooks were answered while the disk was full, and how soon after that the first was taken again."""

    seconds: float
    refused: int  # 503
    stored: int  # 200
    unanswered: int
    again_after: float


@dataclass(frozen=True)
class Asked:
    """A send that the API acknowledged."""

    message_id: int
    conversation_id: str


@dataclass
class Course:
    stretched: float = 1.0  # the schedule, in time
    kills: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)  # blows that found nobody to hit
    pauses: list[Paused] = field(default_factory=list)
    restarts: list[int] = field(default_factory=list)  # commits that were under way at each
    wipes: list[int] = field(default_factory=list)  # keys that the broker held at each
    fills: list[Filled] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)  # outlived a killed supervisor by long
    written: list[str] = field(default_factory=list)
    asked: dict[str, Asked] = field(default_factory=dict)  # by idempotency key
    changed_answers: list[str] = field(default_factory=list)  # keys whose second answer was another
    padding: list[int] = field(default_factory=list)  # sizes of bodies of ours that were acknowledged, each another
    accepted_at_last_kill: int = 0
