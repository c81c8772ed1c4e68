"""Series as CSV, line by line.

A name that an operator wrote may begin like a formula, and a spreadsheet would carry it out: it gets an apostrophe.
"""

import csv
from collections.abc import Iterator, Mapping
from datetime import datetime
from io import StringIO

from app.services.analytics import Findings

HEADER = ("period_start", "period_end", "metric", "unit", "group", "label", "value", "previous")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
LINES_AT_ONCE = 500


def csv_of(findings: Findings, groups: Mapping[str, str]) -> Iterator[str]:
    """In pieces of many lines: each piece is sent by itself."""
    piece = StringIO()
    writer = csv.writer(piece)
    writer.writerow(HEADER)
    for number, row in enumerate(_rows(findings, groups), start=1):
        writer.writerow(row)
        if number % LINES_AT_ONCE == 0:
            yield piece.getvalue()
            piece.seek(0)
            piece.truncate()
    yield piece.getvalue()


def _rows(findings: Findings, groups: Mapping[str, str]) -> Iterator[tuple[str | float | None, ...]]:
    for line in findings.lines:
        group, label = line.group or "", groups.get(line.group or "", "") if line.group is not None else ""
        previous = list(line.previous or [])
        previous += [None] * (len(findings.periods) - len(previous))
        for period, value, before in zip(findings.periods, line.values, previous, strict=False):
            start, end = (_local(moment, findings) for moment in (period.start, period.end))
            yield (
                start,
                end,
                line.metric.slug,
                line.metric.unit,
                safe(group),
                safe(label),
                _plain(value),
                _plain(before),
            )


def _local(moment: datetime, findings: Findings) -> str:
    return moment.astimezone(findings.zone).isoformat()


def _plain(value: float | None) -> float | None:
    return int(value) if value is not None and value == int(value) else value


def safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell
