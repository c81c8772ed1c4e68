"""The one clock. Only entrances read it; rules and services take `now`.

A file shared with the simulator may shift, speed up or freeze it, so that both age together. Durations that guard
sending against loss never use it: they use the database's clock and the machine's monotonic one.
"""

import json
import time
from datetime import UTC, datetime
from pathlib import Path


class Clock:
    """Real time, unless its file says otherwise: `{"offset_seconds", "rate", "anchor", "frozen_at"}`."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._seen_at = 0
        self._shift: dict[str, float | None] | None = None

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._simulated(time.time()), UTC)

    def _simulated(self, real: float) -> float:
        shift = self._read()
        if shift is None:
            return real
        if (frozen_at := shift.get("frozen_at")) is not None:
            return frozen_at
        anchor = shift.get("anchor") or real
        return anchor + (shift.get("offset_seconds") or 0) + (real - anchor) * (shift.get("rate") or 1)

    def _read(self) -> dict[str, float | None] | None:
        if self._file is None:
            return None
        try:
            changed_at = self._file.stat().st_mtime_ns
            if changed_at != self._seen_at:
                self._shift = json.loads(self._file.read_text())
                self._seen_at = changed_at
        except FileNotFoundError:
            self._shift = None
        except ValueError:
            pass  # half written: what was read before still holds
        return self._shift
