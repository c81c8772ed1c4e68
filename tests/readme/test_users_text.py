"""The user's own text, command by command, in a fresh copy of what git holds, on empty state.

`python -m venv venv` and `pip install -r requirements.txt` are what `scripts/setup.sh` did before any test could run:
`venv` is what it made.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx2
import psycopg
import pytest

from app.core.config import CHECKOUT
from app.database import conninfo_of
from app.embedded.postgres_binaries import find_binaries
from tests.embedded.scratch import scratch_folder
from tests.ports import free_port
from tests.waiting import PATIENCE_SECONDS, eventually

pytestmark = pytest.mark.long

IN_CI = os.environ.get("CI") == "true"
LEFT_OUT = ("node_modules", "dist")


@pytest.fixture(scope="module")
def checkout() -> Iterator[Path]:
    """What a clone would hold, and `venv` in it."""
    with scratch_folder() as folder:
        made = folder / "hilo"
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=CHECKOUT, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        for name in filter(None, listed.split("\0")):
            if (CHECKOUT / name).is_file():
                (made / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(CHECKOUT / name, made / name)
        built = CHECKOUT / "frontend" / "dist"
        if built.is_dir():  # building the pages is another test's
            shutil.copytree(built, made / "frontend" / "dist")
        (made / "venv").symlink_to(Path(sys.prefix))
        yield made


def base_python() -> str:
    """Not the one of this environment, which would make a copy of a copy."""
    return str(Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}")


@pytest.fixture
def started(checkout: Path, tmp_path: Path) -> "Iterator[Start]":
    with ExitStack() as stack:
        yield Start(checkout, tmp_path, stack)


class Start:
    """Runs a command of the text in the checkout, with the ports and the folder of a test."""

    def __init__(self, checkout: Path, logs: Path, stack: ExitStack) -> None:
        self.checkout = checkout
        self._logs = logs
        self._stack = stack
        self.port = free_port()
        self.data = self._stack.enter_context(scratch_folder()) / "data"

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
        ours = {"PORT": str(self.port), "SIMULATOR_PORT": str(free_port()), "DATA_DIR": str(self.data)}
        return kept | {"PATH": f"{self.checkout}/venv/bin:{os.environ['PATH']}"} | ours | more

    def __call__(self, *command: str, **more: str) -> "subprocess.Popen[bytes]":
        log = self._stack.enter_context((self._logs / "log").open("ab"))
        process = subprocess.Popen(
            command, cwd=self.checkout, env=self.environment(**more), stdout=log, stderr=log, start_new_session=True
        )
        self._stack.callback(end, process)
        return process

    def answers(self, path: str = "/health") -> bool:
        with suppress(httpx2.HTTPError):
            return httpx2.get(f"http://127.0.0.1:{self.port}{path}", timeout=PATIENCE_SECONDS).status_code == 200
        return False

    def said(self) -> str:
        return (self._logs / "log").read_text(errors="replace")


def end(process: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def automatizaciones(database_server: str) -> Iterator[str]:
    """`createdb automatizaciones` and `psql -d automatizaciones -f database_schema.sql`.

    Tests share a server, so that the name has an ending here.
    """
    name = f"automatizaciones_{os.getpid()}"
    server = psycopg.conninfo.conninfo_to_dict(conninfo_of(database_server))
    binaries = find_binaries(account=None, copies=Path("/"))
    parts = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password"}
    env = os.environ | {variable: str(server[part]) for variable, part in parts.items() if part in server}
    subprocess.run([binaries.path("createdb"), name], env=env, check=True)
    done = subprocess.run(
        [binaries.path("psql"), "-d", name, "-f", "database_schema.sql"],
        cwd=CHECKOUT, env=env, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    yield re.sub(r"/[^/?]+(?=\?|$)", f"/{name}", database_server, count=1).replace("postgresql+psycopg", "postgresql")
    subprocess.run([binaries.path("dropdb"), "--force", name], env=env, check=True)


def test_one_command_answers_with_env_example_unchanged(started: Start) -> None:
    shutil.copy(started.checkout / "env.example", started.checkout / ".env")  # cp env.example .env

    started("python", "-m", "app.main")

    eventually(started.answers, seconds=2 * PATIENCE_SECONDS)
    for page in ("/docs", "/redoc", "/openapi.json", "/"):
        assert started.answers(page), page
    eventually(lambda: "Hilo is running" in started.said())


def test_one_command_answers_on_a_database_made_by_psql(started: Start, automatizaciones: str) -> None:
    started("python", "-m", "app.main", DATABASE_URL=automatizaciones)
    eventually(started.answers, seconds=2 * PATIENCE_SECONDS)
    assert not (started.data / "postgres").exists()

    with psycopg.connect(conninfo_of(automatizaciones), autocommit=True) as connection:
        connection.execute("ALTER TABLE contacts ADD COLUMN loyalty_number text")

    kept = (started.data / "first-login.txt").read_text().split()
    login = {"username": kept[0], "password": kept[1]}
    api = httpx2.Client(base_url=f"http://127.0.0.1:{started.port}/api/v1", timeout=PATIENCE_SECONDS)
    token = api.post("/auth/login", data=login).raise_for_status().json()["access_token"]
    made = api.post("/contacts", json={"name": "Ana"}, headers={"Authorization": f"Bearer {token}"})
    assert made.status_code == 201, made.text
    assert started.answers()


def test_uvicorn_with_reload_serves_the_application(started: Start, automatizaciones: str) -> None:
    command = ["uvicorn", "app.main:app", "--reload", "--host", "0.0.0.0", "--port", str(started.port)]

    started(*command, DATABASE_URL=automatizaciones, BROKER_URL="memory://")

    eventually(lambda: started.answers("/health/live"), seconds=2 * PATIENCE_SECONDS)
    assert started.answers("/docs")


def test_pytest_measures_coverage_of_the_app(started: Start) -> None:
    # A part of the tests: all of them would run all of this again.
    done = subprocess.run(
        ["pytest", "--cov=app", "-p", "no:cacheprovider", "tests/domain/test_phones.py"],
        cwd=started.checkout,
        env=started.environment(COVERAGE_FILE=str(started.data.with_name(".coverage"))),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^app/domain/phones\.py\s+\d+\s+\d+\s+\d+%", done.stdout, re.MULTILINE)
    assert re.search(r"^TOTAL\s+\d+\s+\d+\s+\d+%", done.stdout, re.MULTILINE)


@pytest.mark.skipif(not IN_CI, reason="installs the image's packages, which takes the network and a minute; CI does it")
def test_the_image_s_packages_alone_run_web_and_workers(started: Start, automatizaciones: str) -> None:
    """requirements-prod.txt and nothing else, as in the image."""
    prod = started.data.with_name("prod")
    # By uv, which takes a fifth of pip's time for the same files, and compiles nothing: little of it is loaded here.
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "venv", "-q", "--python", base_python(), prod], check=True)
    install = [uv, "pip", "install", "-q", "--python", prod, "--require-hashes", "-r", "requirements-prod.txt"]
    subprocess.run(install, cwd=started.checkout, check=True)
    # Valkey comes from elsewhere, as in production.
    from app.embedded.valkey import Valkey

    broker = Valkey(folder=started.data.with_name("valkey"), password="elsewhere")
    broker.start()
    try:
        started(str(prod / "bin" / "python"), "-m", "app.main", DATABASE_URL=automatizaciones, BROKER_URL=broker.url)

        eventually(started.answers, seconds=2 * PATIENCE_SECONDS)
    finally:
        broker.stop()
