"""Logs: one line an event, on standard error. Never a token, a message's text or a whole phone number; no wamid either,
as it holds a phone number in other letters.

JSON, but for a person at a terminal. What libraries log comes out the same way, from warnings on. Of an error that they
caught only its kind and its place are shown, as its own words may quote a row.
"""

import logging
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from app.core.config import Settings, get_settings

# They print in their own way, with addresses that may carry a token, unless they are told to leave it to us.
CHATTY = ("uvicorn", "uvicorn.error")

_process = "hilo"
_processors: list[Processor] = []  # one list for ever: loggers that are in use hold on to it


def configure(process: str | None = None, settings: Settings | None = None) -> None:
    """`process` names this process in its lines; it stays when it is not given again."""
    global _process
    _process = process or _process
    settings = settings or get_settings()
    is_text = settings.log_format == "text" or (settings.log_format == "auto" and sys.stderr.isatty())
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    _processors[:] = processors(is_text=is_text)
    structlog.configure(
        processors=_processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_ToStandardError,
        cache_logger_on_first_use=True,
    )
    for name in CHATTY:
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    # The server's own list of requests quotes addresses, which may hold a token; ours says what route it was.
    logging.getLogger("uvicorn.access").handlers.clear()
    logging.getLogger("uvicorn.access").propagate = False
    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each, _Libraries)]:
        root.removeHandler(handler)
    root.addHandler(_Libraries(max(level, logging.WARNING), as_text=is_text))


def processors(*, is_text: bool) -> list[Processor]:
    first: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if is_text:
        return [*first, _as_text(colors="NO_COLOR" not in os.environ)]
    return [
        *first,
        _name_process,
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(serializer=_as_json),
    ]


def _as_text(*, colors: bool = True) -> structlog.dev.ConsoleRenderer:
    # Where `rich` is installed, its tracebacks would show the values of variables: a message's text, a number.
    return structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)


def _name_process(_logger: WrappedLogger, _method: str, entry: EventDict) -> EventDict:
    entry["process"] = _process
    return entry


def _as_json(entry: EventDict, default: Callable[[Any], Any] = str, **_: Any) -> str:
    return orjson.dumps(entry, default=default, option=orjson.OPT_NON_STR_KEYS).decode(errors="replace")


def _write(line: str) -> None:
    # A full disk, or a terminal that was closed, must not stop the work that is told of.
    with suppress(OSError, ValueError):
        sys.stderr.write(line + "\n")


class _ToStandardError:
    """Writes a line in one piece, to whatever standard error is at that moment."""

    def __init__(self, *_: object) -> None:
        pass

    def msg(self, line: str) -> None:
        _write(line)

    debug = info = warning = error = critical = exception = log = msg


class _Libraries(logging.Handler):
    """Whatever reaches the root logger. Without it Celery's words would be lost: it counts on being configured."""

    def __init__(self, level: int, *, as_text: bool) -> None:
        super().__init__(level)
        self._render: Processor = _as_text() if as_text else _json_line

    def emit(self, record: logging.LogRecord) -> None:
        try:
            _write(str(self._render(None, "", entry_of(record))))
        except Exception:
            self.handleError(record)


def _json_line(_logger: WrappedLogger, _method: str, entry: EventDict) -> str:
    return _as_json(entry)


def as_line(record: logging.LogRecord) -> str:
    return _as_json(entry_of(record))


def entry_of(record: logging.LogRecord) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "logger": record.name,
        "event": record.getMessage(),
        "level": record.levelname.lower(),
        "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
        "process": _process,
    }
    if record.exc_info and record.exc_info[0] is not None:
        entry["error"] = record.exc_info[0].__name__
        entry["stack"] = "".join(traceback.format_tb(record.exc_info[2]))
    return entry
