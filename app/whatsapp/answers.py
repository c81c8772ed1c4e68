"""What became of a POST to the Graph API, by what it proves."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """200 with a wamid."""

    wamid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A readable Graph error: proof that nothing was sent."""

    code: int
    subcode: int | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """No request can have arrived: no connection stood, or the POST was never begun (`not_started`)."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ambiguous:
    """Anything else. Only evidence from elsewhere can tell."""

    reason: str


Answer: TypeAlias = Accepted | Rejected | NotSent | Ambiguous
