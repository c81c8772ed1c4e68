"""Keeps what this process counts: every few seconds it is added to rows that all processes of a kind share.

So one scrape tells of every process on every machine, and numbers outlive the process that counted them. What was
counted since the last time is lost with a process that is killed; nothing but these numbers ever waits for it.
"""

import os
import re
import socket
import threading
import time
from uuid import UUID, uuid4

import orjson
import psutil
import psycopg
import structlog

from app.core import measures
from app.core.config import Settings
from app.core.measures import Key

log = structlog.get_logger()

EVERY_SECONDS = 10.0
FIRST_SECONDS = 1.0  # whoever waits for a sign of life waits no longer for the first
SILENT_SECONDS = 30  # a process that says nothing for so long is not counted any more
PATIENCE_SECONDS = 5
FORGOTTEN_AFTER = "5 minutes"

# A count that is lost with the machine is no loss: nobody waits for the disk.
PATIENCE = f"""
    SET LOCAL synchronous_commit = off;
    SET LOCAL lock_timeout = '{PATIENCE_SECONDS}s';
    SET LOCAL statement_timeout = '{PATIENCE_SECONDS}s'
"""
ADD = """
    INSERT INTO counters (process, name, labels, value)
    SELECT %(process)s, name, labels, value
    FROM unnest(%(names)s::text[], %(labels)s::text[], %(values)s::float8[]) AS v (name, labels, value)
    ORDER BY name, labels
    ON CONFLICT (process, name, labels) DO UPDATE SET value = counters.value + EXCLUDED.value
"""
SHOW = """
    INSERT INTO processes (id, name, host, gauges) VALUES (%s, %s, %s, %s::jsonb)
    ON CONFLICT (id) DO UPDATE SET gauges = EXCLUDED.gauges, beat_at = clock_timestamp()
"""
FORGET = "DELETE FROM processes WHERE beat_at < clock_timestamp() - %s::interval"


class Keeper:
    """The thread that does it; one a process."""

    def __init__(self, settings: Settings, *, process: str) -> None:
        self._conninfo = libpq(settings.database_url or "")
        self._process = process
        self._id: UUID = uuid4()
        self._cpu_seconds = 0.0
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="counters", daemon=True)

    def start(self) -> None:
        measures.MEMORY.show(_memory)
        self._thread.start()

    def stop(self) -> None:
        """Without a last look: that could hold up the end of the process."""
        self._is_stopping.set()

    def keep(self) -> bool:
        """Write down what was counted; where that fails it waits for the next time."""
        spent = time.process_time()
        measures.CPU_SECONDS.add(spent - self._cpu_seconds)
        self._cpu_seconds = spent
        counts = measures.take()
        try:
            self._write(counts)
        except (psycopg.Error, OSError) as error:  # the second when no more files may be opened
            measures.give_back(counts)
            log.debug("counters_kept_back", error=type(error).__name__)
            return False
        return True

    def _run(self) -> None:
        seconds = FIRST_SECONDS
        while not self._is_stopping.wait(seconds):
            self.keep()
            seconds = EVERY_SECONDS

    def _write(self, counts: dict[Key, float]) -> None:
        # A connection of its own each time: none of a pool that may be empty, and none that idles in between.
        with psycopg.connect(self._conninfo, connect_timeout=PATIENCE_SECONDS, prepare_threshold=None) as connection:
            connection.execute(PATIENCE)
            connection.execute(
                ADD,
                {
                    "process": self._process,
                    "names": [name for name, _ in counts],
                    "labels": [
                        orjson.dumps(dict(labels), option=orjson.OPT_SORT_KEYS).decode() for _, labels in counts
                    ],
                    "values": list(counts.values()),
                },
            )
            gauges = orjson.dumps(measures.gauges()).decode()
            connection.execute(SHOW, (self._id, self._process, socket.gethostname(), gauges))
            connection.execute(FORGET, (FORGOTTEN_AFTER,))


def _memory() -> float:
    """Of what is shared with other processes, its part: so that the sum over processes is what they take together."""
    found = psutil.Process().memory_full_info()
    return float(getattr(found, "pss", found.rss))


_keeper: tuple[int, Keeper] | None = None


def start(settings: Settings, *, process: str) -> None:
    """Begin to keep; a process that was forked begins anew, as threads do not survive that."""
    global _keeper
    if _keeper is not None and _keeper[0] == os.getpid():
        return
    keeper = Keeper(settings, process=process)
    _keeper = (os.getpid(), keeper)
    keeper.start()


def stop() -> None:
    global _keeper
    if _keeper is not None:
        _keeper[1].stop()
        _keeper = None


def libpq(url: str) -> str:
    """The address without the driver's name. By hand: beat and health checks have no need of SQLAlchemy, which takes a
    second of a processor to load."""
    return re.sub(r"^postgres(?:ql)?(?:\+\w+)?://", "postgresql://", url)
