"""The command line: `python -m app prepare`. What cannot be done is one sentence on standard error, and exit code 1; or
75, the system's code for "try again", where only something did not answer.
"""

import argparse
import os
import sys
from collections.abc import Sequence

from app.core.config import ConfigError, OutOfReach, get_settings
from app.core.logging import configure
from app.core.secrets import SecretsUnreadable


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _parser().parse_args(arguments)
    try:
        configure(f"app {asked.command}")
        return _prepare(sample=asked.sample)
    except (ConfigError, SecretsUnreadable) as error:
        sys.stderr.write(f"{error}\n")
        return os.EX_TEMPFAIL if isinstance(error, OutOfReach) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m app", description="Hilo from the command line.")
    commands = parser.add_subparsers(title="commands", dest="command", required=True)
    prepare = commands.add_parser("prepare", help="bring the database to this version, ready for use")
    prepare.add_argument(
        "--sample", action="store_true", help="add the sample shop to a database that is made just now"
    )
    return parser


def _prepare(*, sample: bool) -> int:
    from app.services.setup import prepare

    prepare(get_settings(), sample=sample)
    return 0
