"""`python -m app COMMAND`: the command line, with the embedded database within its reach."""

import sys
from contextlib import AbstractContextManager

from app.cli import main
from app.core.config import Settings
from app.embedded.errors import StartError


def _at_hand(settings: Settings, *, alone: bool) -> AbstractContextManager[str]:
    from app.embedded.at_hand import database_at_hand  # most commands are told an address, and need nothing of it

    return database_at_hand(settings, alone=alone)


try:
    sys.exit(main(_at_hand))
except StartError as error:
    sys.exit(str(error))
