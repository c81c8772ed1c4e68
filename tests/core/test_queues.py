"""A broker whose tasks nobody takes does not fill up: what would only wait is left out."""

from collections.abc import Iterator

import pytest
from kombu import Exchange, Queue

from app.core import measures
from app.core.celery import Hilo
from app.core.celery import app as the_app
from app.core.queues import MOST_WAITING

QUEUE = "sweep"


@pytest.fixture
def made() -> Iterator[Hilo]:
    """An app of its own, on an empty broker in memory."""
    made = Hilo("full", set_as_current=False)
    made.conf.update(broker_url="memory://", task_queues=[Queue(QUEUE)], task_routes=the_app.conf.task_routes)
    _empty(made)
    measures.take()
    yield made
    _empty(made)


def _empty(made: Hilo) -> int:
    with made.connection_for_write() as connection:
        queue = _queue()(connection.default_channel)
        queue.declare()
        return int(queue.purge())


def _queue() -> Queue:
    return Queue(QUEUE, Exchange(QUEUE), routing_key=QUEUE)


def test_a_full_queue_takes_nothing_more_and_an_empty_one_does(made: Hilo) -> None:
    with made.connection_for_write() as connection, made.amqp.Producer(connection) as producer:
        for _ in range(MOST_WAITING):
            producer.publish({}, exchange=Exchange(QUEUE), routing_key=QUEUE, declare=[_queue()])

    assert made.send_task("sweep.tick") is None
    # This process counts, and asks of its broker, for all who are in it: what they began may end meanwhile.
    assert measures.take()["hilo_nudges_total", (("outcome", "left_out"),)] >= 1
    assert _empty(made) >= MOST_WAITING
    again = Hilo("empty", set_as_current=False)
    again.conf.update(made.conf)
    assert again.send_task("sweep.tick") is not None
