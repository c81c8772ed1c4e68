"""The tests.

Before a setting is read, this gives them an environment of their own: no variable of the machine, no `.env` and no
folder of a running Hilo may reach a test.
"""

import os
import tempfile
from pathlib import Path

from app.core.config import Settings

FOLDER = Path(tempfile.mkdtemp(prefix="hilo-tests-"))
FOLDER.chmod(0o711)  # as root, PostgreSQL's user passes through

for name in Settings.model_fields:
    os.environ.pop(name.upper(), None)
os.environ |= {"DATA_DIR": str(FOLDER / "data"), "BROKER_URL": "memory://"}
Settings.model_config["env_file"] = None
