"""Answers about metrics, from roll-ups alone: no ledger is read, however long the range.

A metric's value for a stretch of time is made of rows that add up (counts, sums, counts between bounds); means, shares
and percentiles are worked out of those in the end, never out of one another.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import assert_never
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain import rollups as periods_of
from app.domain.metrics import Count, Distinct, Duration, Metric, Rate, Share
from app.domain.rollups import Span, percentile
from app.services import catalogue, deltas
from app.services.questions import Question

MOST_GROUPS = 50
OF_USERS = [metric for metric in catalogue.METRICS.values() if "user" in metric.dimensions]
REST = "…"  # the groups beyond the largest, together: no value of a dimension is written so


class Statistic(StrEnum):
    MEAN = "mean"
    P50 = "p50"
    P90 = "p90"
    P99 = "p99"


SHARES: Mapping[Statistic, float] = {Statistic.P50: 0.5, Statistic.P90: 0.9, Statistic.P99: 0.99}


@dataclass(slots=True)
class Cell:
    """What is known of some metrics in some time and group: sums by name of row, and counts by bound."""

    sums: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    counts: defaultdict[str, defaultdict[str, float]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(float))
    )

    def add(self, name: str, bound: str | None, value: float) -> None:
        if bound is None:
            self.sums[name] += value
        else:
            self.counts[name][bound] += value

    def merge(self, other: "Cell") -> None:
        for name, value in other.sums.items():
            self.sums[name] += value
        for name, counts in other.counts.items():
            for bound, value in counts.items():
                self.counts[name][bound] += value

    def value(self, metric: Metric, *, seconds: float, periods: int, statistic: Statistic) -> float | None:
        """None where there is nothing to measure."""
        match metric.measure:
            case Count():
                return self.sums[metric.slug]
            case Distinct():
                return self.sums[metric.slug] / periods
            case Duration():
                return self.statistics(metric).get(statistic)
            case Rate(of=of):
                return self.sums[of] / seconds
            case Share(of=of, per=per):
                return self.sums[of] / self.sums[per] if self.sums[per] else None
            case _:
                assert_never(metric.measure)

    def statistics(self, metric: Metric) -> dict[str, float]:
        """Of how long something took: how often that was measured, the mean, and percentiles. Empty where never."""
        counts = self.counts[f"{metric.slug}_bucket"]
        count = sum(counts.values())
        if not count:
            return {}
        found: dict[str, float] = {"count": count, Statistic.MEAN: self.sums[f"{metric.slug}_sum"] / 1000 / count}
        return found | {str(name): percentile(counts, share) or 0.0 for name, share in SHARES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One metric in one group (None: not cut by anything): a value for each period."""

    metric: Metric
    group: str | None
    values: Sequence[float | None]
    previous: Sequence[float | None] | None
    total: "Total"


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    value: float | None
    previous: float | None
    statistics: Mapping[str, float]

    @property
    def change(self) -> float | None:
        """As a share of what was before."""
        if self.value is None or not self.previous:
            return None
        return (self.value - self.previous) / self.previous


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    question: Question
    zone: ZoneInfo
    is_current: bool  # nothing waits to be rolled up
    periods: Sequence[Span]
    previous: Span | None
    lines: Sequence[Line]


Table = Mapping[str | None, Mapping[datetime, Cell]]  # group → period → what is known


def find(session: Session, question: Question, *, statistic: Statistic = Statistic.MEAN) -> Findings:
    """What the roll-ups say, each period of the range with a value."""
    zone, granularity = question.zone, question.granularity
    periods = list(periods_of.periods(question.span, granularity, zone))
    now = _gather(_rows(session, question, question.span), question.group_by)
    earlier, then, spans = None, None, list[Span]()
    if question.compares:
        earlier = periods_of.before(question.span, granularity, zone)
        then = _gather(_rows(session, question, earlier), question.group_by)
        spans = list(periods_of.periods(earlier, granularity, zone))
    groups = _largest([now, *([then] if then else [])]) if question.group_by else [None]
    lines = [
        _line(
            metric,
            group,
            _of(now, group, groups),
            periods,
            _of(then, group, groups) if then else None,
            spans,
            statistic,
        )
        for metric in question.metrics
        for group in groups
    ]
    return Findings(
        question=question,
        zone=zone,
        is_current=deltas.is_empty(session),
        periods=periods,
        previous=earlier,
        lines=lines,
    )


Row = tuple[str, datetime, str | None, str | None, float]  # name, period, group, bound, value


def _rows(session: Session, question: Question, span: Span) -> Iterable[Row]:
    """The one look into the roll-ups, by the index of their unique key."""
    conditions = "".join(
        f" AND COALESCE(dimensions ->> :dimension{place}, '') = ANY(:values{place})"
        for place in range(len(question.filters))
    )
    parameters: dict[str, object] = {
        "names": _names(question.metrics),
        "granularity": question.granularity,
        "start": span.start,
        "end": span.end,
        "group": question.group_by,
    }
    for place, (dimension, values) in enumerate(question.filters.items()):
        parameters |= {f"dimension{place}": dimension, f"values{place}": list(values)}
    if question.only_user is not None:
        conditions += " AND (metric_name <> ALL(:of_users) OR dimensions ->> 'user' = :only_user)"
        parameters |= {"of_users": catalogue.names_of(OF_USERS), "only_user": str(question.only_user)}
    found = session.execute(
        text(f"""
            SELECT metric_name, period_start, dimensions ->> CAST(:group AS text), dimensions ->> 'le',
                sum(metric_value)
            FROM analytics
            WHERE metric_name = ANY(:names) AND granularity = :granularity
              AND period_start >= :start AND period_start < :end {conditions}
            GROUP BY 1, 2, 3, 4
        """),  # noqa: S608 - ours
        parameters,
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in found]


def _names(metrics: Sequence[Metric]) -> list[str]:
    names: set[str] = set()
    for metric in metrics:
        match metric.measure:
            case Share(of=of, per=per):
                names |= {of, per}
            case Rate(of=of):
                names |= {of}
            case _:
                names |= set(catalogue.rows_of(metric))
    return sorted(names)


def _gather(rows: Iterable[Row], group_by: str | None) -> Table:
    table: defaultdict[str | None, defaultdict[datetime, Cell]] = defaultdict(lambda: defaultdict(Cell))
    for name, period, group, bound, value in rows:
        table[(group or "") if group_by else None][period].add(name, bound, value)
    return table


def _largest(tables: Sequence[Table]) -> list[str | None]:
    """The groups with most in them, largest first; when there are too many, the others stand together as the last."""
    sizes: defaultdict[str, float] = defaultdict(float)
    for table in tables:
        for group, cells in table.items():
            sizes[group or ""] += sum(sum(cell.sums.values()) for cell in cells.values())
    ordered: list[str | None] = [*sorted(sizes, key=lambda group: (-sizes[group], group))]
    return ordered if len(ordered) <= MOST_GROUPS else [*ordered[: MOST_GROUPS - 1], REST]


def _of(table: Table, group: str | None, groups: Sequence[str | None]) -> Mapping[datetime, Cell]:
    if group != REST:
        return table.get(group, {})
    together: defaultdict[datetime, Cell] = defaultdict(Cell)
    for other in set(table) - set(groups):
        for period, cell in table[other].items():
            together[period].merge(cell)
    return together


def _line(
    metric: Metric,
    group: str | None,
    cells: Mapping[datetime, Cell],
    periods: Sequence[Span],
    previous: Mapping[datetime, Cell] | None,
    previous_periods: Sequence[Span],
    statistic: Statistic,
) -> Line:
    whole, before = _whole(cells, periods), _whole(previous or {}, previous_periods)
    return Line(
        metric=metric,
        group=group,
        values=_values(metric, cells, periods, statistic),
        previous=None if previous is None else _values(metric, previous, previous_periods, statistic),
        total=Total(
            value=_total(metric, whole, periods, statistic),
            previous=None if previous is None else _total(metric, before, previous_periods, statistic),
            statistics=whole.statistics(metric) if isinstance(metric.measure, Duration) else {},
        ),
    )


def _values(
    metric: Metric, cells: Mapping[datetime, Cell], periods: Sequence[Span], statistic: Statistic
) -> list[float | None]:
    nothing = Cell()
    return [
        cells.get(period.start, nothing).value(metric, seconds=period.seconds, periods=1, statistic=statistic)
        for period in periods
    ]


def _whole(cells: Mapping[datetime, Cell], periods: Sequence[Span]) -> Cell:
    whole = Cell()
    for period in periods:
        if period.start in cells:
            whole.merge(cells[period.start])
    return whole


def _total(metric: Metric, whole: Cell, periods: Sequence[Span], statistic: Statistic) -> float | None:
    seconds = sum(period.seconds for period in periods)
    return whole.value(metric, seconds=seconds, periods=len(periods), statistic=statistic)
