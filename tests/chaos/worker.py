"""A worker as the service runs it, but with a clock that can be set and a point at which it can fail.

Started by the chaos suite as a process: ``worker.py DIRECTORY``. It looks at files there: ``clock`` holds by
how many ms its clock is off; ``crash`` and ``stall`` make it end, or stop (SIGSTOP), between acknowledgement
and commit of its next transaction. Settings come from the environment.
"""

import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from streams.app import run_app, set_up_logging, wall_clock
from streams.core.customer.identity import Identity
from streams.core.partition.placement import belongs_in
from streams.core.partition.state import PartitionState
from streams.definitions import load
from streams.engine.app import build
from streams.engine.exits import end_process
from streams.service import Service
from streams.settings import read

CRASHED = 9
"""Exit code of a worker that was made to crash."""


class Orders:
    """What the suite wants of this process: files that it writes."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def clock(self) -> int:
        """The wall clock, off by what was ordered (ms)."""
        try:
            off = int((self._directory / "clock").read_text() or 0)
        except FileNotFoundError:
            off = 0
        return wall_clock() + off

    def acknowledged(self, _partition: int, _records: int) -> None:
        """Fail here if that was ordered: the transaction is acknowledged and not committed."""
        if (self._directory / "crash").exists():
            os._exit(CRASHED)
        stall = self._directory / "stall"
        if stall.exists():
            stall.unlink()
            os.kill(os.getpid(), signal.SIGSTOP)


def main(directory: Path) -> int:
    """Run until a signal comes; returns the exit code."""
    orders = Orders(directory)
    settings = read(os.environ)
    set_up_logging(settings)
    definition = load(Path(settings.definition_file))
    identity = Identity(settings.secret_bytes)
    app = build(
        settings,
        definition,
        identity.fingerprint,
        lambda number: PartitionState(
            definition,
            identity,
            belongs=belongs_in(settings.partitioner, settings.partitions, number),
        ),
        orders.clock,
        acknowledged=orders.acknowledged,
    )
    service = Service(settings, definition, app.client, orders.clock, end_process, worker=app)
    app.on_begin.append(service.start)
    app.on_topics.append(service.follow)
    app.on_end.append(service.stop)
    return run_app(app, settings)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
