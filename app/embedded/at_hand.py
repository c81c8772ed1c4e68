"""The database, for a command that somebody types: the one that is configured, the embedded one that is running, or
that one started for as long as the command lasts.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from app.core.config import Settings
from app.core.data_dir import make_data_dir
from app.core.secrets import load_or_make
from app.embedded.checks import AlreadyRunning, sole_supervisor
from app.embedded.postgres import Postgres


@contextmanager
def database_at_hand(settings: Settings, *, alone: bool) -> Iterator[str]:
    """Its address. `alone` is for what must not happen while Hilo runs; raises StartError then."""
    data_dir = settings.data_dir.resolve()
    if settings.database_url is not None:
        with sole_supervisor(data_dir) if alone and data_dir.is_dir() else nullcontext():
            yield settings.database_url
        return
    make_data_dir(data_dir)
    postgres = Postgres(
        folder=data_dir / "postgres",
        password=load_or_make(data_dir).database_password,
        log=data_dir / "logs" / "postgres.log",
    )
    try:
        with sole_supervisor(data_dir):
            postgres.start()
            try:
                yield postgres.url
            finally:
                postgres.stop()
    except AlreadyRunning:
        if alone:
            raise
        yield postgres.url
