"""A genuine Redis that speaks TLS itself: Debian's, as Valkey's wheel is built without."""

from pathlib import Path

from streams.embedded import ValkeyServer, free_port
from streams.embedded.ports import LOOPBACK
from tests.support.certificates import Certificate

PROGRAM = "redis-server"


class TlsRedis(ValkeyServer):
    """One server with a plain port, for its administrator, and one with TLS.

    Args:
        own: what the server shows.
        clients: who signs the client certificates that it asks for; None: it asks for none.
    """

    name = "Redis"

    def __init__(self, own: Certificate, clients: Certificate | None = None) -> None:
        super().__init__()
        self._own, self._clients = own, clients
        self._tls_port = free_port()

    @property
    def tls_url(self) -> str:
        """The address of its other port."""
        return f"rediss://{LOOPBACK}:{self._tls_port}/0"

    def _program(self) -> str:
        return PROGRAM

    def _arguments(self, directory: Path) -> list[str]:
        own, clients = self._own, self._clients
        return [
            *super()._arguments(directory),
            *("--tls-port", str(self._tls_port), "--tls-cert-file", str(own.file)),
            *("--tls-key-file", str(own.key), "--tls-ca-cert-file", str((clients or own).file)),
            *("--tls-auth-clients", "no" if clients is None else "yes"),
        ]
