"""Periods and histograms: what roll-ups are made of.

Minutes and hours are UTC, days are the workspace's: a day has 23 to 25 hours and may begin in the middle of one. How
long something took is kept as a sum of milliseconds and as counts between fixed bounds: those add up exactly, from
minutes to days and in any order, as means and percentiles do not.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)

# Upper bounds in seconds; what takes as long as the last or longer lies beyond. To change them takes a rebuild.
BOUNDS = (0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 43200, 86400, 259200)
BEYOND = "inf"
LABELS = (*(f"{bound:g}" for bound in BOUNDS), BEYOND)


class Granularity(StrEnum):
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Span:
    start: datetime
    end: datetime  # the first moment that is not part of it

    @property
    def seconds(self) -> float:
        return (self.end - self.start).total_seconds()


def period_of(moment: datetime, granularity: Granularity, zone: ZoneInfo) -> Span:
    """The period that the moment lies in."""
    match granularity:
        case Granularity.MINUTE:
            start = moment.astimezone(UTC).replace(second=0, microsecond=0)
            return Span(start, start + MINUTE)
        case Granularity.HOUR:
            start = hour_of(moment)
            return Span(start, start + HOUR)
        case Granularity.DAY:
            day = moment.astimezone(zone).date()
            return Span(midnight(day, zone), midnight(day + timedelta(days=1), zone))


def hour_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a day begins. Where clocks are put back at midnight there are two such moments: the second counts."""
    local = datetime.combine(day, time(), tzinfo=zone)
    first = local.astimezone(UTC)
    return first if first.astimezone(zone).date() >= day else local.replace(fold=1).astimezone(UTC)


def periods(span: Span, granularity: Granularity, zone: ZoneInfo) -> Iterator[Span]:
    """All periods that have a part in the span, in order."""
    moment = span.start
    while moment < span.end:
        period = period_of(moment, granularity, zone)
        yield period
        moment = period.end


def spans_of(hour: datetime, minutes: int) -> list[Span]:
    """The minutes of an hour whose bits are set, as few spans as they are."""
    spans: list[Span] = []
    for number in range(60):
        if not minutes >> number & 1:
            continue
        start = hour + number * MINUTE
        if spans and spans[-1].end == start:
            spans[-1] = Span(spans[-1].start, start + MINUTE)
        else:
            spans.append(Span(start, start + MINUTE))
    return spans


def whole_hours(span: Span) -> tuple[Span, list[Span]]:
    """The whole hours within a span, and what is left of it before and after them."""
    first, last = hour_of(span.start + HOUR - timedelta(microseconds=1)), hour_of(span.end)
    edges = [Span(span.start, first), Span(last, span.end)]
    return Span(first, last), [edge for edge in edges if edge.start < edge.end]


def percentile(counts: Mapping[str, float], share: float) -> float | None:
    """How many seconds a share of all took at most, as if all between two bounds were spread evenly."""
    total = sum(counts.values())
    if not total:
        return None
    wanted, below = share * total, 0.0
    for place, label in enumerate(LABELS):
        count = counts.get(label, 0)
        if count and below + count >= wanted:
            lower = BOUNDS[place - 1] if place else 0.0
            if place == len(BOUNDS):
                return float(lower)
            return lower + (BOUNDS[place] - lower) * (wanted - below) / count
        below += count
    return float(BOUNDS[-1])


def label_of(seconds: float) -> str:
    """Between which bounds it lies, by the upper one."""
    return LABELS[bisect_right(BOUNDS, seconds)]


def aligned(span: Span, granularity: Granularity, zone: ZoneInfo) -> Span:
    """All of every period that has a part in the span."""
    last = period_of(span.end - timedelta(microseconds=1), granularity, zone)
    return Span(period_of(span.start, granularity, zone).start, max(last.end, span.start))


def before(span: Span, granularity: Granularity, zone: ZoneInfo) -> Span:
    """As many periods, right before a span of whole ones."""
    if granularity is not Granularity.DAY:
        return Span(span.start - (span.end - span.start), span.start)
    first, last = (moment.astimezone(zone).date() for moment in (span.start, span.end))
    return Span(midnight(first - (last - first), zone), span.start)


def suitable(span: Span) -> Granularity:
    """So many periods as a chart can show."""
    if span.end - span.start <= 3 * HOUR:
        return Granularity.MINUTE
    return Granularity.HOUR if span.end - span.start <= 7 * 24 * HOUR else Granularity.DAY
