"""Runs the design we compare with (orm_intake.py), on the same PostgreSQL server, in a database of its own."""

import os
import subprocess
import sys
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType

from sqlalchemy import URL

from app.core.config import CHECKOUT
from app.embedded.ports import free_port
from app.embedded.processes import Process, last_words, spawn
from benchmarks import bodies
from benchmarks.installation import Installation, NotUsable

START_SECONDS = 30.0
DATABASE = "orm"


class OrmIntake:
    """One process of it, as ours has one web process."""

    def __init__(self, installation: Installation, folder: Path) -> None:
        self.port = free_port()
        self._installation = installation
        self._log = folder / "orm.log"
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._child is not None, "it has been entered"
        return self._child.pid

    def __enter__(self) -> "OrmIntake":
        with self._installation.connect() as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
            connection.execute(f"CREATE DATABASE {DATABASE}")
            found = connection.info
            url = URL.create(
                "postgresql+psycopg",
                username=found.user,
                password=found.password,
                database=DATABASE,
                query={"host": found.host, "port": str(found.port)},
            )
        env = os.environ | {
            "DATABASE_URL": url.render_as_string(hide_password=False),
            "APP_SECRET": bodies.APP_SECRET,
        }
        command = [sys.executable, "-m", "uvicorn", "benchmarks.orm_intake:app", "--no-access-log"]
        command += ["--port", str(self.port)]
        self._child = spawn(Process(name="orm", command=command, folder=CHECKOUT, env=env, log=self._log))
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._child.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise NotUsable(f"The design to compare with did not start: {last_words(self._log)}")
            time.sleep(0.1)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()
        with self._installation.connect() as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")

    def stop(self) -> None:
        if self._child is not None:
            self._child.terminate()
            self._child.wait()
            self._child = None

    def _answers(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/openapi.json")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()
