"""The Celery app. A task only says "look now": the row is the job, so losing every task loses nothing.

Queues keep kinds of work apart, so that load on one cannot starve another; each has its own worker process when the
supervisor runs them, and one worker takes all three when started by hand.
"""

import logging
from importlib import import_module

import structlog
from celery import Celery, Task
from celery.signals import celeryd_init, setup_logging, task_failure
from kombu import Queue

from app.core.config import get_settings
from app.core.logging import configure

log = structlog.get_logger()

QUEUES = ("intake", "send", "sweep")

# Loaded by workers alone: beat and whoever publishes know tasks by name, and loading all that they need takes seconds.
TASKS = ("app.tasks.webhook_tasks", "app.tasks.message_tasks", "app.tasks.automation_tasks")

app = Celery("hilo")
app.conf.update(
    broker_url=get_settings().broker_url or "memory://",
    broker_connection_retry_on_startup=True,
    # A broker that is away must not hold up whoever publishes: the sweep finds the work a second later.
    broker_transport_options={
        "visibility_timeout": 120,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
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
    task_queues=[Queue(name) for name in QUEUES],
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
        "settle": {"task": "sweep.settle", "schedule": 1.0, "options": {"expires": 1.0}},
        "minute": {"task": "sweep.minute", "schedule": 60.0, "options": {"expires": 30.0}},
        "pulse-intake": {"task": "pulse.intake", "schedule": 2.0, "options": {"expires": 2.0}},
        "pulse-send": {"task": "pulse.send", "schedule": 2.0, "options": {"expires": 2.0}},
    },
    beat_max_loop_interval=1,
    timezone="UTC",
)


@celeryd_init.connect
def _load_tasks(**_: object) -> None:
    for module in TASKS:
        import_module(module)


@setup_logging.connect
def _logging(**_: object) -> None:
    configure()
    # It tells of failed tasks in the words of their errors, which may quote a row. We do, below, without.
    logging.getLogger("celery.app.trace").setLevel(logging.CRITICAL)


@task_failure.connect
def _tell_of_failure(*, sender: Task, exception: BaseException, **_: object) -> None:
    """Nothing is lost: rows are the jobs, and the sweep asks for them again."""
    if hasattr(exception, "orig"):  # the database's: most often it is away, and its words may hold a row's values
        log.warning("task_failed", task=sender.name, error=type(exception).__name__)
    else:
        log.error("task_failed", task=sender.name, error=type(exception).__name__, exc_info=exception)
