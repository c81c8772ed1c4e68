"""Logs: one JSON object a line, on standard error. Never a token, a message's text or a whole phone number.

What libraries log comes out the same way, from warnings on. Of an error that they caught only its kind and its place
are shown, as its own words may quote a row.
"""

import logging
import sys
import traceback
from datetime import UTC, datetime

import structlog


def configure() -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    if not any(isinstance(handler, _Libraries) for handler in root.handlers):
        root.addHandler(_Libraries(logging.WARNING))


class _Libraries(logging.Handler):
    """Whatever reaches the root logger. Without it Celery's words would be lost: it counts on being configured."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(as_line(record) + "\n")
        except Exception:
            self.handleError(record)


_render = structlog.processors.JSONRenderer()


def as_line(record: logging.LogRecord) -> str:
    entry: dict[str, object] = {
        "logger": record.name,
        "event": record.getMessage(),
        "level": record.levelname.lower(),
        "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
    }
    if record.exc_info and record.exc_info[0] is not None:
        entry["error"] = record.exc_info[0].__name__
        entry["stack"] = "".join(traceback.format_tb(record.exc_info[2]))
    return str(_render(None, "", entry))
