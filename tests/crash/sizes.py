"""How much a run is of everything, and what goes wrong at the far end in it.

The durations hang together: silence proves something only if it lasts longer than the far end may take to report.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any


class Scenario(StrEnum):
    MAIN = "main"
    SILENCE = "silence"  # no status is ever reported, and intake is never proved open


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much of everything. Seconds throughout."""

    messages: int
    people: int
    asks: int  # sends that a program asks the API for
    seconds: float  # of sending and hurting
    most_stretched: float  # times so long on a machine that is slow to start
    kills: int
    pauses: int
    restarts: int
    wipes: int
    fills: int
    sender_paused: float  # longer than its lease
    web_paused: float
    paused: tuple[float, float]  # everybody else
    full: float
    disk_mb: int
    bodies: int  # updates that may share one webhook body
    settle_within: float  # after the last kill
    start_within: float
    send_timeout: float
    silence: float
    far_end_delay: float  # the simulator's largest delay of a status and its retry gap together
    give_up: float
    overdue: float

    def __post_init__(self) -> None:
        if self.far_end_delay >= self.silence:
            raise ValueError("silence must last longer than the far end may take to report, or it proves nothing")


def full(*, messages: int, people: int, seconds: float, kills: int) -> Size:
    """The durations of the design's crash test."""
    return Size(
        messages=messages,
        people=people,
        asks=messages // 10,
        seconds=seconds,
        most_stretched=3,
        kills=kills,
        pauses=max(3, kills // 8),
        restarts=max(1, kills // 20),
        wipes=max(1, kills // 20),
        fills=max(1, kills // 60),
        sender_paused=60,
        web_paused=30,
        paused=(3, 12),
        full=10,
        disk_mb=1024,
        bodies=1,
        settle_within=180,
        start_within=5,
        send_timeout=30,
        silence=20,
        far_end_delay=10,
        give_up=60,
        overdue=20,
    )


def short(*, messages: int, people: int, seconds: float, kills: int) -> Size:
    """The same in little, for every change."""
    return replace(
        full(messages=messages, people=people, seconds=seconds, kills=kills),
        most_stretched=2,
        pauses=3,
        restarts=1,
        wipes=1,
        fills=1,
        sender_paused=6.5,
        web_paused=2,
        paused=(1, 2),
        full=3.5,
        disk_mb=320,
        settle_within=180,
        start_within=2,
        send_timeout=3,
        silence=7,
        far_end_delay=4.5,
        give_up=12,
        overdue=5,
    )


def endurance(*, seconds: float, rate: float) -> Size:
    """For the soak: everything at once, for as long as asked."""
    size = full(messages=int(seconds * rate), people=max(20, int(seconds * rate / 5)), seconds=seconds, kills=0)
    kills = int(seconds / 6)
    return replace(
        size,
        most_stretched=1,  # it lasts as long as asked
        kills=kills,
        pauses=max(3, kills // 8),
        restarts=max(1, kills // 20),
        wipes=max(1, kills // 20),
        fills=max(1, kills // 60),
        sender_paused=min(60.0, seconds / 6),
        web_paused=min(30.0, seconds / 10),
        disk_mb=1536 + size.messages // 50,  # 20 kB a message, and PostgreSQL's log
        bodies=20,
        settle_within=300,
    )


HELD_BACK_SECONDS = 1.0  # at most, by the simulator, of a body that it reorders


def faults(size: Size, scenario: Scenario, *, seed: int) -> dict[str, Any]:
    """What goes wrong at the far end all along; see the simulator's faults."""
    # Read, delayed, refused and held back are the slowest way of a report; together they take all of the delay.
    part = (size.far_end_delay - HELD_BACK_SECONDS) / 8.5
    document: dict[str, Any] = {
        "seed": seed,
        "send_errors": [{"code": 131000, "probability": 0.01, "http_status": 500}],
        "send_latency_seconds": [0.0, 0.4],
        "reset_before_accepting": 0.02,  # looks like the next one, so only silence can prove that it is not
        "reset_after_accepting": 0.04,
        "500_after_accepting": 0.04,
        "invalid_json_after_accepting": 0.02,
        "status_delay_seconds": {"sent": 0.3 * part, "delivered": 1.0 * part, "read": 2.0 * part},
        "webhook_delay_seconds": [0.0, 1.5 * part],
        "webhook_duplicate": 0.1,
        "webhook_reorder": 0.1,
        "webhook_batch_size": size.bodies,
        "retry_max_gap_seconds": 5.0 * part,
    }
    if scenario is Scenario.SILENCE:
        document["webhook_drop_statuses"] = 1.0
    return document
