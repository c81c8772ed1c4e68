"""One channel's part of a sender: hold its lane while there is work, claim, post, record.

It claims what pacing and free places allow, posts concurrently across people, and records results in batches. What it
cannot record it keeps and tries again; while the database is away it starts nothing.
"""

import asyncio
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from typing import TypeVar
from uuid import uuid4

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from app.core.clock import Clock
from app.core.config import Settings
from app.database import in_transaction, is_operational
from app.domain.gates import Outcome, outcome
from app.domain.pacing import Bucket, PairBuckets
from app.services import lanes, lines, results, sends, settling
from app.services.reports import Attempt
from app.services.results import Result
from app.services.sends import Candidate, Claimed, Judged, Timing
from app.whatsapp.answers import Ambiguous, Answer, NotSent
from app.whatsapp.client import GraphClient, Line

log = structlog.get_logger()

T = TypeVar("T")

BEAT_SECONDS = 1.0
RETRY_SECONDS = 0.5
# What left evenly arrives a little unevenly: a burst leaves so much of a second's worth free.
JITTER_SECONDS = 0.1


@dataclass(slots=True)
class _Lane:
    """A lane while we hold it."""

    epoch: int
    line: Line
    installation_id: str
    bucket: Bucket
    pairs: PairBuckets[int]
    received: int  # inbound messages that the bucket knows of


class ChannelWorker:
    def __init__(self, channel_id: int, settings: Settings, clock: Clock, engine: Engine, client: GraphClient) -> None:
        self.channel_id = channel_id
        self.task: asyncio.Task[None] | None = None
        self._settings = settings
        self._clock = clock
        self._engine = engine
        self._client = client
        self._timing = Timing(start_within=settings.start_within_seconds, send_timeout=settings.send_timeout_seconds)
        self._event = asyncio.Event()
        self._is_woken = False
        self._is_stopping = False
        self._under_way: dict[Attempt, asyncio.Task[None]] = {}
        self._results: list[Result] = []
        self._may_have_claimed = False

    def wake(self) -> None:
        self._is_woken = True
        self._event.set()

    def stop(self) -> None:
        self._is_stopping = True
        self._event.set()

    async def work(self) -> None:
        """Hold the lane while there is work; a nudge that comes while we let go of it is not lost."""
        while self._is_woken and not self._is_stopping:
            self._is_woken = False
            lane = await self._transaction(self._take)
            if lane is None:
                return  # its holder is alive, and looks once more before it lets go
            try:
                await self._hold(lane)
            except lanes.LaneLost:
                log.warning("send_lane_lost", channel_id=self.channel_id, epoch=lane.epoch)
            finally:
                await self._finish(lane)
            # Whatever committed between our last look and the release found the lane held: look once more.
            if await self._transaction(lambda session: sends.has_due(session, self.channel_id, now=self._clock.now())):
                self._is_woken = True

    async def _hold(self, lane: _Lane) -> None:
        while not self._is_stopping:
            self._event.clear()
            try:
                await self._record(lane)
                await self._disown(lane)
                # Also with no place free: the claim is what keeps the lane.
                claimed = await self._claim(lane, self._settings.send_in_flight - len(self._under_way))
            except (DBAPIError, PoolTimeout) as error:
                if not _will_pass(error):
                    raise
                log.warning("send_lane_waits", channel_id=self.channel_id, error=type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            wait = lane.bucket.ready_at(now=monotonic()) - monotonic()
            is_paced = wait > 0
            if claimed:
                continue
            if not (self._under_way or self._results or is_paced):
                return
            await self._sleep(min(wait, BEAT_SECONDS) if is_paced else BEAT_SECONDS)

    async def _sleep(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._event.wait(), seconds)
        except TimeoutError:
            return

    def _take(self, session: Session) -> _Lane | None:
        holder = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        epoch = lanes.take(session, lanes.send_lane(self.channel_id), holder)
        if epoch is None:
            return None
        settling.orphan(session, channel_id=self.channel_id, epoch=epoch, now=self._clock.now())
        found = lines.find(session, self.channel_id, self._settings)
        if found is None:
            lanes.release(session, lanes.send_lane(self.channel_id), epoch)
            return None
        now = monotonic()
        rate = float(found.messages_per_second)
        burst = max(1.0, rate * (1 - JITTER_SECONDS))
        return _Lane(
            epoch=epoch,
            line=found.line,
            installation_id=found.installation_id,
            bucket=Bucket.replay(lines.recent_rate(session, self.channel_id), rate=rate, burst=burst, now=now),
            pairs=PairBuckets.replay(lines.recent_pairs(session, self.channel_id), now=now),
            received=found.received,
        )

    async def _claim(self, lane: _Lane, room: int) -> int:
        """Claim and begin to post; returns how many."""
        began = monotonic()  # before the claim is issued: a POST may begin only START_WITHIN after this
        tokens = lane.bucket.take(room, now=began)
        self._may_have_claimed = True
        try:
            claimed = await self._transaction(lambda session: self._claim_in(session, lane, tokens))
        except (DBAPIError, PoolTimeout):
            lane.bucket.give_back(tokens, now=monotonic())
            raise
        self._may_have_claimed = False
        lane.bucket.give_back(tokens - len(claimed), now=monotonic())
        for one in claimed:
            key = (one.message_id, one.attempt)
            self._under_way[key] = asyncio.create_task(self._post(lane, one, began))
        return len(claimed)

    async def _disown(self, lane: _Lane) -> None:
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

    def _claim_in(self, session: Session, lane: _Lane, room: int) -> list[Claimed]:
        now = self._clock.now()
        candidates = sends.due(session, channel_id=self.channel_id, epoch=lane.epoch, limit=room, now=now)
        received = lines.received(session, self.channel_id)
        lane.bucket.spend(max(0, received - lane.received), now=monotonic())
        lane.received = received
        if not candidates:
            return []
        candidates = sends.finish_settled(session, candidates, now=now)
        judged = [self._judge(lane, candidate, now) for candidate in candidates]
        return sends.claim(session, judged, channel_id=self.channel_id, epoch=lane.epoch, timing=self._timing, now=now)

    def _judge(self, lane: _Lane, candidate: Candidate, now: datetime) -> Judged:
        moment = monotonic()
        wait = lane.pairs.ready_at(candidate.contact_id, now=moment) - moment
        case = replace(candidate.case, pair_ready_at=now + timedelta(seconds=wait) if wait > 0 else None)
        judged = sends.judge_candidate(candidate, case, now=now)
        if outcome(judged.verdicts).verdict is Outcome.PASS:
            lane.pairs.spend(candidate.contact_id, now=moment)
        return judged

    async def _post(self, lane: _Lane, claimed: Claimed, began: float) -> None:
        try:
            answer = await self._answer(lane, claimed, began)
        except Exception as error:  # a fault of ours: nobody can tell how far it got
            log.exception("send_failed", message_id=claimed.message_id, error=type(error).__name__)
            answer = Ambiguous(reason=type(error).__name__)
        del self._under_way[(claimed.message_id, claimed.attempt)]
        self._results.append(Result(message_id=claimed.message_id, attempt=claimed.attempt, answer=answer))
        self._event.set()

    async def _answer(self, lane: _Lane, claimed: Claimed, began: float) -> Answer:
        if self._is_stopping or monotonic() - began > self._timing.start_within:
            return NotSent(reason="not_started")
        echo = sends.echo_of(lane.installation_id, claimed)
        return await self._client.send(lane.line, claimed.recipient, claimed.content, echo)

    async def _record(self, lane: _Lane) -> None:
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

    async def _record_singly(self, lane: _Lane, batch: list[Result]) -> None:
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

    def _record_in(self, session: Session, lane: _Lane, batch: list[Result]) -> None:
        lanes.keep(session, lanes.send_lane(self.channel_id), lane.epoch)
        results.record(
            session,
            batch,
            channel_id=self.channel_id,
            give_up_seconds=self._settings.settle_give_up_seconds,
            now=self._clock.now(),
        )

    async def _finish(self, lane: _Lane) -> None:
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

    async def _transaction(self, work: Callable[[Session], T]) -> T:
        return await asyncio.to_thread(in_transaction, work, self._engine)


def _will_pass(error: Exception) -> bool:
    """Whether the fault lies with the database or the way to it, so that trying again can help."""
    return isinstance(error, PoolTimeout) or is_operational(error)
