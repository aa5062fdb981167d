"""What every embedded server has in common: started empty, used, stopped, its directory gone.

Rules: a start that fails leaves nothing behind; a stopped server may be started anew, empty.
"""

import shutil
import tempfile
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from streams.embedded.errors import EmbeddedError


class EmbeddedServer(ABC):
    """A server on this machine that lives as long as its `with` block, or from `start()` to `stop()`."""

    name: ClassVar[str]
    """What it is called in error messages."""

    def __init__(self) -> None:
        self._directory: Path | None = None

    def start(self) -> None:
        """Start it, empty, and return when it serves clients.

        Raises:
            EmbeddedError: what it needs is missing, or it does not come up.
        """
        if self._directory is not None:
            raise EmbeddedError(f"{self.name} is started already")
        self._directory = Path(tempfile.mkdtemp(prefix="kpi-streams-"))
        try:
            self._launch(self._directory)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End it at once; what it held is gone."""
        self._end()
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)
            self._directory = None

    @abstractmethod
    def _launch(self, directory: Path) -> None:
        """Start the processes, with their files in `directory`, and wait until they serve."""

    @abstractmethod
    def _end(self) -> None:
        """End the processes there are and forget them."""

    def _not_started(self) -> EmbeddedError:
        return EmbeddedError(f"{self.name} is not started")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class EmbeddedKafka(EmbeddedServer):
    """A Kafka of one kind or another."""

    transactional: ClassVar[bool]
    """Whether transactional producers work on it; without them the service is `at_least_once`."""

    @property
    @abstractmethod
    def bootstrap(self) -> str:
        """The addresses for clients, `127.0.0.1:port[,…]`.

        Raises:
            EmbeddedError: it is not started.
        """
