"""Free TCP ports on the loopback interface.

Rules: ports come from below the range that the kernel hands to outgoing connections (32768 and up on
Linux). A server that is killed and started again on its port then always finds it free: a client that
keeps trying to connect meanwhile can otherwise be given that very port as its own, connect to itself, and
hold it. Between the moment when a port is given out and that when its server listens, no process of ours
gives it out again: a name in the kernel's abstract Unix sockets, which goes with the process, stands for it.

Never: listen anywhere but on 127.0.0.1.
"""

import contextlib
import random
import socket
from collections import deque

LOOPBACK = "127.0.0.1"
_CANDIDATES = range(20_000, 32_000)
_HELD = 64
"""Ports given out last that a process holds: servers start within seconds, or never."""
_given_out: deque[socket.socket] = deque()


def free_ports(count: int) -> list[int]:
    """Return `count` distinct TCP ports that were free on 127.0.0.1 a moment ago.

    Raises:
        OSError: fewer than `count` of the candidates are free.
    """
    found: list[int] = []
    for port in random.sample(_CANDIDATES, len(_CANDIDATES)):
        if _is_free(port) and _take(port):
            found.append(port)
        if len(found) == count:
            return found
    raise OSError(f"no {count} free TCP ports between {_CANDIDATES.start} and {_CANDIDATES.stop}")


def free_port() -> int:
    """Return a TCP port that was free on 127.0.0.1 a moment ago."""
    return free_ports(1)[0]


def preferred_port(wanted: int) -> int:
    """Return the port that is wanted, or a free one when it is taken or was just given out."""
    return wanted if _is_free(wanted) and _take(wanted) else free_port()


def _take(port: int) -> bool:
    """Give a port out, unless it just was, by this process or another."""
    name = socket.socket(socket.AF_UNIX)
    try:
        name.bind(f"\0kpi-streams port {port}")
    except OSError:
        name.close()
        return False
    _given_out.append(name)
    if len(_given_out) > _HELD:
        _given_out.popleft().close()
    return True


def _is_free(port: int) -> bool:
    with contextlib.closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True
