"""Where a database's time goes, by looking a hundred times a second at what each session is at (`--profile`).

`the program` means that the session waits, in a transaction, for the program that has it: Python's time, after that
statement.
"""

import re
import threading
from collections import Counter
from types import TracebackType

import psycopg

from benchmarks.installation import Installation

SECONDS_APART = 0.01
SHOWN = 25
WIDTH = 100

LOOK = """
    SELECT query, CASE WHEN state = 'active' THEN COALESCE(wait_event_type || ': ' || wait_event, 'working')
                       ELSE 'the program' END
    FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND state <> 'idle' AND pid <> pg_backend_pid() AND query <> ''
"""


class Sampler:
    """Samples while it is entered."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._seen: Counter[tuple[str, str]] = Counter()
        self._looks = 0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="sampler", daemon=True)

    def __enter__(self) -> "Sampler":
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        self._thread.join()

    def report(self) -> str:
        """The statements most often met, as the number of sessions that were at them on average."""
        rows = [
            f"{count / max(1, self._looks):7.3f}  {doing:<24}  {statement}"
            for (statement, doing), count in self._seen.most_common(SHOWN)
        ]
        return "\n".join(["sessions what it did               statement", *rows])

    def _sample(self) -> None:
        try:
            with self._installation.connect() as connection:
                while not self._is_over.wait(SECONDS_APART):
                    self._looks += 1
                    for statement, doing in connection.execute(LOOK).fetchall():
                        self._seen[(_short(str(statement)), str(doing))] += 1
        except psycopg.OperationalError:  # the case stopped the installation
            return


def _short(statement: str) -> str:
    return re.sub(r"\s+", " ", statement).strip()[:WIDTH]
