"""One channel's part of a sender: hold its lane while there is work, claim, post, record.

It works in rounds: record results, then claim what pacing and free places allow, and post that concurrently across
people. The busier the process is, the further rounds lie apart, as a round costs much the same for one message as for
fifty. What cannot be recorded is kept and tried again; while the database is away nothing is begun.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from typing import Protocol, TypeVar

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from app.core import measures
from app.core.clock import Clock
from app.core.config import Settings
from app.database import is_operational
from app.domain.gates import Outcome, outcome
from app.domain.pacing import Throughput
from app.services import holding, lanes, lines, results, sends, turns
from app.services.holding import Lane
from app.services.reports import Attempt
from app.services.results import Result
from app.services.sends import Candidate, Claimed, Judged, Timing
from app.whatsapp.answers import Ambiguous, Answer, NotSent
from app.whatsapp.client import GraphClient

log = structlog.get_logger()

T = TypeVar("T")

BEAT_SECONDS = 1.0
RETRY_SECONDS = 0.5
# A lane that ran dry is kept for so long, as taking it again costs more than a message; and looked at so often, for
# other processes whose nudge found it held.
LINGER_SECONDS, LOOK_SECONDS = 1.0, 0.25
# Rounds lie so far apart for each message a second that this process sends: about what a round costs. At Meta's ceiling
# of 1,000 that is 80 ms; somebody who writes to a quiet shop waits for nothing.
APART_SECONDS, LONGEST_APART_SECONDS = 80e-6, 0.1


class Transact(Protocol):
    """Does work in a transaction of its own, off the loop."""

    def __call__(self, work: Callable[[Session], T]) -> Awaitable[T]: ...


class ChannelWorker:
    def __init__(
        self,
        channel_id: int,
        settings: Settings,
        clock: Clock,
        transact: Transact,
        client: GraphClient,
        throughput: Throughput,
    ) -> None:
        self.channel_id = channel_id
        self.task: asyncio.Task[None] | None = None
        self._settings = settings
        self._clock = clock
        self._transaction = transact
        self._client = client
        self._throughput = throughput
        self._timing = Timing(start_within=settings.start_within_seconds, send_timeout=settings.send_timeout_seconds)
        self._event = asyncio.Event()
        self._plenty = asyncio.Event()  # so many results that they are worth a round at once
        self._is_woken = False
        self._is_stopping = False
        self._under_way: dict[Attempt, asyncio.Task[None]] = {}
        self._results: list[Result] = []
        self._may_have_claimed = False
        self._beat_due = 0.0
        self._last: Lane | None = None

    @property
    def in_flight(self) -> int:
        return len(self._under_way)

    @property
    def unrecorded(self) -> int:
        return len(self._results)

    def wake(self) -> None:
        self._is_woken = True
        self._event.set()

    def stop(self) -> None:
        self._is_stopping = True
        self._event.set()
        self._plenty.set()

    async def work(self) -> None:
        """Hold the lane while there is work; a nudge that comes while we let go of it is not lost."""
        while self._is_woken and not self._is_stopping:
            self._is_woken = False
            lane = await self._transaction(self._take)
            if lane is None:
                return  # its holder is alive, and looks once more before it lets go
            self._last = lane
            try:
                await self._hold(lane)
            except lanes.LaneLost:
                log.warning("send_lane_lost", channel_id=self.channel_id, epoch=lane.epoch)
            finally:
                await self._finish(lane)
            # Whatever committed between our last look and the release found the lane held: look once more.
            if await self._transaction(lambda session: turns.has_due(session, self.channel_id, now=self._clock.now())):
                self._is_woken = True

    async def _hold(self, lane: Lane) -> None:
        busy_at = monotonic()
        while not self._is_stopping:
            self._event.clear()
            began = monotonic()
            try:
                await self._record(lane)
                await self._disown(lane)
                # Also with no place free: the claim is what keeps the lane.
                found, claimed = await self._claim(lane, lane.places - len(self._under_way))
            except (DBAPIError, PoolTimeout) as error:
                if not _will_pass(error):
                    raise
                log.warning("send_lane_waits", channel_id=self.channel_id, error=type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            if claimed < found:
                continue  # what a gate refused made way for somebody's next message
            wait = self._wait_for_tokens(lane)
            if claimed or self._under_way or self._results or wait:
                busy_at = monotonic()
            elif monotonic() - busy_at >= LINGER_SECONDS:
                return
            await self._rest(lane, began, wait or (BEAT_SECONDS if self._under_way else LOOK_SECONDS))

    def _wait_for_tokens(self, lane: Lane) -> float:
        now = monotonic()
        if lane.bucket.ready_at(now=now) <= now:
            return 0.0
        return min(lane.bucket.ready_at(now=now, count=lane.worth_a_round) - now, BEAT_SECONDS)

    async def _rest(self, lane: Lane, began: float, seconds: float) -> None:
        """Until there is something to do, and enough of it to be worth a round."""
        await _wait(self._event, seconds)
        self._plenty.clear()
        while not self._is_stopping and len(self._results) < lane.places // 2:
            now = monotonic()
            apart = min(self._throughput.rate(now=now) * APART_SECONDS, LONGEST_APART_SECONDS)
            if now >= began + apart:
                return
            await _wait(self._plenty, began + apart - now)

    def _take(self, session: Session) -> Lane | None:
        return holding.take(session, self.channel_id, self._settings, last=self._last, now=self._clock.now())

    async def _claim(self, lane: Lane, room: int) -> tuple[int, int]:
        """Claim and begin to post; returns how many messages were due, and how many of them are being posted."""
        began = monotonic()  # before the claim is issued: a POST may begin only START_WITHIN after this
        tokens = lane.bucket.take(room, now=began)
        self._may_have_claimed = True
        try:
            found, claimed = await self._transaction(lambda session: self._claim_in(session, lane, tokens))
        except (DBAPIError, PoolTimeout):
            lane.bucket.give_back(tokens, now=monotonic())
            raise
        self._may_have_claimed = False
        now = monotonic()
        lane.bucket.give_back(tokens - len(claimed), now=now)
        self._throughput.add(len(claimed), now=now)
        for one in claimed:
            key = (one.message_id, one.attempt)
            self._under_way[key] = asyncio.create_task(self._post(lane, one, began))
        return found, len(claimed)

    async def _disown(self, lane: Lane) -> None:
        """A claim whose commit was not answered may stand all the same. Nobody posted it, and only we can know."""
        if not self._may_have_claimed:
            return
        found = await self._transaction(
            lambda session: sends.open_claims(session, channel_id=self.channel_id, epoch=lane.epoch)
        )
        known = {*self._under_way, *((result.message_id, result.attempt) for result in self._results)}
        self._results += [
            Result(message_id=message_id, attempt=attempt, answer=NotSent(reason="not_started"))
            for message_id, attempt in found
            if (message_id, attempt) not in known
        ]
        self._may_have_claimed = False

    def _claim_in(self, session: Session, lane: Lane, room: int) -> tuple[int, list[Claimed]]:
        now = self._clock.now()
        must_beat = monotonic() >= self._beat_due
        candidates = sends.due(
            session, channel_id=self.channel_id, epoch=lane.epoch, limit=room, now=now, must_beat=must_beat
        )
        if candidates or must_beat:
            self._beat_due = monotonic() + BEAT_SECONDS
        found = len(candidates)
        if not found:
            return 0, []
        lane.hear_of(lines.received(session, self.channel_id), now=monotonic())
        candidates = sends.finish_settled(session, candidates, now=now)
        judged = [self._judge(lane, candidate, now) for candidate in candidates]
        claimed = sends.claim(
            session, judged, channel_id=self.channel_id, epoch=lane.epoch, timing=self._timing, now=now
        )
        return found, claimed

    def _judge(self, lane: Lane, candidate: Candidate, now: datetime) -> Judged:
        moment = monotonic()
        wait = lane.pairs.ready_at(candidate.contact_id, now=moment) - moment
        case = replace(candidate.case, pair_ready_at=now + timedelta(seconds=wait)) if wait > 0 else candidate.case
        judged = sends.judge_candidate(candidate, case, now=now)
        if outcome(judged.verdicts).verdict is Outcome.PASS:
            lane.pairs.spend(candidate.contact_id, now=moment)
        return judged

    async def _post(self, lane: Lane, claimed: Claimed, began: float) -> None:
        asked = monotonic()
        try:
            answer = await self._answer(lane, claimed, began)
        except Exception as error:  # a fault of ours: nobody can tell how far it got
            log.exception("send_failed", message_id=claimed.message_id, error=type(error).__name__)
            answer = Ambiguous(reason=type(error).__name__)
        measures.SEND_SECONDS.observe(monotonic() - asked)
        del self._under_way[(claimed.message_id, claimed.attempt)]
        self._results.append(Result(message_id=claimed.message_id, attempt=claimed.attempt, answer=answer))
        self._event.set()
        if len(self._results) >= lane.places // 2:
            self._plenty.set()

    async def _answer(self, lane: Lane, claimed: Claimed, began: float) -> Answer:
        if self._is_stopping or monotonic() - began > self._timing.start_within:
            return NotSent(reason="not_started")
        echo = sends.echo_of(lane.installation_id, claimed)
        return await self._client.send(lane.line, claimed.recipient, claimed.content, echo)

    async def _record(self, lane: Lane) -> None:
        """Write results down. They are kept until that has worked; until then nothing new is begun."""
        batch, self._results = self._results, []
        if not batch:
            return
        try:
            await self._transaction(partial(self._record_in, lane=lane, batch=batch))
            return
        except Exception as error:
            if _will_pass(error):
                self._results = batch + self._results
                raise
            log.warning("results_not_recorded", channel_id=self.channel_id, error=type(error).__name__)
        await self._record_singly(lane, batch)

    async def _record_singly(self, lane: Lane, batch: list[Result]) -> None:
        """One result that the database refuses must not hold up the others. It is as if its answer had never come."""
        while batch:
            result = batch[0]
            try:
                await self._transaction(partial(self._record_in, lane=lane, batch=[result]))
            except Exception as error:
                if _will_pass(error):
                    self._results = batch + self._results
                    raise
                log.error(
                    "result_unrecordable",
                    message_id=result.message_id,
                    attempt=result.attempt,
                    error=type(error).__name__,
                    exc_info=not isinstance(error, DBAPIError),  # whose words may hold a row's values
                )
            batch = batch[1:]

    def _record_in(self, session: Session, lane: Lane, batch: list[Result]) -> None:
        lanes.keep(session, lanes.send_lane(self.channel_id), lane.epoch)
        results.record(
            session,
            batch,
            channel_id=self.channel_id,
            give_up_seconds=self._settings.settle_give_up_seconds,
            now=self._clock.now(),
        )

    async def _finish(self, lane: Lane) -> None:
        """Record what is still under way, also when the lane is lost, then give it back."""
        while self._under_way or self._results:
            if self._under_way:
                await asyncio.wait(self._under_way.values(), return_when=asyncio.FIRST_COMPLETED)
            try:
                await self._record(lane)
            except (DBAPIError, PoolTimeout) as error:
                log.warning("results_kept", channel_id=self.channel_id, error=type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)
        await self._transaction(lambda session: lanes.release(session, lanes.send_lane(self.channel_id), lane.epoch))


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)


def _will_pass(error: Exception) -> bool:
    """Whether the fault lies with the database or the way to it, so that trying again can help."""
    return isinstance(error, PoolTimeout) or is_operational(error)
