"""The embedded PostgreSQL, through what happens to servers on real machines."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from app.embedded.errors import StartError
from app.embedded.leftovers import working_in
from app.embedded.postgres import Postgres, refuse_unreachable
from app.embedded.processes import Account
from tests.embedded.scratch import scratch_folder
from tests.waiting import eventually


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """One data folder for the whole module: making it is the slow part, and it should survive all of this anyway."""
    with scratch_folder() as folder:
        yield folder


@pytest.fixture
def server(home: Path) -> Iterator[Postgres]:
    server = Postgres(folder=home / "postgres", password="secret")
    server.start()
    yield server
    server.stop()


def run(server: Postgres, statement: str) -> list[tuple[object, ...]]:
    url = server.url.replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def postmaster(server: Postgres) -> psutil.Process:
    return psutil.Process(int((server.folder / "pg18" / "postmaster.pid").read_text().split("\n")[0]))


def test_it_serves_a_database_that_sorts_the_same_everywhere(server: Postgres) -> None:
    rows = run(server, "SELECT name FROM (VALUES ('b'), ('a'), ('B')) AS names (name) ORDER BY name")

    assert rows == [("B",), ("a",), ("b",)]
    assert run(server, "SHOW max_locks_per_transaction") == [("256",)]
    assert run(server, "SHOW fsync") == [("on",)]


def test_rows_are_there_after_a_stop_and_a_start(server: Postgres) -> None:
    run(server, "CREATE TABLE kept AS SELECT 1 AS n")

    server.stop()
    server.start()

    assert run(server, "SELECT n FROM kept") == [(1,)]


def test_nobody_gets_in_without_the_password(server: Postgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(host=str(server.folder), user="hilo", dbname="hilo", password="other")


def test_the_folder_is_private(server: Postgres) -> None:
    assert server.folder.stat().st_mode & 0o077 == 0


def test_no_process_list_shows_the_password(server: Postgres) -> None:
    assert "secret" not in " ".join(postmaster(server).cmdline())


def test_it_starts_at_once_after_being_killed_with_all_rows(server: Postgres) -> None:
    run(server, "CREATE TABLE survivors AS SELECT generate_series(1, 1000) AS n")

    postmaster(server).kill()
    server.stop()
    server.start()

    assert run(server, "SELECT count(*) FROM survivors") == [(1000,)]


def test_it_takes_over_from_a_server_that_is_still_running(server: Postgres) -> None:
    before = postmaster(server)

    other = Postgres(folder=server.folder, password="secret")
    other.start()

    assert not before.is_running() or before.status() == psutil.STATUS_ZOMBIE
    assert other.is_ready()
    other.stop()


def test_a_pid_file_that_names_somebody_else_is_no_obstacle(home: Path, server: Postgres) -> None:
    server.stop()
    with psutil.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        lock = home / "postgres" / "pg18" / "postmaster.pid"
        lock.write_text(f"{stranger.pid}\n{lock.parent}\n1\n5432\n{home}\n\n")

        server.start()

        assert server.is_ready()
        assert stranger.is_running()
        stranger.kill()


def test_a_new_password_is_taken_over(home: Path, server: Postgres) -> None:
    server.stop()

    other = Postgres(folder=server.folder, password="quo'te")
    other.start()

    assert run(other, "SELECT 1") == [(1,)]
    other.stop()
    assert "quo'te" not in server.log.read_text()


def test_a_first_start_that_was_cut_off_leaves_no_half_made_folder(folder: Path) -> None:
    script = (
        "from pathlib import Path; from app.embedded.postgres import Postgres;"
        f"Postgres(folder=Path({str(folder)!r}) / 'postgres', password='secret').prepare()"
    )
    with subprocess.Popen([sys.executable, "-c", script]) as first:
        eventually(lambda: list(folder.glob("postgres/new-*/base/1")))
        first.kill()

    server = Postgres(folder=folder / "postgres", password="secret")
    server.start()

    assert run(server, "SELECT 1") == [(1,)]
    assert sorted(path.name for path in server.folder.iterdir() if path.is_dir()) == ["pg18"]
    server.stop()


def test_data_of_another_major_version_is_refused_in_one_sentence(folder: Path) -> None:
    old = folder / "postgres" / "pg17"
    old.mkdir(parents=True)
    (old / "PG_VERSION").write_text("17\n")

    with pytest.raises(StartError, match=r"holds data of PostgreSQL 17, and this is PostgreSQL 18"):
        Postgres(folder=folder / "postgres", password="secret").start()

    assert not (folder / "postgres" / "pg18").exists()


def test_a_path_too_long_for_a_socket_gets_a_short_one_elsewhere(folder: Path) -> None:
    server = Postgres(folder=folder / ("long" * 30) / "postgres", password="secret")

    server.start()

    assert run(server, "SELECT 1") == [(1,)]
    assert "long" not in server.url
    server.stop()


def test_root_is_told_which_folder_is_in_the_way_and_it_stays_as_it_is(folder: Path) -> None:
    folder.chmod(0o700)

    with pytest.raises(StartError, match=rf"who may not pass through {folder}"):
        refuse_unreachable(folder / "postgres", Account("somebody", 54_321, 54_321))

    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_stopped_server_leaves_no_process(server: Postgres) -> None:
    began = [process.pid for process in working_in(server.folder / "pg18", program="postgres")]

    server.stop()

    assert began
    assert not [pid for pid in began if psutil.pid_exists(pid)]
