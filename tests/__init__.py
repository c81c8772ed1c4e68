"""The tests.

Before a setting is read, this gives them an environment of their own: no variable of the machine, no `.env` and no
folder of a running Hilo may reach a test.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from app.core.config import Settings

_INHERITED = "HILO_TESTS_FOLDER"


def _folder() -> Path:
    """Of this process, in one for the whole run, which is removed by whoever made it."""
    if _INHERITED not in os.environ:
        os.environ[_INHERITED] = tempfile.mkdtemp(prefix="hilo-tests-")
        atexit.register(shutil.rmtree, os.environ[_INHERITED], ignore_errors=True)
    whole = Path(os.environ[_INHERITED])
    own = Path(tempfile.mkdtemp(dir=whole))
    for folder in (whole, own):
        folder.chmod(0o711)  # as root, PostgreSQL's user passes through
    return own


FOLDER = _folder()

for name in Settings.model_fields:
    os.environ.pop(name.upper(), None)
os.environ |= {"DATA_DIR": str(FOLDER / "data"), "BROKER_URL": "memory://"}
Settings.model_config["env_file"] = None
Settings.model_config["secrets_dir"] = None
