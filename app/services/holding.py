"""A send lane while we hold it: what its number is called by, how fast it may be, and how fast it just was.

Who takes a lane rebuilds its buckets from rows, so that it does not begin with a full burst. Where the epoch says that
nobody else held it since we let go, ours still stand: a busy number has ten thousands of rows.
"""

import os
import socket
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic
from uuid import uuid4

from sqlalchemy.orm import Session

from app.core.config import Settings
from app.domain.pacing import Bucket, PairBuckets
from app.services import lanes, lines, settling
from app.whatsapp.client import Line

# What left evenly arrives a little unevenly: a burst leaves so much of a second's worth free. A number at its limit is
# also given its next tokens by so much of a second, not one by one.
JITTER_SECONDS = 0.1
# A number may have so much of a second's worth under way, and SEND_IN_FLIGHT in any case.
IN_FLIGHT_SECONDS = 0.15


@dataclass(slots=True, kw_only=True)
class Lane:
    epoch: int
    line: Line
    installation_id: str
    messages_per_second: int
    bucket: Bucket
    pairs: PairBuckets[int]
    received: int  # inbound messages that the bucket knows of
    heard_at: float  # when it was told of them
    places: int  # POSTs that may be under way
    worth_a_round: int  # messages, for a number at its limit

    def hear_of(self, received: int, *, now: float) -> None:
        """Count what came in against the number's rate: of a longer time, what came in a second on average."""
        share = min(1.0, 1.0 / max(now - self.heard_at, 1.0))
        self.bucket.spend(round(max(0, received - self.received) * share), now=now)
        self.received, self.heard_at = received, now


def take(session: Session, channel_id: int, settings: Settings, *, last: Lane | None, now: datetime) -> Lane | None:
    """The lane, or None while its holder is alive. `last` is how we left it."""
    holder = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
    epoch = lanes.take(session, lanes.send_lane(channel_id), holder)
    if epoch is None:
        return None
    settling.orphan(session, channel_id=channel_id, epoch=epoch, now=now)
    found = lines.find(session, channel_id, settings)
    if found is None:
        lanes.release(session, lanes.send_lane(channel_id), epoch)
        return None
    if last is not None and last.epoch == epoch - 1 and last.messages_per_second == found.messages_per_second:
        return replace(last, epoch=epoch, line=found.line)
    return _rebuilt(session, channel_id, settings, found, epoch=epoch)


def _rebuilt(session: Session, channel_id: int, settings: Settings, found: lines.Found, *, epoch: int) -> Lane:
    now = monotonic()
    rate = found.messages_per_second
    burst = max(1.0, rate * (1 - JITTER_SECONDS))
    return Lane(
        epoch=epoch,
        line=found.line,
        installation_id=found.installation_id,
        messages_per_second=rate,
        bucket=Bucket.replay(lines.recent_rate(session, channel_id), rate=rate, burst=burst, now=now),
        pairs=PairBuckets.replay(lines.recent_pairs(session, channel_id), now=now),
        received=found.received,
        heard_at=now,
        places=max(settings.send_in_flight, int(rate * IN_FLIGHT_SECONDS)),
        worth_a_round=max(1, int(rate * JITTER_SECONDS)),
    )
