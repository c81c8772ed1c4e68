"""Which ports are free on this machine."""

import random
import socket

# Below the range from which systems take ports for outgoing connections: one of those could sit on our port while its
# server is being restarted.
OURS = range(16_000, 30_000)
TRIES = 100


def is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # Connections that have just been closed do not count: the servers set this too.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def free_port(host: str = "127.0.0.1") -> int:
    for port in random.sample(OURS, TRIES):
        if is_free(host, port):
            return port
    raise OSError(f"none of {TRIES} ports tried on {host} is free")
