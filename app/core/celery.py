"""The Celery app. A task only says "look now": the row is the job, so losing every task loses nothing.

Queues keep kinds of work apart, so that load on one cannot starve another; each has its own worker process when the
supervisor runs them, and one worker takes all three when started by hand.
"""

import logging
import os
import signal
import sys
from collections.abc import Mapping
from fnmatch import fnmatch
from importlib import import_module
from typing import Any

import structlog
from celery import Celery, Task
from celery.signals import beat_init, celeryd_init, setup_logging, task_failure, worker_process_init
from kombu import Exchange, Queue

from app.core import measures
from app.core.broker import Brief, Patient
from app.core.config import ConfigError, get_settings
from app.core.logging import configure
from app.core.memory import collect_seldom
from app.core.queues import Lengths
from app.core.secrets import SecretsUnreadable

log = structlog.get_logger()

# What comes by each queue, loaded by its workers alone: beat and whoever publishes know tasks by name, loading all that
# they need takes seconds, and only a sender needs what sends.
TASKS = {
    "intake": ("app.tasks.webhook_tasks",),
    "send": ("app.tasks.message_tasks",),
    "sweep": ("app.tasks.automation_tasks", "app.tasks.analytics_tasks"),
}
QUEUES = tuple(TASKS)

# Keeps what a process counts. By name, as it stands on a higher floor.
COUNTERS = "app.services.counters"


class Hilo(Celery):
    """Publishes no more tasks than somebody may still want to do.

    A broker keeps what nobody takes, expired or not: a worker that is away for a day would fill its memory. Nothing is
    lost with a task that is left out, as a row is the job and the sweep looks every second.
    """

    amqp_cls = Patient

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._lengths = Lengths()

    def send_task(self, name: str, *arguments: Any, **options: Any) -> Any:
        queue = options.get("queue") or _queue_of(name)
        with self.producer_or_acquire(options.pop("producer", None)) as producer:
            try:
                if self._lengths.is_full(producer, queue):
                    measures.NUDGES.add(outcome="left_out")
                    return None
                return super().send_task(name, *arguments, producer=producer, **options)
            except Exception:
                # Beat has one producer for good, which would hold on to a channel of a RabbitMQ that has gone.
                producer.revive(producer.connection)
                raise


def _queue_of(task: str) -> str:
    routes: dict[str, dict[str, str]] = app.conf.task_routes
    found = (route["queue"] for pattern, route in routes.items() if fnmatch(task, pattern))
    return next(found, str(app.conf.task_default_queue))


try:
    settings = get_settings()
except (ConfigError, SecretsUnreadable) as error:  # this is the first that `celery -A` loads of us
    sys.exit(str(error))

app = Hilo("hilo")
app.conf.update(
    broker_url=settings.broker_url or "memory://",
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,  # for ever
    # A broker that is away must not hold up whoever publishes: the sweep finds the work a second later.
    broker_transport_options={
        # Redis knows no acknowledgements. To imitate them costs more than what most tasks do, and a lost task a second.
        "ack_emulation": False,
        "socket_connect_timeout": 2,
        "socket_timeout": 30,
    },
    task_publish_retry=False,
    task_ignore_result=True,
    task_acks_late=False,
    worker_cancel_long_running_tasks_on_connection_loss=True,  # there are none: tasks are acknowledged early
    task_serializer="json",
    accept_content=["json"],
    worker_prefetch_multiplier=4,
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    task_queues=[Queue(name, Exchange(name), routing_key=name) for name in QUEUES],
    task_default_queue="sweep",
    task_routes={
        "webhooks.*": {"queue": "intake"},
        "messages.*": {"queue": "send"},
        "sweep.*": {"queue": "sweep"},
        "pulse.intake": {"queue": "intake"},
        "pulse.send": {"queue": "send"},
    },
    # Ticks expire after a second: a worker that was away has one to do, not a backlog.
    beat_schedule={
        "tick": {"task": "sweep.tick", "schedule": 1.0, "options": {"expires": 1.0}},
        "wake": {"task": "sweep.wake", "schedule": 1.0, "options": {"expires": 1.0}},
        "start": {"task": "sweep.start", "schedule": 1.0, "options": {"expires": 1.0}},
        "settle": {"task": "sweep.settle", "schedule": 1.0, "options": {"expires": 1.0}},
        "imports": {"task": "sweep.imports", "schedule": 1.0, "options": {"expires": 1.0}},
        "minute": {"task": "sweep.minute", "schedule": 60.0, "options": {"expires": 30.0}},
        "roll-up": {"task": "sweep.roll_up", "schedule": 10.0, "options": {"expires": 5.0}},
        "forget-rollups": {"task": "sweep.forget_rollups", "schedule": 60.0, "options": {"expires": 30.0}},
        "pulse-intake": {"task": "pulse.intake", "schedule": 2.0, "options": {"expires": 2.0}},
        "pulse-send": {"task": "pulse.send", "schedule": 2.0, "options": {"expires": 2.0}},
    },
    beat_max_loop_interval=1,
    beat_scheduler="celery.beat:Scheduler",  # in memory: no file to go stale, nothing to write beside the programs
    timezone="UTC",
)


_process = "worker"


@celeryd_init.connect
def _begin(*, sender: str, options: Mapping[str, Any], **_: object) -> None:
    global _process
    name = sender.partition("@")[0]  # as -n says; Celery's own is `celery`
    _process = "worker" if name == "celery" else f"worker-{name}"
    for queue in options.get("queues") or QUEUES:
        for tasks in TASKS[queue]:
            import_module(tasks)
    collect_seldom()
    _keep_counters()


@beat_init.connect
def _begin_beat(**_: object) -> None:
    global _process
    _process = "beat"
    configure(_process)
    logging.getLogger("celery.beat").addFilter(Brief())
    # Beat's own handler raises in the middle of whatever runs. Where a library swallows that, it beats on for ever,
    # deaf. It holds nothing that could be torn, so it just goes.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    _keep_counters()


@worker_process_init.connect
def _keep_counters(**_: object) -> None:
    """In each process that works, those that a pool forks too."""
    import_module(COUNTERS).start(get_settings(), process=_process)


@setup_logging.connect
def _logging(**_: object) -> None:
    configure(_process)
    # It tells of failed tasks in the words of their errors, which may quote a row. We do, below, without.
    logging.getLogger("celery.app.trace").setLevel(logging.CRITICAL)


@task_failure.connect
def _tell_of_failure(*, sender: Task, exception: BaseException, **_: object) -> None:
    """Nothing is lost: rows are the jobs, and the sweep asks for them again."""
    measures.TASKS_FAILED.add(task=sender.name)
    if hasattr(exception, "orig"):  # the database's: most often it is away, and its words may hold a row's values
        log.warning("task_failed", task=sender.name, error=type(exception).__name__)
    else:
        log.error("task_failed", task=sender.name, error=type(exception).__name__, exc_info=exception)
