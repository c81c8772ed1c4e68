"""Look at what is to be sent, shown as read, or asked about."""

import os
from threading import Lock

from celery.signals import worker_process_shutdown, worker_shutdown

from app.core.celery import app
from app.core.config import get_settings
from app.database import engine, in_transaction
from app.services import emails, inquiries, lanes
from app.services.sender import Sender
from app.tasks.clock import clock

_senders: dict[int, Sender] = {}  # by process: threads and connections do not survive a fork
_making = Lock()  # tasks run in several threads of a process


def sender() -> Sender:
    with _making:
        if os.getpid() not in _senders:
            _senders[os.getpid()] = Sender(get_settings(), clock(), engine())
        return _senders[os.getpid()]


@app.task(name="messages.send")
def send(channel_id: int) -> None:
    sender().wake(channel_id)


@app.task(name="messages.read")
def tell_read(channel_id: int) -> None:
    """Show the sender's blue ticks for what operators have read."""
    running = sender()
    running.run(inquiries.tell_read(channel_id, get_settings(), running.client, engine()))


@app.task(name="messages.ask")
def ask_history() -> None:
    """Ask Meta about messages that it accepted and never reported on."""
    running = sender()
    running.run(inquiries.ask_history(get_settings(), running.client, engine(), now=clock().now()))


@app.task(name="messages.email")
def send_emails() -> None:
    """Hand in the e-mails that are due. One thread at most waits for a mail server; the others send messages."""
    emails.send_due(get_settings().mailbox, now=clock().now())


@app.task(name="pulse.send")
def pulse() -> None:
    in_transaction(lambda session: lanes.pulse(session, "send"))


@worker_process_shutdown.connect
@worker_shutdown.connect
def _stop(**_: object) -> None:
    if running := _senders.pop(os.getpid(), None):
        running.stop()
