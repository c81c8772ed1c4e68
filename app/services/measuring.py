"""The SQL that rolls up: from a ledger's rows, and from finer roll-ups, into rows of `analytics`.

One statement does both and replaces what stood there: a period is rolled up wholly, or stands as it did before. The
same statement serves the fold and a rebuild, so that they agree is no matter of luck.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import groupby

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.metrics import Count, Distinct, Duration, Ledger, Metric
from app.domain.rollups import BOUNDS, LABELS, Granularity, Span
from app.services import catalogue
from app.services.ledgers import SOURCES

# What a moment's period begins with; a day is given, as its zone knows no constant length.
STARTS: Mapping[Granularity, str] = {
    Granularity.MINUTE: "date_bin('1 minute', {at}, '1970-01-01 00:00:00+00')",
    Granularity.HOUR: "hour_of({at})",
    Granularity.DAY: "CAST(:day_start AS timestamptz)",
}
ENDS: Mapping[Granularity, str] = {
    Granularity.MINUTE: "period_start + interval '1 minute'",
    Granularity.HOUR: "period_start + interval '1 hour'",
    Granularity.DAY: "CAST(:day_end AS timestamptz)",
}
FINER: Mapping[Granularity, Granularity | None] = {
    Granularity.MINUTE: None,
    Granularity.HOUR: Granularity.MINUTE,
    Granularity.DAY: Granularity.HOUR,
}
PLACES = f"CAST('{{{', '.join(str(round(bound * 1000)) for bound in BOUNDS)}}}' AS bigint[])"
NAMES = f"CAST('{{{', '.join(LABELS)}}}' AS text[])"


def write(
    session: Session,
    ledger: Ledger,
    granularity: Granularity,
    targets: Sequence[Span],
    *,
    measured: Sequence[Span],
    rolled: Sequence[Span],
    zone: str,
    distinct: bool = False,
) -> None:
    """Replace what stands for these targets: by what the ledger holds in the spans measured, and the sums of finer
    roll-ups in the spans rolled. A day is written alone.
    """
    metrics = [one for one in catalogue.of_ledger(ledger) if isinstance(one.measure, Distinct) == distinct]
    if not metrics or not targets:
        return
    session.execute(
        text(_statement(ledger, granularity, distinct)),
        {
            "names": catalogue.names_of(metrics),
            "zone": zone,
            "finer": FINER[granularity],
            "granularity": granularity,
            "day_start": targets[0].start,
            "day_end": targets[0].end,
            **_bounds("target", targets),
            **_bounds("measured", measured),
            **_bounds("rolled", rolled),
        },
    )


def _bounds(name: str, spans: Sequence[Span]) -> dict[str, list[datetime]]:
    return {f"{name}_starts": [span.start for span in spans], f"{name}_ends": [span.end for span in spans]}


def _unnested(name: str) -> str:
    return f"""
        SELECT * FROM unnest(CAST(:{name}_starts AS timestamptz[]), CAST(:{name}_ends AS timestamptz[]))
            AS s (starts_at, ends_at)
    """  # noqa: S608 - ours


# Days of another zone overlap those that take their place, and begin less than two days before their end.
STATEMENT = """
    WITH targets AS ({targets}), rolled AS ({rolled}), spans AS ({measured}),
    facts AS MATERIALIZED (SELECT {start_of_fact} AS period_start, f.* FROM ({facts}) AS f),
    parts AS (
        {measures}
        UNION ALL
        SELECT {start_of_rollup}, a.metric_type, a.metric_name, a.dimensions, a.metric_value
        FROM rolled r JOIN analytics a ON a.period_start >= r.starts_at AND a.period_start < r.ends_at
        WHERE a.metric_name = ANY(:names) AND a.granularity = :finer
    ), fresh AS (
        SELECT period_start, {end} AS period_end, metric_type, metric_name, dimensions,
            sum(metric_value) AS metric_value
        FROM parts GROUP BY period_start, metric_type, metric_name, dimensions
    ), gone AS (
        DELETE FROM analytics a USING targets t
        WHERE a.metric_name = ANY(:names) AND a.granularity = :granularity
          AND a.period_start > t.starts_at - interval '2 days' AND a.period_start < t.ends_at
          AND a.period_end > t.starts_at
          AND NOT EXISTS (
              SELECT FROM fresh f WHERE f.metric_name = a.metric_name AND f.period_start = a.period_start
                AND f.period_end = a.period_end AND f.dimensions = a.dimensions)
    )
    INSERT INTO analytics (metric_type, metric_name, dimensions, period_start, period_end, metric_value)
    SELECT metric_type, metric_name, dimensions, period_start, period_end, metric_value FROM fresh
    ON CONFLICT (metric_name, granularity, period_start, period_end, dimensions)
    DO UPDATE SET metric_value = EXCLUDED.metric_value, recorded_at = now()
    WHERE analytics.metric_value <> EXCLUDED.metric_value
"""


@lru_cache
def _statement(ledger: Ledger, granularity: Granularity, distinct: bool) -> str:
    metrics = [one for one in catalogue.of_ledger(ledger) if isinstance(one.measure, Distinct) == distinct]
    start = STARTS[granularity]
    return STATEMENT.format(
        targets=_unnested("target"),
        rolled=_unnested("rolled"),
        measured=_unnested("measured"),
        facts=SOURCES[ledger].facts,
        measures="\nUNION ALL\n".join(_measures(metrics)),
        start_of_fact=start.format(at="f.at"),
        start_of_rollup=start.format(at="a.period_start"),
        end=ENDS[granularity],
    )


def _measures(metrics: Sequence[Metric]) -> list[str]:
    """Metrics with the same dimensions are counted in one pass."""
    ordered = sorted(metrics, key=lambda metric: metric.dimensions)
    passes = [_pass(dimensions, list(of)) for dimensions, of in groupby(ordered, key=lambda metric: metric.dimensions)]
    return passes + [_buckets(metric, metric.measure) for metric in metrics if isinstance(metric.measure, Duration)]


def _pass(dimensions: Sequence[str], metrics: Sequence[Metric]) -> str:
    columns = [f"{_amount(metric)} AS v{place}" for place, metric in enumerate(metrics)]
    values = [f"('{metric.type}', '{_name(metric)}', g.v{place})" for place, metric in enumerate(metrics)]
    return f"""
        SELECT g.period_start, v.metric_type, v.metric_name, g.dimensions, v.metric_value::float8
        FROM (
            SELECT period_start, {_object(dimensions)} AS dimensions, {", ".join(columns)}
            FROM facts GROUP BY period_start{"".join(f", {_quoted(name)}" for name in dimensions)}
        ) AS g, LATERAL (VALUES {", ".join(values)}) AS v (metric_type, metric_name, metric_value)
        WHERE v.metric_value <> 0
    """  # noqa: S608 - ours


def _name(metric: Metric) -> str:
    return catalogue.rows_of(metric)[0]


def _amount(metric: Metric) -> str:
    match metric.measure:
        case Count(of=None, where=where):
            return f"count(*) FILTER (WHERE {where})"
        case Count(of=column, where=where):
            return f"sum({column}) FILTER (WHERE {where})"
        case Distinct(of=column):
            return f"count(DISTINCT {column})"
        case Duration(of=column):
            return f"sum({column})"
        case _:
            raise ValueError(f"{metric.slug} is made of other metrics")


def _buckets(metric: Metric, measure: Duration) -> str:
    """Counts between bounds, named by the upper one."""
    place = f"({NAMES})[width_bucket({measure.of}, {PLACES}) + 1]"
    return f"""
        SELECT period_start, '{metric.type}', '{metric.slug}_bucket',
            {_object(metric.dimensions)} || jsonb_build_object('le', {place}), count(*)::float8
        FROM facts WHERE {measure.of} IS NOT NULL
        GROUP BY period_start, {place}{"".join(f", {_quoted(name)}" for name in metric.dimensions)}
    """  # noqa: S608 - ours


def _object(dimensions: Sequence[str]) -> str:
    """A dimension that says nothing of a row is left out."""
    pairs = ", ".join(f"'{name}', {_quoted(name)}" for name in dimensions)
    return f"jsonb_strip_nulls(jsonb_build_object({pairs}))"


def _quoted(name: str) -> str:
    return f'"{name}"'
