"""What the tests of sending hold: people to write to, a lane to claim with, and answers of the far end."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.database import in_transaction
from app.models import Channel, Conversation, Message, SendAttempt
from app.services import lanes, reports, results, sends, settling
from app.services.reports import Arrived
from app.services.results import Result
from app.services.sends import Claimed, Timing
from app.whatsapp.answers import Accepted, Ambiguous, Answer, NotSent, Rejected
from app.whatsapp.inbound import Number, StatusItem
from tests.builders import make_contact, make_conversation, make_message, the_channel

TIMING = Timing(start_within=5, send_timeout=30)
GIVE_UP = 86_400.0

_numbers = count(1)
_reports = count(1)


def make_person(session: Session, now: datetime, **columns: Any) -> Conversation:
    """Somebody who wrote just now, so that their window is open."""
    contact = make_contact(session, phone=f"+1555{next(_numbers):07}", **columns)
    return make_conversation(session, contact, window_from=now)


def make_queued(session: Session, conversation: Conversation, now: datetime, **columns: Any) -> Message:
    return make_message(session, conversation, direction="outbound", **({"due_at": now, "happened_at": now} | columns))


@dataclass
class Desk:
    """A sender without a wire: it takes the lane, claims, and records what a test says the far end answered."""

    engine: Engine
    channel_id: int
    now: datetime
    epoch: int = 0
    timing: Timing = TIMING
    is_intake_open: bool = False
    published: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def take(self) -> int:
        """As a new holder, whoever held the lane before."""

        def work(session: Session) -> int:
            session.execute(text("UPDATE lanes SET holder = NULL"))
            epoch = lanes.take(session, lanes.send_lane(self.channel_id), "test")
            assert epoch is not None
            settling.orphan(session, channel_id=self.channel_id, epoch=epoch, now=self.now)
            return epoch

        self.epoch = in_transaction(work, self.engine)
        return self.epoch

    def claim(self, *, limit: int = 50, now: datetime | None = None, epoch: int | None = None) -> list[Claimed]:
        moment = now or self.now

        def work(session: Session) -> list[Claimed]:
            lane = {"channel_id": self.channel_id, "epoch": epoch or self.epoch}
            candidates = sends.due(session, limit=limit, now=moment, **lane)
            candidates = sends.finish_settled(session, candidates, now=moment)
            judged = [sends.judge_candidate(one, one.case, now=moment) for one in candidates]
            return sends.claim(session, judged, timing=self.timing, now=moment, **lane)

        return in_transaction(work, self.engine, by_index=True)

    def record(self, *outcomes: tuple[Claimed | tuple[int, int], Answer], now: datetime | None = None) -> None:
        found = [Result(message_id=id, attempt=attempt, answer=answer) for (id, attempt), answer in map(_key, outcomes)]
        in_transaction(
            lambda session: results.record(
                session, found, channel_id=self.channel_id, give_up_seconds=GIVE_UP, now=now or self.now
            ),
            self.engine,
            by_index=True,
        )

    def report(self, *items: StatusItem, channel_id: int | None = None, source: str = "webhook") -> None:
        arrived = [Arrived(channel_id=channel_id or self.channel_id, item=item, source=source) for item in items]

        def work(session: Session) -> None:
            reports.apply(session, arrived, installation_id=installation_id(session), now=self.now)

        in_transaction(work, self.engine)

    def settle(self, *, silence: float | None = 10, give_up: float = GIVE_UP) -> int:
        if self.is_intake_open:
            # An open intake stamps every second; so it does in a test that a busy machine holds up.
            self.run(
                "UPDATE intake_open SET stamped_at = clock_timestamp() WHERE id = (SELECT max(id) FROM intake_open)"
            )
        rules = settling.Rules(silence=silence, give_up=give_up)
        return in_transaction(lambda session: settling.settle(session, rules, now=self.now), self.engine)

    def run(self, statement: str, **parameters: Any) -> None:
        in_transaction(lambda session: session.execute(text(statement), parameters), self.engine)

    def age(self, seconds: float) -> None:
        """Let time pass on the database's clock, for attempts and what waits for them."""
        self.run(
            "UPDATE send_attempts SET claimed_at = claimed_at - make_interval(secs => :s),"
            " dead_at = dead_at - make_interval(secs => :s)",
            s=seconds,
        )
        self.run("UPDATE messages SET unknown_at = unknown_at - make_interval(secs => :s)", s=seconds)
        self.run("UPDATE webhook_events SET received_at = received_at - make_interval(secs => :s)", s=seconds)

    def open_intake(self, *, seconds: float, until: float = 0.0) -> None:
        """Intake is open, and has been without a break for so long; it ended `until` seconds ago."""
        self.is_intake_open = until == 0
        self.run("DELETE FROM intake_open")
        self.run(
            "INSERT INTO intake_open (opened_at, stamped_at) VALUES (clock_timestamp() - make_interval(secs => :s),"
            " clock_timestamp() - make_interval(secs => :u))",
            s=seconds,
            u=until,
        )

    def message(self, message_id: int) -> Message:
        with Session(self.engine, expire_on_commit=False) as session:
            return session.get_one(Message, message_id)

    def attempts(self, message_id: int) -> Sequence[SendAttempt]:
        with Session(self.engine, expire_on_commit=False) as session:
            found = session.query(SendAttempt).filter_by(message_id=message_id).order_by(SendAttempt.attempt)
            return found.all()

    def rows(self, statement: str, **parameters: Any) -> list[Any]:
        with Session(self.engine) as session:
            return list(session.execute(text(statement), parameters))


def _key(outcome: tuple[Claimed | tuple[int, int], Answer]) -> tuple[tuple[int, int], Answer]:
    which, answer = outcome
    return ((which.message_id, which.attempt) if isinstance(which, Claimed) else which), answer


def installation_id(session: Session) -> str:
    return str(session.scalar(text("SELECT installation_id FROM settings")))


def desk_of(engine: Engine, now: datetime, channel: Channel | None = None) -> Desk:
    with Session(engine) as session:
        channel_id = (channel or the_channel(session)).id
    desk = Desk(engine, channel_id, now)
    desk.take()
    return desk


def accepted(wamid: str) -> Answer:
    return Accepted(wamid=wamid)


def rejected(code: int) -> Answer:
    return Rejected(code=code, subcode=None, message="OAuthException")


def not_sent() -> Answer:
    return NotSent(reason="ClientConnectorError")


def ambiguous() -> Answer:
    return Ambiguous(reason="TimeoutError")


def status(
    wamid: str,
    kind: str,
    *,
    at: datetime | None = None,
    echo: str | None = None,
    code: int | None = None,
    pricing: dict[str, Any] | None = None,
) -> StatusItem:
    """A report; its time is its own unless given."""
    moment = at or datetime.fromtimestamp(1_773_500_000 + next(_reports), UTC)
    return StatusItem(
        number=Number(phone_number_id="106540352242922", waba_id=None, display_number=None),
        wamid=wamid,
        status=kind,
        at=moment,
        participant="",
        errors=[{"code": code, "title": f"error {code}"}] if code is not None else None,
        pricing=pricing,
        echo=echo,
        report={"id": wamid, "status": kind},
    )


def echo(desk: Desk, message_id: int, attempt: int) -> str:
    with Session(desk.engine) as session:
        return reports.echo_of(installation_id(session), message_id, attempt)
