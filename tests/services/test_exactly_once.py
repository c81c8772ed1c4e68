"""Sending against a far end that loses answers, with processes that die: nothing lost, nothing doubled, nothing stuck.

The far end is a small, obvious model; everything else is the real services on PostgreSQL. Time passes by making rows
older. What the design excludes, the model keeps to: a POST ends before its attempt is dead, and a report comes within
SILENCE of open intake.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app.services.sends import Timing
from tests.clean_slate import CleanSlate
from tests.services.sending import (
    Desk,
    accepted,
    ambiguous,
    desk_of,
    echo,
    make_person,
    make_queued,
    not_sent,
    rejected,
    status,
)

# Ten times as long as usual, as the database's clock goes on while a test runs.
TIMING = Timing(start_within=50, send_timeout=300)
SILENCE = 100.0
LONGEST_POST = 300.0  # seconds after the claim
LONGEST_SILENCE = 70.0  # seconds of open intake in which a report comes, and after which it is tried again

STEPS = ["claim", "post", "post", "crash", "late answer", "report", "drain", "wait", "wait", "close", "open", "outage"]

ENDS = ["answered", "lost", "unheard", "refused", "unsent", "died"]


@dataclass
class Post:
    message_id: int
    attempt: int
    seconds: float = 0.0


@dataclass
class Report:
    message_id: int
    attempt: int
    wamid: str
    silent: float = 0.0  # seconds of open intake since it could be told


@dataclass
class World:
    desk: Desk
    random: Random
    sent: dict[int, int] = field(default_factory=dict)  # message → how often the far end took it
    posts: list[Post] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    bodies: list[Report] = field(default_factory=list)  # stored, not drained
    forgotten: list[tuple[tuple[int, int], str]] = field(default_factory=list)  # answers that a dead process had
    is_open: bool = True
    silence: float = SILENCE

    def claim(self) -> None:
        for one in self.desk.claim(limit=self.random.randint(1, 4)):
            self.posts.append(Post(one.message_id, one.attempt))

    def post(self) -> None:
        if self.posts:
            self.end(self.posts.pop(self.random.randrange(len(self.posts))))

    def end(self, post: Post, *, how: str | None = None) -> None:
        key = (post.message_id, post.attempt)
        kind = how or self.random.choice(ENDS)
        if kind in ("answered", "lost") or (kind == "died" and self.random.random() < 0.5):
            wamid = f"wamid.{post.message_id}.{post.attempt}"
            self.sent[post.message_id] = self.sent.get(post.message_id, 0) + 1
            self.reports.append(Report(*key, wamid))
            if kind == "answered":
                self.desk.record((key, accepted(wamid)))
            elif kind == "died":
                self.forgotten.append((key, wamid))
        if kind in ("lost", "unheard"):
            self.desk.record((key, ambiguous()))
        elif kind == "refused":
            self.desk.record((key, rejected(130429)))
        elif kind == "unsent":
            self.desk.record((key, not_sent()))

    def crash(self) -> None:
        """The holder dies or freezes; what it was posting ends at the far end without anybody to hear of it."""
        self.desk.take()

    def late_answer(self) -> None:
        """A process that was only frozen records what it had."""
        if self.forgotten:
            key, wamid = self.forgotten.pop()
            self.desk.record((key, accepted(wamid)))

    def report(self) -> None:
        """The far end reports; without open intake nobody hears it, and it will be told again."""
        if self.is_open and self.reports:
            one = self.reports.pop(self.random.randrange(len(self.reports)))
            self.bodies.append(one)
            self.desk.run("INSERT INTO webhook_events (body) VALUES ('x')")

    def drain(self) -> None:
        bodies, self.bodies = self.bodies, []
        items = [
            status(one.wamid, self.random.choice(["sent", "delivered", "read"]), echo=self.echo_for(one))
            for one in bodies
        ]
        self.desk.report(*items)
        self.desk.run("UPDATE webhook_events SET processed_at = clock_timestamp() WHERE processed_at IS NULL")

    def echo_for(self, one: Report) -> str | None:
        """Meta leaves it out now and then; where nothing else can tell whose report it is, that is our residual."""
        is_known = self.desk.attempts(one.message_id)[one.attempt - 1].wamid is not None
        return None if is_known and self.random.random() < 0.2 else echo(self.desk, one.message_id, one.attempt)

    def wait(self) -> None:
        for _ in range(self.random.choice([1, 3, 12])):
            self.pass_time(40)

    def pass_time(self, seconds: float) -> None:
        self.desk.now += timedelta(seconds=seconds)
        self.desk.age(seconds)
        self.desk.run(
            "UPDATE intake_open SET opened_at = opened_at - make_interval(secs => :s),"
            " stamped_at = stamped_at - make_interval(secs => :s)",
            s=seconds,
        )
        if self.is_open:
            self.desk.run(
                "UPDATE intake_open SET stamped_at = clock_timestamp() WHERE id = (SELECT max(id) FROM intake_open)"
            )
            for one in self.reports:
                one.silent += seconds
        for post in list(self.posts):
            post.seconds += seconds
            if post.seconds >= LONGEST_POST:
                self.posts.remove(post)
                self.end(post)
        while self.is_open and any(one.silent >= LONGEST_SILENCE for one in self.reports):
            self.report()
        self.desk.settle(silence=self.silence)  # as the sweep does

    def close(self) -> None:
        self.is_open = False

    def open(self) -> None:
        if not self.is_open:
            self.is_open = True
            self.desk.run("INSERT INTO intake_open (opened_at, stamped_at) SELECT clock_timestamp(), clock_timestamp()")
            for one in self.reports:
                one.silent = 0.0

    def outage(self) -> None:
        """Nothing comes in for longer than an attempt can live."""
        self.close()
        for _ in range(11):
            self.pass_time(40)
        self.open()

    def calm_down(self) -> None:
        """Everything works from now on."""
        self.open()
        self.crash()
        for _ in range(40):
            self.claim()
            while self.posts:
                self.end(self.posts.pop(), how="answered")
            self.pass_time(50)
            while self.reports:
                self.report()
            self.drain()
            if not self.desk.rows("SELECT FROM messages WHERE dispatch <> 'done' LIMIT 1"):
                return


def make_world(slate: CleanSlate, now: datetime, *, people: int = 3, seed: int = 0) -> World:
    slate.wipe()
    with Session(slate.engine, expire_on_commit=False) as session:
        for _ in range(people):
            person = make_person(session, now + timedelta(days=2))
            for _ in range(2):
                make_queued(session, person, now)
        session.commit()
    desk = desk_of(slate.engine, now)
    desk.timing = TIMING
    world = World(desk, Random(seed), is_open=False)
    world.open()
    return world


@settings(max_examples=12)
@given(steps=st.lists(st.sampled_from(STEPS), min_size=10, max_size=50), seed=st.integers(0, 2**16))
def test_every_message_is_sent_exactly_once(slate: CleanSlate, now: datetime, steps: list[str], seed: int) -> None:
    world = make_world(slate, now, seed=seed)

    for step in steps:
        getattr(world, step.replace(" ", "_"))()
    world.calm_down()

    rows = world.desk.rows("SELECT id, status, dispatch, is_doubled, error_message FROM messages ORDER BY id")
    assert {row.id: world.sent.get(row.id, 0) for row in rows} == {row.id: 1 for row in rows}
    assert {(row.dispatch, row.is_doubled, row.error_message) for row in rows} == {("done", False, None)}
    assert {row.status for row in rows} <= {"sent", "delivered", "read"}


@pytest.mark.parametrize(("silence", "times"), [(SILENCE, 1), (20.0, 2)])
def test_the_model_doubles_where_silence_is_too_short(
    slate: CleanSlate, now: datetime, silence: float, times: int
) -> None:
    """Otherwise the test above would prove nothing."""
    world = make_world(slate, now, people=1)
    world.silence = silence
    world.claim()
    [post] = world.posts
    world.posts.clear()
    world.end(post, how="lost")

    world.outage()
    world.pass_time(40)
    world.calm_down()

    assert world.sent[post.message_id] == times
