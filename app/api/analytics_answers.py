"""What the analytics answer, with examples of it."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.domain.metrics import MetricType, Unit
from app.domain.rollups import Granularity
from app.services.analytics import Statistic


class MetricAnswer(BaseModel):
    slug: str
    type: MetricType
    title: str
    unit: Unit
    kind: str = Field(description="count, distinct, duration, share or rate.")
    definition: str
    dimensions: list[str] = Field(description="What it may be grouped and filtered by.")
    is_good: bool | None = Field(description="Whether more is better; null: neither.")


class DimensionAnswer(BaseModel):
    slug: str
    title: str


class CatalogueAnswer(BaseModel):
    items: list[MetricAnswer]
    dimensions: list[DimensionAnswer]
    time_zone: str = Field(description="Days are those of this zone.")
    minutes_since: datetime = Field(description="Earlier roll-ups by the minute were dropped.")
    hours_since: datetime = Field(description="Earlier roll-ups by the hour were dropped.")


class GroupAnswer(BaseModel):
    value: str = Field(description="Empty: what the dimension says nothing of. `…`: all groups beyond the largest.")
    label: str


class RangeAnswer(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    since: datetime = Field(alias="from")
    until: datetime = Field(alias="to", description="The first moment that is not part of it.")


class FoundAnswer(RangeAnswer):
    granularity: Granularity
    time_zone: str
    group_by: str | None
    previous: RangeAnswer | None
    is_current: bool = Field(description="false: some changes wait to be rolled up, for some seconds most often.")


class TotalAnswer(BaseModel):
    metric: str
    unit: Unit
    group: GroupAnswer | None
    value: float | None = Field(description="null where there is nothing to measure.")
    previous: float | None
    change: float | None = Field(description="As a share of what was before.")
    statistics: dict[str, float] = Field(description="Of a duration: count, mean, p50, p90 and p99; else empty.")


EXAMPLE_RANGE: JsonDict = {
    "from": "2026-03-09T06:00:00Z",
    "to": "2026-03-16T06:00:00Z",
    "granularity": "day",
    "time_zone": "America/Mexico_City",
    "group_by": None,
    "previous": {"from": "2026-03-02T06:00:00Z", "to": "2026-03-09T06:00:00Z"},
    "is_current": True,
}


class SummaryAnswer(FoundAnswer):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **EXAMPLE_RANGE,
                    "items": [
                        {
                            "metric": "sent",
                            "unit": "messages",
                            "group": None,
                            "value": 1200,
                            "previous": 1000,
                            "change": 0.2,
                            "statistics": {},
                        }
                    ],
                }
            ]
        }
    )

    items: list[TotalAnswer]


class LineAnswer(BaseModel):
    metric: str
    unit: Unit
    group: GroupAnswer | None
    values: list[float | None] = Field(description="One for each period.")
    previous: list[float | None] | None = Field(description="As many as `values`, but where clocks were changed.")


class SeriesAnswer(FoundAnswer):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **EXAMPLE_RANGE,
                    "statistic": "mean",
                    "periods": ["2026-03-14T06:00:00Z", "2026-03-15T06:00:00Z"],
                    "series": [
                        {
                            "metric": "sent",
                            "unit": "messages",
                            "group": None,
                            "values": [140, 90],
                            "previous": [120, 80],
                        }
                    ],
                }
            ]
        }
    )

    statistic: Statistic
    periods: list[datetime] = Field(description="When each begins.")
    series: list[LineAnswer]


class StepAnswer(BaseModel):
    metric: str
    title: str
    value: float
    of_first: float | None = Field(description="As a share of the first step.")
    of_previous: float | None = Field(description="As a share of the step before.")


class FunnelAnswer(FoundAnswer):
    steps: list[StepAnswer]
