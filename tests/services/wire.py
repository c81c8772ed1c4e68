"""What the tests of the sender hold: a sender on the simulator's socket, and a database that can go away."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import psycopg
from pydantic import SecretStr
from sqlalchemy import Engine, make_url, text
from sqlalchemy.orm import Session

from app.core.clock import Clock
from app.core.config import Settings, get_settings
from app.database import conninfo_of, in_transaction
from app.models import Conversation
from app.services.drain import drain
from app.services.sender import Sender
from tests.builders import the_channel
from tests.services.sending import make_person, make_queued
from tests.simulator.machine import TOKEN, Simulator
from tests.waiting import eventually


@dataclass
class Wire:
    """Everything between a queued row and the far end's ledger, and back by webhooks."""

    engine: Engine
    simulator: Simulator
    channel_id: int
    senders: list[Sender] = field(default_factory=list)
    fed: int = 0

    def settings(self, **changes: Any) -> Settings:
        ours = {"whatsapp_token": SecretStr(TOKEN), "whatsapp_api_url": f"{self.simulator.url}/v26.0"}
        return get_settings().model_copy(update=ours | changes)

    def sender(self, *, engine: Engine | None = None, **changes: Any) -> Sender:
        sender = Sender(self.settings(**changes), Clock(), engine or self.engine)
        self.senders.append(sender)
        return sender

    def stop(self) -> None:
        for sender in self.senders:
            sender.stop()
        self.senders.clear()

    def queue(self, people: int = 1, each: int = 1) -> list[int]:
        """People who wrote just now, and messages for them that are due, the rounds one after another."""
        now = datetime.now(UTC)
        with Session(self.engine, expire_on_commit=False) as session:
            conversations = [make_person(session, now) for _ in range(people)]
            for conversation in conversations:
                self.simulator.write(str(conversation.wa_id))
            ids = [make_queued(session, one, now).id for _ in range(each) for one in conversations]
            session.commit()
        return ids

    def wake_until(self, sender: Sender, look: Callable[[], bool]) -> None:
        """Wake it as the sweep does, only sooner."""

        def is_so() -> bool:
            sender.wake(self.channel_id)
            return look()

        eventually(is_so)

    def queue_for(self, conversation_id: object) -> int:
        now = datetime.now(UTC)
        with Session(self.engine, expire_on_commit=False) as session:
            message = make_queued(session, session.get_one(Conversation, conversation_id), now)
            session.commit()
        return message.id

    def feed(self) -> None:
        """Take in what the simulator reported since."""
        hooks = list(self.simulator.business.webhooks)
        bodies, self.fed = [hook.raw for hook in hooks[self.fed :]], len(hooks)
        if bodies:
            self.run("INSERT INTO webhook_events (body) SELECT unnest(CAST(:bodies AS bytea[]))", bodies=bodies)
            drain(lane="intake", batch_items=1000, now=datetime.now(UTC), bind=self.engine)

    def run(self, statement: str, **parameters: Any) -> None:
        in_transaction(lambda session: session.execute(text(statement), parameters), self.engine)

    def rows(self, statement: str, **parameters: Any) -> list[Any]:
        with Session(self.engine) as session:
            return list(session.execute(text(statement), parameters))

    def values(self, column: str, table: str = "messages") -> list[Any]:
        return [row[0] for row in self.rows(f"SELECT {column} FROM {table} WHERE {SENT[table]} ORDER BY id")]

    def refused_of(self, ids: list[int]) -> int:
        """How many tries to send these the far end refused."""
        refused = "SELECT FROM send_attempts WHERE outcome = 'rejected' AND message_id = ANY(:ids)"
        return len(self.rows(refused, ids=ids))

    def ledger(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.simulator.sim("GET", "/ledger?limit=1000")["items"]
        return items

    def sent_ids(self) -> list[int]:
        """The messages that the far end took, by their echoes, in its order."""
        return [int(item["biz_opaque_callback_data"].split(":")[2]) for item in self.ledger()]

    def all_done(self) -> bool:
        return not self.rows("SELECT FROM messages WHERE dispatch <> 'done' LIMIT 1")

    def fed_until_done(self) -> bool:
        self.feed()
        return self.all_done()

    def end_sessions(self) -> None:
        """Cut every connection to the database, by one of its own: those of the engine are cut as well."""
        address = conninfo_of(self.engine.url.render_as_string(hide_password=False))
        with contextlib.closing(psycopg.connect(address, autocommit=True)) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


NOBODY = "http://127.0.0.1:1/v26.0"  # nothing listens there

SENT = {"messages": "direction = 'outbound'", "send_attempts": "true"}


def wire_of(engine: Engine, simulator: Simulator) -> Wire:
    with Session(engine) as session:
        channel_id = the_channel(session).id
    wire = Wire(engine, simulator, channel_id)
    wire.run("UPDATE channels SET messages_per_second = 1000")
    simulator.faults(messages_per_second=100_000)
    return wire


@contextlib.contextmanager
def proxy(engine: Engine, *, cut: Callable[[bytes], bool]) -> Iterator[str]:
    """The database behind a proxy, and its address there. When `cut` says so of what a client sends, the server still
    gets it and answers, and the client never hears of that."""
    url = make_url(engine.url)
    host, port = str(url.host or url.query["host"]), int(url.port or str(url.query.get("port", 5432)))
    listener = socket.create_server(("127.0.0.1", 0))
    sockets: list[socket.socket] = []

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = _connect(host, port)
                sockets.extend([client, server])
                threading.Thread(target=_forward, args=(client, server, cut), daemon=True).start()
                threading.Thread(target=_forward, args=(server, client, lambda _: False), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        there = url.set(host="127.0.0.1", port=listener.getsockname()[1], query={})
        yield there.render_as_string(hide_password=False)
    finally:
        for one in [listener, *sockets]:
            one.close()


def _connect(host: str, port: int) -> socket.socket:
    if not host.startswith("/"):
        return socket.create_connection((host, port))
    server = socket.socket(socket.AF_UNIX)
    server.connect(f"{host}/.s.PGSQL.{port}")
    return server


def _forward(source: socket.socket, target: socket.socket, cut: Callable[[bytes], bool]) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            if cut(data):
                source.shutdown(socket.SHUT_RDWR)
                target.sendall(data)
                time.sleep(0.3)
                break
            target.sendall(data)
    for one in (source, target):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
