"""The two load generators: wrk where a server is to be saturated, our own open loop where a rate is offered."""

import json
import os
import shutil
import subprocess
import sys
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType

from app.core.config import CHECKOUT
from benchmarks.installation import NotUsable
from benchmarks.paced import Orders, Paced

CONNECTIONS = 64
SCRIPT = Path(__file__).with_name("wrk.lua")


@dataclass(frozen=True, slots=True, kw_only=True)
class Saturated:
    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    errors: int

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


def require_wrk() -> None:
    if shutil.which("wrk") is None:
        raise NotUsable("wrk is missing: apt-get install wrk")


def saturate(port: int, requests: Path, *, seconds: int, path: str = "/") -> Saturated:
    """As many as are answered over 64 connections; after the last request the file begins again."""
    require_wrk()
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(SCRIPT), f"http://127.0.0.1:{port}{path}"]
    done = subprocess.run(
        command, env={**os.environ, "BENCH_REQUESTS": str(requests)}, capture_output=True, text=True, check=True
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT "))
    return Saturated(**json.loads(line.removeprefix("RESULT ")))


@dataclass(frozen=True, slots=True)
class Offered:
    paced: Paced
    began: Sequence[float]  # the moment at which each request was due, on the machine's monotonic clock


class Generator:
    """A generator at work, in a process of its own that takes its orders as JSON and answers with a `Paced`."""

    def __init__(self, module: str, orders: Mapping[str, object]) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", module], cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps(orders).encode())
        self._child.stdin.close()

    def __enter__(self) -> "Generator":
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._child.kill()
        self._child.wait()

    def is_over(self) -> bool:
        return self._child.poll() is not None

    def ask_to_end(self) -> None:
        self._child.terminate()

    def result(self) -> Paced:
        """Wait for its end."""
        assert self._child.stdout is not None
        said = self._child.stdout.read()
        if self._child.wait() != 0:
            raise NotUsable("The load generator failed; its error stands above.")
        return Paced(**json.loads(said))


def offer(port: int, requests: Path, *, rate: float, connections: int = CONNECTIONS) -> Offered:
    """All requests of the file at this rate, and what came of it."""
    began_file = requests.with_suffix(".began")
    orders = Orders(port=port, requests=str(requests), rate=rate, connections=connections, began=str(began_file))
    with Generator("benchmarks.paced", asdict(orders)) as generator:
        paced = generator.result()
    began: array[float] = array("d")
    began.frombytes(began_file.read_bytes())
    return Offered(paced, began)
