"""The command line: `python -m app COMMAND`. What cannot be done is one sentence on standard error, and exit code 1; or
75, the system's code for "try again", where only something did not answer.
"""

import argparse
import getpass
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from app.core.config import ConfigError, OutOfReach, Settings, get_settings
from app.core.errors import AppError
from app.core.logging import configure
from app.core.secrets import SecretsUnreadable

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class AtHand(Protocol):
    """Brings the database within reach of a command, wherever it is, and says its address."""

    def __call__(self, settings: Settings, *, alone: bool) -> AbstractContextManager[str]: ...


def main(at_hand: AtHand, arguments: Sequence[str] | None = None) -> int:
    asked = _parser().parse_args(arguments)
    try:
        configure(f"app {asked.command}")
        settings = get_settings()
        if not asked.needs_database or (settings.database_url is not None and not asked.alone):
            return int(asked.run(asked))
        with at_hand(settings, alone=asked.alone) as url:
            os.environ["DATABASE_URL"] = url
            get_settings.cache_clear()
            return int(asked.run(asked))
    except (ConfigError, SecretsUnreadable) as error:
        sys.stderr.write(f"{error}\n")
        return os.EX_TEMPFAIL if isinstance(error, OutOfReach) else 1
    except AppError as error:
        sys.stderr.write(f"{error.detail}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m app", description="Hilo from the command line.")
    parser.set_defaults(needs_database=True, alone=False)
    commands = parser.add_subparsers(title="commands", dest="command", required=True)
    prepare = commands.add_parser("prepare", help="bring the database to this version, ready for use")
    prepare.add_argument(
        "--sample", action="store_true", help="add the sample shop to a database that nobody has used yet"
    )
    prepare.set_defaults(run=_prepare)
    alive = commands.add_parser("alive", help="say by the exit code whether a process shows a sign of life")
    alive.add_argument(
        "process", help="web, worker-intake, worker-send, worker-sweep, worker or beat, on this host; or backups"
    )
    alive.set_defaults(run=_alive, needs_database=False)
    backup = commands.add_parser("backup", help="save the database to a file")
    backup.add_argument("file", nargs="?", type=Path, help="default: a new one in DATA_DIR/backups")
    backup.add_argument("--repeat", action="store_true", help="one every BACKUP_EVERY_HOURS, until told to stop")
    backup.set_defaults(run=_backup)
    restore = commands.add_parser("restore", help="put a backup in the place of what the database holds, and pause")
    restore.add_argument("file", type=Path)
    restore.set_defaults(run=_restore, alone=True)
    pause = commands.add_parser("pause", help="stop all automations and all sending, within a second")
    pause.add_argument("--reason", help="why, for whoever sees it")
    pause.set_defaults(run=_pause)
    resume = commands.add_parser("resume", help="go on after a pause")
    resume.set_defaults(run=_resume)
    analytics = commands.add_parser("analytics", help="what is counted")
    rebuild = analytics.add_subparsers(title="commands", dest="subcommand", required=True).add_parser(
        "rebuild", help="count everything anew, as after adding a metric; it may be interrupted"
    )
    rebuild.add_argument("--from", dest="since", type=_day, metavar="DATE", help="the first day, as in 2026-03-01")
    rebuild.add_argument("--to", dest="until", type=_day, metavar="DATE", help="the last day")
    rebuild.set_defaults(run=_rebuild)
    admin = commands.add_parser("admin", help="let an admin in again").add_subparsers(required=True)
    reset = admin.add_parser("reset-password", help="make a new password and show it, once")
    reset.add_argument("--email", help="whose; default: ADMIN_EMAIL, or the only admin")
    reset.set_defaults(run=_reset_password)
    return parser


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date: write one as in 2026-03-01") from None


def _prepare(asked: argparse.Namespace) -> int:
    from app.services.setup import prepare

    prepare(get_settings(), sample=asked.sample, say=_say)
    return 0


def _alive(asked: argparse.Namespace) -> int:
    from app.services import alive

    if _is_backed_up() if asked.process == "backups" else alive.is_alive(asked.process, get_settings()):
        return 0
    sys.stderr.write(f"No sign of life from {asked.process} on this host.\n")
    return 1


def _is_backed_up() -> bool:
    from app.services import backups  # heavy, and the others are asked every few seconds

    return backups.is_recent(get_settings())


def _backup(asked: argparse.Namespace) -> int:
    from app.services import backups

    if asked.repeat:
        backups.back_up_for_ever(get_settings(), _say)
    made = backups.back_up(get_settings(), asked.file)
    _say(f"Saved to {made} ({made.stat().st_size / 1e6:.1f} MB, read again). Keep the SECRET_KEY with it.")
    return 0


def _restore(asked: argparse.Namespace) -> int:
    from app.services.restoring import restore

    restore(get_settings(), asked.file)
    _say(f"Restored from {asked.file}. Everything is paused: what waited then may have been sent since.")
    _say("Start Hilo, look at what waits, then `python -m app resume`.")
    return 0


def _pause(asked: argparse.Namespace) -> int:
    from app.services import workspace

    with _work() as (session, now):
        workspace.pause(session, reason=asked.reason, user_id=None, now=now)
    _say("Everything is paused: no automation runs and nothing is sent until `python -m app resume`.")
    return 0


def _resume(_: argparse.Namespace) -> int:
    from app.services import workspace

    with _work() as (session, now):
        workspace.resume(session, now=now)
    _say("Automations run again, and what waited is sent.")
    return 0


def _reset_password(asked: argparse.Namespace) -> int:
    from app.services import users

    with _work() as (session, now):
        user = users.find_admin(session, email=asked.email, default=get_settings().admin_email)
        made = users.reset_password(session, user.id, password=None, by=None, now=now)
    _say(f"New password of {user.username} ({user.email}): {made.password}")
    _say("It is not shown again: choose another one when you log in. All sessions of that user have ended.")
    return 0


@contextmanager
def _work() -> Iterator["tuple[Session, datetime]"]:
    """A unit of work, and the time of it."""
    from app.core.clock import Clock
    from app.core.notices import PATIENCE_SECONDS, notifier
    from app.database import transaction
    from app.services import audit
    from app.services.audit import Actor

    now = Clock(get_settings().clock_file).now()
    with _within_reach():
        with transaction() as session:
            audit.attach(session, Actor(kind="command", name=_person(), at=now))
            yield session, now
        notifier.flush(PATIENCE_SECONDS)


@contextmanager
def _within_reach() -> Iterator[None]:
    """A database that is away is a sentence."""
    from sqlalchemy.exc import OperationalError

    try:
        yield
    except OperationalError as error:
        reason = str(error.orig).strip().partition("\n")[0]
        raise OutOfReach(f"The database cannot be reached ({reason}).") from error


def _rebuild(asked: argparse.Namespace) -> int:
    from app.services.rebuild import rebuild_days

    def tell(left: int) -> None:
        sys.stderr.write(f"{left} hours of ledgers are left\n")

    with _within_reach():
        hours = rebuild_days(first=asked.since, last=asked.until, tell=tell)
    _say(f"{hours} hours of ledgers were counted anew.")
    return 0


def _person() -> str:
    """Whoever typed it, as far as the system knows."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number that has no name
        return f"user {os.getuid()}"


def _say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()
