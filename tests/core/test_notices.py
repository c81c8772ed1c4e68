"""Word of changes over a real broker: it reaches whoever listens, and a broker that goes away stops nobody."""

from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
import redis

from app.core.config import get_settings
from app.core.notices import MOST_IDS, Ear, Mouth, Notices, Notifier
from app.embedded.valkey import Valkey
from tests.waiting import PATIENCE_SECONDS


@pytest.fixture
def broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Valkey]:
    server = Valkey(folder=tmp_path / "valkey", password="secret")
    server.start()
    monkeypatch.setenv("BROKER_URL", server.url)
    get_settings.cache_clear()
    yield server
    server.stop()
    monkeypatch.undo()
    get_settings.cache_clear()


def test_what_is_told_reaches_all_who_listen_also_after_the_broker_was_away(broker: Valkey) -> None:
    said: Queue[tuple[str, Any]] = Queue()
    ears = [
        Ear(
            hear=lambda notices, name=name: said.put((name, notices.plain())),
            listening=lambda is_listening, name=name: said.put((name, is_listening)),
        )
        for name in "ab"
    ]
    mouth = Mouth()

    def both_say(wanted: Any) -> None:
        """That the broker is away is said at every try to reach it."""
        missing = {"a", "b"}
        while missing:
            name, what = said.get(timeout=PATIENCE_SECONDS)
            if what == wanted:
                missing.discard(name)
            else:
                assert what is False

    both_say(True)
    mouth({"contact": [1, 2], "message": None})
    both_say({"contact": [1, 2], "message": None})

    broker.stop()
    both_say(False)
    with pytest.raises((OSError, redis.RedisError)):
        mouth({"contact": [3]})
    broker.start()

    both_say(True)
    mouth({"contact": [4]})
    both_say({"contact": [4]})
    for ear in ears:
        ear.close()


def test_a_broker_that_is_away_neither_fails_nor_stops_whoever_tells() -> None:
    tried: Queue[dict[str, Any]] = Queue()

    def fail(notices: dict[str, Any]) -> None:
        tried.put(notices)
        raise ConnectionError

    notifier = Notifier(fail)

    notifier.tell(Notices({"contact": [1]}))
    first = tried.get(timeout=PATIENCE_SECONDS)
    notifier.tell(Notices({"contact": [2]}))

    assert (first, tried.get(timeout=PATIENCE_SECONDS)) == ({"contact": [1]}, {"contact": [2]})


def test_what_comes_while_one_is_told_is_told_together() -> None:
    told: Queue[dict[str, Any]] = Queue()
    may_go: Queue[None] = Queue()

    def publish(notices: dict[str, Any]) -> None:
        told.put(notices)
        may_go.get(timeout=PATIENCE_SECONDS)

    notifier = Notifier(publish)
    notifier.tell(Notices({"contact": [0]}))
    told.get(timeout=PATIENCE_SECONDS)

    for number in range(MOST_IDS + 1):
        notifier.tell(Notices({"contact": [number], "message": [7, "x"]}))
    may_go.put(None)

    assert told.get(timeout=PATIENCE_SECONDS) == {"contact": None, "message": [7, "x"]}
    may_go.put(None)
