"""The sweep: finds by due columns what no nudge told of. Its cost follows what is due, not what waits.

Each kind of work is a task of its own, so that a fault in one leaves the others alone.
"""

from datetime import datetime, timedelta
from functools import partial
from time import monotonic

from sqlalchemy.orm import Session

from app.core.celery import app
from app.core.config import get_settings
from app.core.nudges import nudger
from app.database import in_transaction as _in_transaction
from app.services import (
    adopting,
    chains,
    contact_imports,
    lanes,
    messages,
    reports,
    runs,
    schedules,
    settling,
    starts,
    sweeps,
    zone_changes,
)
from app.services.settling import Rules
from app.services.sweeps import Waiting
from app.tasks.clock import clock

SLICE_SECONDS = 1.0

# What is due is few, and found by index: where the planner guesses that it is many, it would begin to read a table of
# millions from its start, every second.
in_transaction = partial(_in_transaction, by_index=True)


@app.task(name="sweep.tick")
def tick() -> None:
    """Once a second: tell the lanes what they have to do."""
    now = clock().now()
    in_transaction(lambda session: lanes.pulse(session, "sweep"))
    for lane in in_transaction(sweeps.lanes_with_bodies):
        nudger.nudge("webhooks.drain", lane=lane)
    for channel_id in in_transaction(lambda session: sweeps.channels_with_work(session, now=now)):
        nudger.nudge("messages.send", channel_id=channel_id)
    for channel_id in in_transaction(sweeps.channels_to_tell):
        nudger.nudge("messages.read", channel_id=channel_id)
    if in_transaction(lambda session: sweeps.has_overdue(session, get_settings().status_overdue_seconds)):
        nudger.nudge("messages.ask")


@app.task(name="sweep.wake")
def wake() -> None:
    """Once a second: go on with the runs whose time has come."""
    ends = monotonic() + SLICE_SECONDS
    while _wake_some() == runs.WAKE_BATCH and monotonic() < ends:
        continue


@app.task(name="sweep.start")
def start() -> None:
    """Once a second, and when a run asks for it: start what the clock, a person or an automation wants started."""
    ends = monotonic() + SLICE_SECONDS
    now = clock().now()
    waiting = in_transaction(lambda session: _waiting(session, now))
    if waiting.emails:
        nudger.nudge("messages.email")
    # A look moves on what counts as looked at, so whoever changed zones is told of what they missed before it.
    is_ready = not waiting.zones or _move_all(now, ends)
    # At one time, so that what came due together takes its turns by priority.
    while (
        waiting.looks
        and is_ready
        and in_transaction(lambda session: schedules.look(session, now=now))
        and monotonic() < ends
    ):
        continue
    while waiting.chains and _chain_some() == chains.BATCH and monotonic() < ends:
        continue
    # Starts come last, and in slices: however many people one of them is for, the others have had their turn.
    while (waiting.starts or waiting.looks) and in_transaction(_start_some) and monotonic() < ends:
        continue


@app.task(name="sweep.settle")
def settle() -> None:
    """Once a second: settle what nobody knows the outcome of, and let go of what nothing holds any more."""
    now, settings = clock().now(), get_settings()
    rules = Rules(silence=settings.settle_silence_seconds, give_up=settings.settle_give_up_seconds)
    in_transaction(lambda session: settling.settle(session, rules, now=now))
    for channel_id in in_transaction(sweeps.channels_to_release):
        in_transaction(partial(messages.release_held, channel_id=channel_id, now=now))


@app.task(name="sweep.imports")
def imports() -> None:
    """Once a second: go on with tables of contacts that are being taken over."""
    ends = monotonic() + SLICE_SECONDS
    while monotonic() < ends:
        if not in_transaction(partial(contact_imports.go_on, now=clock().now())):
            return
    nudger.nudge("sweep.imports")


@app.task(name="sweep.minute")
def minute() -> None:
    now = clock().now()
    in_transaction(lambda session: _rejoin(session, now))
    ends = monotonic() + SLICE_SECONDS
    while in_transaction(adopting.adopt_new) and monotonic() < ends:
        continue
    in_transaction(sweeps.forget_old)
    in_transaction(sweeps.make_partitions)
    in_transaction(lambda session: sweeps.drop_old_bodies(session, days=get_settings().webhook_days))
    kept_since = now - timedelta(days=get_settings().audit_days)
    in_transaction(lambda session: sweeps.forget_changes(session, before=kept_since))


def _wake_some() -> int:
    now = clock().now()
    return in_transaction(lambda session: runs.wake(session, now=now))


def _waiting(session: Session, now: datetime) -> Waiting:
    schedules.sync(session, now=now)
    return sweeps.engine_work(session, now=now)


def _start_some(session: Session) -> bool:
    return starts.work(session, now=clock().now())


def _move_all(now: datetime, ends: float) -> bool:
    """Whether none is left who could be moved."""
    while in_transaction(lambda session: zone_changes.work(session, now=now)) == zone_changes.BATCH:
        if monotonic() >= ends:
            return False
    return True


def _chain_some() -> int:
    now = clock().now()
    return in_transaction(lambda session: chains.work(session, now=now))


def _rejoin(session: Session, now: datetime) -> None:
    reports.rejoin(session, installation_id=sweeps.installation_id(session), now=now)
