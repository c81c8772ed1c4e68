"""Nudges: equal ones are one, the first goes at once, and nothing that the broker does reaches whoever nudged."""

import multiprocessing
import threading
from time import monotonic, sleep

import pytest

from app.core.nudges import APART_SECONDS, Nudger
from tests.waiting import PATIENCE_SECONDS, eventually

Said = tuple[str, dict[str, int | str]]


class Broker:
    """Remembers what was published and when; it may be away, and not answer until it is told to."""

    def __init__(self, *, is_away: bool = False) -> None:
        self.said: list[Said] = []
        self.at: list[float] = []
        self.is_away = is_away
        self.answers = threading.Event()
        self.answers.set()

    def publish(self, task: str, arguments: dict[str, int | str]) -> None:
        self.at.append(monotonic())
        self.said.append((task, arguments))
        self.answers.wait()
        if self.is_away:
            raise ConnectionError("nobody there")


def test_the_first_nudge_goes_at_once() -> None:
    def seconds_until_said() -> float:
        broker = Broker()
        began = monotonic()
        Nudger(broker.publish).nudge("messages.send", channel_id=1)
        eventually(lambda: broker.said)
        assert broker.said == [("messages.send", {"channel_id": 1})]
        return broker.at[0] - began

    # Any of them may have to wait for the machine, but hardly all.
    assert min(seconds_until_said() for _ in range(20)) < APART_SECONDS


def test_equal_nudges_are_apart_and_the_last_is_never_lost() -> None:
    broker = Broker()
    nudger = Nudger(broker.publish)

    began = monotonic()
    while len(broker.said) < 8:
        nudger.nudge("messages.send", channel_id=1)
        last = monotonic()
        sleep(0.001)
    eventually(lambda: broker.at[-1] >= last)

    assert all(at - began >= number * APART_SECONDS for number, at in enumerate(broker.at))


def test_other_nudges_do_not_wait_for_one_another() -> None:
    broker = Broker()
    nudger = Nudger(broker.publish)

    began = monotonic()
    for channel_id in range(500):
        nudger.nudge("messages.send", channel_id=channel_id)
    eventually(lambda: len(broker.said) == 500)

    assert broker.at[-1] - began < 500 * APART_SECONDS / 2
    assert {arguments["channel_id"] for _, arguments in broker.said} == set(range(500))


def test_what_comes_while_its_equal_is_being_published_is_published_too() -> None:
    broker = Broker()
    nudger = Nudger(broker.publish)
    broker.answers.clear()

    nudger.nudge("webhooks.drain")
    eventually(lambda: broker.said)
    for _ in range(5):
        nudger.nudge("webhooks.drain")
    broker.answers.set()

    eventually(lambda: len(broker.said) == 2)
    sleep(5 * APART_SECONDS)
    assert len(broker.said) == 2


def test_a_broker_that_is_away_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    broker = Broker(is_away=True)
    nudger = Nudger(broker.publish)
    broker.answers.clear()

    nudger.nudge("messages.send", channel_id=1)
    eventually(lambda: len(broker.said) == 1)
    broker.answers.set()
    nudger.nudge("messages.send", channel_id=1)

    eventually(lambda: len(broker.said) == 2)


def test_nudging_from_many_threads_loses_none() -> None:
    broker = Broker()
    nudger = Nudger(broker.publish)

    threads = [threading.Thread(target=nudger.nudge, args=(f"task.{number}",)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    eventually(lambda: {task for task, _ in broker.said} == {f"task.{number}" for number in range(40)})


def _nudge_in_child(nudger: Nudger, broker: Broker, answers: "multiprocessing.Queue[int]") -> None:
    nudger.nudge("messages.send", channel_id=2)
    eventually(lambda: ("messages.send", {"channel_id": 2}) in broker.said)
    answers.put(1)


def test_a_forked_process_nudges_from_a_thread_of_its_own() -> None:
    broker = Broker()
    nudger = Nudger(broker.publish)
    nudger.nudge("messages.send", channel_id=1)
    eventually(lambda: broker.said)
    fork = multiprocessing.get_context("fork")
    answers: multiprocessing.Queue[int] = fork.Queue()

    child = fork.Process(target=_nudge_in_child, args=(nudger, broker, answers))
    child.start()

    assert answers.get(timeout=PATIENCE_SECONDS) == 1
    child.join(PATIENCE_SECONDS)
