"""How long we look for a broker that is away, and how much we say of it meanwhile.

Celery waits longer after each try, half a minute in the end, and gives up within the hour. But whoever gave up would
have to be started again by hand, and a broker that is back should not have to be waited for.
"""

import logging
from collections.abc import Callable
from time import monotonic
from typing import Any

from celery.app.amqp import AMQP
from kombu import Connection

LOOK_SECONDS = 2.0
QUIET_SECONDS = 10.0


class PatientConnection(Connection):
    def ensure_connection(
        self, errback: Callable[..., object] | None = None, max_retries: int | None = None, **options: Any
    ) -> Any:
        steps = {"interval_start": LOOK_SECONDS, "interval_step": 0.0, "interval_max": LOOK_SECONDS}
        return super().ensure_connection(errback, max_retries, **(steps | options))


class Patient(AMQP):
    Connection = PatientConnection


class Brief(logging.Filter):
    """Beat says of each tick that it could not send it, eight a second, each with two stacks. Now and then will do."""

    def __init__(self) -> None:
        super().__init__()
        self._quiet_until = float("-inf")

    def filter(self, record: logging.LogRecord) -> bool:
        if not str(record.msg).startswith("Message Error"):
            return True
        if monotonic() < self._quiet_until:
            return False
        self._quiet_until = monotonic() + QUIET_SECONDS
        reason = record.args[0] if isinstance(record.args, tuple) and record.args else "no reason given"
        record.msg, record.args, record.exc_info = "No tick can be sent: %s", (reason,), None
        return True
