"""The embedded Valkey, through what happens to servers on real machines."""

import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import redis

from app.embedded.leftovers import working_in
from app.embedded.valkey import Valkey


@pytest.fixture
def server(folder: Path) -> Iterator[Valkey]:
    server = Valkey(folder=folder / 'val"key', password='se"cret')
    server.start()
    yield server
    server.stop()


def client(server: Valkey) -> "redis.Redis":
    return redis.Redis(port=server.port, password='se"cret')


def process(server: Valkey) -> psutil.Process:
    [found] = working_in(server.folder, program="valkey-server")
    return found


def test_it_keeps_entries_and_port_over_a_kill(server: Valkey) -> None:
    url = server.url
    client(server).set("kept", "1")

    process(server).kill()
    server.stop()
    server.start()

    assert client(server).get("kept") == b"1"
    assert server.url == url


def test_it_refuses_to_forget_entries_when_full(server: Valkey) -> None:
    assert client(server).config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert client(server).config_get("appendonly") == {"appendonly": "yes"}


def test_nobody_gets_in_without_the_password(server: Valkey) -> None:
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=server.port, retry=None).get("kept")


def test_no_process_list_shows_the_password(server: Valkey) -> None:
    assert "cret" not in " ".join(process(server).cmdline())


def test_a_port_that_somebody_else_took_meanwhile_is_left_to_them(server: Valkey) -> None:
    server.stop()
    with socket.create_server(("127.0.0.1", server.port)):
        server.start()

        assert server.is_ready()


def test_it_takes_over_from_a_server_that_is_still_running(server: Valkey) -> None:
    before = process(server)
    client(server).set("kept", "1")

    other = Valkey(folder=server.folder, password='se"cret')
    other.start()

    assert not before.is_running() or before.status() == psutil.STATUS_ZOMBIE
    assert client(other).get("kept") == b"1"
    other.stop()


def test_a_file_that_it_cannot_read_is_put_aside(server: Valkey) -> None:
    client(server).set("kept", "1")
    server.stop()
    [log] = (server.folder / "appendonlydir").glob("*.incr.aof")
    log.write_bytes(b"*1\r\n$9\r\nnonsense\r\n" * 3 + log.read_bytes())

    server.start()

    assert server.is_ready()
    assert (server.folder / "appendonlydir.broken").is_dir()
