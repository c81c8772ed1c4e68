"""The simulated phone alone, as a container of its own: `python -m app.embedded.phone`.

It is told the secrets of the Hilo whose DATA_DIR it shares; SIMULATOR_* variables say where that Hilo is.
"""

import os
import sys
from typing import NoReturn

from app.core.config import ConfigError, get_settings
from app.core.secrets import SecretsUnreadable
from app.embedded.programs import simulator


def main() -> NoReturn:
    try:
        settings = get_settings()
    except (ConfigError, SecretsUnreadable) as error:
        sys.exit(str(error))
    if not settings.app_secrets():
        sys.exit("WHATSAPP_APP_SECRET must be set for the simulated phone: it signs what it sends.")
    data_dir = settings.data_dir.resolve()
    clock_file = settings.clock_file or data_dir / "clock.json"
    phone = simulator(settings, data_dir=data_dir, clock_file=clock_file, logs=data_dir)
    said = {name: value for name, value in os.environ.items() if name.startswith("SIMULATOR_") and value}
    os.chdir(phone.folder)
    os.execve(phone.command[0], list(phone.command), {**phone.env, **said})  # noqa: S606 - the same interpreter


if __name__ == "__main__":
    main()
