"""Analytics: what was counted, by minute, hour and day, from roll-ups alone."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, TypeAlias

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from app.api.analytics_answers import (
    CatalogueAnswer,
    DimensionAnswer,
    FunnelAnswer,
    GroupAnswer,
    LineAnswer,
    MetricAnswer,
    RangeAnswer,
    SeriesAnswer,
    StepAnswer,
    SummaryAnswer,
    TotalAnswer,
)
from app.api.analytics_csv import csv_of
from app.api.fields import QueryableText
from app.api.refusals import refusals
from app.dependencies import CurrentCaller, Db, Now, requires
from app.domain.metrics import MetricType
from app.domain.rollups import Granularity
from app.services import analytics, labels, questions, rollups
from app.services.analytics import Findings, Line, Statistic
from app.services.catalogue import DIMENSIONS, METRICS
from app.services.questions import (
    InvalidRange,
    NotKept,
    Question,
    TooManyMetrics,
    TooManyPeriods,
    UnknownDimension,
    UnknownMetric,
)

router = APIRouter(prefix="/api/v1/analytics", tags=["analytics"], dependencies=[Depends(requires("analytics:read"))])

OF_QUESTIONS = refusals(UnknownMetric, UnknownDimension, InvalidRange, TooManyPeriods, TooManyMetrics, NotKept)


def _moment(written: object) -> date | datetime:
    try:
        text = str(written)
        moment = date.fromisoformat(text) if len(text) <= len("2026-03-14") else datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or (isinstance(moment, datetime) and moment.tzinfo is None):
        raise PydanticCustomError("invalid_moment", "Write a date as 2026-03-14, or a moment as 2026-03-14T15:00:00Z.")
    return moment


Moment: TypeAlias = Annotated[
    date | datetime,
    PlainValidator(_moment),
    WithJsonSchema({"type": "string", "examples": ["2026-03-14", "2026-03-14T15:00:00Z"]}),
]


def asked(
    session: Db,
    now: Now,
    caller: CurrentCaller,
    since: Annotated[
        Moment | None,
        Query(alias="from", description="A moment, or a date of the workspace. Seven days before `to` if left out."),
    ] = None,
    until: Annotated[
        Moment | None,
        Query(alias="to", description="A moment, or a date of the workspace, which is then included. Now if left out."),
    ] = None,
    granularity: Annotated[Literal["auto", "minute", "hour", "day"], Query()] = "auto",
    metric: Annotated[
        list[QueryableText], Query(max_length=50, description="By slug; or name a `type`.", examples=[["sent", "read"]])
    ] = [],  # noqa: B006
    type: Annotated[MetricType | None, Query(description="All metrics of this type.")] = None,
    group_by: Annotated[QueryableText | None, Query(description="A dimension that all the metrics have.")] = None,
    filter: Annotated[
        list[QueryableText],
        Query(
            max_length=50,
            description="`dimension:value`. Several of one dimension widen, of different ones narrow; `automation:` is"
            " what has no automation.",
            examples=[["channel:1"]],
        ),
    ] = [],  # noqa: B006
    compare: Annotated[
        Literal["none", "previous"], Query(description="previous: with as many periods right before.")
    ] = "none",
) -> Question:
    """Whoever lacks `analytics:team` is shown of users what is counted of themselves."""
    return questions.ask(
        session,
        since=since,
        until=until,
        granularity=None if granularity == "auto" else Granularity(granularity),
        metrics=metric,
        type=type,
        group_by=group_by,
        filters=filter,
        compares=compare == "previous",
        only_user=None if "analytics:team" in caller.permissions else caller.user.id,
        now=now,
    )


Asked = Annotated[Question, Depends(asked, scope="function")]
Which = Annotated[Statistic, Query(description="Which one of a duration is shown.")]


@router.get("/metrics", summary="List all metrics and what they mean")
def list_metrics(session: Db) -> CatalogueAnswer:
    kept = rollups.kept_since(session)
    return CatalogueAnswer(
        items=[
            MetricAnswer(
                slug=metric.slug,
                type=metric.type,
                title=metric.title,
                unit=metric.unit,
                kind=type(metric.measure).__name__.lower(),
                definition=metric.definition,
                dimensions=list(metric.dimensions),
                is_good=metric.is_good,
            )
            for metric in METRICS.values()
        ],
        dimensions=[DimensionAnswer(slug=slug, title=title) for slug, title in DIMENSIONS.items()],
        time_zone=rollups.time_zone(session).key,
        minutes_since=kept[Granularity.MINUTE],
        hours_since=kept[Granularity.HOUR],
    )


@router.get("/summary", summary="One value for each metric", responses=OF_QUESTIONS)
def summarise(session: Db, question: Asked, statistic: Which = Statistic.MEAN) -> SummaryAnswer:
    """Over the whole range, which is widened to whole periods of the granularity. Of `user_activity` whoever lacks the
    permission `analytics:team` sees their own: here, in the series and in its export.
    """
    findings = analytics.find(session, question, statistic=statistic)
    groups = _groups(session, findings)
    items = [
        TotalAnswer(
            metric=line.metric.slug,
            unit=line.metric.unit,
            group=_group(line, groups),
            value=line.total.value,
            previous=line.total.previous,
            change=line.total.change,
            statistics=dict(line.total.statistics),
        )
        for line in findings.lines
    ]
    return SummaryAnswer(items=items, **_found(findings))


@router.get("/series", summary="A value for each metric and period", responses=OF_QUESTIONS)
def list_series(session: Db, question: Asked, statistic: Which = Statistic.MEAN) -> SeriesAnswer:
    """Periods in which nothing happened are there too: with 0, or with null where there is nothing to measure."""
    findings = analytics.find(session, question, statistic=statistic)
    groups = _groups(session, findings)
    series = [
        LineAnswer(
            metric=line.metric.slug,
            unit=line.metric.unit,
            group=_group(line, groups),
            values=list(line.values),
            previous=None if line.previous is None else list(line.previous),
        )
        for line in findings.lines
    ]
    periods = [period.start for period in findings.periods]
    return SeriesAnswer(statistic=statistic, periods=periods, series=series, **_found(findings))


@router.get("/funnel", summary="How far messages came", responses=OF_QUESTIONS)
def show_funnel(
    session: Db,
    now: Now,
    since: Annotated[Moment | None, Query(alias="from")] = None,
    until: Annotated[Moment | None, Query(alias="to")] = None,
    filter: Annotated[list[QueryableText], Query(max_length=50)] = [],  # noqa: B006
) -> FunnelAnswer:
    """From requested to read, each as a share of the first step and of the one before."""
    question = questions.ask(
        session,
        since=since,
        until=until,
        granularity=None,
        metrics=["requested", "sent", "delivered", "read"],
        type=None,
        group_by=None,
        filters=filter,
        compares=False,
        now=now,
    )
    findings = analytics.find(session, question)
    values = [line.total.value or 0.0 for line in findings.lines]
    steps = [
        StepAnswer(
            metric=line.metric.slug,
            title=line.metric.title,
            value=value,
            of_first=value / values[0] if values[0] else None,
            of_previous=value / before if before else None,
        )
        for line, value, before in zip(findings.lines, values, [values[0], *values], strict=False)
    ]
    return FunnelAnswer(steps=steps, **_found(findings))


@router.get(
    "/export",
    summary="The series as CSV",
    response_class=StreamingResponse,
    responses=OF_QUESTIONS | {200: {"content": {"text/csv": {}}, "description": "A line for each period and series."}},
)
def export(session: Db, question: Asked, statistic: Which = Statistic.MEAN) -> StreamingResponse:
    findings = analytics.find(session, question, statistic=statistic)
    name = f"analytics-{question.span.start:%Y%m%d}-{question.span.end:%Y%m%d}.csv"
    return StreamingResponse(
        csv_of(findings, _groups(session, findings)),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _groups(session: Db, findings: Findings) -> dict[str, str]:
    values = {line.group for line in findings.lines if line.group is not None}
    return dict(labels.labels(session, findings.question.group_by, values))


def _group(line: Line, groups: dict[str, str]) -> GroupAnswer | None:
    return None if line.group is None else GroupAnswer(value=line.group, label=groups[line.group])


def _found(findings: Findings) -> dict[str, Any]:
    question, before = findings.question, findings.previous
    return {
        "since": question.span.start,
        "until": question.span.end,
        "granularity": question.granularity,
        "time_zone": findings.zone.key,
        "group_by": question.group_by,
        "previous": None if before is None else RangeAnswer(since=before.start, until=before.end),
        "is_current": findings.is_current,
    }
