"""The demo's workers: ``kpi worker`` as child processes, each with its log file and its HTTP port."""

import json
import sys
from pathlib import Path

from streams.demo.options import FIRST_PORT
from streams.embedded.ports import LOOPBACK, preferred_port
from streams.embedded.process import Child

_STOP_S = 10.0


class DemoWorker:
    """One worker.

    Args:
        number: from 1.
        directory: takes its settings, log and data.
        settings: environment variables; port and data directory are added.
    """

    def __init__(self, number: int, directory: Path, settings: dict[str, str]) -> None:
        self.name = f"worker {number}"
        self.port = preferred_port(FIRST_PORT + number - 1)
        self.log = directory / f"worker-{number}.log"
        file = directory / f"worker-{number}.json"
        own = {"KPI_HTTP_PORT": str(self.port), "KPI_DATADIR": str(directory / f"worker-{number}")}
        file.write_text(json.dumps({**settings, **own}), encoding="utf-8")
        self._child = Child(self.name, [sys.executable, "-m", "streams.demo.launch", str(file)], self.log)

    @property
    def url(self) -> str:
        """Its HTTP address."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._child.alive

    def start(self) -> None:
        """Start it; returns when the process exists."""
        self._child.start()

    def stop(self) -> None:
        """End it in order, at once if that takes too long; nothing happens if it has ended."""
        self._child.stop(within=_STOP_S)

    def last_line(self) -> str:
        """The last line of its log."""
        return self._child.tail(1).strip()
