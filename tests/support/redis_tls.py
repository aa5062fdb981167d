"""Genuine Redis that speaks TLS itself: Debian's, as Valkey's wheel is built without.

One server; and a primary with its Sentinel, or a cluster of three nodes: all of these ask for client
certificates, of each other, too.
"""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from streams.embedded import ValkeyServer, free_port
from streams.embedded.ports import LOOPBACK
from tests.support.certificates import Certificate
from tests.support.redis_fleets import SERVICE, joined

PROGRAM = "redis-server"
CLUSTERED = ("--cluster-enabled", "yes", "--cluster-node-timeout", "5000", "--tls-cluster", "yes")


class TlsRedis(ValkeyServer):
    """One server with a plain port, for its administrator, and one with TLS.

    Args:
        own: what the server shows.
        clients: who signs the client certificates that it asks for; None: it asks for none.
        options: further ones of the command line.
    """

    name = "Redis"

    def __init__(
        self, own: Certificate, clients: Certificate | None = None, options: Sequence[str] = ()
    ) -> None:
        super().__init__()
        self._own, self._clients = own, clients
        self._options = options
        self.tls_port = free_port()

    @property
    def tls_url(self) -> str:
        """The address of its other port."""
        return f"rediss://{LOOPBACK}:{self.tls_port}/0"

    def _program(self) -> str:
        return PROGRAM

    def _arguments(self, directory: Path) -> list[str]:
        own, clients = self._own, self._clients or self._own
        authorities = directory / "authorities.pem"
        authorities.write_text(own.file.read_text() + clients.file.read_text())
        return [
            *super()._arguments(directory),
            *("--tls-port", str(self.tls_port), "--tls-ca-cert-file", str(authorities)),
            *("--tls-cert-file", str(own.file), "--tls-key-file", str(own.key)),
            *("--tls-client-cert-file", str(clients.file), "--tls-client-key-file", str(clients.key)),
            *("--tls-auth-clients", "no" if self._clients is None else "yes"),
            *self._options,
        ]


class TlsSentinel(TlsRedis):
    """A Sentinel that is asked over TLS, and that asks its primary so."""

    name = "Redis Sentinel"

    def __init__(self, own: Certificate, clients: Certificate, primary: TlsRedis) -> None:
        super().__init__(own, clients, ("--sentinel", "--tls-replication", "yes"))
        self._primary = primary

    def _arguments(self, directory: Path) -> list[str]:
        file = directory / "sentinel.conf"
        file.write_text(f"sentinel monitor {SERVICE} {LOOPBACK} {self._primary.tls_port} 1\n")
        return [str(file), *super()._arguments(directory)]


@contextlib.contextmanager
def watched(own: Certificate, clients: Certificate) -> Iterator[str]:
    """A primary and its Sentinel; the address for us."""
    with TlsRedis(own, clients) as primary, TlsSentinel(own, clients, primary) as sentinel:
        yield f"rediss+sentinel://{LOOPBACK}:{sentinel.tls_port}/{SERVICE}"


@contextlib.contextmanager
def sharded(own: Certificate, clients: Certificate) -> Iterator[str]:
    """A cluster; the address for us, which names one node."""
    with contextlib.ExitStack() as stack:
        nodes = [
            stack.enter_context(TlsRedis(own, clients, (*CLUSTERED, "--cluster-port", str(free_port()))))
            for _ in range(3)
        ]
        joined(nodes, [node.tls_port for node in nodes])
        yield f"rediss+cluster://{LOOPBACK}:{nodes[0].tls_port}"
