"""Free TCP ports on the loopback interface.

Rules: ports come from below the range that the kernel hands to outgoing connections (32768 and up on
Linux). A server that is killed and started again on its port then always finds it free: a client that
keeps trying to connect meanwhile can otherwise be given that very port as its own, connect to itself, and
hold it.

Never: listen anywhere but on 127.0.0.1.
"""

import contextlib
import random
import socket

LOOPBACK = "127.0.0.1"
_CANDIDATES = range(20_000, 32_000)


def free_ports(count: int) -> list[int]:
    """Return `count` distinct TCP ports that were free on 127.0.0.1 a moment ago.

    Raises:
        OSError: fewer than `count` of the candidates are free.
    """
    found: list[int] = []
    for port in random.sample(_CANDIDATES, len(_CANDIDATES)):
        if len(found) == count:
            return found
        if _is_free(port):
            found.append(port)
    raise OSError(f"no {count} free TCP ports between {_CANDIDATES.start} and {_CANDIDATES.stop}")


def free_port() -> int:
    """Return a TCP port that was free on 127.0.0.1 a moment ago."""
    return free_ports(1)[0]


def _is_free(port: int) -> bool:
    with contextlib.closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True
