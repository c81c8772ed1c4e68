"""The secrets of one installation: made once, kept in DATA_DIR, read by every process.

Several processes may ask at the same moment on a first start. All must get the same answer, so the file appears whole
or not at all, and whoever comes second reads what the first one wrote.
"""

import json
import os
import secrets
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path

from app.core.data_dir import make_data_dir

# Without letters and digits that look alike: people type the admin's password from a terminal.
READABLE = "abcdefghjkmnpqrstuvwxyz23456789"


class SecretsUnreadable(Exception):
    """secrets.json is there but cannot be used; the message is one sentence for whoever starts the program."""


@dataclass(frozen=True, kw_only=True)
class Secrets:
    secret_key: str = field(repr=False)
    webhook_verify_token: str = field(repr=False)
    whatsapp_app_secret: str = field(repr=False)
    simulator_token: str = field(repr=False)
    database_password: str = field(repr=False)
    broker_password: str = field(repr=False)
    admin_password: str = field(repr=False)


NAMES = [each.name for each in fields(Secrets)]


def load_or_make(data_dir: Path) -> Secrets:
    """What is kept in DATA_DIR; made, and DATA_DIR with it, when it is not there yet."""
    path = data_dir / "secrets.json"
    if not path.exists():
        try:
            make_data_dir(data_dir)
            _place(path, _as_json({name: _make(name) for name in NAMES}), replace=False)
        except OSError as error:
            raise SecretsUnreadable(
                f"{data_dir} cannot be written ({error.strerror}): set DATA_DIR to another folder."
            ) from None
    known = _read(path)
    if missing := [name for name in NAMES if name not in known]:  # written by an older version, which had fewer
        known |= {name: _make(name) for name in missing}
        _place(path, _as_json(known), replace=True)
    return Secrets(**{name: known[name] for name in NAMES})


def first_login_file(data_dir: Path) -> Path:
    """Where the first admin's login is kept whose password we made."""
    return data_dir / "first-login.txt"


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    _place(path, text, replace=True)


def _make(name: str) -> str:
    if name == "admin_password":
        return "-".join("".join(secrets.choice(READABLE) for _ in range(4)) for _ in range(4))
    return secrets.token_hex(32)


def _read(path: Path) -> dict[str, str]:
    try:
        known = json.loads(path.read_text())
    except (OSError, ValueError):
        raise SecretsUnreadable(f"{path} cannot be read: restore it from a backup.") from None
    if not isinstance(known, dict) or not all(isinstance(value, str) for value in known.values()):
        raise SecretsUnreadable(f"{path} does not hold secrets: restore it from a backup.")
    return known


def _as_json(values: dict[str, str]) -> str:
    return json.dumps(values, indent=2) + "\n"


def _place(path: Path, text: str, *, replace: bool) -> None:
    """Without `replace`, a file that another process put there first stays."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # 0600 from the start
    draft = Path(name)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            draft.replace(path)
            return
        with suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink(missing_ok=True)
