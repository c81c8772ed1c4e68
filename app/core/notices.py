"""Word that something changed, told to every process that listens: what kind of thing, and which.

It goes over the broker to all at once, by publish and subscribe (Redis, Valkey) or by an exchange that fans out
(RabbitMQ). Nobody keeps it: who was away looks at everything again. Publishing happens on a thread of its own, so that
a broker that is away holds nobody up.
"""

import os
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from time import monotonic, sleep
from typing import Any, TypeAlias

import structlog
from kombu import Connection, Consumer, Exchange, Producer, Queue

from app.core import measures
from app.core.config import get_settings

log = structlog.get_logger()

Id: TypeAlias = int | str
MOST_IDS = 100  # of a kind; whoever watches more than that looks at the whole list anyway

APART_SECONDS = (
    0.1  # between two notices of one process: an eye sees no difference, and a busy drain tells ten a second
)
AWAY_SECONDS = 1.0  # after which a broker that went away is tried again
SUBSCRIBE_SECONDS = 0.05
LOOK_SECONDS = 0.5  # how soon a listener sees that it is to stop
PATIENCE_SECONDS = 2.0

EXCHANGE = Exchange("hilo.notices", type="fanout", durable=False, delivery_mode="transient")


class Notices:
    """By kind, the ids of what changed; `None` where they are too many to name."""

    def __init__(self, by_kind: Mapping[str, Iterable[Id] | None] | None = None) -> None:
        self._by_kind: dict[str, dict[Id, None] | None] = {}
        for kind, ids in (by_kind or {}).items():
            self.add(kind, ids)

    def __bool__(self) -> bool:
        return bool(self._by_kind)

    def add(self, kind: str, ids: Iterable[Id] | None) -> None:
        known = self._by_kind.setdefault(kind, {})
        if known is None:
            return
        known.update(dict.fromkeys(ids or ()))
        if ids is None or len(known) > MOST_IDS:
            self._by_kind[kind] = None

    def plain(self) -> dict[str, list[Id] | None]:
        return {kind: None if ids is None else list(ids) for kind, ids in self._by_kind.items()}


class Notifier:
    """Tells from a thread of its own. What comes while it rests is told together."""

    def __init__(self, publish: Callable[[dict[str, list[Id] | None]], None]) -> None:
        self._publish = publish
        self._waiting = Notices()
        self._changed = threading.Condition()
        self._is_telling = False
        self._pid = 0

    def flush(self, seconds: float) -> None:
        """Wait until all has been told, for whoever is about to end."""
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting and not self._is_telling, timeout=seconds)

    def tell(self, notices: Notices) -> None:
        with self._changed:
            if self._pid != os.getpid():  # threads do not survive a fork
                self._pid = os.getpid()
                threading.Thread(target=self._run, name="notices", daemon=True).start()
            for kind, ids in notices.plain().items():
                self._waiting.add(kind, ids)
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._waiting))
                told, self._waiting = self._waiting, Notices()
                self._is_telling = True
            began = monotonic()
            try:
                self._publish(told.plain())
                measures.NOTICES.add(outcome="sent")
            except Exception as error:  # the broker may fail in any way; no way may stop the thread
                measures.NOTICES.add(outcome="lost")
                log.warning("notice_lost", error=type(error).__name__)
            with self._changed:
                self._is_telling = False
                self._changed.notify_all()
            sleep(max(0.0, APART_SECONDS - (monotonic() - began)))


class Mouth:
    """Publishes on one connection, and on another once that has failed."""

    def __init__(self) -> None:
        self._producer: Producer | None = None

    def __call__(self, notices: dict[str, list[Id] | None]) -> None:
        if self._producer is None:
            connection = _connection()
            self._producer = Producer(connection, exchange=EXCHANGE, serializer="json")
        try:
            self._producer.publish(notices, declare=[EXCHANGE], retry=False)
        except Exception:
            with suppress(Exception):
                self._producer.connection.release()
            self._producer = None
            raise


class Ear:
    """Hears what is told, on a thread of its own, for as long as it is open. Both callbacks are called on that thread.

    `listening` says when it begins to hear, and when the broker went away: what is told in between is lost.
    """

    def __init__(self, *, hear: Callable[[Notices], None], listening: Callable[[bool], None]) -> None:
        self._hear = hear
        self._listening = listening
        self._is_closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ear", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._is_closing.set()
        self._thread.join(PATIENCE_SECONDS)

    def _run(self) -> None:
        while not self._is_closing.is_set():
            try:
                self._listen()
            except Exception as error:
                self._listening(False)
                log.warning("notices_unheard", error=type(error).__name__)
                self._is_closing.wait(AWAY_SECONDS)

    def _listen(self) -> None:
        # Exclusive: the queue is this process's, and goes with it.
        queue = Queue("", EXCHANGE, durable=False, exclusive=True, auto_delete=True, max_length=1_000)
        with (
            _connection() as connection,
            Consumer(connection.channel(), [queue], callbacks=[self._take], accept=["json"], no_ack=True),
        ):
            self._look(connection, SUBSCRIBE_SECONDS)  # kombu subscribes to Redis with the first look, not before
            self._listening(True)
            while not self._is_closing.is_set():
                self._look(connection, LOOK_SECONDS)
                connection.heartbeat_check()

    def _look(self, connection: Any, seconds: float) -> None:
        with suppress(TimeoutError):
            connection.drain_events(timeout=seconds)

    def _take(self, body: Any, _: object) -> None:
        if isinstance(body, dict):
            self._hear(Notices(body))


def _connection() -> Any:
    return Connection(
        get_settings().broker_url or "memory://",
        heartbeat=10,
        connect_timeout=PATIENCE_SECONDS,
        transport_options={"socket_connect_timeout": PATIENCE_SECONDS, "socket_timeout": 30, "socket_keepalive": True},
    )


notifier = Notifier(Mouth())
