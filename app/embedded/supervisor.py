"""Everything on one machine, by one command: starts what is not configured elsewhere, and keeps it running.

The order is told below as it happens. What looks odd in it has a reason: nothing is started before every check has
passed, so that a refusal leaves nothing behind.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from errno import ENOSPC
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from signal import SIGINT

from app.core.addresses import address, reachable
from app.core.config import ConfigError, Settings, get_settings
from app.core.data_dir import make_data_dir
from app.core.frontend import Frontend
from app.core.secrets import SecretsUnreadable, first_login_file, load_or_make
from app.embedded.checks import require_free_ports, sole_supervisor
from app.embedded.errors import StartError
from app.embedded.gate import Gate
from app.embedded.leftovers import Register, end
from app.embedded.postgres import Postgres
from app.embedded.processes import Process, last_words
from app.embedded.programs import pages, preparation, runs_simulator, simulator, web, workers
from app.embedded.server import Server
from app.embedded.terminal import Terminal
from app.embedded.valkey import Valkey
from app.embedded.watcher import Stopped, Watcher

LEFTOVER_SECONDS = 3.0
RECOVERY_SECONDS = 120.0  # a database that was killed under load replays its log before it answers
WEB_SECONDS = 60.0
PREPARE_TRIES = 5
ANSWER_SECONDS = 2.0
# Every thread that allocates would get an arena of its own from glibc, which keeps what it once held. The children
# compute in one thread at a time, so two arenas do; whoever sets this otherwise is heard.
MEMORY = {"MALLOC_ARENA_MAX": "2"}


def main() -> int:
    terminal = Terminal()
    try:
        _supervise(get_settings(), terminal)
    except (ConfigError, SecretsUnreadable, StartError) as error:
        Terminal(sys.stderr).say(str(error))
        return 1
    except OSError as error:
        if error.errno != ENOSPC:
            raise
        Terminal(sys.stderr).say("The disk that holds DATA_DIR is full: make room on it, then start again.")
        return 1
    return 0


def await_server(server: Server, watcher: Watcher) -> None:
    name = server.process().name
    is_ready = False

    def has_come_to_an_end() -> bool:
        nonlocal is_ready
        is_ready = server.is_ready()
        return is_ready or watcher.is_in_trouble(name)

    # Once it has answered, that it does so: asked again, it may just be recovering from a kill.
    watcher.wait_until(has_come_to_an_end, seconds=RECOVERY_SECONDS)
    if not is_ready:
        raise server.silent()


def _supervise(settings: Settings, terminal: Terminal) -> None:
    data_dir = settings.data_dir.resolve()
    make_data_dir(data_dir)
    with sole_supervisor(data_dir):
        register = Register(data_dir / "processes.json")
        # SIGINT ends all of them quickly; on SIGTERM, PostgreSQL would wait for its clients.
        end(register.alive(), signal=SIGINT, seconds=LEFTOVER_SECONDS)
        require_free_ports(settings, with_simulator=runs_simulator(settings))
        with Watcher(
            register=register, say=lambda line: terminal.say(f"  {line}"), log_bytes=settings.log_bytes
        ) as watcher:
            try:
                _start(settings, data_dir, watcher, terminal)
                watcher.watch()
            except Stopped:
                pass
            terminal.say("\nStopping ...")
    terminal.say("Stopped.")


def _start(settings: Settings, data_dir: Path, watcher: Watcher, terminal: Terminal) -> None:
    logs = data_dir / "logs"
    terminal.say(terminal.bold("Hilo is starting") + ("" if logs.exists() else " for the first time") + "\n")
    clock_file = settings.clock_file or data_dir / "clock.json"
    is_login_known = first_login_file(data_dir).exists()
    env = {**MEMORY, **os.environ, "DATA_DIR": str(data_dir), "PYTHONUNBUFFERED": "1"}
    if not settings.is_production:
        env["CLOCK_FILE"] = str(clock_file)

    servers = _servers(settings, data_dir, logs=logs)
    with terminal.stage(" and ".join(server.title for server in servers.values()) or "Servers are elsewhere"):
        for server in servers.values():
            server.prepare()
            watcher.start(server.process())
        env |= {name: server.url for name, server in servers.items()}
        gate = Gate()
        watcher.start(web(settings, env, gate=gate, logs=logs))  # loads while the rest happens
        for server in servers.values():
            await_server(server, watcher)

    with terminal.stage("Tables"):
        # Its log lines are JSON, so that what it says to people can be told from them.
        prepare = preparation(settings, env | {"LOG_FORMAT": "json"}, logs=logs)
        before = prepare.log.stat().st_size if prepare.log.exists() else 0
        _prepare(prepare, list(servers.values()), watcher)
        gate.open()
        for line in said_since(prepare.log, before):
            terminal.say(f"  {line}")

    with terminal.stage("Web server" + (" and simulated phone" if runs_simulator(settings) else "")):
        if runs_simulator(settings):
            watcher.start(simulator(settings, data_dir=data_dir, clock_file=clock_file, logs=logs))
        is_answering = watcher.wait_until(lambda: _answers(settings), seconds=WEB_SECONDS)
        watcher.start(*workers(settings, env, logs=logs))
    if not is_answering:
        terminal.say(f"The web server does not answer yet; see {logs / 'web.log'}")
    _greet(settings, data_dir, terminal, is_login_known=is_login_known)
    _build_pages(env, logs, watcher, terminal)


def _servers(settings: Settings, data_dir: Path, *, logs: Path) -> dict[str, Server]:
    """Those to be embedded, by the variable that tells others where they are."""
    secrets = load_or_make(data_dir)
    servers: dict[str, Server] = {}
    if settings.broker_url is None:
        servers["BROKER_URL"] = Valkey(
            folder=data_dir / "valkey", password=secrets.broker_password, log=logs / "valkey.log"
        )
    if settings.database_url is None:
        servers["DATABASE_URL"] = Postgres(
            folder=data_dir / "postgres", password=secrets.database_password, log=logs / "postgres.log"
        )
    return servers


def _prepare(prepare: Process, servers: Sequence[Server], watcher: Watcher) -> None:
    """Once more where it was cut off, as servers of ours come back when they are killed."""
    for tries_left in reversed(range(PREPARE_TRIES)):
        code = watcher.run(prepare)
        if code == 0:
            return
        is_cut_off = code < 0 or (code == os.EX_TEMPFAIL and servers)
        if not (is_cut_off and tries_left):
            break
        for server in servers:
            await_server(server, watcher)
    raise StartError(f"The database could not be prepared: {last_words(prepare.log)}")


def said_since(log: Path, place: int) -> list[str]:
    """The lines for people that were written behind that place."""
    with log.open("rb") as file:
        file.seek(place)
        return [line for line in file.read().decode(errors="replace").splitlines() if line and line[0] != "{"]


def _answers(settings: Settings) -> bool:
    """Whether web server and simulator serve, whatever it is that they say."""
    wanted = [(settings.host, settings.port, "/health/live")]
    if runs_simulator(settings):
        wanted.append((settings.simulator_host, settings.simulator_port, "/"))
    return all(_serves(reachable(host), port, path) for host, port, path in wanted)


def _serves(host: str, port: int, path: str) -> bool:
    connection = HTTPConnection(host, port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", path)
        connection.getresponse()
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
    return True


def _build_pages(env: Mapping[str, str], logs: Path, watcher: Watcher, terminal: Terminal) -> None:
    """Last, as everything else works without them: until then, their address says that they are coming."""
    if not Frontend().is_stale():
        return
    terminal.say("\nBuilding the pages; the first time this takes half a minute.")
    if watcher.run(pages(env, logs=logs)) == 0:
        terminal.say("The pages are ready.")
    else:
        terminal.say(Frontend().problem or f"The pages could not be built; see {logs / 'pages.log'}")


def _greet(settings: Settings, data_dir: Path, terminal: Terminal, *, is_login_known: bool) -> None:
    rows = {"Pages": address(settings.host, settings.port)}
    if runs_simulator(settings):
        rows["Phone"] = address(settings.simulator_host, settings.simulator_port)
    rows["API"] = address(settings.host, settings.port) + "/docs"
    rows["Sign in"] = _login(settings, data_dir, is_known=is_login_known)
    rows["Data, logs"] = str(data_dir)
    rows["Stop"] = "Ctrl-C"
    terminal.say("\n" + terminal.bold("Hilo is running") + "\n")
    for title, what in rows.items():
        terminal.say(f"  {title:<12}{what}")
    if "Phone" in rows:
        terminal.say('\nOpen the phone and write "hola".')


def _login(settings: Settings, data_dir: Path, *, is_known: bool) -> str:
    """The first admin's. A password that was made in this start is shown; later its file is named."""
    kept = first_login_file(data_dir)
    if settings.admin_password is not None:
        return f"{settings.admin_email}, with the password of ADMIN_PASSWORD"
    if not kept.exists():
        return "with an account that this database has"
    if is_known:
        return f"{settings.admin_email}, first password in {kept}"
    return f"{settings.admin_email}   {load_or_make(data_dir).admin_password}   (shown this once, kept in {kept})"
