"""Servers that are hurt at an awkward moment."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from app.database import conninfo_of
from app.embedded.leftovers import Register, working_in
from app.embedded.postgres import Postgres
from app.embedded.processes import Process
from app.embedded.server import Server
from app.embedded.supervisor import await_server
from app.embedded.watcher import Watcher
from tests.waiting import eventually


@dataclass
class Flickering(Server):
    answers: Iterator[bool]
    title = "A server"
    url = ""

    def prepare(self) -> None:
        pass

    def process(self) -> Process:
        return Process(name="server", command=["true"], env={}, log=Path("log"))

    def is_ready(self) -> bool:
        return next(self.answers)


def test_a_server_that_has_answered_is_not_asked_again(folder: Path) -> None:
    server = Flickering(iter([False, True, False]))
    with Watcher(register=Register(folder / "processes.json"), say=lambda line: None) as watcher:
        await_server(server, watcher)

    assert next(server.answers) is False


def test_a_database_that_recovers_ends_all_the_same_when_its_parent_dies(folder: Path) -> None:
    server = Postgres(folder=folder / "postgres", password="secret")
    server.start()
    try:
        with psycopg.connect(conninfo_of(server.url), autocommit=True) as session:
            session.execute("CREATE TABLE much AS SELECT repeat('x', 800) FROM generate_series(1, 50000)")
            [postmaster] = [one for one in working_in_data(server) if one.ppid() == psutil.Process().pid]
            psutil.Process(session.info.backend_pid).kill()
        eventually(lambda: "reinitializing" in server.log.read_text())

        postmaster.send_signal(server.process().orphan_signal)

        eventually(lambda: not working_in_data(server) or postmaster.status() == psutil.STATUS_ZOMBIE)
    finally:
        server.stop()


def working_in_data(server: Postgres) -> list[psutil.Process]:
    return [one for folder in server.folder.glob("pg*") for one in working_in(folder, program="postgres")]
