"""One genuine Kafka and one Valkey for all processes of a test run.

Rules: each server is started when a test first asks for it, and ends with the run. Where pytest-xdist runs
tests side by side, the process that hands the tests out owns the servers, because it outlives every worker;
workers ask it for addresses over a Unix socket. Tests keep apart by names of their own
(`tests.support.topics.unique_prefix`), never by cleaning up.

Never: kill, stop or flush what is shared; a test that does such a thing starts a server of its own.

This is a pytest plugin, loaded by tests/conftest.py.
"""

import threading
from multiprocessing.connection import Client, Connection, Listener
from typing import Any

import pytest

from streams.embedded import EmbeddedError, KafkaCluster, ValkeyServer
from streams.embedded.server import EmbeddedServer

_INPUT = "servers"


class SharedKafka(KafkaCluster):
    """The Kafka that the owner has started; of use is only its address."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address

    @property
    def bootstrap(self) -> str:
        """The addresses for clients."""
        return self._address


class SharedValkey(ValkeyServer):
    """The Valkey that the owner has started; of use is only its address."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address

    @property
    def url(self) -> str:
        """The address for clients."""
        return self._address


class Servers:
    """What one process owns; `address` may be asked from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._started: list[EmbeddedServer] = []
        self._addresses: dict[str, str] = {}
        self._listener: Listener | None = None

    def address(self, name: str) -> str:
        """Return the address of the server `kafka` or `valkey`, started if it is not yet."""
        with self._lock:
            if name not in self._addresses:
                server = KafkaCluster() if name == "kafka" else ValkeyServer()
                server.start()
                self._started.append(server)
                self._addresses[name] = server.bootstrap if isinstance(server, KafkaCluster) else server.url
            return self._addresses[name]

    def listen(self) -> str:
        """Answer other processes; returns the socket's path."""
        if self._listener is None:
            self._listener = Listener(family="AF_UNIX")
            threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()
        return str(self._listener.address)

    def _accept(self, listener: Listener) -> None:
        while True:
            try:
                asking = listener.accept()
            except OSError:  # closed: the run is over
                return
            threading.Thread(target=self._answer, args=(asking,), daemon=True).start()

    def _answer(self, asking: "Connection[Any, Any]") -> None:
        with asking:
            try:
                asking.send((self.address(asking.recv()), ""))
            except EmbeddedError as error:
                asking.send(("", str(error)))

    def stop(self) -> None:
        """End everything."""
        if self._listener is not None:
            self._listener.close()
        for server in self._started:
            server.stop()


_owned = pytest.StashKey[Servers]()


def pytest_configure(config: pytest.Config) -> None:
    """Own the servers, unless this is a worker."""
    if not hasattr(config, "workerinput"):
        config.stash[_owned] = Servers()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:  # noqa: ANN401 - pytest-xdist's, which has no types
    """Tell a worker where to ask."""
    node.workerinput[_INPUT] = node.config.stash[_owned].listen()


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the servers with the run."""
    if (servers := config.stash.get(_owned, None)) is not None:
        servers.stop()


def _address(config: pytest.Config, name: str) -> str:
    if (servers := config.stash.get(_owned, None)) is not None:
        return servers.address(name)
    workerinput: dict[str, Any] = config.workerinput  # type: ignore[attr-defined] # pytest-xdist's
    with Client(workerinput[_INPUT], family="AF_UNIX") as owner:
        owner.send(name)
        address, error = owner.recv()
    if error:
        raise EmbeddedError(error)
    return str(address)


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest) -> KafkaCluster:
    """A genuine single-node Apache Kafka; tests that use it are skipped where it cannot run."""
    return SharedKafka(_address(request.config, "kafka"))


@pytest.fixture(scope="session")
def valkey(request: pytest.FixtureRequest) -> ValkeyServer:
    """A real Valkey, empty at first; tests must not kill or flush it."""
    return SharedValkey(_address(request.config, "valkey"))
