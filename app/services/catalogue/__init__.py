"""Every metric that is rolled up, or made of what is; one file a type.

A new metric is an entry here (`python -m app analytics rebuild` then fills its past) and a case in
`tests/services/test_catalogue.py`. Dimensions multiply rows: only what has few values may be one.
"""

from collections.abc import Mapping, Sequence

from app.domain.metrics import Count, Distinct, Duration, Ledger, Measure, Metric
from app.services.catalogue.automations import AUTOMATIONS
from app.services.catalogue.delivery import DELIVERY
from app.services.catalogue.engagement import ENGAGEMENT
from app.services.catalogue.system import SYSTEM
from app.services.catalogue.users import USERS

METRICS: Mapping[str, Metric] = {
    metric.slug: metric for metric in (*DELIVERY, *AUTOMATIONS, *ENGAGEMENT, *SYSTEM, *USERS)
}

# How rows name what they are cut by; the titles are what pages show.
DIMENSIONS: Mapping[str, str] = {
    "channel": "Business number",
    "automation": "Automation",
    "category": "Category",
    "kind": "Kind of message",
    "template": "Template",
    "origin": "Written by",
    "error_class": "Why it failed",
    "status": "How it ended",
    "reason": "Why it was refused",
    "outcome": "What became of it",
    "answered_by": "Answered by",
    "source": "Came by",
    "weekday": "Day of the week",
    "hour": "Hour of the day",
    "lane": "Lane",
    "user": "User",
    "subject": "What was changed",
}


def ledger_of(measure: Measure) -> Ledger | None:
    """Where it is counted; None for what is made of other metrics."""
    match measure:
        case Count(ledger=ledger) | Distinct(ledger=ledger) | Duration(ledger=ledger):
            return ledger
        case _:
            return None


def of_ledger(ledger: Ledger) -> list[Metric]:
    return [metric for metric in METRICS.values() if ledger_of(metric.measure) is ledger]


def rows_of(metric: Metric) -> list[str]:
    """Under which names its roll-ups stand in `analytics.metric_name`."""
    match metric.measure:
        case Duration():
            return [f"{metric.slug}_sum", f"{metric.slug}_bucket"]
        case Count() | Distinct():
            return [metric.slug]
        case _:
            return []


def names_of(metrics: Sequence[Metric]) -> list[str]:
    return [name for metric in metrics for name in rows_of(metric)]
