"""What may be asked about metrics: a range, how fine, which metrics, cut and narrowed by what; and what is too much.

A range is widened to whole periods: roll-ups know no halves of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.core.errors import Invalid
from app.domain.metrics import Metric, MetricType
from app.domain.rollups import HOUR, MINUTE, Granularity, Span, aligned, midnight, suitable
from app.services import rollups
from app.services.catalogue import DIMENSIONS, METRICS

MOST_PERIODS = 1500  # a day of minutes, two months of hours, four years of days
MOST_METRICS = 12
MOST_FILTERS = 20
USUAL_RANGE = timedelta(days=7)
EARLIEST, LATEST = datetime(2009, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


class UnknownMetric(Invalid):
    code = "unknown_metric"


class UnknownDimension(Invalid):
    code = "unknown_dimension"


class InvalidRange(Invalid):
    code = "invalid_range"


class TooManyPeriods(Invalid):
    code = "too_many_periods"


class NotKept(Invalid):
    code = "not_kept"


class TooManyMetrics(Invalid):
    code = "too_many_metrics"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    span: Span
    granularity: Granularity
    zone: ZoneInfo
    metrics: Sequence[Metric]
    group_by: str | None
    filters: Mapping[str, Sequence[str]]  # dimension → values, of which one must be so; empty: without any
    compares: bool
    only_user: int | None = None  # of what is counted of users, this one's; None: everybody's


def ask(
    session: Session,
    *,
    since: date | datetime | None,
    until: date | datetime | None,
    granularity: Granularity | None,
    metrics: Sequence[str],
    type: MetricType | None,
    group_by: str | None,
    filters: Sequence[str],
    compares: bool,
    only_user: int | None = None,
    now: datetime,
) -> Question:
    """A question that can be answered; `granularity` None: as suits the range."""
    zone = rollups.time_zone(session)
    chosen = _metrics(metrics, type)
    narrowed = _filters(filters)
    for dimension in [*([group_by] if group_by else []), *narrowed]:
        _check_dimension(dimension, chosen)
    span = _span(since, until, zone, now=now)
    kept = rollups.kept_since(session)
    finest = granularity or _finest_kept(span, kept)
    whole = aligned(span, finest, zone)
    _check_size(whole, finest)
    if granularity in kept and whole.start < kept[granularity]:
        raise NotKept(
            f"Roll-ups by the {granularity} are kept since {kept[granularity].isoformat()}: ask for a later range, or"
            " for a coarser granularity.",
            fields=[{"field": "granularity", "code": "not_kept", "detail": "They were dropped."}],
        )
    return Question(
        span=whole,
        granularity=finest,
        zone=zone,
        metrics=chosen,
        group_by=group_by,
        filters=narrowed,
        compares=compares,
        only_user=only_user,
    )


def _metrics(slugs: Sequence[str], type: MetricType | None) -> list[Metric]:
    unknown = [slug for slug in slugs if slug not in METRICS]
    if unknown:
        raise UnknownMetric(
            f"There is no metric {unknown[0][:60]!r}: GET /api/v1/analytics/metrics lists them.",
            fields=[{"field": "metric", "code": "unknown_metric", "detail": "There is no such metric."}],
        )
    chosen = [METRICS[slug] for slug in dict.fromkeys(slugs)]
    if type is not None and not chosen:
        return [metric for metric in METRICS.values() if metric.type is type]
    if not 1 <= len(chosen) <= MOST_METRICS:
        raise TooManyMetrics(
            f"Name a `type`, or between 1 and {MOST_METRICS} metrics.",
            fields=[{"field": "metric", "code": "too_many_metrics", "detail": "None, or too many."}],
        )
    return chosen


def _filters(written: Sequence[str]) -> dict[str, list[str]]:
    filters: dict[str, list[str]] = {}
    if len(written) > MOST_FILTERS:
        raise UnknownDimension(
            f"At most {MOST_FILTERS} filters may be given.",
            fields=[{"field": "filter", "code": "too_many", "detail": "Too many."}],
        )
    for one in written:
        dimension, _, value = one.partition(":")
        filters.setdefault(dimension, []).append(value)
    return filters


def _check_dimension(dimension: str, metrics: Sequence[Metric]) -> None:
    without = next((metric for metric in metrics if dimension not in metric.dimensions), None)
    if dimension not in DIMENSIONS:
        raise UnknownDimension(
            f"There is no dimension {dimension[:60]!r}.",
            fields=[{"field": "dimension", "code": "unknown_dimension", "detail": "There is no such dimension."}],
        )
    if without is not None:
        known = ", ".join(without.dimensions) or "nothing"
        raise UnknownDimension(
            f"The metric {without.slug} is not known by {dimension}, but by {known}.",
            fields=[{"field": "dimension", "code": "not_of_metric", "detail": f"{without.slug} has it not."}],
        )


def _span(since: date | datetime | None, until: date | datetime | None, zone: ZoneInfo, *, now: datetime) -> Span:
    """A date means the whole of that day in the workspace's zone, at either end."""
    end = now if until is None else _moment(until, zone, days=1)
    start = end - USUAL_RANGE if since is None else _moment(since, zone, days=0)
    if not (EARLIEST <= start < end <= LATEST):
        raise InvalidRange(
            "`from` must be before `to`, and both between 2009 and 2100.",
            fields=[{"field": "from", "code": "invalid_range", "detail": "It must be before `to`."}],
        )
    return Span(start, end)


def _moment(given: date | datetime, zone: ZoneInfo, *, days: int) -> datetime:
    year = given.year
    if not EARLIEST.year < year < LATEST.year:
        return EARLIEST - timedelta(days=1)
    return given if isinstance(given, datetime) else midnight(given + timedelta(days=days), zone)


def _finest_kept(span: Span, kept: Mapping[Granularity, datetime]) -> Granularity:
    chosen = suitable(span)
    if chosen is Granularity.MINUTE and span.start < kept[Granularity.MINUTE] + MINUTE:
        chosen = Granularity.HOUR
    if chosen is Granularity.HOUR and span.start < kept[Granularity.HOUR] + HOUR:
        chosen = Granularity.DAY
    return chosen


def _check_size(span: Span, granularity: Granularity) -> None:
    length = {Granularity.MINUTE: 60, Granularity.HOUR: 3600, Granularity.DAY: 86400}[granularity]
    if span.seconds / length > MOST_PERIODS + 1:
        raise TooManyPeriods(
            f"That is more than {MOST_PERIODS} periods: ask for a shorter range or a coarser granularity.",
            fields=[{"field": "granularity", "code": "too_many_periods", "detail": "Too fine for this range."}],
        )
