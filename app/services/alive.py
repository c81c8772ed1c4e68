"""Whether one process shows a sign of life: what the health checks of containers ask, `python -m app alive NAME`.

Web answers over HTTP. The others write a row every ten seconds (`counters.py`), which names the host that they run on;
in a container that is the container itself.
"""

import socket
from http.client import HTTPConnection, HTTPException

import psycopg

from app.core.addresses import reachable
from app.core.config import Settings
from app.services.counters import SILENT_SECONDS, libpq

PATIENCE_SECONDS = 4

SIGN = """
    SELECT EXISTS (SELECT FROM processes WHERE name = %s AND host = %s
        AND beat_at > clock_timestamp() - make_interval(secs => %s))
"""


def is_alive(name: str, settings: Settings) -> bool:
    return _answers(settings) if name == "web" else _has_written(name, settings)


def _answers(settings: Settings) -> bool:
    connection = HTTPConnection(reachable(settings.host), settings.port, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _has_written(name: str, settings: Settings) -> bool:
    try:
        with psycopg.connect(
            libpq(settings.database_url or ""), connect_timeout=PATIENCE_SECONDS, prepare_threshold=None
        ) as connection:
            found = connection.execute(SIGN, (name, socket.gethostname(), SILENT_SECONDS)).fetchone()
    except (psycopg.Error, OSError):
        return False
    return found is not None and bool(found[0])
