"""Addresses: where a program on this machine finds what listens on a host, and whether one that was given can be one.

What is wrong is said without the address, as it may hold a password.
"""

import re

# A password may hold anything but @, so that nothing in front of the host is looked at.
DATABASE = re.compile(r"postgres(ql)?(\+\w+)?://([^@]*@)?(\[[^]]*\]|[^/:?]*)(:\d+)?([/?].*)?")
BROKER = re.compile(
    r"(rediss?|amqps?|pyamqp)://([^@]*@)?(\[[^]]*\]|[^/:?]+)(:\d+)?([/?].*)?|redis\+socket:///.+|memory://.*"
)
PAGE = re.compile(r"https?://[^/?#@\s]+(/[^?#\s]*)?")
HOW: dict[re.Pattern[str], str] = {
    DATABASE: "postgresql://user:password@host:5432/automatizaciones",
    BROKER: "redis://:password@host:6379/0, or amqp://user:password@host:5672// for RabbitMQ",
    PAGE: "https://hilo.example.com",
}

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - to be told apart, not to listen on


def reachable(host: str) -> str:
    return EVERYWHERE.get(host, host)


def address(host: str, port: int) -> str:
    host = reachable(host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def fault(kind: re.Pattern[str], text: str) -> str | None:
    """How an address of this kind is written, where this one is not."""
    return None if kind.fullmatch(text) else f"write it as {HOW[kind]}"
