"""Where a program on this machine finds what listens on a host."""

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - to be told apart, not to listen on


def reachable(host: str) -> str:
    return EVERYWHERE.get(host, host)


def address(host: str, port: int) -> str:
    host = reachable(host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
