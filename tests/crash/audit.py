"""The verdict: compares what the customers wrote, what the API shows and what the simulator's ledger holds.

Nothing of it comes from inside Hilo but through its API.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.crash.course import Asked, Course
from tests.crash.far_side import Api, Simulator
from tests.crash.sizes import Scenario

OUTCOME_UNKNOWN = "outcome_unknown"
SHOWN = 8  # of each kind of trouble


Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class View:
    """All that can be seen from outside, as the API and the simulator tell it."""

    written: Sequence[str]
    asked: Mapping[str, Asked]
    changed_answers: Sequence[str]
    padding: Sequence[int]
    body_sizes: Sequence[int]
    inbound: Sequence[Row]
    outbound: Sequence[Row]
    logs: Sequence[Row]
    alerts: Sequence[Row]
    parked: int
    unprocessed: int
    ledger: Sequence[Row]


@dataclass(frozen=True)
class Verdict:
    """`troubles` is empty when all is as promised. A message is told by its id, an inbound one by its wamid."""

    inbound: int
    outbound: int
    accepted: int  # sends in the ledger
    lost: tuple[int, ...] = ()  # never accepted, and nobody was told
    doubled: tuple[int, ...] = ()
    stuck: tuple[int, ...] = ()
    unknown: tuple[int, ...] = ()
    repeated: int = 0  # messages that took more than one try
    statuses: Mapping[str, int] = field(default_factory=dict)
    logs: Mapping[str, int] = field(default_factory=dict)
    troubles: tuple[str, ...] = ()


async def seems_settled(api: Api, simulator: Simulator) -> bool:
    """A cheap look, so that not everything is read every second."""
    for status in ("pending", "sent", "delivered"):
        if await api.has("messages", direction="outbound", status=status):
            return False
    return await simulator.accepted() > 0 and await simulator.pending() == 0


async def audit(api: Api, simulator: Simulator, *, course: Course, scenario: Scenario) -> Verdict:
    view = View(
        written=tuple(course.written),
        asked=dict(course.asked),
        changed_answers=tuple(course.changed_answers),
        padding=tuple(course.padding),
        body_sizes=[event["size"] for event in await api.read("webhook-events")] if course.padding else [],
        inbound=await api.read("messages", direction="inbound"),
        outbound=await api.read("messages", direction="outbound"),
        logs=await api.read("automation-logs"),
        alerts=await api.read("alerts"),
        parked=len(await api.read("webhook-events", state="parked")),
        unprocessed=len(await api.read("webhook-events", state="pending")),
        ledger=await simulator.ledger(),
    )
    return judge(view, scenario)


def judge(view: View, scenario: Scenario) -> Verdict:
    sends = Counter(_message_id(entry) for entry in view.ledger)
    # Without a run it is no execution: what was refused, once for each reason and day.
    logs = [log for log in view.logs if log["run_id"] is not None]
    known = {message["id"] for message in view.outbound}
    unknown = tuple(m["id"] for m in view.outbound if m["error_message"] == OUTCOME_UNKNOWN)
    lost = tuple(m["id"] for m in view.outbound if m["id"] not in sends and m["id"] not in unknown)
    doubled = tuple(id for id, count in sends.items() if isinstance(id, int) and count > 1)
    stuck = tuple(m["id"] for m in view.outbound if not _is_final(m))
    shown_doubled = tuple(m["id"] for m in view.outbound if m["is_doubled"] and m["id"] not in doubled)
    found = {
        "lost": lost,
        "doubled": doubled,
        "stuck": stuck,
        "outcome unknown": unknown if scenario is Scenario.MAIN else (),
        "shown as doubled, and are not": shown_doubled,
        "in the ledger, and unknown to the API": [key for key in sends if key not in known],
    }
    troubles = [f"{what}: {_few(which)}" for what, which in found.items() if which]
    troubles += [f"{view.parked} webhook bodies are parked"] if view.parked else []
    troubles += [f"{view.unprocessed} webhook bodies are not processed"] if view.unprocessed else []
    troubles += _inbound_troubles(view) + _reply_troubles(view) + _ask_troubles(view) + _log_troubles(view, logs)
    troubles += _alert_troubles(view.alerts, unknown)
    return Verdict(
        inbound=len(view.inbound),
        outbound=len(view.outbound),
        accepted=len(view.ledger),
        lost=lost,
        doubled=doubled,
        stuck=stuck,
        unknown=unknown,
        repeated=sum(message["attempt"] > 1 for message in view.outbound),
        statuses=Counter(_shown(message) for message in view.outbound),
        logs=Counter(log["execution_status"] for log in logs),
        troubles=tuple(troubles),
    )


def _message_id(entry: Row) -> int | str:
    parts = (entry["biz_opaque_callback_data"] or "").split(":")
    return int(parts[2]) if len(parts) == 4 and parts[0] == "hilo" else str(entry["id"])


def _inbound_troubles(view: View) -> list[str]:
    stored = Counter(message["whatsapp_message_id"] for message in view.inbound)
    found = {
        "inbound messages not stored": [wamid for wamid in view.written if wamid not in stored],
        "inbound messages stored twice": [wamid for wamid, count in stored.items() if count > 1],
        "inbound messages nobody wrote": sorted(stored.keys() - set(view.written)),
    }
    return [f"{what}: {_few(which)}" for what, which in found.items() if which]


def _reply_troubles(view: View) -> list[str]:
    """One reply for each message received, and each send that was asked for, in the right thread."""
    asked = Counter(message["conversation_id"] for message in view.inbound)
    asked += Counter(one.conversation_id for one in view.asked.values())
    answered = Counter(message["conversation_id"] for message in view.outbound)
    missing, surplus = asked - answered, answered - asked
    troubles = [f"{missing.total()} messages got no reply: {_few(list(missing))}"] if missing else []
    return troubles + ([f"{surplus.total()} replies too many: {_few(list(surplus))}"] if surplus else [])


def _ask_troubles(view: View) -> list[str]:
    """What was acknowledged is there: each send under its key once, each body of ours."""
    by_api = {message["id"] for message in view.outbound if message["origin"] == "api"}
    named = Counter(one.message_id for one in view.asked.values())
    bodies = set(view.body_sizes)
    found = {
        "sends acknowledged and not there": [id for id in named if id not in by_api],
        "sends that nobody asked for": sorted(by_api - named.keys()),
        "messages that answer for two keys": [id for id, count in named.items() if count > 1],
        "keys answered in two ways": view.changed_answers,
        "bodies acknowledged and not stored": [size for size in view.padding if size not in bodies],
    }
    return [f"{what}: {_few(which)}" for what, which in found.items() if which]


def _log_troubles(view: View, logs: Sequence[Row]) -> list[str]:
    """One row for each execution, of the person that it was about."""
    logged = Counter(log["contact_id"] for log in logs)
    expected = Counter(message["contact_id"] for message in view.inbound)
    if logged == expected:
        return []
    difference = list((logged - expected) + (expected - logged))
    return [f"{len(logs)} automation_logs rows for {len(view.inbound)} messages; see contacts {_few(difference)}"]


def _alert_troubles(alerts: Sequence[Row], unknown: Sequence[int]) -> list[str]:
    told = {alert["context"].get("message_id") for alert in alerts if alert["kind"] == OUTCOME_UNKNOWN}
    silent = [id for id in unknown if id not in told]
    others = Counter(alert["kind"] for alert in alerts if alert["kind"] != OUTCOME_UNKNOWN)
    outdated = [id for id in told if id not in unknown]
    troubles = [f"outcome unknown without an alert: {_few(silent)}"] if silent else []
    troubles += [f"outcome known since, and the alert stands: {_few(outdated)}"] if outdated else []
    return troubles + [f"{count} alerts of kind {kind}" for kind, count in others.items()]


def _is_final(message: Row) -> bool:
    """Everybody reads what they get, so `read` is the end, or our own word that nobody knows."""
    is_over = message["status"] == "read" or message["error_message"] == OUTCOME_UNKNOWN
    return bool(message["dispatch"] == "done" and is_over)


def _shown(message: Row) -> str:
    dispatch = None if message["dispatch"] == "done" else message["dispatch"]
    return ", ".join(part for part in (message["status"], dispatch, message["error_message"]) if part)


def _few(values: Sequence[object]) -> str:
    shown = ", ".join(str(value) for value in values[:SHOWN])
    return shown if len(values) <= SHOWN else f"{shown} and {len(values) - SHOWN} more"
