"""The command line: `python -m app COMMAND`. What cannot be done is one sentence on standard error, and exit code 1; or
75, the system's code for "try again", where only something did not answer.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from app.core.config import ConfigError, OutOfReach, get_settings
from app.core.logging import configure
from app.core.secrets import SecretsUnreadable

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _parser().parse_args(arguments)
    try:
        configure(f"app {asked.command}")
        return int(asked.run(asked))
    except (ConfigError, SecretsUnreadable) as error:
        sys.stderr.write(f"{error}\n")
        return os.EX_TEMPFAIL if isinstance(error, OutOfReach) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m app", description="Hilo from the command line.")
    commands = parser.add_subparsers(title="commands", dest="command", required=True)
    prepare = commands.add_parser("prepare", help="bring the database to this version, ready for use")
    prepare.add_argument(
        "--sample", action="store_true", help="add the sample shop to a database that nobody has used yet"
    )
    prepare.set_defaults(run=_prepare)
    alive = commands.add_parser("alive", help="say by the exit code whether a process shows a sign of life")
    alive.add_argument("process", help="web, worker-intake, worker-send, worker-sweep, worker or beat, on this host")
    alive.set_defaults(run=_alive)
    pause = commands.add_parser("pause", help="stop all automations and all sending, within a second")
    pause.add_argument("--reason", help="why, for whoever sees it")
    pause.set_defaults(run=_pause)
    resume = commands.add_parser("resume", help="go on after a pause")
    resume.set_defaults(run=_resume)
    return parser


def _prepare(asked: argparse.Namespace) -> int:
    from app.services.setup import prepare

    prepare(get_settings(), sample=asked.sample)
    return 0


def _alive(asked: argparse.Namespace) -> int:
    from app.services.alive import is_alive

    if is_alive(asked.process, get_settings()):
        return 0
    sys.stderr.write(f"No sign of life from {asked.process} on this host.\n")
    return 1


def _pause(asked: argparse.Namespace) -> int:
    from app.services import workspace

    with _work() as (session, now):
        workspace.pause(session, reason=asked.reason, user_id=None, now=now)
    sys.stdout.write("Everything is paused: no automation runs and nothing is sent until `python -m app resume`.\n")
    return 0


def _resume(_: argparse.Namespace) -> int:
    from app.services import workspace

    with _work() as (session, now):
        workspace.resume(session, now=now)
    sys.stdout.write("Automations run again, and what waited is sent.\n")
    return 0


@contextmanager
def _work() -> Iterator["tuple[Session, datetime]"]:
    """A unit of work, and the time of it; a database that is away is a sentence."""
    from sqlalchemy.exc import OperationalError

    from app.core.clock import Clock
    from app.core.notices import PATIENCE_SECONDS, notifier
    from app.database import transaction

    try:
        with transaction() as session:
            yield session, Clock(get_settings().clock_file).now()
        notifier.flush(PATIENCE_SECONDS)
    except OperationalError as error:
        reason = str(error.orig).strip().partition("\n")[0]
        raise OutOfReach(f"The database cannot be reached ({reason}).") from error
