"""`python -m app`, as a person or the supervisor types it."""

import os
import socket
import subprocess
import sys

import psycopg

from app.core.config import CHECKOUT
from app.core.security import verify_password
from app.database import conninfo_of
from tests.ports import free_port


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=CHECKOUT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_prepare_makes_a_database_ready_with_its_sample(make_database):
    url = make_database()

    done = run("prepare", "--sample", DATABASE_URL=url)

    assert (done.returncode, done.stdout) == (0, "")
    with psycopg.connect(conninfo_of(url)) as connection:
        assert connection.execute("SELECT count(*) FROM automations").fetchone() == (3,)


def test_a_database_that_does_not_answer_is_one_sentence_and_worth_another_try():
    done = run("prepare", DATABASE_URL="postgresql://hilo@127.0.0.1:1/hilo")

    assert done.returncode == os.EX_TEMPFAIL
    assert done.stderr.count("\n") == 1
    assert "cannot be reached" in done.stderr


def test_a_missing_setting_is_one_sentence():
    done = run("prepare", DATABASE_URL="postgresql://hilo@127.0.0.1:1/hilo", WHATSAPP_TOKEN="token")

    assert done.returncode == 1
    assert done.stderr == "SECRET_KEY must be set to 32 bytes or more when WHATSAPP_TOKEN is set.\n"


def test_a_process_is_alive_when_it_wrote_so_lately_from_this_host(make_database):
    url = make_database(prepared=True)

    def say(name, host, age):
        with psycopg.connect(conninfo_of(url)) as connection:
            connection.execute(
                "INSERT INTO processes (id, name, host, beat_at)"
                " VALUES (gen_random_uuid(), %s, %s, clock_timestamp() - %s * interval '1 second')",
                (name, host, age),
            )

    say("beat", socket.gethostname(), 1)
    say("worker-send", "elsewhere", 1)
    say("worker-intake", socket.gethostname(), 3600)

    assert run("alive", "beat", DATABASE_URL=url).returncode == 0
    for silent in ("worker-send", "worker-intake", "web"):
        done = run("alive", silent, DATABASE_URL=url, PORT=str(free_port()))
        assert (done.returncode, done.stderr) == (1, f"No sign of life from {silent} on this host.\n")


def test_everything_is_paused_and_goes_on_again(make_database):
    url = make_database(prepared=True)

    def state():
        with psycopg.connect(conninfo_of(url)) as connection:
            return connection.execute("SELECT is_paused, pause_reason FROM settings").fetchone()

    paused = run("pause", "--reason", "Wrong prices", DATABASE_URL=url)
    while_paused = state()
    resumed = run("resume", DATABASE_URL=url)

    assert (paused.returncode, resumed.returncode) == (0, 0)
    assert paused.stdout.startswith("Everything is paused")
    assert (while_paused, state()) == ((True, "Wrong prices"), (False, None))


def test_everything_is_counted_anew(make_database):
    url = make_database(prepared=True)
    with psycopg.connect(conninfo_of(url)) as connection:
        for day in (1, 2, 3):
            connection.execute("INSERT INTO contacts (created_at) VALUES (%s)", (f"2026-03-0{day} 12:00+00",))
        connection.execute("DELETE FROM analytics_deltas")

    done = run("analytics", "rebuild", "--from", "2026-03-02", "--to", "2026-03-02", DATABASE_URL=url)
    all_of_it = run("analytics", "rebuild", DATABASE_URL=url)
    refused = run("analytics", "rebuild", "--from", "yesterday", DATABASE_URL=url)

    assert (done.returncode, done.stdout) == (0, "1 hours of ledgers were counted anew.\n")
    assert all_of_it.returncode == 0
    assert (refused.returncode, "no date" in refused.stderr) == (2, True)
    with psycopg.connect(conninfo_of(url)) as connection:
        counted = connection.execute(
            "SELECT period_start::date::text FROM analytics WHERE metric_name = 'new_contacts' AND granularity = 'day'"
            " ORDER BY 1"
        ).fetchall()
    assert counted == [("2026-03-01",), ("2026-03-02",), ("2026-03-03",)]


def test_an_admin_who_forgot_the_password_gets_a_new_one_shown_once(make_database):
    url = make_database(prepared=True)

    done = run("admin", "reset-password", DATABASE_URL=url)

    assert (done.returncode, done.stderr.count("\n")) == (0, 1), done.stderr
    with psycopg.connect(conninfo_of(url)) as connection:
        [(username, hashed, is_borrowed)] = connection.execute(
            "SELECT username, hashed_password, must_change_password FROM users"
        ).fetchall()
        told = connection.execute("SELECT actor_kind, action FROM audit_log ORDER BY id DESC LIMIT 1").fetchone()
    password = done.stdout.splitlines()[0].rpartition(": ")[2]
    assert username in done.stdout
    assert verify_password(password, hashed)
    assert is_borrowed
    assert password not in done.stderr
    assert told == ("command", "user.password_reset")


def test_the_password_of_nobody_cannot_be_reset(make_database):
    done = run("admin", "reset-password", "--email", "nobody@hilo.example", DATABASE_URL=make_database(prepared=True))

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "There is no user with the address nobody@hilo.example.\n"
