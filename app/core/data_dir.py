"""Where a checkout keeps its state when DATA_DIR does not say.

Root gets a system folder instead of one in the checkout: PostgreSQL refuses to run as root, and the user that it runs
as could not enter a checkout below a private home.
"""

import os
from hashlib import sha256
from pathlib import Path


def default_data_dir(checkout: Path, *, is_root: bool | None = None) -> Path:
    """The folder of this checkout alone: two clones never share one. `is_root` is asked of the system when left out."""
    if is_root is None:
        is_root = _is_root()
    if not is_root:
        return checkout / ".hilo"
    clone = sha256(os.fsencode(checkout.resolve())).hexdigest()[:8]
    return Path("/var/lib") / f"hilo-{checkout.resolve().name}-{clone}"


def make_data_dir(data_dir: Path) -> None:
    """Make it, private to us; root lets others pass through it, because PostgreSQL's user lives in one of its folders.

    A folder that was there before keeps its permissions: it is somebody's, and may be somebody's home.
    """
    if data_dir.is_dir():
        return
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    try:
        data_dir.mkdir(mode=0o700)
    except FileExistsError:
        return
    if _is_root():
        data_dir.chmod(0o711)


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0  # Windows has no such thing
