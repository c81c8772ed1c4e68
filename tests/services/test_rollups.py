"""Roll-ups stay equal to a slow, obvious model of them, whatever comes, in whatever order, folded whenever."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from sqlalchemy import Engine, Row, select, text
from sqlalchemy.orm import Session

from app.database import in_transaction
from app.domain.failures import classify
from app.domain.rollups import Granularity, label_of, period_of
from app.models import Conversation, Message
from app.services import rollups
from app.services.drain import drain
from app.services.rebuild import rebuild
from tests.builders import make_automation, make_contact, make_conversation, make_message, make_user, the_channel
from tests.clean_slate import CleanSlate
from tests.rollups import Rolled, fold_all, rolled_up
from tests.webhooks import block, body_of, message, put, status

Point = tuple[str, datetime, dict[str, Any], float]  # metric, moment, dimensions, value


class Model:
    """Counts by looping over everything, one row at a time."""

    def __init__(self, engine: Engine) -> None:
        with engine.connect() as connection:
            self.zone = ZoneInfo(connection.execute(text("SELECT time_zone FROM settings")).scalar_one())
            self.rows = {
                table: connection.execute(text(f"SELECT * FROM {table}")).all()
                for table in (
                    "messages", "automation_runs", "automation_logs", "contacts", "send_attempts", "webhook_events",
                    "audit_log",
                )
            }  # fmt: skip

    def count(self) -> Rolled:
        """What `analytics` has to hold."""
        sums: defaultdict[tuple[str, str, str, str, str], float] = defaultdict(float)
        for name, moment, dimensions, value in self.points():
            for key in self.keys(name, moment, dimensions):
                sums[key] += value
        people: defaultdict[tuple[str, str, str, str, str], set[int]] = defaultdict(set)
        for one in self.inbound():
            for key in self.keys("active_contacts", one.happened_at, {}):
                people[key].add(one.contact_id)
        return {key: value for key, value in sums.items() if value} | {key: len(of) for key, of in people.items()}

    def keys(self, name: str, moment: datetime, dimensions: dict[str, Any]) -> Iterator[tuple[str, str, str, str, str]]:
        told = {key: str(value) for key, value in dimensions.items() if value is not None}
        for granularity in Granularity:
            period = period_of(moment, granularity, self.zone)
            yield granularity, period.start.isoformat(), period.end.isoformat(), name, repr(sorted(told.items()))

    def inbound(self) -> list[Row[Any]]:
        return [one for one in self.rows["messages"] if one.direction == "inbound"]

    def points(self) -> Iterator[Point]:
        yield from self.outbound()
        for one in self.inbound():
            local = one.happened_at.astimezone(self.zone)
            yield "received", one.happened_at, {"channel": one.channel_id, "kind": one.message_type}, 1
            hours = {"weekday": local.isoweekday(), "hour": f"{local.hour:02}"}
            yield "busiest_hours", one.happened_at, hours, 1
        yield from self.answers()
        yield from self.automations()
        for contact in self.rows["contacts"]:
            source = "whatsapp" if contact.created_by is None else "team"
            yield "new_contacts", contact.created_at, {"source": source}, 1
        yield from self.users()
        yield from self.inside()

    def outbound(self) -> Iterator[Point]:
        runs = {run.id: run.automation_id for run in self.rows["automation_runs"]}
        for one in self.rows["messages"]:
            if one.direction != "outbound":
                continue
            at, few = one.happened_at, {"channel": one.channel_id, "category": one.category}
            few["automation"] = runs.get(one.run_id)
            many = few | {"kind": one.message_type, "origin": one.origin}
            if one.message_type == "template":
                many["template"] = one.content["template"]["name"]
            yield "requested", at, many, 1
            if one.sent_at or one.delivered_at or one.read_at:
                yield "sent", at, many, 1
            if one.delivered_at or one.read_at:
                yield "delivered", at, many, 1
            if one.read_at:
                yield "read", at, many, 1
            if one.status == "failed":
                error = classify(one.error_code).kind if one.error_code is not None else one.error_message
                yield "failed", at, many | {"error_class": str(error)}, 1
            if one.created_by is not None:
                yield "messages_by_users", at, {"user": one.created_by, "channel": one.channel_id}, 1
            for kind in ("sent", "delivered", "read"):
                yield from duration(f"time_to_{kind}", at, few, at, getattr(one, f"{kind}_at"))

    def answers(self) -> Iterator[Point]:
        threads: defaultdict[Any, list[Row[Any]]] = defaultdict(list)
        for one in self.rows["messages"]:
            if one.message_type not in ("reaction", "edit", "revoke", "system"):
                threads[one.conversation_id].append(one)
        for thread in threads.values():
            thread.sort(key=lambda one: (one.happened_at, one.id))
            for place, one in enumerate(thread):
                if one.direction != "inbound" or (place and thread[place - 1].direction == "inbound"):
                    continue
                yield "turns", one.happened_at, {"channel": one.channel_id}, 1
                answer = next((later for later in thread[place:] if later.direction == "outbound"), None)
                if answer is not None:
                    dimensions = {"channel": one.channel_id, "answered_by": answer.origin}
                    yield "answered", one.happened_at, dimensions, 1
                    yield from duration("reply_time", one.happened_at, dimensions, one.happened_at, answer.happened_at)

    def automations(self) -> Iterator[Point]:
        runs = {run.id: run for run in self.rows["automation_runs"]}
        for run in runs.values():
            yield "entries", run.started_at, {"automation": run.automation_id}, 1
        for log in self.rows["automation_logs"]:
            of = {"automation": log.automation_id}
            if log.refused_reason is not None:
                noon = datetime(log.refused_on.year, log.refused_on.month, log.refused_on.day, 12, tzinfo=UTC)
                yield "entries_refused", noon, of | {"reason": log.refused_reason}, log.contacts_affected
                continue
            yield "runs_ended", log.executed_at, of | {"status": log.execution_status}, 1
            if log.execution_status == "success":
                yield "runs_succeeded", log.executed_at, of, 1
            took = timedelta(milliseconds=round(log.execution_time * 1000))
            yield from duration("run_work", log.executed_at, of, log.executed_at, log.executed_at + took)
            yield from duration("run_duration", log.executed_at, of, runs[log.run_id].started_at, log.executed_at)

    def users(self) -> Iterator[Point]:
        for one in self.rows["audit_log"]:
            match one.action:
                case "user.logged_in":
                    yield "logins", one.at, {"user": one.actor_id}, 1
                case "user.login_failed":
                    yield "logins_failed", one.at, {"user": one.actor_id}, 1
                case _:
                    yield "changes", one.at, {"user": one.actor_id, "subject": one.subject_kind}, 1

    def inside(self) -> Iterator[Point]:
        for one in self.rows["send_attempts"]:
            at, of = one.claimed_at, {"channel": one.channel_id}
            yield "tries", at, of | {"outcome": one.outcome or "open"}, 1
            if one.attempt > 1:
                yield "retries", at, of, 1
            if one.outcome == "rejected":
                yield "tries_rejected", at, of | {"error_class": classify(one.error_code).kind}, 1
            if one.outcome == "unknown":
                yield "outcomes_unknown", at, of, 1
            if one.settled_by == "answer":
                yield from duration("answer_time", at, of, at, one.settled_at)
        for one in self.rows["webhook_events"]:
            if one.processed_at is not None:
                yield "bodies_done", one.processed_at, {"lane": one.lane}, 1
                yield "items_done", one.processed_at, {"lane": one.lane}, one.items_done
                if one.parked:
                    yield "bodies_parked", one.processed_at, {"lane": one.lane}, 1
                yield from duration(
                    "intake_lag", one.processed_at, {"lane": one.lane}, one.received_at, one.processed_at
                )


def duration(
    slug: str, at: datetime, dimensions: dict[str, Any], since: datetime, until: datetime | None
) -> Iterator[Point]:
    if until is None:
        return
    # As PostgreSQL rounds: halves away from zero.
    microseconds = max(0, round((until - since) / timedelta(microseconds=1)))
    milliseconds = (microseconds + 500) // 1000
    yield f"{slug}_sum", at, dimensions, milliseconds
    yield f"{slug}_bucket", at, dimensions | {"le": label_of(milliseconds / 1000)}, 1


def comparable(rolled: Rolled) -> Rolled:
    """With moments and dimensions written as the model writes them."""
    found = {}
    for (granularity, start, end, name, dimensions), value in rolled.items():
        moments = (datetime.fromisoformat(moment).astimezone(UTC).isoformat() for moment in (start, end))
        pairs = repr(sorted((key, str(told)) for key, told in orjson.loads(dimensions).items()))
        found[(granularity, *moments, name, pairs)] = value
    return found  # type: ignore[return-value]


class Day:
    """A day of traffic through the real drain: bodies in any order, late, repeated, several at once."""

    def __init__(self, engine: Engine, random: Random, now: datetime) -> None:
        self.engine, self.random, self.now = engine, random, now
        self.bodies: list[bytes] = []
        with Session(engine, expire_on_commit=False) as session:
            self.prepare(session)
            session.commit()

    def prepare(self, session: Session) -> None:
        channel = the_channel(session)
        make_automation(session, trigger_conditions={"keywords": ["hola"]})
        user = make_user(session)
        # Of people who write too, and turn out to be somebody else.
        threads = [
            make_conversation(session, make_contact(session, phone=f"+1650555{number:04}")) for number in range(4)
        ]
        for number in range(30):
            at = self.moment()
            sent = make_message(
                session,
                self.random.choice(threads),
                direction="outbound",
                happened_at=at,
                dispatch="done",
                category=self.random.choice(["service", "marketing"]),
                created_by=self.random.choice([None, user.id]),
                attempt=1,
            )
            session.execute(
                text("""
                    INSERT INTO send_attempts (message_id, attempt, channel_id, contact_id, epoch, claimed_at, dead_at,
                        outcome, wamid, settled_by, settled_at)
                    VALUES (:id, 1, :channel, :contact, 1, :at, :at, 'accepted', :wamid, 'answer',
                        CAST(:at AS timestamptz) + interval '300 milliseconds')
                """),
                {"id": sent.id, "channel": channel.id, "contact": sent.contact_id, "at": at, "wamid": f"out{number}"},
            )
            self.bodies += self.reports(f"out{number}", at)
        for number in range(30):
            self.bodies += self.written(number)
        self.bodies += self.random.sample(self.bodies, 20)
        self.random.shuffle(self.bodies)

    def moment(self) -> datetime:
        """Some time in two days, rarely with much else in the same minute; at times in the same second."""
        return self.now - timedelta(minutes=self.random.choice([0, 3, 1440, self.random.randrange(2880)]))

    def reports(self, wamid: str, at: datetime) -> list[bytes]:
        kinds = self.random.choice([["sent", "delivered", "read"], ["delivered"], ["sent", "failed"], ["sent"], []])
        seconds = int(at.timestamp())
        found = []
        for kind in kinds:
            seconds += self.random.choice([0, 1, 40, 5000])
            more = (
                {"errors": [{"code": self.random.choice([131026, 131047, 5]), "title": "x"}]}
                if kind == "failed"
                else {}
            )
            found.append(body_of(statuses=[status(kind, wamid=wamid, at=seconds, **more)]))
        return found

    def written(self, number: int) -> list[bytes]:
        """At times of somebody who turns out to be somebody else, or a second copy with an earlier time."""
        wa_id, bsuid = f"1650555{self.random.randrange(5):04}", f"MX.{self.random.randrange(4)}"
        known = self.random.choice(
            [{"wa_id": wa_id}, {"wa_id": wa_id, "bsuid": bsuid}, {"wa_id": None, "bsuid": bsuid}]
        )
        said = self.random.choice(["hola", "something"])
        moments = [self.moment() for _ in range(self.random.choice([1, 1, 1, 2]))]
        return [
            body_of(
                message(said, wamid=f"in{number}", at=int(at.timestamp()), **known),
                contacts=[block(known["wa_id"], bsuid=known.get("bsuid"))],
            )
            for at in moments
        ]

    def some_arrive(self) -> bool:
        few, self.bodies = self.bodies[: (n := self.random.randint(1, 12))], self.bodies[n:]
        with Session(self.engine) as session:
            put(session, *few)
        while drain(lane="intake", batch_items=self.random.choice([3, 1000]), now=self.now, bind=self.engine):
            continue
        return bool(self.bodies)

    def fold_a_little(self) -> None:
        for _ in range(self.random.randint(0, 4)):
            newest = self.random.random() < 0.5
            in_transaction(partial(rollups.fold, is_newest_first=newest), self.engine, by_index=True)

    def something_else(self, kinds: Sequence[str]) -> None:
        """What operators do, and what time does."""
        if kinds and self.random.random() < 0.3:
            getattr(self, self.random.choice(kinds))()

    def delete_somebody(self) -> None:
        self.run("DELETE FROM contacts WHERE id IN (SELECT contact_id FROM messages ORDER BY id DESC LIMIT 1)")

    def move_house(self) -> None:
        self.live_in(self.random.choice(["Asia/Kolkata", "America/Mexico_City", "Australia/Lord_Howe", "UTC"]))

    def live_in(self, zone: str) -> None:
        self.run(f"UPDATE settings SET time_zone = '{zone}'")

    def drop_old(self) -> None:
        kept = timedelta(hours=self.random.randrange(60))
        in_transaction(lambda s: rollups.forget(s, now=self.now, minutes_kept=kept / 3, hours_kept=kept), self.engine)

    def work(self) -> None:
        self.run(f"""
            INSERT INTO audit_log (at, actor_kind, actor_id, actor_name, action, subject_kind)
            SELECT CAST('{self.moment().isoformat()}' AS timestamptz), 'user', 7, 'ana', action, 'user'
            FROM unnest(ARRAY['user.logged_in', 'user.login_failed', 'contact.updated']) AS action
        """)

    def run(self, statement: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(statement))


def without_dropped(rolled: Rolled, engine: Engine) -> Rolled:
    """What time has not taken away."""
    with engine.connect() as connection:
        kept = {row[0]: row[1] for row in connection.execute(text("SELECT granularity, since FROM analytics_kept"))}
    return {
        key: value
        for key, value in rolled.items()
        if key[0] not in kept or datetime.fromisoformat(key[1]) >= kept[key[0]]
    }


# A change of zone counts everything anew, and would hide what was forgotten: it is not in all of them.
@pytest.mark.parametrize(
    ("seed", "zone", "kinds"),
    [
        (0, "UTC", []),
        (1, "Asia/Kathmandu", ["delete_somebody", "drop_old", "work"]),
        (3, "America/Mexico_City", ["delete_somebody", "move_house", "drop_old"]),
    ],
)
def test_roll_ups_are_exact_after_a_day_of_shuffled_late_and_repeated_statuses(
    slate: CleanSlate, now: datetime, seed: int, zone: str, kinds: list[str]
) -> None:
    slate.wipe()
    day = Day(slate.engine, Random(seed), now)
    day.live_in(zone)

    while day.some_arrive():
        day.fold_a_little()
        day.something_else(kinds)
    fold_all(slate.engine)

    incremental = comparable(rolled_up(slate.engine))
    assert incremental == without_dropped(Model(slate.engine).count(), slate.engine)
    if seed % 2:
        day.run("DELETE FROM analytics")
    rebuild(slate.engine)
    assert comparable(rolled_up(slate.engine)) == incremental


TURNS = ("turns", "answered", "reply_time_sum", "reply_time_bucket")


@pytest.mark.parametrize("seed", range(5))
def test_turns_stay_exact_when_messages_come_late_move_and_go(slate: CleanSlate, now: datetime, seed: int) -> None:
    slate.wipe()
    random = Random(seed)
    with Session(slate.engine) as session:
        threads = [make_conversation(session).id for _ in range(2)]
        session.commit()

    for _ in range(30):
        with Session(slate.engine) as session:
            change_turns(session, random, threads, now)
            session.commit()
        if random.random() < 0.6:
            in_transaction(rollups.fold, slate.engine, by_index=True)
    fold_all(slate.engine)

    found = {key: value for key, value in comparable(rolled_up(slate.engine)).items() if key[3] in TURNS}
    assert found == {key: value for key, value in Model(slate.engine).count().items() if key[3] in TURNS}
    assert found


def change_turns(session: Session, random: Random, threads: list[Any], now: datetime) -> None:
    """A message comes, goes, moves to another thread, or turns out to be of another time or kind."""
    known = session.scalars(select(Message).order_by(Message.id)).all()
    message = random.choice(known) if known else None
    at = now - timedelta(minutes=random.randrange(200))
    match random.choice(["come", "come", "come", "go", "move", "shift", "turn"]):
        case "go" if message is not None:
            session.delete(message)
        case "move" if message is not None:
            message.conversation_id = random.choice(threads)
        case "shift" if message is not None:
            message.happened_at = at
        case "turn" if message is not None:
            message.message_type = random.choice(["text", "reaction"])
        case _:
            thread = session.get_one(Conversation, random.choice(threads))
            make_message(session, thread, direction=random.choice(["inbound", "outbound"]), happened_at=at)
