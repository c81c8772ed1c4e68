"""The simulated time, and the file in which another program can read it.

Timestamps, windows and limits age by this clock. Delays and retries do not: they are about real machines.
"""

import json
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Dial:
    """now = frozen_at, or anchor + offset_seconds + (real now - anchor) * rate."""

    offset_seconds: float
    rate: float
    anchor: float
    frozen_at: float | None

    def now(self, *, real: float) -> float:
        if self.frozen_at is not None:
            return self.frozen_at
        return self.anchor + self.offset_seconds + (real - self.anchor) * self.rate

    def turned(
        self,
        *,
        real: float,
        freeze: bool | None = None,
        advance_seconds: float = 0.0,
        rate: float | None = None,
        offset_seconds: float | None = None,
    ) -> "Dial":
        """A new dial that goes on from this one's moment; an explicit offset counts from real time instead."""
        moment = self.now(real=real) if offset_seconds is None else real + offset_seconds
        moment += advance_seconds
        is_frozen = self.frozen_at is not None if freeze is None else freeze
        return Dial(
            offset_seconds=moment - real,
            rate=self.rate if rate is None else rate,
            anchor=real,
            frozen_at=moment if is_frozen else None,
        )


class Clock:
    def __init__(self, file: Path) -> None:
        self._file = file
        self.dial = _read(file) or Dial(offset_seconds=0.0, rate=1.0, anchor=time.time(), frozen_at=None)
        self._write()

    def now(self) -> float:
        return self.dial.now(real=time.time())

    def turn(
        self,
        *,
        freeze: bool | None = None,
        advance_seconds: float = 0.0,
        rate: float | None = None,
        offset_seconds: float | None = None,
    ) -> None:
        self.dial = self.dial.turned(
            real=time.time(), freeze=freeze, advance_seconds=advance_seconds, rate=rate, offset_seconds=offset_seconds
        )
        self._write()

    def _write(self) -> None:
        # A rename, so that the app never reads half a file.
        self._file.parent.mkdir(parents=True, exist_ok=True)
        draft = self._file.with_name(self._file.name + ".new")
        draft.write_text(json.dumps(asdict(self.dial)))
        draft.replace(self._file)


def _read(file: Path) -> Dial | None:
    """The dial in the file, or None where there is none that makes sense."""
    try:
        data = json.loads(file.read_text())
        dial = Dial(
            offset_seconds=float(data["offset_seconds"]),
            rate=float(data["rate"]),
            anchor=float(data["anchor"]),
            frozen_at=None if data["frozen_at"] is None else float(data["frozen_at"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    numbers = [dial.offset_seconds, dial.rate, dial.anchor, dial.frozen_at or 0.0]
    return dial if all(math.isfinite(number) for number in numbers) and dial.rate > 0 else None
