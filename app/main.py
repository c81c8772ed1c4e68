"""The roof. `uvicorn app.main:app` serves the web application; `python -m app.main` runs all of Hilo on one machine.

The second only supervises, and must not wait for the first to be imported: so imports stand where they are needed.
"""

import sys
from typing import TYPE_CHECKING

from app.core.config import ConfigError
from app.core.secrets import SecretsUnreadable

if TYPE_CHECKING:
    from app.api.application import Hilo


def create_app() -> "Hilo":
    from app.api import application

    return application.create_app()


if __name__ == "__main__":
    from app.embedded.supervisor import main

    sys.exit(main())

try:
    app = create_app()
except (ConfigError, SecretsUnreadable) as error:
    sys.exit(str(error))
