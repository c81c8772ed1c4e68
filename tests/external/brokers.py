"""Brokers that a test may kill, start again and empty: Debian's Redis and RabbitMQ, and the Valkey that we embed.

Each keeps its port. Nothing outside its folder is touched: RabbitMQ has a name server (epmd) of its own, too.
"""

import os
import secrets
import shutil
import socket
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from app.embedded.valkey import program as valkey_program
from tests.ports import free_port
from tests.waiting import eventually

START_SECONDS = 120  # RabbitMQ takes five where nobody else wants the processors


class Broker(ABC):
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str: ...

    @property
    @abstractmethod
    def command(self) -> list[str]: ...

    @property
    def environment(self) -> dict[str, str]:
        return {}

    @property
    def greeting(self) -> bytes:
        """What a caller says first; the server answers it."""
        return b"PING\r\n"

    def start(self) -> None:
        self.folder.mkdir(exist_ok=True)
        with self.folder.with_suffix(".log").open("ab") as log:
            self._process = subprocess.Popen(
                self.command, env=os.environ | self.environment, stdout=log, stderr=log, start_new_session=True
            )
        eventually(self._answers, seconds=START_SECONDS)

    def kill(self) -> None:
        """As a machine that loses its power: the server itself is killed, whatever started it."""
        if self._process is not None:
            for process in reversed(_family(self._process.pid)):
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            self._process.wait()

    def wipe(self) -> None:
        """What it kept goes; to be called while it is down."""
        shutil.rmtree(self.folder)

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
            connection.sendall(self.greeting)
            return bool(connection.recv(1))
        return False


class Redis(Broker):
    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def command(self) -> list[str]:
        kept = ["--dir", str(self.folder), "--appendonly", "yes"]
        return ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), *kept]


class Valkey(Redis):
    @property
    def command(self) -> list[str]:
        return [str(valkey_program()), *super().command[1:]]


class RabbitMQ(Broker):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._names, self._distribution = free_port(), free_port()
        self._node = f"hilo{secrets.token_hex(4)}@localhost"

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    @property
    def command(self) -> list[str]:
        return ["/usr/lib/rabbitmq/bin/rabbitmq-server"]

    @property
    def environment(self) -> dict[str, str]:
        return {
            "HOME": str(self.folder),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._names),
            "RABBITMQ_NODENAME": self._node,
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self._distribution),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }

    @property
    def greeting(self) -> bytes:
        return b"AMQP\x00\x00\x09\x01"

    def kill(self) -> None:
        super().kill()
        # The name server leaves the family that started it; it knows its port from its environment alone.
        for process in psutil.process_iter(["name"]):
            with suppress(psutil.Error):
                if process.info["name"] == "epmd" and process.environ().get("ERL_EPMD_PORT") == str(self._names):
                    process.kill()


def _family(pid: int) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        first = psutil.Process(pid)
        return [first, *first.children(recursive=True)]
    return []


KINDS = {"redis": Redis, "valkey": Valkey, "rabbitmq": RabbitMQ}


@contextmanager
def made_broker(kind: str, folder: Path) -> Iterator[Broker]:
    """Not started yet."""
    made = KINDS[kind](folder / kind)
    try:
        yield made
    finally:
        made.kill()
