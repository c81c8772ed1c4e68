"""The text that Prometheus scrapes: what all processes counted, and what the database shows, from rows alone.

Any web server gives the same answer, so one of them is scraped. While the database is away there is one line to say so.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

import orjson
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from app.core import measures
from app.core.measures import Counter, Gauge, Histogram
from app.services import gauges, probing
from app.services.gauges import Counted, Found, Sample

SECONDS = 4.0

Labels = tuple[tuple[str, str], ...]


async def scrape(conninfo: str, *, now: datetime) -> bytes:
    try:
        found = await probing.ask(conninfo, lambda connection: gauges.look(connection, now=now), seconds=SECONDS)
    except probing.Silent:
        return render(None)
    return render(found)


def render(found: Found | None) -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected(_families(found)))
    return generate_latest(registry)


class _Collected(Collector):
    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> Iterable[Metric]:
        return self._families


def _families(found: Found | None) -> Iterable[Metric]:
    up = "1 when the database answered this scrape; else there is nothing more to tell."
    yield GaugeMetricFamily("hilo_database_up", up, value=float(found is not None))
    if found is None:
        return
    shown = _by_name(found.shown)
    for name, (text, _) in gauges.QUESTIONS.items():
        yield _gauge(name, text, shown[name])
    own = _by_name(found.of_processes)
    counted = _by_measure(found.counted)
    for measure in measures.ALL:
        match measure:
            case Gauge():
                yield _gauge(measure.name, measure.help, own[measure.name])
            case Counter():
                yield _counter(measure, counted)
            case Histogram():
                yield _histogram(measure, counted)


def _by_name(samples: Iterable[Sample]) -> Mapping[str, list[Sample]]:
    found: defaultdict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        found[sample.name].append(sample)
    return found


Sums = Mapping[str, Mapping[Labels, float]]  # name → labels → value


def _by_measure(counted: Iterable[Counted]) -> Sums:
    found: defaultdict[str, dict[Labels, float]] = defaultdict(dict)
    for one in counted:
        labels = {"process": one.process, **orjson.loads(one.labels)}
        found[one.name][tuple(labels.items())] = one.value
    return found


def _gauge(name: str, text: str, samples: Iterable[Sample]) -> Metric:
    family = GaugeMetricFamily(name, text)
    for sample in samples:
        family.add_sample(name, dict(sample.labels), sample.value)
    return family


def _counter(measure: Counter, sums: Sums) -> Metric:
    family = CounterMetricFamily(measure.name, measure.help)
    for labels, value in sums.get(f"{measure.name}_total", {}).items():
        family.add_sample(f"{measure.name}_total", dict(labels), value)
    return family


def _histogram(measure: Histogram, sums: Sums) -> Metric:
    """Buckets as Prometheus wants them: each with all below it, and none left out."""
    family = HistogramMetricFamily(measure.name, measure.help)
    buckets: defaultdict[Labels, dict[str, float]] = defaultdict(dict)
    for labels, value in sums.get(f"{measure.name}_bucket", {}).items():
        others = tuple((label, text) for label, text in labels if label != "le")
        buckets[others][dict(labels)["le"]] = value
    for others, found in buckets.items():
        total = 0.0
        for bound in [*map(str, measure.buckets), "+Inf"]:
            total += found.get(bound, 0.0)
            family.add_sample(f"{measure.name}_bucket", {**dict(others), "le": bound}, total)
        family.add_sample(f"{measure.name}_count", dict(others), total)
        family.add_sample(f"{measure.name}_sum", dict(others), sums.get(f"{measure.name}_sum", {}).get(others, 0.0))
    return family
