"""Settings that cannot work are refused at the start, in a sentence that shows no password."""

import os
import subprocess
import sys

import pytest

from app.core.config import CHECKOUT, ConfigError, load

GOOD = {
    "DATABASE_URL": [
        "postgres://hilo:pa/ss#?%40@db.example:5432/automatizaciones?sslmode=require",
        "postgresql://hilo@[::1]/hilo",
        "postgresql+psycopg://db.example",
        "postgresql:///hilo?host=/run/postgresql",
    ],
    "BROKER_URL": [
        "redis://:secret@broker.example:6379/0",
        "rediss://broker.example/1",
        "redis+socket:///run/redis.sock",
        "amqp://hilo:secret@broker.example:5672//",
        "amqps://broker.example/hilo",
        "memory://",
    ],
    "PUBLIC_URL": ["https://hilo.example.com", "http://127.0.0.1:8000/behind/"],
}
BAD = {
    "DATABASE_URL": ["automatizaciones", "mysql://hilo:geheim@db/hilo", "postgresql://hilo:geheim@db:port/hilo"],
    "DATABASE_ADMIN_URL": ["jdbc:postgresql://db:geheim"],
    "BROKER_URL": ["localhost:6379", "valkey://:geheim@broker:6379/0", "redis://:geheim@broker:port/0", "amqp://"],
    "PUBLIC_URL": ["hilo.example.com", "https://hilo.example.com/?token=geheim"],
    "WHATSAPP_API_URL": ["graph.facebook.com/v26.0"],
}


def cases(table: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, values in table.items() for value in values]


@pytest.mark.parametrize(("name", "value"), cases(GOOD))
def test_an_address_in_any_usual_spelling_is_taken(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)

    assert getattr(load(), name.lower()) == value


@pytest.mark.parametrize(("name", "value"), cases(BAD))
def test_an_address_that_cannot_be_one_is_refused_by_name(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(ConfigError) as refused:
        load()

    said = str(refused.value)
    assert said.startswith(f"{name} is not usable: write it as ")
    assert "geheim" not in said


def test_a_worker_that_cannot_work_says_so_in_one_sentence() -> None:
    command = [sys.executable, "-m", "celery", "-A", "app.core.celery", "worker"]
    env = os.environ | {"BROKER_URL": "localhost:6379"}

    ended = subprocess.run(command, cwd=CHECKOUT, env=env, capture_output=True, text=True, timeout=120)

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("BROKER_URL is not usable")
    assert ended.stderr.count("\n") == 1
