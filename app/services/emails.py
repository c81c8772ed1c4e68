"""E-mails that runs asked for: rows of `effects`, claimed one by one and recorded as sends are.

The claim is committed before anything is said to the mail server, and once more just before the data may leave. So a
crash tells which it was: what was only claimed is tried again, and what was leaving ends as `outcome_unknown`, with an
alert, and is never sent again by itself.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from threading import Lock
from typing import Literal, TypeAlias

import structlog
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.connectors import smtp
from app.connectors.smtp import Letter, Line
from app.core.mailbox import Mailbox
from app.database import in_transaction
from app.domain.retry import OUTCOME_UNKNOWN
from app.domain.runs import EffectResult
from app.services import alerts, runs
from app.services.effects import EMAIL
from app.services.runs import Settled

log = structlog.get_logger()

BATCH = 20
MOST_ATTEMPTS = 6
# Waits between tries: 1, 4, 16 minutes, an hour, four hours.
FIRST_WAIT = timedelta(minutes=1)
# Longer than any session with a mail server: whoever claimed it that long ago is gone.
DEAD_AFTER_SECONDS = 600
NOT_CONFIGURED = "email_not_configured"

Outcome: TypeAlias = Literal["accepted", "failed", "skipped", "unknown"]
_RESULTS: dict[Outcome, EffectResult] = {
    "accepted": "accepted",
    "failed": "failed",
    "skipped": "skipped",
    "unknown": "failed",
}
_sending = Lock()  # one at a time in a process: a slow mail server holds up e-mails, and nothing else


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    id: int
    epoch: int
    attempt: int
    to: str
    subject: str
    body: str
    message_key: str
    is_wanted: bool = True  # its automation is still active


def send_due(mailbox: Mailbox | None, *, now: datetime, bind: Engine | None = None) -> int:
    """Send what is due, at most a batch; returns how many were tried, none where this process is at it already."""
    if not _sending.acquire(blocking=False):
        return 0
    try:
        in_transaction(partial(bury, now=now), bind)
        return _send_batch(mailbox, now=now, bind=bind)
    finally:
        _sending.release()


def _send_batch(mailbox: Mailbox | None, *, now: datetime, bind: Engine | None) -> int:
    line = None if mailbox is None else Line(mailbox)
    try:
        for count in range(BATCH):
            claimed = in_transaction(partial(claim, now=now), bind)
            if claimed is None:
                return count
            end = partial(record, claimed=claimed, now=now)
            if not claimed.is_wanted:
                in_transaction(partial(end, outcome="skipped", error="automation_inactive"), bind)
            elif line is None or mailbox is None:
                in_transaction(partial(end, outcome="failed", error=NOT_CONFIGURED), bind)
            else:
                _send(line, mailbox, claimed, now=now, bind=bind)
        return BATCH
    finally:
        if line is not None:
            line.drop()


def _send(line: Line, mailbox: Mailbox, claimed: Claimed, *, now: datetime, bind: Engine | None) -> None:
    letter = Letter(
        message_id=f"<{claimed.message_key}@{mailbox.domain}>",
        to=claimed.to,
        subject=claimed.subject,
        body=claimed.body,
        at=now,
    )
    note = partial(record, claimed=claimed, now=now)
    try:
        is_sent = smtp.send(
            line.open(), mailbox, letter, before_data=lambda: in_transaction(partial(leave, claimed=claimed), bind)
        )
    except smtp.NotSent as error:
        line.drop()
        if error.may_retry and claimed.attempt < MOST_ATTEMPTS:
            in_transaction(partial(put_back, claimed=claimed, error=error.reason, now=now), bind)
        else:
            in_transaction(partial(note, outcome="failed", error=error.reason), bind)
    except smtp.Ambiguous:
        line.drop()
        in_transaction(partial(note, outcome="unknown", error=OUTCOME_UNKNOWN), bind)
    else:
        if is_sent:
            in_transaction(partial(note, outcome="accepted", error=None), bind)
        else:  # somebody else has it by now
            line.drop()


def claim(session: Session, *, now: datetime) -> Claimed | None:
    row = session.execute(
        text("""
            UPDATE effects SET state = 'claimed', attempt = attempt + 1, epoch = epoch + 1,
                claimed_at = clock_timestamp()
            WHERE id = (SELECT id FROM effects WHERE kind = :kind AND state = 'pending' AND due_at <= :now
                          AND NOT (SELECT is_paused FROM settings WHERE id = 1)
                        ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
            RETURNING id, epoch, attempt, payload,
                'hilo.' || id || '.' || (SELECT installation_id FROM settings WHERE id = 1) AS message_key,
                (SELECT a.is_active AND NOT v.is_killed FROM automation_runs r
                 JOIN automations a ON a.id = r.automation_id JOIN automation_versions v ON v.id = r.version_id
                 WHERE r.id = run_id) AS is_wanted
        """),
        {"kind": EMAIL, "now": now},
    ).one_or_none()
    if row is None:
        return None
    return Claimed(
        id=row.id,
        epoch=row.epoch,
        attempt=row.attempt,
        message_key=row.message_key,
        is_wanted=row.is_wanted,
        **row.payload,
    )


def leave(session: Session, *, claimed: Claimed) -> bool:
    """Whether the claim still stands; from here on nobody can say that it did not leave."""
    found = session.scalar(
        text("""
            UPDATE effects SET state = 'leaving', claimed_at = clock_timestamp()
            WHERE id = :id AND epoch = :epoch AND state = 'claimed' RETURNING true
        """),
        {"id": claimed.id, "epoch": claimed.epoch},
    )
    return bool(found)


def put_back(session: Session, *, claimed: Claimed, error: str, now: datetime) -> None:
    """Proved not to have left: it may be tried again, later each time."""
    session.execute(
        text("""
            UPDATE effects SET state = 'pending', due_at = :due_at, error = :error
            WHERE id = :id AND epoch = :epoch AND state IN ('claimed', 'leaving')
        """),
        {
            "id": claimed.id,
            "epoch": claimed.epoch,
            "error": error,
            "due_at": now + FIRST_WAIT * 4 ** (claimed.attempt - 1),
        },
    )
    log.warning("email_not_sent", effect_id=claimed.id, attempt=claimed.attempt, reason=error)


def record(session: Session, *, claimed: Claimed, outcome: Outcome, error: str | None, now: datetime) -> None:
    """The end of it; its run goes on in the same transaction."""
    row = session.execute(
        text("""
            UPDATE effects SET state = 'done', outcome = :outcome, error = :error, ended_at = :now
            WHERE id = :id AND epoch = :epoch AND state IN ('claimed', 'leaving')
            RETURNING id, run_id, node, visit
        """),
        {"id": claimed.id, "epoch": claimed.epoch, "outcome": outcome, "error": error, "now": now},
    ).one_or_none()
    if row is None:
        return
    log.info("email_ended", effect_id=row.id, outcome=outcome, reason=error)
    if outcome in ("failed", "unknown"):
        _alert(session, row.id, row.run_id, error, is_unknown=outcome == "unknown", now=now)
    settled = Settled(run_id=row.run_id, node=row.node, visit=row.visit, result=_RESULTS[outcome], reason=error)
    runs.settle_effects(session, [settled], now=now)


_DEAD = """
    kind = :kind AND state IN ('claimed', 'leaving') AND claimed_at < clock_timestamp() - make_interval(secs => :dead)
"""


def bury(session: Session, *, now: datetime) -> None:
    """Settle what a process that died left behind."""
    rows = session.execute(
        text(f"""
            UPDATE effects SET epoch = epoch + 1 WHERE id IN (
                SELECT id FROM effects WHERE {_DEAD} ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED)
            RETURNING id, epoch, attempt, state
        """),  # noqa: S608 - ours
        {"kind": EMAIL, "dead": DEAD_AFTER_SECONDS},
    ).all()
    for row in rows:
        claimed = Claimed(id=row.id, epoch=row.epoch, attempt=row.attempt, to="", subject="", body="", message_key="")
        if row.state == "leaving":
            record(session, claimed=claimed, outcome="unknown", error=OUTCOME_UNKNOWN, now=now)
        elif row.attempt < MOST_ATTEMPTS:
            put_back(session, claimed=claimed, error="sender_gone", now=now)
        else:
            record(session, claimed=claimed, outcome="failed", error="sender_gone", now=now)


def _alert(
    session: Session, effect_id: int, run_id: int, error: str | None, *, is_unknown: bool, now: datetime
) -> None:
    # Configuration is one alert, however many e-mails meet it; what nobody knows is one for each.
    alerts.raise_alert(
        session,
        kind="email_outcome_unknown" if is_unknown else "email_failed",
        key=str(effect_id) if is_unknown else (error or ""),
        severity="warning",
        title="Nobody knows whether an e-mail was sent" if is_unknown else "An e-mail could not be sent",
        detail=error,
        context={"effect_id": effect_id, "run_id": run_id},
        now=now,
    )
